"""The queue in SQL: each function is a part of one writing transaction and keeps the study's ledger.

Locks are taken in one order, the trials before the row of the study, so that transactions seldom wait for each other in
a circle; where they do, the server ends one of them, which is tried again. In an SQLite file a writer is alone.
"""

import math
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from operator import attrgetter
from typing import Any

import numpy as np
from sqlalchemy import Connection, Select, bindparam, delete, func, insert, or_, select, update

from parfocal.errors import OutOfStep
from parfocal.storage import codec, inputs
from parfocal.storage.ledger import Ledger
from parfocal.storage.records import Reaped, StudyState, WorkerRecord
from parfocal.storage.schema import COUNTS, RUNNING, WAITING, studies, trials, workers
from parfocal.storage.sqlread import TRIAL, trial_of
from parfocal.trials import Outcome, State, Trial
from parfocal.typing import Bools

_c = trials.c
_KEY = (_c.study_id == bindparam("b_study"), _c.number == bindparam("b_number"))
_INSERT = insert(trials)
_ACCOUNT = select(
    studies.c.revision,
    studies.c.total,
    *(studies.c[name] for name in COUNTS),
    studies.c.budget,
    studies.c.asker,
    studies.c.lead,
).where(studies.c.id == bindparam("study"))
_SAVE = (
    update(studies)
    .where(studies.c.id == bindparam("b_study"))
    .values({name: bindparam(name) for name in ("revision", "total", *COUNTS)})
)
_NEXT = (
    select(*TRIAL)
    .where(_c.study_id == bindparam("study"), WAITING, _c.number < bindparam("horizon"))
    .order_by(_c.number)
    .limit(bindparam("n"))
    .with_for_update(skip_locked=True)
)
_CLAIM = (
    update(trials)
    .where(*_KEY)
    .values({name: bindparam(name) for name in ("state", "attempts", "worker", "lease", "started")})
)
# every running trial has a lease, and naming it leads to the index of leases; for the same reason no ORDER BY here
_RUNNING = (
    select(_c.number, _c.attempts, _c.released, _c.worker)
    .where(_c.study_id == bindparam("study"), _c.lease > 0, RUNNING)
    .with_for_update()
)
_OWNED = _RUNNING.where(_c.worker == bindparam("worker"))
_EXPIRED = _RUNNING.where(_c.lease <= bindparam("now")).with_for_update(skip_locked=True)
_DEAD = _RUNNING.where(
    or_(_c.lease <= bindparam("now"), _c.worker.in_(bindparam("workers", expanding=True))),
).with_for_update(skip_locked=True)
_COUNT = select(func.count()).where(_c.study_id == bindparam("study"), _c.lease > 0, RUNNING)
_WAIT = select(_c.number).where(_c.study_id == bindparam("study"), WAITING).with_for_update()
_RUN = select(_c.number).where(_c.study_id == bindparam("study"), _c.lease > 0, RUNNING).with_for_update()
_NAMED = (
    select(_c.number)
    .where(_c.study_id == bindparam("study"), _c.state < int(State.COMPLETE))
    .order_by(_c.number)
    .with_for_update()
)
_REQUEUE = (
    update(trials)
    .where(*_KEY)
    .values(
        {name: bindparam(name) for name in ("state", "released")} | {"worker": None, "lease": None, "started": None}
    )
)
_FINISH = (
    update(trials)
    .where(*_KEY)
    .values({name: bindparam(name) for name in ("revision", "finished", *codec.OUTCOME)} | {"lease": None})
)
_EXTEND = update(trials).where(*_KEY).values(lease=bindparam("lease"))
_FOREVER = (1 << 63) - 1


def _running(connection: Connection, statement: Select[Any], **values: Any) -> list[Any]:
    """Return running trials by number."""
    return sorted(connection.execute(statement, values).all(), key=attrgetter("number"))


def _account(connection: Connection, study: int, lock: bool) -> Any:
    statement = _ACCOUNT.with_for_update() if lock else _ACCOUNT
    row = connection.execute(statement, {"study": study}).one_or_none()
    if row is None:
        raise inputs.no_study(study, connection.execute(select(studies.c.name).order_by(studies.c.id)).scalars())
    return row


def ledger(connection: Connection, study: int) -> Ledger:
    """Return a study's account as it is now."""
    row = _account(connection, study, False)
    return Ledger(row[0], row[1], row[2 : 2 + len(COUNTS)])


