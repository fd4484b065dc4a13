"""Test tasks: surrogates of YAHPO Gym (Pfisterer et al. 2022), neural networks in ONNX, at full fidelity."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.optimizers.task import Task
from benchmarks.optimizers.tasks.missing import Missing

from parfocal.space import Categorical, Float, Integer, Parameter, Space
from parfocal.typing import Floats


@dataclass(frozen=True)
class Scenario:
    """One surrogate: the order of its inputs, what is fixed, and which output is tuned.

    Parameters
    ----------
    folder, title
        For files and for people.
    instance
        Name of the input that chooses the data set.
    categories, numbers
        Inputs in the order of the network, the fixed ones included.
    fixed
        Fidelity at its maximum.
    output, sign
        Column of the network's output, and -1 where it is to be maximized.
    """

    folder: str
    title: str
    instance: str
    categories: tuple[str, ...]
    numbers: tuple[str, ...]
    fixed: Mapping[str, float]
    output: int
    sign: float = 1.0


_FULL = {"trainsize": 1.0, "repl": 10.0}
_XGBOOST = (
    "nrounds", "eta", "gamma", "lambda", "alpha", "subsample", "max_depth", "min_child_weight", "colsample_bytree",
    "colsample_bylevel", "rate_drop", "skip_drop", "trainsize", "repl",
)  # fmt: skip
_LCBENCH = (
    "epoch", "batch_size", "learning_rate", "momentum", "weight_decay", "num_layers", "max_units", "max_dropout",
)  # fmt: skip
SCENARIOS = {
    "lcbench": Scenario(
        "lcbench", "neural network (LCBench), cross-entropy", "OpenML_task_id",
        ("OpenML_task_id",), _LCBENCH, {"epoch": 52.0}, 2,
    ),
    "rpart": Scenario(
        "rbv2_rpart", "decision tree (rbv2), accuracy", "task_id", ("task_id", "num.impute.selected.cpo"),
        ("cp", "maxdepth", "minbucket", "minsplit", "trainsize", "repl"), _FULL, 0, -1.0,
    ),
    "xgboost": Scenario(
        "rbv2_xgboost", "boosted trees (rbv2), accuracy", "task_id",
        ("task_id", "booster", "num.impute.selected.cpo"), _XGBOOST, _FULL, 0, -1.0,
    ),
    "glmnet": Scenario(
        "iaml_glmnet", "elastic net (iaml), log loss", "task_id", ("task_id",), ("alpha", "s", "trainsize"),
        {"trainsize": 1.0}, 3,
    ),
}  # fmt: skip
TASKS = (
    "lcbench-167168", "lcbench-189866", "rpart-40499", "xgboost-40981", "xgboost-1489", "glmnet-41146",
)  # fmt: skip
"""Scenario and OpenML instance."""


def surrogate_task(name: str, data: Path) -> Task:
    """Return one instance of a surrogate."""
    try:
        import onnxruntime
    except ImportError:
        raise Missing(f"{name}: it needs the package onnxruntime (pip install onnxruntime).") from None
    short, instance = name.split("-")
    scenario = SCENARIOS[short]
    folder = data / "hpo_tables" / "yahpo" / scenario.folder
    if not (folder / "model.onnx").exists():
        raise Missing(f"{name}: there is no {folder / 'model.onnx'}; set PARFOCAL_DATA to the folder of data sets.")
    content = json.loads((folder / "config_space.json").read_text())
    encoding = json.loads((folder / "encoding.json").read_text())
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(folder / "model.onnx", options)
    space = _space(content, {scenario.instance, *scenario.fixed})

    def loss(X: Floats) -> Floats:
        columns = space.decode_columns(X)
        fixed: dict[str, Any] = {scenario.instance: np.full(len(X), instance, dtype=object)}
        fixed |= {key: np.full(len(X), value) for key, value in scenario.fixed.items()}
        found = {
            key: fixed[key] if key in fixed else columns[_plain(key)]
            for key in (*scenario.categories, *scenario.numbers)
        }
        categories = [[encoding[key].get(value, 0) for value in found[key]] for key in scenario.categories]
        numbers = [np.nan_to_num(np.asarray(found[key], dtype=np.float64)) for key in scenario.numbers]
        inputs = {
            "x_cat": np.array(categories, dtype=np.int32).T,
            "x_cont": np.array(numbers, dtype=np.float32).T,
        }
        return scenario.sign * session.run(None, inputs)[0][:, scenario.output].astype(np.float64)

    return Task(name, f"YAHPO {scenario.title}, OpenML {instance}", "test", space, loss, 100, draws=20_000)


def _plain(name: str) -> str:
    return name.replace(".", "_").replace("lambda", "lambda_")


def _space(content: dict[str, Any], fixed: set[str]) -> Space:
    """Return the space of ConfigSpace's old JSON without the fixed parameters."""
    parameters: dict[str, Parameter] = {}
    for item in content["hyperparameters"]:
        if item["name"] in fixed:
            continue
        if item["type"] == "categorical":
            parameters[_plain(item["name"])] = Categorical(item["choices"])
            continue
        kind = Float if item["type"] == "uniform_float" else Integer
        parameters[_plain(item["name"])] = kind(item["lower"], item["upper"], log=item["log"])
    conditions = {}
    for item in content["conditions"]:
        values = item["values"] if item["type"] == "IN" else [item["value"]]
        conditions[_plain(item["child"])] = f"{_plain(item['parent'])} in {values!r}"
    return Space(parameters, conditions=conditions)
