"""Made-up problems whose structure is known: which parameters can be optimized apart, and which cannot.

Three sets of twenty: ``first``, on which thresholds were chosen; ``second``, with other functions, optima and
dimensions, against which two of the thresholds that the first one left open were held; and ``third``, drawn at random,
which had no part in any choice.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from parfocal.space import Boolean, Categorical, Float, Integer, Space
from parfocal.space.parameters import Parameter
from parfocal.typing import Floats

Part = Callable[[Floats], Floats]
"""Codes ``(n, k)`` of one block to its contribution ``(n,)``, about 0 at best and about 1 at worst."""
Whole = Callable[[Floats], Floats]
"""Contributions ``(b, n)`` of all blocks to the loss ``(n,)``: monotone in each."""


@dataclass(frozen=True)
class Problem:
    """A space, a loss on its rows, and the blocks that can be optimized apart."""

    name: str
    space: Space
    blocks: frozenset[frozenset[str]]
    parts: tuple[tuple[tuple[int, ...], Part], ...]
    whole: Whole
    noise: float = 0.0
    """Standard deviation of the noise."""
    seed: int = 0

    def exact(self, X: Floats) -> Floats:
        """Return the loss ``(n,)`` of canonical rows without noise."""
        codes = np.nan_to_num(X, nan=0.5)
        return self.whole(np.stack([part(codes[:, list(columns)]) for columns, part in self.parts]))

    def loss(self, X: Floats, rng: np.random.Generator) -> Floats:
        """Return the loss ``(n,)`` as an evaluation gives it."""
        return self.exact(X) + self.noise * rng.standard_normal(len(X))


# ------------------------------------------------------------ parts: one parameter


def bowl(optimum: float, power: float = 2.0) -> Part:
    """Return a bowl around an optimum."""
    return lambda C: np.asarray(np.abs(C[:, 0] - optimum) ** power / max(optimum, 1 - optimum) ** power)


def slope(up: bool = True) -> Part:
    """Return a slope: best at one end."""
    return lambda C: np.asarray(C[:, 0] if up else 1 - C[:, 0])


def plateau(optimum: float) -> Part:
    """Return a wide plateau with a narrow rim."""
    return lambda C: np.asarray(1 / (1 + np.exp(-25 * (np.abs(C[:, 0] - optimum) - 0.25))))


def choice(levels: int, best: int) -> Part:
    """Return a category: one choice is best, the others are each worse by their own amount."""
    cost = np.roll(np.linspace(0, 1, levels), best)
    return lambda C: np.asarray(cost[np.minimum((C[:, 0] * levels).astype(int), levels - 1)])


# ------------------------------------------------------------ parts: coupled parameters


def valley(optimum: float, tilt: float = 1.0) -> Part:
    """Return a diagonal valley with a slight fall along it: ``u + tilt v`` decides, as of a scale and a threshold."""
    return lambda C: np.asarray(
        np.minimum(1.0, 2.5 * (C[:, 0] + tilt * C[:, 1] - 1.0) ** 2 + 0.35 * (C[:, 0] - optimum) ** 2)
    )


def bent(optimum: float) -> Part:
    """Return a bent ridge on a flat floor, as the F1 of spot detection."""
    return lambda C: np.asarray(
        1 - np.exp(-(((C[:, 1] - 0.15 - 0.75 * C[:, 0] ** 2) / 0.16) ** 2) - ((C[:, 0] - optimum) / 0.45) ** 2)
    )


def exclusive(levels: int) -> Part:
    """Return a category that decides where a number is best."""
    homes = np.linspace(0.1, 0.9, levels)

    def part(C: Floats) -> Floats:
        index = np.minimum((C[:, 0] * levels).astype(int), levels - 1)
        return np.asarray(np.abs(C[:, 1] - homes[index]) ** 1.5 + 0.06 * index / levels)

    return part


def chain(optimum: float) -> Part:
    """Return a quadratic form of several parameters, each tied to the next one."""

    def part(C: Floats) -> Floats:
        Z = C - optimum
        return np.asarray(((Z[:, 1:] + Z[:, :-1]) ** 2).sum(axis=1) * 1.2 + 0.25 * (Z**2).sum(axis=1))

    return part


def product(optimum: float) -> Part:
    """Return a number whose best value is another one's inverse: ``u v`` should be a constant."""
    return lambda C: np.asarray(
        np.minimum(
            1.0, np.abs(np.log((0.1 + C[:, 0]) * (0.1 + C[:, 1]) / 0.25)) / 1.5 + 0.2 * np.abs(C[:, 0] - optimum)
        )
    )


