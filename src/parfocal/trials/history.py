"""The columnar record of all trials of a study, pending ones included: all that an optimizer may see."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from parfocal.errors import InvalidInput
from parfocal.trials.columns import Columns
from parfocal.trials.state import Reason, State
from parfocal.typing import Bools, Floats, Ints

_BLANK: tuple[tuple[str, type, Any], ...] = (
    ("losses", np.float64, np.nan),
    ("fidelity", np.float64, 1.0),
    ("runtime", np.float32, np.nan),
    ("state", np.int8, State.WAITING),
    ("reason", np.int8, -1),
    ("told", np.int64, -1),
    ("ask", np.int64, -1),
    ("member", np.int16, -1),
    ("revision", np.int64, -1),
)
"""Name, type and value in a new row of each column beside X."""
_LARGEST_MEMBER = int(np.iinfo(np.int16).max)


class History:
    """All trials of a study as columns; row ``i`` is the trial number ``i``, always.

    Rows are appended as WAITING, may start, and are told once. Views are read-only and cost no copy; a view shows
    later results of its rows only until the history grows, so take a fresh one at each ask.

    Parameters
    ----------
    space_dimension
        Number d of columns of X.
    capacity
        Rows to reserve; the arrays double when they are full, so that n appends cost O(n).
    objectives
        Number m of losses of a trial; all but the first are for strategies that weigh several against each other.

    Attributes
    ----------
    version
        Grows at each change; caches key on it.
    seen
        The study's revision that the history shows; kept by :func:`parfocal.storage.sync`.
    """

    def __init__(self, space_dimension: int, capacity: int = 256, objectives: int = 1) -> None:
        if space_dimension < 0 or capacity < 0 or objectives < 1:
            raise InvalidInput(
                "Dimension and capacity must be at least 0, and there is at least 1 objective; got "
                f"{space_dimension}, {capacity} and {objectives}."
            )
        self.version = 0
        self.seen = 0
        self._size = 0
        self._told = 0
        self._best: tuple[int, int | None] = (-1, None)
        kinds: dict[str, tuple[tuple[int, ...], type]] = {name: ((), kind) for name, kind, _ in _BLANK}
        kinds["losses"] = (objectives,), np.float64
        self._columns = Columns({**kinds, "X": ((space_dimension,), np.float64), "order": ((), np.int64)}, capacity)

    def __len__(self) -> int:
        return self._size

    def __repr__(self) -> str:
        return f"History({self._size} trials, {self._told} finished, {self.dimension} dimensions)"

    # ---------------------------------------------------------------- changes

    def append(
        self,
        X: ArrayLike,
        *,
        fidelity: ArrayLike = 1.0,
        number: int | None = None,
        ask: ArrayLike | None = None,
        member: ArrayLike = -1,
    ) -> slice:
        """Append WAITING trials and return their rows.

        Parameters
        ----------
        X
            Points ``(n, d)`` or one point ``(d,)`` in the unit cube, inactive = NaN; copied.
        fidelity
            Share of the full fidelity, in (0, 1]: one for all or one each.
        number
            Number of the first one, as a check: it must be the next one.
        ask
            Number of trials that existed when each was asked for; default: the number of the first one.
        member
            Which member of a portfolio proposed it (:attr:`Provenance.member`), -1 for none, at most 32767.
        """
        X = np.asarray(X, dtype=np.float64)
        if X.ndim == 1 and X.size == self.dimension:
            X = X[None, :]
        if X.ndim != 2 or X.shape[1] != self.dimension:
            raise InvalidInput(f"X must have the shape (n, {self.dimension}), one row a trial; got {X.shape}.")
        if number is not None and number != self._size:
            raise InvalidInput(f"Trials are numbered without gaps: the next one is {self._size}; got {number}.")
        members = np.asarray(member)
        if members.size and (members.min() < -1 or members.max() > _LARGEST_MEMBER):
            raise InvalidInput(
                f"Members of a portfolio are numbered from 0 to {_LARGEST_MEMBER}, and -1 is none; got "
                f"{members.min()} to {members.max()}."
            )
        rows = slice(self._size, self._size + len(X))
        self._columns.reserve(rows.stop)
        self._columns["X"][rows] = X
        for name, _, blank in _BLANK:
            self._columns[name][rows] = blank
        self._columns["fidelity"][rows] = fidelity
        self._columns["ask"][rows] = rows.start if ask is None else ask
        self._columns["member"][rows] = members
        self._size = rows.stop
        self.version += 1
        return rows

    def start(self, rows: ArrayLike | slice) -> None:
        """Mark pending rows as RUNNING."""
        self._mark(rows, State.RUNNING)

    def release(self, rows: ArrayLike | slice) -> None:
        """Mark pending rows as WAITING again."""
        self._mark(rows, State.WAITING)

    def tell(
        self,
        numbers: ArrayLike,
        state: ArrayLike,
        loss: ArrayLike,
        *,
        others: ArrayLike | None = None,
        runtime: ArrayLike | None = None,
        reason: ArrayLike | None = None,
        revision: ArrayLike | None = None,
    ) -> None:
        """Enter final results, in the order given; a row is told once.

        Parameters
        ----------
        numbers
            Rows ``(k,)`` of pending trials, or one.
        state
            Final :class:`State` of each, or one for all.
        loss
            Finite where COMPLETE, finite or NaN where PRUNED, NaN where FAILED or LOST (no penalty values).
        others
            Losses of the other objectives ``(k, m - 1)``, by the same rule; None: NaN.
        runtime
            Seconds, NaN where unknown.
        reason
            Codes of :class:`Reason`, -1 for none.
        revision
            The study's revision of each result, increasing; kept for :meth:`told_by`.
        """
        rows = self._rows(numbers)
        states = np.broadcast_to(np.asarray(state, dtype=np.int8), rows.shape)
        losses = self._losses(rows, loss, others)
        if rows.size > 1 and np.unique(rows).size != rows.size:
            raise InvalidInput("A trial can be told only once; a number appears twice in one tell.")
        if not bool((self._columns["state"][rows] <= State.RUNNING).all()):
            done = rows[self._columns["state"][rows] > State.RUNNING][:5].tolist()
            raise InvalidInput(f"A trial can be told only once; these have a result already: {done}.")
        if rows.size and (states.min() < State.COMPLETE or states.max() > State.LOST):
            raise InvalidInput("A result must be COMPLETE, PRUNED, FAILED or LOST.")
        finite, state_of = np.isfinite(losses), states[:, None]
        wrong = np.where(
            state_of == State.COMPLETE, ~finite, ~np.isnan(losses) & ((state_of != State.PRUNED) | ~finite)
        )
        if wrong.any():
            first, which = (int(index) for index in np.argwhere(wrong)[0])
            raise InvalidInput(
                f"The loss must be finite for a COMPLETE trial and NaN for a FAILED or LOST one; got "
                f"{losses[first, which]} for the {State(int(states[first])).name} trial {rows[first]}."
            )
        stop = self._told + rows.size
        columns = self._columns
        columns["state"][rows] = states
        columns["losses"][rows] = losses
        columns["told"][rows] = np.arange(self._told, stop)
        for name, given in (("runtime", runtime), ("reason", reason), ("revision", revision)):
            if given is not None:
                columns[name][rows] = given
        columns["order"][self._told : stop] = rows
        self._told = stop
        self.version += 1

    # ---------------------------------------------------------------- views

    @property
    def dimension(self) -> int:
        """Number d of columns of X."""
        return int(self._columns["X"].shape[1])

    @property
    def X(self) -> Floats:
        """Points ``(n, d)`` in the unit cube, inactive = NaN."""
        return self._columns.view("X", self._size)

    @property
    def objectives(self) -> int:
        """Number m of losses of a trial."""
        return int(self._columns["losses"].shape[1])

    @property
    def loss(self) -> Floats:
        """Losses ``(n,)``: NaN unless COMPLETE, or PRUNED with a partial result."""
        return self.losses[:, 0]

    @property
    def losses(self) -> Floats:
        """Losses of all objectives ``(n, m)``; column 0 is :attr:`loss`."""
        return self._columns.view("losses", self._size)

    @property
    def fidelity(self) -> Floats:
        """Share of the full fidelity ``(n,)``, in (0, 1]."""
        return self._columns.view("fidelity", self._size)

    @property
    def runtime(self) -> NDArray[np.float32]:
        """Seconds ``(n,)``, NaN where unknown."""
        return self._columns.view("runtime", self._size)

    @property
    def state(self) -> NDArray[np.int8]:
        """:class:`State` ``(n,)``."""
        return self._columns.view("state", self._size)

    @property
    def reason(self) -> NDArray[np.int8]:
        """Codes of :class:`Reason` ``(n,)``, -1 for none."""
        return self._columns.view("reason", self._size)

    @property
    def told(self) -> Ints:
        """Position ``(n,)`` in the order of results, -1 while pending."""
        return self._columns.view("told", self._size)

    @property
    def ask(self) -> Ints:
        """Number of trials ``(n,)`` that existed when each one was asked for."""
        return self._columns.view("ask", self._size)

    @property
    def member(self) -> NDArray[np.int16]:
        """Which member of a portfolio proposed each row ``(n,)``, -1 for none."""
        return self._columns.view("member", self._size)

    @property
    def revision(self) -> Ints:
        """The study's revision ``(n,)`` of each result, -1 where unknown."""
        return self._columns.view("revision", self._size)

    @property
    def finished_order(self) -> Ints:
        """Rows in the order in which they were told, LOST ones included."""
        return self._columns.view("order", self._told)

    @property
    def complete(self) -> Bools:
        """Which rows ``(n,)`` are COMPLETE."""
        return np.asarray(self.state == State.COMPLETE)

    @property
    def pending(self) -> Bools:
        """Which rows ``(n,)`` are WAITING or RUNNING."""
        return np.asarray(self.state <= State.RUNNING)

    @property
    def failed(self) -> Bools:
        """Which rows ``(n,)`` FAILED by their configuration: neither LOST ones, nor those that a server failed."""
        return np.asarray((self.state == State.FAILED) & (self.reason != Reason.SERVER.code))

    @property
    def lost(self) -> Bools:
        """Which rows ``(n,)`` are LOST."""
        return np.asarray(self.state == State.LOST)

    @property
    def best(self) -> int | None:
        """Row of the smallest loss among the COMPLETE trials of the highest fidelity reached; the first of equals."""
        if self._best[0] != self.version:
            rows = np.flatnonzero(self.complete)
            if rows.size:
                fidelity = self._columns["fidelity"][rows]
                rows = rows[fidelity == fidelity.max()]
                self._best = (self.version, int(rows[np.argmin(self._columns["losses"][rows, 0])]))
            else:
                self._best = (self.version, None)
        return self._best[1]

    # ---------------------------------------------------------------- the past

    def told_by(self, revision: int) -> int:
        """Return how many results had come by the study's ``revision`` (known where :meth:`tell` was given them)."""
        return int(np.searchsorted(self._columns["revision"][self.finished_order], revision, side="right"))

    def at(self, created: int, told: int) -> "History":
        """Return the history as it was with ``created`` trials and the first ``told`` results, for exact replay.

        Trials without a result by then are WAITING (an optimizer treats WAITING and RUNNING alike). The new history
        is independent: it may be told and grown.
        """
        if not (0 <= created <= self._size and 0 <= told <= self._told):
            raise InvalidInput(
                f"The past has at most {self._size} trials and {self._told} results; got {created} and {told}."
            )
        if told and int(self._columns["order"][:told].max()) >= created:
            raise InvalidInput(f"A result among the first {told} belongs to a trial later than the first {created}.")
        past = History(self.dimension, 0, self.objectives)
        past._columns = self._columns.past(created, shared="X")
        past._size, past._told, past.version = created, told, 1
        position = past._columns["told"]
        open_ = (position < 0) | (position >= told)
        for name, _, blank in _BLANK:
            if name not in ("fidelity", "ask", "member"):
                past._columns[name][open_] = blank
        return past

    # ---------------------------------------------------------------- inside

    def _rows(self, numbers: ArrayLike | slice) -> Ints:
        """Return row numbers ``(k,)``, or raise when one does not exist."""
        if isinstance(numbers, slice):
            return np.arange(*numbers.indices(self._size))
        rows = np.atleast_1d(np.asarray(numbers, dtype=np.int64))
        if rows.ndim != 1 or (rows.size and (rows.min() < 0 or rows.max() >= self._size)):
            raise InvalidInput(f"Trials are numbered from 0 to {self._size - 1}; got {rows.tolist()[:10]}.")
        return rows

    def _losses(self, rows: Ints, loss: ArrayLike, others: ArrayLike | None) -> Floats:
        """Return the losses ``(k, m)`` of one tell, or raise when there are too few or too many."""
        losses = np.full((rows.size, self.objectives), np.nan)
        losses[:, 0] = loss
        if others is not None:
            given = np.asarray(others, dtype=np.float64)
            if given.shape != (rows.size, self.objectives - 1):
                raise InvalidInput(
                    f"The losses of the other objectives must have the shape {(rows.size, self.objectives - 1)}, one "
                    f"row a trial; got {given.shape}."
                )
            losses[:, 1:] = given
        return losses

    def _mark(self, rows: ArrayLike | slice, state: State) -> None:
        rows = self._rows(rows)
        if (self._columns["state"][rows] > State.RUNNING).any():
            raise InvalidInput(f"Only pending trials can become {state.name}; a finished trial never changes.")
        self._columns["state"][rows] = state
        self.version += 1
