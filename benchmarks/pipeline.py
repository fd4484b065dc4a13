"""The space of a small segmentation pipeline, on which costs are measured: mixed, with a condition."""

from parfocal.space import Categorical, Float, Integer, Space

SPACE = Space(
    {
        "sigma": Float(0.5, 8.0, log=True),
        "threshold": Float(0.0, 1.0),
        "window": Integer(3, 51),
        "iterations": Integer(1, 500, log=True),
        "method": Categorical(["otsu", "li", "triangle", "local"]),
        "offset": Float(-10.0, 10.0, when="method == 'local'"),
    }
)