def rotated(angle: float, optimum: float) -> Part:
    """Return an ellipse with axes 1 to 6 in a direction of its own."""
    c, s = np.cos(angle), np.sin(angle)

    def part(C: Floats) -> Floats:
        u, v = C[:, 0] - optimum, C[:, 1] - (1 - optimum)
        return np.asarray(((c * u + s * v) ** 2 * 6 + (c * v - s * u) ** 2 * 0.35) / 1.5)

    return part


# ------------------------------------------------------------ wholes: monotone in each part


def total(*weights: float) -> Whole:
    """Return the weighted sum."""
    return lambda P: np.asarray((np.array(weights)[:, None] * P).sum(axis=0))


def logarithm(*weights: float) -> Whole:
    """Return the logarithm of one plus ten times the weighted sum."""
    return lambda P: np.asarray(np.log1p(10 * total(*weights)(P)))


def score(*weights: float) -> Whole:
    """Return one minus a product of bumps: a score that needs all parts to be good."""
    return lambda P: np.asarray(1 - np.exp(-1.6 * total(*weights)(P)))


def norm(*weights: float) -> Whole:
    """Return the Euclidean norm."""
    return lambda P: np.sqrt(total(*weights)(P**2))


def explosive(*weights: float) -> Whole:
    """Return the exponential: a few terrible values, most of the range nearly flat."""
    return lambda P: np.expm1(3 * total(*weights)(P))


def harmonic(*weights: float) -> Whole:
    """Return one minus the harmonic mean of two-sided qualities, as of precision and recall."""

    def whole(P: Floats) -> Floats:
        quality = 1 / (1 + 2 * np.array(weights)[:, None] * P)
        return np.asarray(1 - len(P) / (1 / quality).sum(axis=0))

    return whole


# ------------------------------------------------------------ the sets


def _number(log: bool = False) -> Parameter:
    return Float(1e-3, 1.0, prior="log-uniform") if log else Float(0.0, 1.0)


def _problem(
    name: str,
    blocks: Sequence[tuple[Sequence[Parameter], Part]],
    whole: Whole,
    noise: float = 0.0,
    seed: int = 0,
    split: bool = True,
) -> Problem:
    """Return the problem of blocks; ``split`` False: a part of its own joins all parameters into one block."""
    parameters: dict[str, Parameter] = {}
    names: list[list[str]] = []
    order = np.random.default_rng(seed).permutation(sum(len(p) for p, _ in blocks))
    for given, _ in blocks:
        names.append([f"p{order[len(parameters) + i]}" for i in range(len(given))])
        parameters |= dict(zip(names[-1], given, strict=True))
    space = Space({name: parameters[name] for name in sorted(parameters)})
    columns = [tuple(space.columns.index(name) for name in block) for block in names]
    parts = tuple((c, part) for c, (_, part) in zip(columns, blocks, strict=True))
    truth = names if split else [[name for block in names for name in block]]
    return Problem(name, space, frozenset(map(frozenset, truth)), parts, whole, noise, seed)


