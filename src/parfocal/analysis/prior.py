"""Priors from a finished study: what was learned of a parameter in one problem guides the search in the next.

Losses do not carry over, since other images and another metric have another scale; where the good values lie does
(HyperHyper, from experiment 2 to 3). A prior is wide on purpose: it moves draws, and excludes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil

import numpy as np

from parfocal.analysis.runs import Histories, as_runs, comparable
from parfocal.errors import InvalidInput
from parfocal.space import Boolean, Categorical, Float, Integer, Ordinal, Parameter, Space
from parfocal.space.priors import LogNormal, Normal
from parfocal.typing import Floats, Value

SHARE = 0.1
"""Share of the complete trials, the best ones, whose values make a prior."""
FEWEST = 5
"""Trials that make a prior at least."""
FLOOR = 0.1
"""Smallest standard deviation, as a share of the parameter's range in the new space (of its logarithm's)."""
WIDER = 1.5
"""Factor on the standard deviation of the values: the next problem is not the same."""
EVEN = 0.5
"""Share of the weight of a choice that stays even among all choices."""


@dataclass(frozen=True)
class Learned:
    """What was learned of one parameter."""

    name: str
    parameter: Parameter
    """The parameter of the new space with its new prior."""
    values: int
    """Good trials of the earlier study in which it was active."""
    text: str
    """The prior in words."""


@dataclass(frozen=True)
class Priors:
    """A space with priors from an earlier study."""

    space: Space
    learned: tuple[Learned, ...]
    """The parameters whose prior is new."""
    kept: tuple[str, ...]
    """Parameters of the space that the earlier study says nothing of."""

    @property
    def sentence(self) -> str:
        """What was learned, in one sentence."""
        said = "; ".join(f"{each.name} {each.text}" for each in self.learned)
        rest = f"; as before: {', '.join(self.kept)}" if self.kept else ""
        return f"Priors learned: {said}{rest}." if said else f"No prior was learned; as before: {', '.join(self.kept)}."


def priors(space: Space, earlier: Space, histories: Histories, *, share: float = SHARE) -> Priors:
    """Return ``space`` with priors for the parameters that an earlier study has under the same name.

    A number gets a normal prior, a log-normal one where its own prior is logarithmic, around the mean of its values in
    the best trials; the standard deviation is theirs, half as much again, and at least a tenth of the range. A choice
    is as likely as it was frequent there, half of the weight staying even. Bounds, levels, defaults and conditions stay
    as they are. Where all good values lie outside the new bounds nothing is learned.

    Parameters
    ----------
    space
        The space of the next study.
    earlier, histories
        Space and trials of the finished one.
    share
        Share of its complete trials, the best ones, in (0, 1].

    Raises
    ------
    InvalidInput
        When no trial is complete, or ``share`` is impossible.
    """
    if not 0 < share <= 1:
        raise InvalidInput(f"share must be above 0 and at most 1 (all complete trials); got {share!r}.")
    blocks = [(run.history, comparable(run.history)) for run in as_runs(histories)]
    X = np.concatenate([np.empty((0, earlier.dimension)), *(history.X[kept] for history, kept in blocks)])
    loss = np.concatenate([np.empty(0), *(history.loss[kept] for history, kept in blocks)])
    if not len(loss):
        raise InvalidInput("The earlier study has no complete trial: there is nothing to learn priors from.")
    best = np.argsort(loss, kind="stable")[: max(ceil(share * len(loss)), min(FEWEST, len(loss)))]
    columns = earlier.decode_columns(X[best])
    parameters = dict(space.parameters)
    learned = []
    for name in space.columns:
        values = [value for value in columns.get(name, np.empty(0)).tolist() if value is not None and value == value]
        found = _learned(parameters[name], values)
        if found is not None:
            parameters[name] = found[0]
            learned.append(Learned(name, found[0], len(values), found[1]))
    names = {each.name for each in learned}
    return Priors(
        Space(parameters, space.constraints), tuple(learned), tuple(n for n in space.columns if n not in names)
    )


def _learned(parameter: Parameter, values: Sequence[Value]) -> tuple[Parameter, str] | None:
    """Return a parameter with the prior that values suggest, and the prior in words; None where they suggest none."""
    if not values:
        return None
    if isinstance(parameter, Float | Integer):
        numbers = [float(v) for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
        inside = [v for v in numbers if parameter.low <= v <= parameter.high]
        return _number(parameter, np.array(numbers)) if inside else None
    if isinstance(parameter, Boolean):
        true = [v for v in values if isinstance(v, bool)]
        if not true:
            return None
        chance = EVEN / 2 + (1 - EVEN) * float(np.mean(true))
        return replace(parameter, probability=chance), f"true with {chance:.0%}"
    if isinstance(parameter, Categorical | Ordinal):
        options = parameter.choices if isinstance(parameter, Categorical) else parameter.values
        counts = np.array([sum(v == option and type(v) is type(option) for v in values) for option in options])
        if not counts.sum():
            return None
        weights = EVEN / len(options) + (1 - EVEN) * counts / counts.sum()
        top = int(np.argmax(weights))
        return replace(parameter, weights=tuple(weights.tolist())), f"{options[top]} with {weights[top]:.0%}"
    return None


def _number(parameter: Float | Integer, values: Floats) -> tuple[Parameter, str]:
    """Return a number with a normal or log-normal prior around values, and the prior in words."""
    log = not isinstance(parameter.prior, str) and parameter.prior.log
    scaled, ends = values, np.array([parameter.low, parameter.high], dtype=np.float64)
    if log:
        scaled, ends = np.log(values[values > 0]), np.log(ends)
    mean = float(np.clip(scaled.mean(), *ends))
    std = max(WIDER * float(scaled.std()), FLOOR * float(ends[1] - ends[0]))
    prior = LogNormal(mean, std) if log else Normal(mean, std)
    centre = float(np.exp(mean)) if log else mean
    low, high = (float(np.exp(mean + s * std)) if log else mean + s * std for s in (-1, 1))
    words = f"around {centre:.3g} ({max(low, parameter.low):.3g} to {min(high, parameter.high):.3g})"
    return replace(parameter, prior=prior), words
