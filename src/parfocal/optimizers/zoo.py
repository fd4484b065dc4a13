"""The zoo: one literal table of named optimizers, each a composition of parts in the text form."""

from dataclasses import dataclass


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
        "auto", "auto",
        "this project", "any",
        "as the first choice, whatever the space: it mixes models by the space and by what each has brought", 19.0,
    ),
    Member(
        "random", "random",
        "Bergstra & Bengio 2012 (HyperHyper, Table 2)", "any",
        "as the baseline of every comparison, and when evaluations are cheap and many run at once", 0.5, True,
    ),
    Member(
        "sobol", "sobol",
        "Owen 1998", "any",
        "to cover the space evenly, for surfaces and importance, with any number of trials", 0.5, True,
    ),
    Member(
        "latin-hypercube", "latin-hypercube",
        "McKay et al. 1979", "any",
        "to cover each parameter evenly with a number of trials that is known beforehand", 0.5, True,
    ),
    Member(
        "halton", "halton",
        "Halton 1960; Owen 2017", "any",
        "like sobol", 1.0, True,
    ),
    Member(
        "r-sequence", "r-sequence",
        "Roberts 2018", "any, few parameters",
        "like sobol, at the least cost", 0.5, True,
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
        1.2, True,
    ),
    Member(
        "portfolio", "portfolio",
        "Fialho et al. 2010 (credit); Hoffman et al. 2011 (portfolios)", "any",
        "to let optimizers of your choice compete for the trials: `portfolio(members='tpe | gp')`", 14.0,
    ),
    Member(
        "gp", "random + gaussian-process(acquisition=log-ei, random_share=0.0)",
        "Snoek et al. 2012; Ament et al. 2023", "any",
        "for dear evaluations and smooth losses, with up to some thousand trials", 14.0,
    ),
    Member(
        "tpe", "parzen + density-ratio",
        "Bergstra et al. 2011; Falkner et al. 2018 (HyperHyper, Table 2)", "any",
        "for conditional and categorical spaces and many parallel workers", 2.6,
    ),
    Member(
        "cma-es", "multivariate-normal + evolutionary",
        "Hansen & Ostermeier 2001; Hamano et al. 2022 (HyperHyper, Table 2)", "mostly numeric",
        "for numeric parameters that depend on each other, with 200 evaluations or more", 1.1,
    ),
    Member(
        "smac-rf", "random + random-forest",
        "Hutter et al. 2011; Lindauer et al. 2022 (HyperHyper, Table 2)", "any",
        "for rugged losses, plateaus and many options: a forest knows steps", 14.0,
    ),
    Member(
        "smac-xgboost", "random + xgboost",
        "Chen & Guestrin 2016 (HyperHyper, Table 2)", "any",
        "like smac-rf, where sharp steps or many parameters make forests slow to learn", 20.0,
    ),
    Member(
        "tpe-univariate", "parzen(multivariate=false) + density-ratio",
        "Bergstra et al. 2011", "any",
        "like tpe, where parameters hardly depend on each other or most are categories", 3.7,
    ),
    Member(
        "normal-rf", "multivariate-normal + random-forest",
        "a normal around the best trials, judged by a forest", "mostly numeric",
        "like smac-rf for numeric parameters that depend on each other", 15.0,
    ),
    Member(
        "local-search", "local",
        "Hoos & Stützle 2004", "any",
        "to refine around the best trials when an ask must cost nothing", 1.1,
    ),
    Member(
        "parzen-rf", "parzen + random-forest",
        "Parzen candidates judged by a forest", "any",
        "like smac-rf when the good region is small: candidates come from where results were good", 14.0,
    ),
    Member(
        "local-rf", "local + random-forest",
        "Hutter et al. 2011 (local search on the acquisition)", "any",
        "to polish a known good region with a model's help", 16.0,
    ),
    Member(
        "sobol-rf", "sobol + random-forest",
        "Owen 1998; Hutter et al. 2011", "any",
        "like smac-rf, with candidates that leave no gap", 14.0,
    ),
    Member(
        "parzen-xgboost", "parzen + xgboost",
        "Parzen candidates judged by boosted trees", "any",
        "like smac-xgboost when the good region is small", 20.0,
    ),
    Member(
        "parzen-gp", "parzen + gaussian-process(acquisition=log-ei, random_share=0.0)",
        "Snoek et al. 2012; candidates after Bergstra et al. 2011", "any",
        "like gp where the good region is small or the parameters are many", 16.0,
    ),
    Member(
        "climb-gp", "climb(steps=4) + gaussian-process(acquisition=log-ei, random_share=0.0)",
        "Snoek et al. 2012; Hutter et al. 2011", "any",
        "like gp, with an acquisition that is climbed to its top: for smooth losses", 31.0,
    ),
    Member(
        "gp-thompson", "random + gaussian-process(acquisition=thompson, random_share=0.0)",
        "Thompson 1933; Wilson et al. 2020", "any",
        "like gp for large batches: each choice follows another draw of the function", 21.0,
    ),
    Member(
        "gp-lcb", "random + gaussian-process(acquisition=lcb, random_share=0.0)",
        "Srinivas et al. 2010", "any",
        "like gp, exploring more", 16.0,
    ),
    Member(
        "gp-mes", "random + gaussian-process(acquisition=max-value-entropy, random_share=0.0)",
        "Wang & Jegelka 2017", "any",
        "like gp, asking where most is learned about the value of the optimum", 17.0,
    ),
    Member(
        "turbo", "trust-region + gaussian-process(acquisition=thompson, random_share=0.0)",
        "Eriksson et al. 2019; Wan et al. 2021", "any",
        "for many parameters, twenty and more, where a model of the whole space is hopeless", 21.0,
    ),
    Member(
        "trust-region", "trust-region",
        "Eriksson et al. 2019", "any",
        "for fast descent in few trials when an ask must cost nothing", 1.2,
    ),
    Member(
        "trust-region-rf", "trust-region + random-forest",
        "Eriksson et al. 2019; Hutter et al. 2011", "any",
        "like smac-rf with many parameters", 14.0,
    ),
    Member(
        "stacked", "random + stacked",
        "Wolpert 1992; Breiman 1996", "any",
        "when nothing is known about the loss: trees, a polynomial, neighbours and boosting vote", 18.0,
    ),
    Member(
        "smac-et", "random + extra-trees",
        "Geurts et al. 2006", "any",
        "like smac-rf, where results have no noise", 25.0,
    ),
    Member(
        "smac-lightgbm", "random + lightgbm",
        "Ke et al. 2017", "any",
        "like smac-xgboost", 24.0,
    ),
    Member(
        "smac-eips", "random + random-forest(acquisition=ei-per-second)",
        "Snoek et al. 2012", "any",
        "where the cost of an evaluation depends much on the configuration: gain per second", 23.0,
    ),
    Member(
        "cqr", "random + quantile-forest(acquisition=conformal-quantile)",
        "Meinshausen 2006; Salinas et al. 2023", "any",
        "for noise that differs from place to place", 28.0,
    ),
    Member(
        "knn", "random + k-nearest-neighbours",
        "Franke & Nielson 1980; Gower 1971", "few parameters",
        "for a model that anyone understands", 15.0,
    ),
    Member(
        "bayes-linear", "random + bayesian-linear",
        "Bishop 2006, 3.5", "smooth, additive losses",
        "for few trials, and the cheapest ask with a model", 8.0,
    ),
    Member(
        "deep-ensemble", "random + neural-ensemble",
        "Lakshminarayanan et al. 2017; Osband et al. 2018", "mostly numeric",
        "for smooth losses and thousands of trials", 15.0,
    ),
    Member(
        "bore", "random + classifier",
        "Tiao et al. 2021; Song et al. 2022", "any",
        "for steps and categories, where only the rank of a result is trusted", 19.0,
    ),
    Member(
        "bore-network", "random + classifier(model=network)",
        "Tiao et al. 2021; Oliveira et al. 2022", "any",
        "like bore for smooth losses", 15.0,
    ),
    Member(
        "climb-rf", "climb(steps=4) + random-forest",
        "Hutter et al. 2011", "any",
        "like smac-rf, with an acquisition that is climbed to its top", 26.0,
    ),
    Member(
        "thompson-rf", "thompson + random-forest",
        "Thompson 1933; Kool et al. 2019", "any",
        "like smac-rf for large batches that stay diverse", 16.0,
    ),
    Member(
        "pibo", "belief + random-forest",
        "Hvarfner et al. 2022", "any, with defaults",
        "where you trust the defaults of your parameters: it starts around them and lets go", 13.0,
    ),
    Member(
        "mixture", "mixture",
        "Hoffman et al. 2011", "any",
        "for unknown surfaces without a model: random, local and trust region by what draws best", 4.1,
    ),
    Member(
        "mixture-rf", "mixture + random-forest",
        "Hoffman et al. 2011; Hutter et al. 2011", "any",
        "like smac-rf: the forest learns where its candidates should come from", 18.0,
    ),
    Member(
        "differential-evolution", "differential + de-selection",
        "Storn & Price 1997; Zhang & Sanderson 2009", "mostly numeric",
        "for valleys and ridges, with 150 cheap evaluations and more", 1.3,
    ),
    Member(
        "differential-best", "differential(donor=best)",
        "Storn & Price 1997", "mostly numeric",
        "like differential-evolution with fewer evaluations", 1.1,
    ),
    Member(
        "particle-swarm", "particle",
        "Kennedy & Eberhart 1995; Clerc & Kennedy 2002", "mostly numeric",
        "for many workers and asks that cost nothing", 1.2,
    ),
    Member(
        "evolution-strategy", "gaussian + evolutionary",
        "Rechenberg 1973", "any",
        "for many workers and results that come late", 1.1,
    ),
    Member(
        "emna", "multivariate-normal + comma",
        "Larrañaga & Lozano 2002; Schwefel 1995", "mostly numeric",
        "for noisy losses: parents are forgotten, lucky ones too", 1.2,
    ),
    Member(
        "evolution-plus", "gaussian + plus",
        "Schwefel 1995", "any",
        "like evolution-strategy without noise: the best are kept", 1.1,
    ),
    Member(
        "fast-ep", "cauchy + plus",
        "Yao et al. 1999", "any",
        "for many local optima: long leaps now and then", 1.1,
    ),
    Member(
        "genetic", "crossover + plus",
        "Eshelman & Schaffer 1993; Deb & Agrawal 1995", "any",
        "where good values of different parameters go together", 1.2,
    ),
    Member(
        "regularized-evolution", "mutation + ageing",
        "Real et al. 2019", "any, many categories",
        "for architectures and noisy losses, with hundreds of evaluations", 1.2,
    ),
    Member(
        "one-plus-one", "mutation + one-plus-one",
        "Droste et al. 2002; Doerr et al. 2017", "any, best discrete",
        "for plateaus of equal scores: it drifts along them", 1.1,
    ),
    Member(
        "annealing", "local + annealing",
        "Kirkpatrick et al. 1983", "any",
        "for many local optima, one trial at a time", 1.3,
    ),
    Member(
        "nsga2", "multivariate-normal + nsga2",
        "Deb et al. 2002; Larrañaga & Lozano 2002", "mostly numeric; `crossover + nsga2` for many options",
        "for several objectives, such as quality and seconds: it spreads along the Pareto front", 1.4,
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

DEFAULT = "auto"
"""The optimizer that is used when none is named."""

COLUMNS = ("name", "sampler", "strategy", "source", "spaces", "ms per ask", "when to choose it")
"""Headings of :func:`table`."""


def table() -> list[tuple[str, ...]]:
    """Return one row of text a member, under :data:`COLUMNS`: what ``parfocal zoo`` and the README print."""
    return [(m.name, m.sampler, m.strategy, m.source, m.spaces, f"{m.milliseconds:g}", m.when) for m in ZOO]


def member(name: str) -> Member | None:
    """Return the member of this name, or None."""
    return next((m for m in ZOO if m.name == name), None)