def first() -> tuple[Problem, ...]:
    """Return the twenty problems on which thresholds were chosen."""
    f, g = _number, lambda: _number(True)
    step, letters, yes = Integer(1, 15), Categorical(list("abc")), Boolean()
    return (
        _problem("two, apart", [([f()], bowl(0.3)), ([f()], bowl(0.7))], total(1, 0.6)),
        _problem("two, a valley", [([f(), f()], valley(0.4))], total(1)),
        _problem("two, score, apart", [([f()], bowl(0.6)), ([g()], bowl(0.35))], score(1.5, 1)),
        _problem("three, 1 + 2 bent", [([f()], bowl(0.5)), ([f(), f()], bent(0.4))], score(0.6, 1.5)),
        _problem("three, apart, log", [([f()], bowl(0.2)), ([g()], bowl(0.5)), ([f()], slope())], logarithm(1, 1, 0.5)),
        _problem("three, a chain", [([f(), f(), f()], chain(0.45))], total(1)),
        _problem("four, 2 + 2", [([f(), f()], valley(0.6)), ([f(), f()], rotated(0.8, 0.4))], total(1, 1), seed=1),
        _problem("four, apart, noisy", [([f()], bowl(c)) for c in (0.2, 0.5, 0.7, 0.4)], total(1, 1, 1, 1), 0.05),
        _problem(
            "four, 2 + 1 + 1, norm",
            [([f(), f()], valley(0.3)), ([f()], bowl(0.7)), ([f()], bowl(0.2))],
            norm(1.5, 1, 1),
            seed=2,
        ),
        _problem("two, a category decides", [([letters, f()], exclusive(3))], total(1)),
        _problem(
            "three, category apart",
            [([letters], choice(3, 1)), ([f()], bowl(0.3)), ([step], bowl(0.6))],
            total(0.5, 1, 1),
        ),
        _problem(
            "four, category decides + 2",
            [([letters, f()], exclusive(3)), ([f()], bowl(0.3)), ([yes], choice(2, 1))],
            score(1.2, 1, 0.4),
            seed=3,
        ),
        _problem("two, a valley, noisy", [([f(), f()], valley(0.4))], total(1), 0.05),
        _problem("three, 1 + 2, noisy", [([f()], bowl(0.4)), ([f(), f()], valley(0.5))], total(0.8, 1), 0.05, seed=4),
        _problem("five, 2 + 3", [([f(), g()], valley(0.5)), ([f(), f(), f()], chain(0.5))], total(1, 0.7), seed=5),
        _problem(
            "six, apart", [([f()], bowl(c)) for c in (0.1, 0.3, 0.5, 0.6, 0.8, 0.4)], total(1, 0.8, 0.6, 1, 0.7, 0.9)
        ),
        _problem(
            "six, 2 + 2 + 1 + 1",
            [([f(), f()], valley(0.5)), ([f(), f()], rotated(2.3, 0.6)), ([f()], bowl(0.3)), ([f()], slope(False))],
            total(1, 1, 0.6, 0.4),
            seed=6,
        ),
        _problem("two, explosive, apart", [([f()], bowl(0.35)), ([f()], bowl(0.65))], explosive(1, 1)),
        _problem(
            "eight, 2 + six alone",
            [([f(), f()], valley(0.5)), *[([f()], bowl(c)) for c in (0.2, 0.4, 0.6, 0.8, 0.3, 0.7)]],
            total(1.2, *[0.5] * 6),
            seed=7,
        ),
        _problem(
            "three, product + 1, integer", [([f(), f()], product(0.5)), ([step], bowl(0.3))], harmonic(1, 0.7), seed=8
        ),
    )


def second() -> tuple[Problem, ...]:
    """Return the other twenty: other functions, optima, weights and dimensions."""
    f, g = _number, lambda: _number(True)
    step, letters, yes = Integer(2, 30), Categorical(list("pqrs")), Boolean()
    return (
        _problem("two, apart, sharp", [([f()], bowl(0.55, 1.2)), ([g()], bowl(0.25, 1.5))], total(0.7, 1), seed=11),
        _problem("two, rotated", [([f(), f()], rotated(0.7, 0.35))], total(1), seed=12),
        _problem("two, harmonic, apart", [([f()], bowl(0.45)), ([f()], bowl(0.7))], harmonic(1.5, 1), seed=13),
        _problem("three, 1 + 2 product", [([g()], bowl(0.6)), ([f(), f()], product(0.3))], total(0.7, 1), seed=14),
        _problem(
            "three, apart, score",
            [([f()], bowl(0.75)), ([f()], bowl(0.4, 1.5)), ([g()], bowl(0.2))],
            score(1, 0.8, 0.6),
            seed=15,
        ),
        _problem("three, a chain, log", [([f(), g(), f()], chain(0.55))], logarithm(1), seed=16),
        _problem("four, 2 + 2, score", [([f(), f()], bent(0.5)), ([f(), f()], valley(0.35))], score(1, 1), seed=17),
        _problem(
            "five, apart, noisy",
            [([f()], bowl(c)) for c in (0.3, 0.6, 0.45, 0.8, 0.15)],
            total(1, 0.8, 1, 0.7, 0.9),
            0.05,
            18,
        ),
        _problem(
            "four, 2 + 1 + 1, explosive",
            [([f(), f()], valley(0.6)), ([f()], bowl(0.3)), ([f()], bowl(0.6))],
            explosive(0.8, 0.6, 0.6),
            seed=19,
        ),
        _problem(
            "three, a category decides + 1",
            [([letters, f()], exclusive(4)), ([f()], bowl(0.45))],
            total(1, 0.6),
            seed=20,
        ),
        _problem(
            "four, categories apart",
            [([letters], choice(4, 2)), ([yes], choice(2, 0)), ([f()], bowl(0.65)), ([step], bowl(0.25))],
            total(0.6, 0.4, 1, 0.8),
            seed=21,
        ),
        _problem(
            "three, a plateau + valley", [([f()], plateau(0.5)), ([f(), f()], valley(0.55))], score(0.7, 1.2), seed=22
        ),
        _problem("two, rotated, noisy", [([f(), f()], rotated(2.4, 0.6))], total(1), 0.05, 23),
        _problem(
            "three, 1 + 2, noisy score", [([f()], bowl(0.65)), ([f(), g()], valley(0.4))], score(0.8, 1.2), 0.03, 24
        ),
        _problem(
            "five, 3 + 1 + 1",
            [([f(), f(), f()], chain(0.4)), ([f()], bowl(0.7)), ([f()], bowl(0.3))],
            total(0.8, 0.7, 0.7),
            seed=25,
        ),
        _problem(
            "seven, apart",
            [([f()], bowl(c)) for c in (0.2, 0.7, 0.45, 0.55, 0.85, 0.35, 0.6)],
            total(1, 0.7, 0.9, 0.8, 0.6, 1, 0.7),
            seed=26,
        ),
        _problem(
            "six, 2 + 2 + 2",
            [([f(), f()], valley(0.45)), ([f(), f()], rotated(0.8, 0.55)), ([f(), f()], product(0.4))],
            total(1, 1, 0.8),
            seed=27,
        ),
        _problem("two, log, apart", [([g()], bowl(0.3)), ([f()], slope(False))], logarithm(1, 0.6), seed=28),
        _problem(
            "eight, 2 + 2 + four alone",
            [([f(), f()], valley(0.4)), ([f(), f()], valley(0.6)), *[([f()], bowl(c)) for c in (0.3, 0.5, 0.7, 0.25)]],
            total(1, 1, 0.5, 0.5, 0.6, 0.5),
            seed=29,
        ),
        _problem("four, all tied, integer", [([f(), step, f(), f()], chain(0.5))], total(1), seed=30),
    )


