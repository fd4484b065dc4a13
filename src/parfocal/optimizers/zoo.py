"""The zoo: literal tables of parts, by lazy import path, and one of named compositions.

A new sampler is one module and one row of ``samplers/table.py``, a new strategy or surrogate one module and one row
here (or an entry point ``parfocal.samplers``, ``parfocal.strategies``, ``parfocal.surrogates`` of another package); the
conformance suite picks up new members by itself.
"""

from dataclasses import dataclass

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


@dataclass(frozen=True)
class Member:
    """One named optimizer.

    Attributes
    ----------
    name : str
        What YAML, CLI and reports call it.
    parts : str
        Its composition in the text form.
    source : str
        The paper that it follows.
    spaces : str
        What spaces it takes.
    when : str
        When to choose it.
    milliseconds : float
        Cost of one ask with 1,000 trials of 10 parameters told, on one core of 2024.
    baseline : bool
        True when it is there to be compared with, and need not beat random search.
    package : str
        The optional package that it needs beside parfocal's own dependencies; empty when none.
    """

    name: str
    parts: str
    source: str
    spaces: str
    when: str
    milliseconds: float
    baseline: bool = False
    package: str = ""

    @property
    def sampler(self) -> str:
        """Text of the sampler, its options included."""
        return self.parts.partition(" + ")[0]

    @property
    def strategy(self) -> str:
        """Text of the strategy, its options included; ``none`` when every draw is evaluated."""
        return self.parts.partition(" + ")[2] or "none"


ZOO: tuple[Member, ...] = (
    Member(
        "random", "random",
        "Bergstra & Bengio 2012 (HyperHyper, Table 2)", "any",
        "as the baseline of every comparison, and when evaluations are cheap and many run at once", 0.2, True,
    ),
    Member(
        "sobol", "sobol",
        "Owen 1998", "any",
        "to cover the space evenly, for surfaces and importance, with any number of trials", 0.3, True,
    ),
    Member(
        "latin-hypercube", "latin-hypercube",
        "McKay et al. 1979", "any",
        "to cover each parameter evenly with a number of trials that is known beforehand", 0.3, True,
    ),
    Member(
        "grid", "grid",
        "full factorial design", "discrete (levels on each parameter)",
        "to find the optimum of a small space for certain, and to draw complete surfaces", 0.8, True,
    ),
    Member(
        "coarse-grid", "grid(target=200)",
        "full factorial design (HyperHyper, experiment 1)", "any",
        "to see the rough shape of a space of up to three parameters; `grid(target=500)` sets the number of points",
        0.2, True,
    ),
    Member(
        "auto", "auto",
        "this project", "any",
        "as the first choice, whatever the space: it mixes models by the space and by what each has brought", 10.0,
    ),
    Member(
        "portfolio", "portfolio",
        "Fialho et al. 2010 (credit); Hoffman et al. 2011 (portfolios)", "any",
        "to let optimizers of your choice compete for the trials: `portfolio(members='tpe | gp')`", 10.0,
    ),
    Member(
        "gp", "random + gaussian-process(acquisition=log-ei, random_share=0.0)",
        "Snoek et al. 2012; Ament et al. 2023", "any",
        "for dear evaluations and smooth losses, with up to some thousand trials", 8.0,
    ),
    Member(
        "tpe", "parzen + density-ratio",
        "Bergstra et al. 2011; Falkner et al. 2018 (HyperHyper, Table 2)", "any",
        "for conditional and categorical spaces and many parallel workers", 5.0,
    ),
    Member(
        "cma-es", "multivariate-normal + evolutionary",
        "Hansen & Ostermeier 2001; Hamano et al. 2022 (HyperHyper, Table 2)", "mostly numeric",
        "for numeric parameters that depend on each other, with 200 evaluations or more", 1.5,
    ),
    Member(
        "smac-rf", "random + random-forest",
        "Hutter et al. 2011; Lindauer et al. 2022 (HyperHyper, Table 2)", "any",
        "as a first choice: mixed, conditional and constrained spaces with up to some thousand evaluations", 18.0,
    ),
    Member(
        "smac-xgboost", "random + xgboost",
        "Chen & Guestrin 2016 (HyperHyper, Table 2)", "any",
        "like smac-rf, where sharp steps or many parameters make forests slow to learn", 27.0,
    ),
    Member(
        "tpe-univariate", "parzen(multivariate=false) + density-ratio",
        "Bergstra et al. 2011", "any",
        "like tpe, where parameters hardly depend on each other or most are categories", 4.0,
    ),
    Member(
        "normal-rf", "multivariate-normal + random-forest",
        "a normal around the best trials, judged by a forest", "mostly numeric",
        "like smac-rf for numeric parameters that depend on each other", 25.0,
    ),
    Member(
        "local-search", "local",
        "Hoos & Stützle 2004", "any",
        "to refine around the best trials when an ask must cost nothing", 1.0,
    ),
    Member(
        "parzen-rf", "parzen + random-forest",
        "Parzen candidates judged by a forest", "any",
        "like smac-rf when the good region is small: candidates come from where results were good", 22.0,
    ),
    Member(
        "local-rf", "local + random-forest",
        "Hutter et al. 2011 (local search on the acquisition)", "any",
        "to polish a known good region with a model's help", 24.0,
    ),
    Member(
        "sobol-rf", "sobol + random-forest",
        "Owen 1998; Hutter et al. 2011", "any",
        "like smac-rf, with candidates that leave no gap", 19.0,
    ),
    Member(
        "parzen-xgboost", "parzen + xgboost",
        "Parzen candidates judged by boosted trees", "any",
        "like smac-xgboost when the good region is small", 28.0,
    ),
    Member(
        "optuna-tpe", "optuna",
        "Akiba et al. 2019", "any (constraints by repair)",
        "to compare with Optuna's default sampler, trial by trial from the same start", 17.0, package="optuna",
    ),
    Member(
        "optuna-gp", "optuna(sampler=gp)",
        "Akiba et al. 2019", "any (conditions at defaults, constraints by repair)",
        "for costly evaluations of up to ten numeric parameters; needs torch", 450.0, package="torch",
    ),
    Member(
        "smac3", "smac",
        "Lindauer et al. 2022", "what ConfigSpace can express (constraints by repair)",
        "to compare with SMAC3 itself; smac-rf asks a hundred times faster", 5000.0, package="smac",
    ),
    Member(
        "nevergrad-ngopt", "nevergrad",
        "Rapin & Teytaud 2018; Meunier et al. 2022", "any (conditions at defaults, constraints by repair)",
        "to compare with Nevergrad's wizard, which picks its method by the space and the budget", 7.0,
        package="nevergrad",
    ),
)  # fmt: skip
"""Every named optimizer, in the order of `parfocal zoo`."""

DEFAULT = "smac-rf"
"""The optimizer that is used when none is named."""

COLUMNS = ("name", "sampler", "strategy", "source", "spaces", "ms per ask", "when to choose it")
"""Headings of :func:`table`."""


def table() -> list[tuple[str, ...]]:
    """Return one row of text a member, under :data:`COLUMNS`: what ``parfocal zoo`` and the README print."""
    return [(m.name, m.sampler, m.strategy, m.source, m.spaces, f"{m.milliseconds:g}", m.when) for m in ZOO]


def member(name: str) -> Member | None:
    """Return the member of this name, or None."""
    return next((m for m in ZOO if m.name == name), None)
