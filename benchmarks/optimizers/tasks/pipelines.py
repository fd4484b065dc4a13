"""Test tasks: whole pipelines on data sets that come with scikit-learn, with conditional spaces.

A pipeline scales, perhaps reduces, and then classifies (or regresses) by one of several methods with parameters of
their own; the loss is the error of a threefold cross-validation on a subsample, small enough for some milliseconds an
evaluation. Numbers have resolutions, so that the cache on disk is hit.
"""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.optimizers.task import Task
from benchmarks.optimizers.tasks.cached import Cached
from sklearn import datasets
from sklearn.decomposition import PCA
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
from sklearn.linear_model import ElasticNet
from sklearn.metrics import get_scorer
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC, SVR

from parfocal.space import Boolean, Categorical, Float, Integer, Parameter, Space

TASKS = {
    "pipeline-digits": ("load_digits", 240, 20),
    "pipeline-cancer": ("load_breast_cancer", 240, 15),
    "pipeline-wine": ("load_wine", 178, 10),
    "pipeline-diabetes": ("load_diabetes", 240, 8),
}
"""Loader, rows of the subsample, most components of the reduction."""


def pipeline_task(name: str, cache: Path) -> Task:
    """Return one pipeline on one data set."""
    loader, size, components = TASKS[name]
    X, y = getattr(datasets, loader)(return_X_y=True)
    chosen = np.random.default_rng(0).permutation(len(y))[:size]
    X, y = X[chosen], y[chosen]
    regression = name == "pipeline-diabetes"
    space = _space(components, regression)
    folds = (KFold if regression else StratifiedKFold)(3, shuffle=True, random_state=0)
    splits = list(folds.split(X, y))
    scorer = get_scorer("neg_root_mean_squared_error" if regression else "balanced_accuracy")

    def error(configuration: Mapping[str, Any]) -> float:
        pipeline = _pipeline(configuration, regression)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            scores = [scorer(pipeline.fit(X[train], y[train]), X[test], y[test]) for train, test in splits]
        return -float(np.mean(scores))

    title = f"scikit-learn pipeline, {name.split('-')[1]}, {'root mean squared error' if regression else '-accuracy'}"
    return Task(name, title, "test", space, Cached(name, space, error, cache), 100, draws=300)


def _space(components: int, regression: bool) -> Space:
    parameters: dict[str, Parameter] = {
        "scale": Categorical(["none", "standard", "range"]),
        "reduce": Boolean(),
        "components": Integer(2, components, when="reduce == True"),
        "whiten": Boolean(when="reduce == True"),
        "method": Categorical(["vectors", "trees", "neighbours", *(["linear"] if regression else [])]),
        "kernel": Categorical(["linear", "rbf", "poly"], when="method == 'vectors'"),
        "C": Float(1e-2, 1e3, log=True, levels=31, when="method == 'vectors'"),
        "gamma": Float(1e-4, 10.0, log=True, levels=31, when="kernel in ['rbf', 'poly']"),
        "degree": Integer(2, 4, when="kernel == 'poly'"),
        "trees": Integer(4, 24, step=4, when="method == 'trees'"),
        "depth": Integer(1, 12, when="method == 'trees'"),
        "share": Float(0.1, 1.0, levels=19, when="method == 'trees'"),
        "leaf": Integer(1, 10, when="method == 'trees'"),
        "k": Integer(1, 30, when="method == 'neighbours'"),
        "weights": Categorical(["uniform", "distance"], when="method == 'neighbours'"),
        "power": Integer(1, 3, when="method == 'neighbours'"),
    }
    if regression:
        parameters["epsilon"] = Float(0.1, 100.0, log=True, levels=31, when="method == 'vectors'")
        parameters["alpha"] = Float(1e-4, 10.0, log=True, levels=31, when="method == 'linear'")
        parameters["mix"] = Float(0.0, 1.0, levels=21, when="method == 'linear'")
    return Space(parameters)


def _pipeline(chosen: Mapping[str, Any], regression: bool) -> Any:
    """Return the estimator of a configuration."""
    steps: list[Any] = {"none": [], "standard": [StandardScaler()], "range": [MinMaxScaler()]}[chosen["scale"]]
    if chosen["reduce"]:
        steps.append(PCA(chosen["components"], whiten=chosen["whiten"], svd_solver="full"))
    if chosen["method"] == "vectors":
        vectors = {"kernel": chosen["kernel"], "C": chosen["C"], "gamma": chosen.get("gamma", "scale")}
        vectors |= {"degree": chosen.get("degree", 3), "max_iter": 5_000}
        steps.append(SVR(**vectors, epsilon=chosen["epsilon"]) if regression else SVC(**vectors))
    elif chosen["method"] == "trees":
        trees = {"n_estimators": chosen["trees"], "max_depth": chosen["depth"], "max_features": chosen["share"]}
        trees |= {"min_samples_leaf": chosen["leaf"], "random_state": 0}
        steps.append((ExtraTreesRegressor if regression else ExtraTreesClassifier)(**trees))
    elif chosen["method"] == "neighbours":
        neighbours = {"n_neighbors": chosen["k"], "weights": chosen["weights"], "p": chosen["power"]}
        steps.append((KNeighborsRegressor if regression else KNeighborsClassifier)(**neighbours))
    else:
        steps.append(ElasticNet(alpha=chosen["alpha"], l1_ratio=chosen["mix"], max_iter=500))
    return make_pipeline(*steps)
