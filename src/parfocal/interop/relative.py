"""A search space of Optuna as a space of parfocal: other names, and options by their index."""

from collections.abc import Mapping
from typing import Any

from parfocal.extras import require
from parfocal.interop.ledger import known_values
from parfocal.space import Space

require("optuna", "interop")

from optuna.distributions import BaseDistribution, CategoricalDistribution  # noqa: E402
from optuna.trial import FrozenTrial  # noqa: E402


class Relative:
    """The translation of one search space.

    Names of Optuna may be any text and options any object: inside, parameters are ``x0``, ``x1``, ... and options are
    whole numbers.

    Parameters
    ----------
    search_space
        Distributions by name, none with a single value only.
    """

    def __init__(self, search_space: Mapping[str, BaseDistribution]) -> None:
        self.search_space = dict(search_space)
        self._inner = {name: f"x{index}" for index, name in enumerate(self.search_space)}
        self.space = Space.from_optuna({self._inner[name]: _plain(d) for name, d in self.search_space.items()})

    def inside(self, trial: FrozenTrial) -> dict[str, Any] | None:
        """Return the configuration of a trial in the space; None unless it has all parameters within their ranges."""
        values = known_values(trial)
        found: dict[str, Any] = {}
        for name, distribution in self.search_space.items():
            if name not in values:
                return None
            try:
                code = distribution.to_internal_repr(values[name])
            except ValueError:  # no number, or none of the options
                return None
            if not distribution._contains(code):
                return None
            found[self._inner[name]] = int(code) if isinstance(distribution, CategoricalDistribution) else values[name]
        return found

    def outside(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a configuration of the space means to Optuna, by its own names."""
        return {
            name: distribution.to_external_repr(values[self._inner[name]])
            for name, distribution in self.search_space.items()
        }


def _plain(distribution: BaseDistribution) -> BaseDistribution:
    if isinstance(distribution, CategoricalDistribution):
        return CategoricalDistribution(tuple(range(len(distribution.choices))))
    return distribution