@contextmanager
def changing(connection: Connection, study: int) -> Iterator[Ledger]:
    """Yield a study's account, locked until the end of the transaction, and write it back if it changed."""
    row = _account(connection, study, True)
    account = Ledger(row[0], row[1], row[2 : 2 + len(COUNTS)])
    yield account
    if account.revision != row[0]:
        values = dict(zip(COUNTS, account.final, strict=True))
        connection.execute(_SAVE, {"b_study": study, "revision": account.revision, "total": account.total, **values})


def state(connection: Connection, study: int, now: float) -> StudyState:
    """Return how far a study is."""
    row = _account(connection, study, False)
    account = Ledger(row[0], row[1], row[2 : 2 + len(COUNTS)])
    running = connection.execute(_COUNT, {"study": study}).scalar_one()
    lead = math.nan if row.lead is None else row.lead
    return StudyState(account.revision, account.as_counts(running), row.budget, row.asker, lead, now)


def add(
    connection: Connection, study: int, batch: inputs.Batch, start: int | None, asker: str | None, now: float
) -> range:
    """Append WAITING trials."""
    with changing(connection, study) as account:
        if asker is not None:
            holder = connection.execute(select(studies.c.asker).where(studies.c.id == study)).scalar_one()
            inputs.leading(asker, holder)
        if start is not None and start != account.total:
            raise OutOfStep(f"Trials from {start} on cannot be added: the study has {account.total} by now.")
        numbers = account.enter(len(batch.seeds))
        rows = [
            {
                "study_id": study,
                "number": number,
                "state": int(State.WAITING),
                "revision": account.next(),
                "attempts": 0,
                "released": 0,
                "fraction": fidelity.fraction,
                "ask": provenance.ask,
                "member": provenance.member,
                "seed": seed,
                "created": now,
                "configuration": configuration.to_json(),
                "fidelity": codec.fidelity_text(fidelity),
                "provenance": codec.provenance_text(provenance),
            }
            for number, configuration, seed, fidelity, provenance in zip(numbers, *batch, strict=True)
        ]
        if rows:
            connection.execute(_INSERT, rows)
    return numbers


def stored(connection: Connection, study: int, batch: inputs.Batch, first: int) -> bool:
    """Whether the trials from ``first`` on are those of a batch."""
    span = (_c.study_id == study, _c.number >= first, _c.number < first + len(batch.seeds))
    found = connection.execute(select(_c.seed, _c.configuration).where(*span).order_by(_c.number)).all()
    wanted = zip(batch.seeds, (configuration.to_json() for configuration in batch.configurations), strict=True)
    return [tuple(row) for row in found] == list(wanted)


def claim(
    connection: Connection,
    study: int,
    worker: str,
    n: int,
    lease: float,
    max_attempts: int,
    reaped: bool,
    now: float,
) -> list[Trial] | None:
    """Take back what ran out, then give the lowest waiting numbers to ``worker``."""
    reap(connection, study, (), max_attempts, now)
    before = state(connection, study, now)
    if not before.claimable:
        return []
    horizon = _FOREVER if before.budget is None else before.budget + before.counts.lost
    values = {"study": study, "n": min(n, before.claimable), "horizon": horizon}
    waiting = connection.execute(_NEXT, values).all()
    rows = []
    claimed = []
    for row in waiting:
        rows.append(
            {
                "b_study": study,
                "b_number": row.number,
                "state": int(State.RUNNING),
                "attempts": row.attempts + 1,
                "worker": worker,
                "lease": now + lease,
                "started": now,
            }
        )
        claimed.append(trial_of(row, state=State.RUNNING, attempts=row.attempts + 1, worker=worker, started=now))
    if rows:
        connection.execute(_CLAIM, rows)
    return claimed


def heartbeat(
    connection: Connection, study: int, worker: str, numbers: Collection[int], lease: float, now: float
) -> list[int]:
    """Extend leases, and enter the worker's sign of life."""
    connection.execute(update(workers).where(workers.c.id == worker).values(seen=now))
    _account(connection, study, False)
    wanted = set(numbers)
    owned = _running(connection, _OWNED, study=study, worker=worker)
    rows = [{"b_study": study, "b_number": row.number, "lease": now + lease} for row in owned if row.number in wanted]
    if rows:
        connection.execute(_EXTEND, rows)
    return [row["b_number"] for row in rows]


