"""The parts of optimizers: literal tables from a name in the text form to ``module:class``, imported when used.

A new sampler is one module and one row of ``samplers/table.py``, a new strategy or surrogate one module and one row
here (or an entry point ``parfocal.samplers``, ``parfocal.strategies``, ``parfocal.surrogates`` or ``parfocal.policies``
of another package); the conformance suite picks up new parts by itself.
"""

from parfocal.samplers.table import SAMPLERS as SAMPLERS

BORROWED: dict[str, str] = {
    "optuna": "parfocal.samplers.optuna:Optuna",
    "smac": "parfocal.samplers.smac:Smac",
    "nevergrad": "parfocal.samplers.nevergrad:Nevergrad",
}
"""Samplers of other packages, each needing its package: name in the text form to ``module:class``."""

STRATEGIES: dict[str, str] = {
    "accept-all": "parfocal.strategies.accept:AcceptAll",
    "density-ratio": "parfocal.strategies.density_ratio:DensityRatio",
    "classifier": "parfocal.strategies.classifier:Classifier",
    "evolutionary": "parfocal.strategies.evolutionary:Evolutionary",
    "comma": "parfocal.strategies.comma:Comma",
    "plus": "parfocal.strategies.plus:Plus",
    "ageing": "parfocal.strategies.ageing:Ageing",
    "one-plus-one": "parfocal.strategies.one_plus_one:OnePlusOne",
    "de-selection": "parfocal.strategies.de_selection:DESelection",
    "annealing": "parfocal.strategies.annealing:Annealing",
    "nsga2": "parfocal.strategies.nsga2:NSGA2",
}
"""Name in the text form to ``module:class``."""

POLICIES: dict[str, str] = {
    "auto": "parfocal.optimizers.auto:Auto",
    "portfolio": "parfocal.optimizers.bandit:Bandit",
    "sequence": "parfocal.optimizers.sequence:Sequence",
}
"""Name in the text form to ``module:class``: who proposes next, among several optimizers."""

SURROGATES: dict[str, str] = {
    "random-forest": "parfocal.surrogates.forest:Forest",
    "extra-trees": "parfocal.surrogates.extra_trees:ExtraTrees",
    "quantile-forest": "parfocal.surrogates.quantile_forest:QuantileForest",
    "xgboost": "parfocal.surrogates.boosting:Boosting",
    "gaussian-process": "parfocal.surrogates.gaussian_process:GaussianProcess",
    "lightgbm": "parfocal.surrogates.light_boosting:LightBoosting",
    "bayesian-linear": "parfocal.surrogates.bayesian_linear:BayesianLinear",
    "k-nearest-neighbours": "parfocal.surrogates.nearest_neighbours:NearestNeighbours",
    "neural-ensemble": "parfocal.surrogates.neural_ensemble:NeuralEnsemble",
    "stacked": "parfocal.surrogates.stacked:Stacked",
}
"""Name in the text form to ``module:class``: each is a strategy together with an acquisition."""
