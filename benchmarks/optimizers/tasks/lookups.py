"""Test tasks: published tables of hyperparameters and their results, looked up."""

import csv
import io
import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from benchmarks.optimizers.task import Task
from benchmarks.optimizers.tasks.missing import Missing
from scipy.spatial import KDTree

from parfocal.space import Categorical, Float, Integer, Ordinal, Space
from parfocal.typing import Floats

NAS = {"nas-cifar100": "cifar100", "nas-imagenet": "ImageNet16-120"}
TRANSLATION = {"nmt-so": "so-en", "nmt-tl": "tl-en"}
BOOSTING = {"boosting-a6a": "a6a", "boosting-spambase": "spambase"}
TASKS = (*NAS, *TRANSLATION, *BOOSTING)
NEIGHBOURS = 5


def lookup_task(name: str, data: Path) -> Task:
    """Return one table as a task."""
    if name in NAS:
        return _architectures(name, data)
    return _translation(name, data) if name in TRANSLATION else _boosting(name, data)


def _architectures(name: str, data: Path) -> Task:
    """NAS-Bench-201 (Dong & Yang 2020): six edges of five operations each; all 15,625 were trained."""
    rows = [row for row in _zipped(name, data, "nas_bench102") if row["task"] == NAS[name]]
    edges = [f"hp_x{index}" for index in range(6)]
    space = Space({f"x{index}": Categorical(list("abcde")) for index in range(6)})
    table = np.full((5,) * 6, np.nan)
    for row in rows:
        table[tuple(int(float(row[edge])) for edge in edges)] = float(row["metric_error"])
    return _complete(name, f"NAS-Bench-201, {NAS[name]}, error (%)", space, table, 100)


def _translation(name: str, data: Path) -> Task:
    """Machine translation (Zhang & Duh 2020): 648 transformers; the loss is minus the BLEU score."""
    path = data / "tabular" / "nmt_bench" / f"{TRANSLATION[name]}.csv"
    if not path.exists():
        raise Missing(f"{name}: there is no {path}; set PARFOCAL_DATA to the folder of data sets.")
    with path.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    names = ["bpe", "n_layers", "n_embed", "n_hidden", "n_heads", "initial_lr"]
    values = {key: sorted({float(row[key]) for row in rows}) for key in names}
    space = Space({key: Ordinal(values[key]) for key in names})
    table = np.full([len(values[key]) for key in names], np.nan)
    for row in rows:
        table[tuple(values[key].index(float(row[key])) for key in names)] = -float(row["bleu"])
    return _complete(name, f"Machine translation, {TRANSLATION[name]}, -BLEU", space, table, 80)


def _boosting(name: str, data: Path) -> Task:
    """XGBoost (Salinas et al. 2020): 5,000 random configurations; between them, the mean of the nearest, by distance.

    A neighbour is weighted by the inverse of its distance in the cube, so that a row of the table gives its value.
    """
    rows = [row for row in _zipped(name, data, "XGBoost") if row["task"] == BOOSTING[name]]
    space = Space(
        {
            "log2_min_child_weight": Float(-8.0, 6.0),
            "subsample": Float(0.5, 1.0),
            "colsample_bytree": Float(0.3, 1.0),
            "log2_gamma": Float(-20.0, 6.0),
            "log2_lambda": Float(-10.0, 8.0),
            "eta": Float(0.0, 1.0),
            "max_depth_index": Integer(0, 12),
            "log2_alpha": Float(-20.0, 8.0),
        }
    )
    X = space.encode([{key: _number(key, row[f"hp_{key}"]) for key in space.names} for row in rows])
    tree, errors = KDTree(X), np.array([float(row["metric_error"]) for row in rows])

    def loss(X: Floats) -> Floats:
        distances, found = tree.query(X, NEIGHBOURS)
        weights = 1 / np.maximum(distances, 1e-9)
        return np.asarray((errors[found] * weights).sum(axis=1) / weights.sum(axis=1))

    return Task(name, f"XGBoost, {BOOSTING[name]}, error", "test", space, loss, 100)


def _number(key: str, text: str) -> float | int:
    return int(float(text)) if key.endswith("index") else float(text)


def _complete(name: str, title: str, space: Space, table: Floats, evaluations: int) -> Task:
    if np.isnan(table).any():
        raise Missing(f"{name}: its table is not complete.")

    def loss(X: Floats) -> Floats:
        return np.asarray(table[tuple(space.indices(X).T)])

    return Task(name, title, "test", space, loss, evaluations, float(table.min()))


def _zipped(name: str, data: Path, table: str) -> Iterable[dict[str, str]]:
    path = data / "hpo_tables" / "geoalgo" / f"{table}.csv.zip"
    if not path.exists():
        raise Missing(f"{name}: there is no {path}; set PARFOCAL_DATA to the folder of data sets.")
    with zipfile.ZipFile(path) as archive, archive.open(archive.namelist()[0]) as lines:
        return list(csv.DictReader(io.TextIOWrapper(lines, encoding="utf-8")))