def report(
    connection: Connection,
    study: int,
    worker: str,
    results: Sequence[tuple[int, int, Outcome, float]],
    again: bool,
    now: float,
) -> Bools:
    """Enter results; ``again`` after an attempt of which it is not known whether it was stored."""
    owned = {row.number: row.attempts for row in _running(connection, _OWNED, study=study, worker=worker)}
    accepted = np.zeros(len(results), dtype=np.bool_)
    rows = []
    with changing(connection, study) as account:
        for number, _, _, _ in results:
            if not 0 <= number < account.total:
                raise inputs.no_trial(number, account.total)
        for i, (number, attempt, outcome, loss) in enumerate(results):
            if owned.get(number) != attempt:
                continue
            del owned[number]
            accepted[i] = True
            rows.append(_final(study, number, account.finish(outcome.state), outcome, loss, now))
        if rows:
            connection.execute(_FINISH, rows)
    return accepted


def release(connection: Connection, study: int, worker: str, numbers: Collection[int] | None) -> int:
    """Give claims back without counting the attempt."""
    _account(connection, study, False)
    wanted = None if numbers is None else set(numbers)
    owned = _running(connection, _OWNED, study=study, worker=worker)
    rows = [_waiting(study, row, row.released + 1) for row in owned if wanted is None or row.number in wanted]
    if rows:
        connection.execute(_REQUEUE, rows)
    return len(rows)


def reap(connection: Connection, study: int, dead: Collection[str], max_attempts: int, now: float) -> Reaped:
    """Take back the claims of dead workers and those whose lease has run out, and the lead of a dead worker."""
    _account(connection, study, False)
    if dead:
        rows = _running(connection, _DEAD, study=study, now=now, workers=list(dead))
        resign(connection, study, dead)
    else:
        rows = _running(connection, _EXPIRED, study=study, now=now)
    lost = [row for row in rows if row.attempts - row.released >= max_attempts]
    waiting = [_waiting(study, row, row.released) for row in rows if row.attempts - row.released < max_attempts]
    if waiting:
        connection.execute(_REQUEUE, waiting)
    if lost:
        texts = [codec.lost_message(row.attempts - row.released) for row in lost]
        _lose(connection, study, [row.number for row in lost], texts, now)
    return Reaped(len(waiting), len(lost))


def withdraw(connection: Connection, study: int, numbers: Collection[int] | None, message: str, now: float) -> int:
    """Make pending trials LOST."""
    _account(connection, study, False)
    found: set[int] = set()
    if numbers is not None:
        query = _NAMED.where(_c.number.in_(list(numbers)))
        found.update(connection.execute(query, {"study": study}).scalars())
    while numbers is None:  # a trial may change from one index to the other between two looks, until we have locked it
        before = len(found)
        for query in (_WAIT, _RUN):
            found.update(connection.execute(query, {"study": study}).scalars())
        if len(found) == before:
            break
    if found:
        _lose(connection, study, sorted(found), [message] * len(found), now)
    return len(found)


def _lose(connection: Connection, study: int, numbers: Sequence[int], texts: Sequence[str], now: float) -> None:
    with changing(connection, study) as account:
        rows = [
            _final(study, number, account.finish(State.LOST), Outcome(State.LOST, message=text), math.nan, now)
            for number, text in zip(numbers, texts, strict=True)
        ]
        connection.execute(_FINISH, rows)


def lead(connection: Connection, study: int, asker: str, lease: float, now: float) -> bool:
    """Take the lead, or keep it, and enter the asker's sign of life."""
    connection.execute(update(workers).where(workers.c.id == asker).values(seen=now))
    _account(connection, study, False)
    free = or_(studies.c.asker.is_(None), studies.c.asker == asker, studies.c.lead <= now)
    taken = connection.execute(update(studies).where(studies.c.id == study, free).values(asker=asker, lead=now + lease))
    return taken.rowcount == 1


def resign(connection: Connection, study: int, askers: Collection[str] | None) -> None:
    """Give the lead back; None takes it from whoever has it."""
    _account(connection, study, False)
    whose = () if askers is None else (studies.c.asker.in_(list(askers)),)
    connection.execute(update(studies).where(studies.c.id == study, *whose).values(asker=None, lead=None))


def _final(study: int, number: int, revision: int, outcome: Outcome, loss: float, now: float) -> dict[str, Any]:
    row = codec.outcome_row(outcome, loss)
    row.update(b_study=study, b_number=int(number), revision=revision, finished=now)
    return row


def _waiting(study: int, row: Any, released: int) -> dict[str, Any]:
    return {"b_study": study, "b_number": row.number, "state": int(State.WAITING), "released": released}


def register(connection: Connection, worker: WorkerRecord, now: float) -> None:
    """Enter a worker, or renew it."""
    connection.execute(delete(workers).where(workers.c.id == worker.id))
    connection.execute(insert(workers), asdict(worker) | {"seen": now})