def third(count: int = 20, seed: int = 7) -> tuple[Problem, ...]:
    """Return problems drawn at random: 2 to 8 parameters, blocks of 1 to 3, some noisy."""
    rng = np.random.default_rng(seed)
    return tuple(_drawn(np.random.default_rng(rng.integers(2**32)), index) for index in range(count))


def _drawn(rng: np.random.Generator, index: int) -> Problem:
    wanted, blocks = int(rng.integers(2, 9)), list[tuple[Sequence[Parameter], Part]]()
    sizes: list[int] = []
    while sum(sizes) < wanted:
        sizes.append(int(rng.choice([1, 2, 3], p=[0.55, 0.35, 0.1])))
        sizes[-1] = min(sizes[-1], wanted - sum(sizes[:-1]))
        blocks.append(_drawn_block(rng, sizes[-1]))
    weights = rng.uniform(0.6, 1.4, len(blocks)).tolist()
    whole = (total, score, norm, harmonic, logarithm)[int(rng.choice(5, p=[0.4, 0.2, 0.15, 0.15, 0.1]))]
    noise = float(rng.choice([0.0, 0.03], p=[0.7, 0.3]))
    name = f"drawn {index}: {' + '.join(map(str, sizes))}, {whole.__name__}{', noisy' if noise else ''}"
    return _problem(name, blocks, whole(*weights), noise, 100 + index)


def _drawn_block(rng: np.random.Generator, size: int) -> tuple[Sequence[Parameter], Part]:
    def number() -> Parameter:
        return (Float(0.0, 1.0), _number(True), Integer(1, 25))[int(rng.choice(3, p=[0.6, 0.2, 0.2]))]

    optimum = float(rng.uniform(0.25, 0.75))
    if size == 1:
        kind = int(rng.choice(4, p=[0.6, 0.15, 0.1, 0.15]))
        if kind == 3:
            return [Categorical(list("abc"))], choice(3, int(rng.integers(3)))
        return [number()], (bowl(optimum), bowl(optimum, 1.3), slope(bool(rng.integers(2))))[kind]
    if size == 3:
        return [number(), number(), number()], chain(optimum)
    kind = int(rng.integers(5))
    if kind == 4:
        return [Categorical(list("pqr")), number()], exclusive(3)
    part = (valley(optimum), bent(optimum), product(optimum), rotated(float(rng.uniform(0.6, 1.0)), optimum))[kind]
    return [number(), number()], part
