"""The facade: named parameters with conditions and constraints, and every way in and out of the unit cube."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parfocal import checks
from parfocal.errors import InvalidInput, SpaceError
from parfocal.space import codec, documents
from parfocal.space.draws import Draws, draws
from parfocal.space.grid import Grid, grid, size
from parfocal.space.layout import Layout, layout_of
from parfocal.space.names import checked, with_conditions
from parfocal.space.neighbours import neighbours
from parfocal.space.parameters import Boolean, Categorical, Parameter
from parfocal.typing import Bools, Floats, Ints, Value, Values


class Space:
    """Named parameters with prior, bounds, resolution, conditions and constraints.

    Parameters
    ----------
    parameters
        Parameters by name; names are Python identifiers. Their order is the order of columns.
    constraints
        Relations such as ``"area_min < area_max"`` that every configuration satisfies; one that involves an inactive
        parameter holds.
    conditions
        Conditions by name of the parameter that they govern, joined by ``and`` with its own ``when``.

    Raises
    ------
    SpaceError
        If anything is wrong; one sentence that names the parameter.

    Notes
    -----
    ``X`` is ``(n, d)`` float64: codes in the unit cube by prior quantile, a discrete level at the middle of its
    interval, NaN where inactive. A row is *canonical* when it is what :meth:`canonical` makes of it.
    """

    def __init__(
        self,
        parameters: Mapping[str, Parameter],
        constraints: Sequence[str] = (),
        *,
        conditions: Mapping[str, str] | None = None,
    ) -> None:
        joined = with_conditions(checked(parameters), conditions or {})
        self.parameters: Mapping[str, Parameter] = MappingProxyType(joined)
        self.constraints = (constraints,) if isinstance(constraints, str) else tuple(constraints)
        self.layout: Layout = layout_of(self.parameters, self.constraints)
        axes = [self.layout.axes[name] for name in self.layout.columns]
        self.names = tuple(joined)
        self.columns = self.layout.columns
        self.dimension = len(self.columns)
        self.levels: Ints = _frozen(np.array([axis.levels for axis in axes], dtype=np.int64))
        self.categorical: Bools = _frozen(
            np.array([isinstance(axis.parameter, Categorical | Boolean) for axis in axes])
        )
        self.conditional: Bools = _frozen(np.array([name in self.layout.rules for name in self.columns]))
        self._draws: Draws = draws(self.layout)

    @cached_property
    def size(self) -> int | float:
        """Number of distinct configurations; infinite with a continuous parameter.

        Exact, however large, while at most 2,000,000 rows are tied together by conditions and constraints; above it
        is an upper bound.
        """
        return size(self.layout)

    def sample(self, n: int, rng: np.random.Generator) -> Floats:
        """Return ``n`` draws ``(n, d)`` from the prior given the constraints: canonical and feasible.

        Raises
        ------
        SpaceError
            If practically nothing satisfies a constraint.
        """
        if not isinstance(rng, np.random.Generator):
            raise InvalidInput(f"rng must be a generator such as numpy.random.default_rng(0); got {rng!r}.")
        return self._draws.sample(int(n), rng)

    def from_unit(self, U: Floats) -> Floats:
        """Return canonical rows for points ``(n, d)`` of the full cube; constraints are not asked."""
        return self.layout.canonical(checks.points(U, self.dimension, "U"))

    def canonical(self, X: Floats) -> Floats:
        """Return rows snapped to level centres, with NaN exactly where inactive (active NaN takes the default)."""
        return self.layout.canonical(checks.points(X, self.dimension))

    def feasible(self, X: Floats) -> Bools:
        """Return where all constraints hold on canonical rows, ``(n,)``."""
        return self.layout.feasible(checks.points(X, self.dimension))

    def repair(self, X: Floats, rng: np.random.Generator) -> Floats:
        """Return canonical, feasible rows; only infeasible ones are moved, few coordinates first."""
        return self._draws.repair(checks.points(X, self.dimension), rng)

    def encode(self, configurations: Sequence[Values]) -> Floats:
        """Return the canonical rows of configurations, ``(n, d)``.

        Numbers move to their nearest level, values of inactive parameters are dropped, missing ones take defaults.

        Raises
        ------
        SpaceError
            If a name is unknown or a value is impossible.
        """
        if isinstance(configurations, Mapping):
            raise SpaceError("Configurations must be a list of mappings; got one mapping: put it in a list.")
        return codec.encode(self.layout, configurations)

    def decode(self, X: Floats) -> list[dict[str, Value]]:
        """Return one configuration a row: active parameters and constants, as plain Python values."""
        return codec.decode(self.layout, checks.points(X, self.dimension))

    def decode_columns(self, X: Floats) -> dict[str, NDArray[Any]]:
        """Return one array a column of X: numbers as float64 (NaN inactive), options as objects (None inactive)."""
        return codec.decode_columns(self.layout, checks.points(X, self.dimension))

    def validate(self, configuration: Values) -> None:
        """Raise :class:`SpaceError` in one sentence unless the configuration is complete, possible and feasible."""
        problem = codec.problem(self.layout, configuration)
        if problem is not None:
            raise SpaceError(problem)

    def contains(self, configurations: Sequence[Values]) -> Bools:
        """Return which configurations :meth:`validate` accepts, ``(n,)``."""
        return np.array([codec.problem(self.layout, c) is None for c in configurations], dtype=np.bool_)

    def indices(self, X: Floats) -> Ints:
        """Return the level of each entry ``(n, d)``: -1 where inactive, 0 where continuous and active."""
        return codec.indices(self.layout, checks.points(X, self.dimension))

    def keys(self, X: Floats) -> NDArray[np.uint64]:
        """Return the identity of canonical rows as 64-bit hashes ``(n,)``; continuous codes count to 2^-40."""
        return codec.keys(self.layout, checks.points(X, self.dimension))

    def grid(self, target: int | None = None) -> Grid:
        """Return all configurations, or with ``target`` a coarse grid of at most that many; made lazily.

        Raises
        ------
        SpaceError
            If a parameter is continuous and there is no target.
        """
        return grid(self.layout, target)

    def neighbours(self, row: Floats, n: int, rng: np.random.Generator, *, scale: float = 0.2) -> Floats:
        """Return up to ``n`` feasible neighbours of one canonical row ``(d,)``: one active parameter moved.

        ``scale`` (> 0) is the standard deviation of the move of a number, as a share of the unit cube.
        """
        point = checks.points(np.asarray(row, dtype=np.float64).reshape(1, -1), self.dimension, "row")
        return neighbours(self.layout, self.layout.canonical(point)[0], n, rng, scale)

    def default(self) -> dict[str, Value] | None:
        """Return the default configuration, or None when no parameter has a default or it breaks a constraint.

        Parameters without a default stand at their prior's median, options at the likeliest.
        """
        if all(getattr(parameter, "default", None) is None for parameter in self.parameters.values()):
            return None
        X = self.layout.canonical(np.full((1, self.dimension), np.nan))
        return self.decode(X)[0] if self.feasible(X)[0] else None

    def to_dict(self) -> dict[str, Any]:
        """Return the space as plain values for JSON and YAML."""
        return documents.to_dict(self.parameters, self.constraints)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Space":
        """Return the space of :meth:`to_dict`, or of a plain mapping from names to parameters."""
        parameters, constraints, conditions = documents.from_dict(content)
        return cls(parameters, constraints, conditions=conditions)

    def to_json(self) -> str:
        """Return the space as JSON text."""
        return documents.to_json(self.to_dict())

    @classmethod
    def from_json(cls, text: str) -> "Space":
        """Return the space of JSON text."""
        return cls.from_dict(documents.from_json(text))

    def to_yaml(self) -> str:
        """Return the space as YAML text."""
        return documents.to_yaml(self.to_dict())

    @classmethod
    def from_yaml(cls, source: str | Path) -> "Space":
        """Return the space of YAML text, or of a file (a :class:`~pathlib.Path`)."""
        return cls.from_dict(documents.from_yaml(source))

    @classmethod
    def from_configspace(
        cls, source: Any, *, rename: Callable[[str], str] | Mapping[str, str] | None = None
    ) -> "Space":
        """Return the space of a ConfigSpace: its JSON text, its dict, or the object.

        ``rename`` gives new names for those that are no identifiers, such as ``svm:C``. Raises :class:`SpaceError`
        where something cannot be expressed.
        """
        from parfocal.space.configspace_import import from_configspace

        return cls(*from_configspace(source, rename))

    @classmethod
    def from_optuna(cls, distributions: Mapping[str, Any]) -> "Space":
        """Return the space of Optuna distributions by name (objects, or their JSON texts)."""
        from parfocal.space.optuna_import import from_optuna

        return cls(from_optuna(distributions))

    def to_optuna(self) -> dict[str, Any]:
        """Return Optuna distributions by name; they know no conditions, no constraints and few priors."""
        from parfocal.space.optuna_export import to_optuna

        return to_optuna(self.parameters)

    def to_configspace(self) -> Any:
        """Return a ``ConfigSpace.ConfigurationSpace``, or raise :class:`SpaceError` where it cannot express this."""
        from parfocal.space.configspace_export import to_configspace

        return to_configspace(self.layout)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Space):
            return NotImplemented
        return list(self.parameters.items()) == list(other.parameters.items()) and self.constraints == other.constraints

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return Space, (dict(self.parameters), self.constraints)

    def __repr__(self) -> str:
        lines = [f"  {name}: {parameter!r}" for name, parameter in self.parameters.items()]
        lines += [f"  constraint: {text}" for text in self.constraints]
        return "Space(\n" + "\n".join(lines) + "\n)"


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    array.flags.writeable = False
    return array
