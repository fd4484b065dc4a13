"""Optuna: define-by-run, the initial trials added as finished ones."""

import warnings

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import create_trial
from talk import active, serve

warnings.simplefilter("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)


def distribution(parameter):
    if parameter["kind"] == "categorical":
        return CategoricalDistribution(list(range(parameter["count"])))
    if parameter["kind"] == "level":
        return IntDistribution(0, parameter["count"] - 1)
    kind = FloatDistribution if parameter["kind"] == "float" else IntDistribution
    return kind(parameter["low"], parameter["high"], log=parameter["log"])


def sampler(message):
    seed, conditional = message["seed"], any(p["when"] for p in message["space"]["parameters"])
    if message["name"] == "optuna-tpe":  # groups are its way with conditions
        return optuna.samplers.TPESampler(multivariate=True, group=conditional, seed=seed)
    if message["name"] == "optuna-tpe-univariate":
        return optuna.samplers.TPESampler(multivariate=False, seed=seed)
    if message["name"] == "optuna-gp":
        return optuna.samplers.GPSampler(seed=seed, deterministic_objective=True, warn_independent_sampling=False)
    best = min(message["trials"], key=lambda trial: trial["loss"])
    start = {p["name"]: best["values"].get(p["name"]) for p in message["space"]["parameters"] if p["when"] is None}
    return optuna.samplers.CmaEsSampler(x0=start, seed=seed, warn_independent_sampling=False)


class Peer:
    def __init__(self, message):
        self.parameters = [(p, distribution(p)) for p in message["space"]["parameters"]]
        self.study = optuna.create_study(sampler=sampler(message))
        by_name = {p["name"]: d for p, d in self.parameters}
        for trial in message["trials"]:
            names = {name: by_name[name] for name in trial["values"]}
            self.study.add_trial(create_trial(params=trial["values"], distributions=names, value=trial["loss"]))

    def ask(self):
        self.trial = self.study.ask()
        values = {}
        for parameter, among in self.parameters:
            if active(parameter, values):
                values[parameter["name"]] = self.trial._suggest(parameter["name"], among)
        return values

    def tell(self, loss, failed):
        self.study.tell(self.trial, loss)


serve(Peer, optuna.__version__)
