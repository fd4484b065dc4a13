"""Tune a scikit-image pipeline in plain Python: no YAML, no database.

    pip install 'parfocal[demo]'
    python examples/plain_python.py

Nuclei are smoothed, thresholded and split by a watershed; four parameters decide how well. The image is StarDist's
sample (fluorescence, 125 annotated nuclei), read from the installed package.
"""

import argparse

import numpy as np
from scipy import ndimage
from skimage.feature import peak_local_max
from skimage.filters import gaussian, threshold_local, threshold_otsu
from skimage.segmentation import watershed

import parfocal
from parfocal.metrics import match
from parfocal.space import Categorical, Float, Integer, Space
from parfocal.tasks import load

task = load("nuclei", patch=0)  # only its image and truth are used here
image, truth = task.train[0].image.astype(float), task.train[0].truth


def segment(sigma: float, method: str, level: float, distance: int, window: int | None = None) -> np.ndarray:
    """Return a label image; ``level`` scales the threshold, ``window`` is needed by the local method only."""
    smooth = gaussian(image, sigma)
    threshold = threshold_otsu(smooth) if method == "otsu" else threshold_local(smooth, window)
    mask = smooth > level * threshold
    depth = ndimage.distance_transform_edt(mask)
    peaks = peak_local_max(depth, min_distance=distance, labels=ndimage.label(mask)[0])
    markers = np.zeros(image.shape, dtype=int)
    markers[tuple(peaks.T)] = np.arange(1, len(peaks) + 1)
    return watershed(-depth, markers, mask=mask)


def quality(**parameters: object) -> dict[str, float]:
    """Return F1 of the nuclei found (overlap of at least one half), with precision and recall beside it."""
    result = match(truth, segment(**parameters), threshold=0.5)
    return {"f1": result.f1, "precision": result.precision, "recall": result.recall}


space = Space(
    {
        "sigma": Float(0.5, 5.0, log=True, default=1.0, unit="px"),
        "method": Categorical(["otsu", "local"], default="otsu"),
        "level": Float(0.6, 1.4, default=1.0),
        "distance": Integer(2, 20, default=5, unit="px"),
        "window": Integer(15, 151, step=2, default=51, when="method == 'local'", unit="px"),
    }
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--budget", type=int, default=120, help="number of evaluations")
    result = parfocal.minimize(
        quality,
        space,
        budget=parser.parse_args().budget,
        objective="maximize f1",
        optimizer="auto",
        default=space.default(),
        seed=1,
    )
    print(f"default {space.default()}: F1 {quality(**space.default())['f1']:.3f}")
    print(f"best    {dict(result.configuration)}: F1 {result.value:.3f}")


if __name__ == "__main__":
    main()
