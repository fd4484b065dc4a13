"""The pure core of every optimizer: (seed, history) -> the next rows of X."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np

from parfocal.checks import positive
from parfocal.errors import OptimizerError, SpaceExhausted
from parfocal.optimizers.composition import Composed, Composition, Portfolio, compose
from parfocal.optimizers.parts import part_of
from parfocal.optimizers.pool import gather
from parfocal.optimizers.portfolio import Turn
from parfocal.optimizers.repeats import checked, due, worth_repeating
from parfocal.optimizers.sequence import Sequence, focus
from parfocal.samplers import EMPTY, Density, give_back, inherit, settled
from parfocal.seeds import generator
from parfocal.space import Space
from parfocal.strategies import Candidates
from parfocal.trials import History, Provenance
from parfocal.typing import Floats, Ints

WARMUP = 20
"""Trials that a learning optimizer draws before it learns (HyperHyper: 20 random samples)."""


@dataclass(frozen=True, slots=True)
class Share:
    """Consecutive rows of a proposal with one origin."""

    count: int
    sampler: str
    strategy: str
    note: str | None
    member: int = -1

    def __str__(self) -> str:
        return f"{self.sampler} + {self.strategy}" + (f" ({self.note})" if self.note else "")


@dataclass(frozen=True, eq=False)
class Proposal:
    """The answer to one ask.

    Attributes
    ----------
    X : Floats (k, d)
        Canonical, feasible rows, bit by bit what their configurations encode to; k <= n, fewer only when the space
        has no more.
    ask : int
        Number of trials that existed: the number of the first new one.
    shares : tuple of Share
        Who proposed which rows, in order; their counts sum to k.
    """

    X: Floats
    ask: int
    shares: tuple[Share, ...]

    def __len__(self) -> int:
        return len(self.X)

    @property
    def members(self) -> Ints:
        """Return which member of a portfolio proposed each row ``(k,)``, -1 for none."""
        return np.repeat(
            np.array([share.member for share in self.shares], dtype=np.int64), [share.count for share in self.shares]
        )

    def enter(self, history: History) -> slice:
        """Append the rows to a history as pending trials, and return their place there."""
        return history.append(self.X, member=self.members)

    def provenances(self, seen: int = 0, wanted: int = 0) -> list[Provenance]:
        """Return the provenance of each row.

        Parameters
        ----------
        seen
            The study's revision that the history had.
        wanted
            Rows that were wanted, by default as many as there are.
        """
        origins = [share for share in self.shares for _ in range(share.count)]
        return [
            Provenance(
                share.sampler, share.strategy, self.ask, seen, row, share.note, share.member, wanted or len(self)
            )
            for row, share in enumerate(origins)
        ]


def propose(
    space: Space,
    optimizer: str | Composed,
    history: History,
    n: int = 1,
    *,
    seed: int = 0,
    warmup: int = WARMUP,
    warmup_sampler: str = "random",
    repeats: float = 0.0,
) -> Proposal:
    """Return the next ``n`` rows to evaluate, as a pure function of the arguments.

    Nothing is remembered between calls but what only saves time, so that a resumed study asks what the uninterrupted
    one would have asked. The history is not changed: append the rows as pending trials before the next ask.

    Parameters
    ----------
    space : Space
    optimizer : str, Composition or Portfolio
        A name of the zoo, a text form, or what it stands for.
    history : History
        All trials so far, pending ones included.
    n : int
        Rows wanted, at least 1.
    seed : int
        Seed of the study; the stream of this ask is ``generator(seed, "ask", len(history))``.
    warmup : int
        Trials by number that ``warmup_sampler`` draws before a learning optimizer starts, at least 0. A batch that
        crosses the border is split: its first part is pending for the second, exactly as with two asks.
    warmup_sampler : str
        A composition that does not learn: ``random``, ``sobol``, ``latin-hypercube``.
    repeats : float
        Share of trials behind the warm-up that evaluate a promising earlier row once more, in [0, 1): for noisy
        objectives. They stand at the end of a batch and are exact copies of earlier rows.

    Raises
    ------
    SpaceExhausted
        When not a single configuration is left.
    OptimizerError, MissingPackage
        When the optimizer cannot be made.
    """
    positive(n, "n")
    composed, initial = _composed(optimizer), _composed(warmup_sampler)
    if history.dimension != space.dimension:
        raise OptimizerError(
            f"The history has {history.dimension} columns and the space {space.dimension}: "
            "they belong to different studies."
        )
    if warmup < 0 or (warmup and initial.learns) or isinstance(initial, Portfolio):
        raise OptimizerError(
            "A warm-up has at least 0 trials, drawn by an optimizer that does not learn "
            f"(random, sobol, latin-hypercube); got {warmup} trials by '{initial}'."
        )
    made = len(history)
    again = due(seed, range(max(made, warmup), made + n), checked(repeats)) if repeats else 0
    rows = worth_repeating(space, history, again, seed) if again else np.empty(0, dtype=np.int64)
    if not len(rows):
        return _new(space, composed, initial, history, n, seed, warmup)
    shares = tuple(Share(1, "repeat", "none", f"repeat of trial {row}") for row in rows.tolist())
    try:
        new = _new(space, composed, initial, history, n - len(rows), seed, warmup) if n > len(rows) else None
    except SpaceExhausted:
        new = None
    if new is None:
        return Proposal(history.X[rows], made, shares)
    return _joined(new, Proposal(history.X[rows], made, shares))


def _new(
    space: Space, composed: Composed, initial: Composition, history: History, n: int, seed: int, warmup: int
) -> Proposal:
    """Return ``n`` rows that are no trial yet: of the warm-up, of the optimizer, or first of one and then the other."""
    early = min(n, max(0, warmup - len(history))) if composed.learns else 0
    if not early:
        return _proposed(space, composed, history, n, seed)
    X = _draw(space, initial, history, early, seed)
    first = Proposal(X, len(history), (_share(initial, len(X), "warm-up"),))
    if early == n or len(X) < early:
        return first
    try:
        return _joined(first, _proposed(space, composed, _with(history, first), n - early, seed))
    except SpaceExhausted:
        return first


def _proposed(space: Space, composed: Composed, history: History, n: int, seed: int) -> Proposal:
    """Return up to ``n`` rows by a composition, or by those members of a portfolio whose turn it is."""
    if isinstance(composed, Composition):
        X = _draw(space, composed, history, n, seed)
        return Proposal(X, len(history), (_share(composed, len(X), None),))
    policy, whole, left = composed.policy, None, n
    turns = policy.plan(space, history, n, seed)
    groups = policy.groups(space) if isinstance(policy, Sequence) else ()
    members = len(groups) + 1 if groups else len(composed.members)
    spare = [Turn(index, 0, "what others had no more rows for") for index in range(members)]
    for turn in (*turns, *spare):  # a finite member, such as a grid, may have fewer rows than its turn
        count = min(turn.count or left, left)
        if not count:
            continue
        member = composed.members[0 if groups else turn.member]
        seen = history if whole is None else _with(history, whole)
        try:
            X = _draw_block(
                space, member, seen, count, seed, groups[turn.member] if turn.member < len(groups) else None
            )
        except SpaceExhausted as error:
            empty = error
            continue
        give_back(history, seen)
        own = Proposal(X, len(history), (_share(member, len(X), f"{policy.name}: {turn.why}", turn.member),))
        whole, left = own if whole is None else _joined(whole, own), left - len(X)
    if whole is None:
        raise empty
    return whole


def _draw_block(
    space: Space, composition: Composition, history: History, n: int, seed: int, columns: Ints | None
) -> Floats:
    """Return up to ``n`` rows by one composition, which searches only some columns where these are given.

    Candidates are drawn within the block; which of them are worth evaluating is learned from all trials.
    """
    if columns is None or len(columns) == space.dimension:
        return _draw(space, composition, history, n, seed)
    part = focus(space, history, columns)
    rng = generator(seed, "ask", len(history))
    sampler, strategy = composition.sampler, composition.strategy
    own = strategy.select(part.space, part.history, rng) if composition.learns else EMPTY
    X = part.widened(gather(part.space, composition, part.history, own, n, seed, rng))
    selection = strategy.select(space, history, rng) if composition.learns else EMPTY
    density = partial(sampler.log_density, space, history) if isinstance(sampler, Density) else None
    chosen = strategy.choose(space, history, Candidates(X, selection, density), n, rng)
    return settled(space, X[chosen])


def _with(history: History, proposal: Proposal) -> History:
    """Return a copy of a history in which the rows of a proposal are pending."""
    later = history.at(len(history), len(history.finished_order))
    inherit(later, history)
    proposal.enter(later)
    return later


def _joined(first: Proposal, second: Proposal) -> Proposal:
    return Proposal(np.concatenate([first.X, second.X]), first.ask, first.shares + second.shares)


def _draw(space: Space, composition: Composition, history: History, n: int, seed: int) -> Floats:
    """Return up to ``n`` rows by one composition."""
    rng = generator(seed, "ask", len(history))
    sampler, strategy = composition.sampler, composition.strategy
    selection = strategy.select(space, history, rng) if composition.learns else EMPTY
    X = gather(space, composition, history, selection, n, seed, rng)
    density: Callable[..., Floats] | None = None
    if isinstance(sampler, Density):
        density = partial(sampler.log_density, space, history)
    chosen = strategy.choose(space, history, Candidates(X, selection, density), n, rng)
    return settled(space, X[chosen])


def _share(composition: Composition, count: int, note: str | None, member: int = -1) -> Share:
    return Share(count, str(part_of(composition.sampler)), str(part_of(composition.strategy)), note, member)


def _composed(optimizer: str | Composed) -> Composed:
    return _by_text(optimizer) if isinstance(optimizer, str) else optimizer


@lru_cache(maxsize=64)
def _by_text(text: str) -> Composed:
    return compose(text)
