"""Syne Tune's conformal quantile regression: a flat space, the initial trials told before the first ask."""

import importlib.metadata
import logging
import warnings

import numpy as np
from syne_tune.config_space import choice, lograndint, loguniform, randint, uniform
from syne_tune.optimizer.schedulers.searchers.conformal.conformal_quantile_regression_searcher import (
    ConformalQuantileRegression,
)
from talk import middle, serve

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)


def domain(p):
    if p["kind"] == "categorical":
        return choice([f"c{index}" for index in range(p["count"])])
    if p["kind"] == "level":
        return randint(0, p["count"] - 1)
    if p["kind"] == "float":
        return (loguniform if p["log"] else uniform)(p["low"], p["high"])
    return (lograndint if p["log"] else randint)(p["low"], p["high"])


class Peer:
    def __init__(self, message):
        np.random.seed(message["seed"])  # noqa: NPY002 - parts of it draw from the global state
        self.parameters = message["space"]["parameters"]
        self.searcher = ConformalQuantileRegression(
            {p["name"]: domain(p) for p in self.parameters}, random_seed=message["seed"]
        )
        self.count = 0
        for trial in message["trials"]:
            values = {p["name"]: trial["values"].get(p["name"], middle(p)) for p in self.parameters}
            self.last = {p["name"]: self.text(p, values[p["name"]]) for p in self.parameters}
            self.tell(trial["loss"], False)

    @staticmethod
    def text(p, value):
        return f"c{value}" if p["kind"] == "categorical" else value

    def ask(self):
        self.last = self.searcher.suggest()
        found = {}
        for p in self.parameters:
            value = self.last[p["name"]]
            found[p["name"]] = (
                int(value[1:]) if p["kind"] == "categorical" else getattr(value, "item", lambda v=value: v)()
            )
        return found

    def tell(self, loss, failed):
        self.searcher.on_trial_complete(self.count, self.last, loss)
        self.count += 1


serve(Peer, importlib.metadata.version("syne-tune"))
