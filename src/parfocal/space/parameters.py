"""The six kinds of parameter, as frozen values that check themselves."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, InitVar, dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np

from parfocal.errors import SpaceError
from parfocal.space.parameter_checks import (
    assign,
    check_bounds,
    check_default,
    check_option,
    check_resolution,
    number,
    options_of,
    plain,
    prior_of,
    short,
    weights_of,
    whole,
)
from parfocal.space.priors import Prior, Uniform
from parfocal.typing import Value

_UNIFORM = Uniform()


@dataclass(frozen=True, repr=False)
class Float:
    """A real number in ``[low, high]``.

    Parameters
    ----------
    low, high
        Bounds, both reachable.
    prior
        A prior, or its name; see :mod:`parfocal.space.priors`. ``log=True`` is short for ``prior="log-uniform"``.
    step
        Resolution: only ``low``, ``low + step``, ... are used.
    levels
        Resolution as a number of values (at least 2) from ``low`` to ``high``: equidistant, geometric for log priors.
    default
        The value to start from; where there is a resolution, the nearest level is meant.
    when
        Condition on other parameters under which this one is active.
    unit
        For labels, such as ``"px"``.
    """

    low: float
    high: float
    _: KW_ONLY
    prior: Prior | str = _UNIFORM
    step: float | None = None
    levels: int | None = None
    default: float | None = None
    when: str | None = None
    unit: str | None = None
    log: InitVar[bool] = False
    kind: ClassVar[str] = "float"
    __repr__ = short

    def __post_init__(self, log: bool) -> None:
        assign(self, low=number(self.low, "low"), high=number(self.high, "high"), prior=prior_of(self.prior, log))
        check_bounds(self)
        if self.step is not None:
            assign(self, step=number(self.step, "step"))
        check_resolution(self)
        if self.default is not None:
            assign(self, default=number(self.default, "default"))
            check_default(self)


@dataclass(frozen=True, repr=False)
class Integer:
    """A whole number in ``[low, high]``, every one reachable and the ends as likely as their prior says.

    Parameters
    ----------
    low, high
        Bounds, both reachable.
    prior
        As for :class:`Float`; each number has the prior's share of its unit interval (of its ``step``).
    step
        Only ``low``, ``low + step``, ... are used.
    levels
        At most that many values from ``low`` to ``high`` (rounded to whole numbers), geometric for log priors.
    default, when, unit
        As for :class:`Float`.
    """

    low: int
    high: int
    _: KW_ONLY
    prior: Prior | str = _UNIFORM
    step: int = 1
    levels: int | None = None
    default: int | None = None
    when: str | None = None
    unit: str | None = None
    log: InitVar[bool] = False
    kind: ClassVar[str] = "integer"
    __repr__ = short

    def __post_init__(self, log: bool) -> None:
        assign(self, low=whole(self.low, "low"), high=whole(self.high, "high"), prior=prior_of(self.prior, log))
        check_bounds(self)
        assign(self, step=whole(1 if self.step is None else self.step, "step"))
        check_resolution(self)
        if self.default is not None:
            assign(self, default=whole(self.default, "default"))
            check_default(self)


@dataclass(frozen=True, repr=False)
class Categorical:
    """One of several choices without order: texts, numbers, truth values or None.

    Parameters
    ----------
    choices
        At least two different values.
    weights
        How likely each choice is (positive numbers, need not sum to 1); equal when not given.
    default, when
        As for :class:`Float`.
    """

    choices: tuple[Value, ...] | Sequence[Value]
    _: KW_ONLY
    weights: tuple[float, ...] | Sequence[float] | None = None
    default: Value = None
    when: str | None = None
    kind: ClassVar[str] = "categorical"
    __repr__ = short

    def __post_init__(self) -> None:
        assign(
            self, choices=options_of(self.choices, "choices"), weights=weights_of(self.weights, self.choices, "choices")
        )
        check_option(self, self.choices, "choices")


@dataclass(frozen=True, repr=False)
class Ordinal:
    """One of several values whose order matters, such as ``[small, medium, large]`` or ``[1, 2, 4, 8]``.

    Parameters
    ----------
    values
        At least two different values, in their order.
    weights, default, when, unit
        As for :class:`Categorical` and :class:`Float`.
    """

    values: tuple[Value, ...] | Sequence[Value]
    _: KW_ONLY
    weights: tuple[float, ...] | Sequence[float] | None = None
    default: Value = None
    when: str | None = None
    unit: str | None = None
    kind: ClassVar[str] = "ordinal"
    __repr__ = short

    def __post_init__(self) -> None:
        assign(self, values=options_of(self.values, "values"), weights=weights_of(self.weights, self.values, "values"))
        check_option(self, self.values, "values")


@dataclass(frozen=True, repr=False)
class Boolean:
    """True or False.

    Parameters
    ----------
    probability
        How likely True is, in (0, 1).
    default, when
        As for :class:`Float`.
    """

    _: KW_ONLY
    probability: float = 0.5
    default: bool | None = None
    when: str | None = None
    kind: ClassVar[str] = "boolean"
    __repr__ = short

    def __post_init__(self) -> None:
        assign(self, probability=number(self.probability, "probability"))
        if not 0 < self.probability < 1:
            raise SpaceError(
                f"'probability' must lie between 0 and 1, ends excluded; got {self.probability!r} "
                "(for a fixed value use a constant)."
            )
        if self.default is not None and not isinstance(self.default, bool | np.bool_):
            raise SpaceError(f"'default' must be true or false; got {self.default!r}.")


@dataclass(frozen=True, repr=False)
class Constant:
    """A fixed value that every configuration holds (under its condition, if any); it takes no column of X."""

    value: Value
    _: KW_ONLY
    when: str | None = None
    kind: ClassVar[str] = "constant"
    __repr__ = short

    def __post_init__(self) -> None:
        assign(self, value=plain(self.value, "value"))


Parameter: TypeAlias = Float | Integer | Categorical | Ordinal | Boolean | Constant
KINDS: dict[str, type[Any]] = {kind.kind: kind for kind in (Float, Integer, Categorical, Ordinal, Boolean, Constant)}
