"""The queue in SQL: each function is a part of one writing transaction and keeps the study's ledger."""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from operator import attrgetter
from typing import Any

import numpy as np
from sqlalchemy import Connection, Select, bindparam, delete, insert, or_, select, update

from parfocal.storage import codec, inputs
from parfocal.storage.ledger import Ledger
from parfocal.storage.records import Reaped, WorkerRecord
from parfocal.storage.schema import COUNTS, RUNNING, WAITING, studies, trials, workers
from parfocal.storage.sqlread import TRIAL, trial_of
from parfocal.trials import Outcome, State, Trial
from parfocal.typing import Bools

_c = trials.c
_KEY = (_c.study_id == bindparam("b_study"), _c.number == bindparam("b_number"))
_INSERT = insert(trials)
_LEDGER = select(studies.c.revision, *(studies.c[name] for name in COUNTS)).where(studies.c.id == bindparam("study"))
_SAVE = (
    update(studies)
    .where(studies.c.id == bindparam("b_study"))
    .values({name: bindparam(name) for name in ("revision", *COUNTS)})
)
_NEXT = select(*TRIAL).where(_c.study_id == bindparam("study"), WAITING).order_by(_c.number).limit(bindparam("n"))
_CLAIM = (
    update(trials)
    .where(*_KEY)
    .values({name: bindparam(name) for name in ("state", "revision", "attempts", "worker", "lease", "started")})
)
# every running trial has a lease, and naming it leads to the index of leases; for the same reason no ORDER BY here
_RUNNING = select(_c.number, _c.attempts, _c.released, _c.worker).where(
    _c.study_id == bindparam("study"), _c.lease > 0, RUNNING
)
_OWNED = _RUNNING.where(_c.worker == bindparam("worker"))
_DEAD = _RUNNING.where(
    or_(_c.lease <= bindparam("now"), _c.worker.in_(bindparam("workers", expanding=True))),
)
_EXPIRED = _RUNNING.where(_c.lease <= bindparam("now"))


def _running(connection: Connection, statement: Select[Any], **values: Any) -> list[Any]:
    """Return running trials by number."""
    return sorted(connection.execute(statement, values).all(), key=attrgetter("number"))


_REQUEUE = (
    update(trials)
    .where(*_KEY)
    .values(
        {name: bindparam(name) for name in ("state", "revision", "released")}
        | {"worker": None, "lease": None, "started": None}
    )
)
_FINISH = (
    update(trials)
    .where(*_KEY)
    .values({name: bindparam(name) for name in ("revision", "finished", *codec.OUTCOME)} | {"lease": None})
)
_EXTEND = update(trials).where(*_KEY).values(lease=bindparam("lease"))


def ledger(connection: Connection, study: int) -> Ledger:
    """Return a study's account, locked until the end of the transaction."""
    row = connection.execute(_LEDGER, {"study": study}).one_or_none()
    if row is None:
        raise inputs.no_study(study, connection.execute(select(studies.c.name).order_by(studies.c.id)).scalars())
    return Ledger(row[0], row[1:])


def save(connection: Connection, study: int, account: Ledger) -> None:
    """Write a study's account back."""
    values = dict(zip(COUNTS, account.counts, strict=True))
    connection.execute(_SAVE, {"b_study": study, "revision": account.revision, **values})


def add(connection: Connection, study: int, account: Ledger, batch: inputs.Batch, now: float) -> range:
    """Append WAITING trials."""
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


def claim(
    connection: Connection, study: int, account: Ledger, worker: str, n: int, deadline: float, now: float
) -> list[Trial]:
    """Give the lowest waiting numbers to ``worker``."""
    waiting = connection.execute(_NEXT, {"study": study, "n": n}).all()
    rows = []
    claimed = []
    for row in waiting:
        revision = account.move(State.WAITING, State.RUNNING)
        rows.append(
            {
                "b_study": study,
                "b_number": row.number,
                "state": int(State.RUNNING),
                "revision": revision,
                "attempts": row.attempts + 1,
                "worker": worker,
                "lease": deadline,
                "started": now,
            }
        )
        claimed.append(
            trial_of(row, state=State.RUNNING, revision=revision, attempts=row.attempts + 1, worker=worker, started=now)
        )
    if rows:
        connection.execute(_CLAIM, rows)
    return claimed


def heartbeat(connection: Connection, study: int, worker: str, numbers: Iterable[int], deadline: float) -> list[int]:
    """Extend leases."""
    wanted = set(map(int, numbers))
    owned = _running(connection, _OWNED, study=study, worker=worker)
    rows = [{"b_study": study, "b_number": row.number, "lease": deadline} for row in owned if row.number in wanted]
    if rows:
        connection.execute(_EXTEND, rows)
    return [row["b_number"] for row in rows]


def report(
    connection: Connection,
    study: int,
    account: Ledger,
    worker: str,
    results: Sequence[tuple[int, int, Outcome, float]],
    now: float,
) -> Bools:
    """Enter results."""
    total = sum(account.counts)
    for number, _, _, _ in results:
        if not 0 <= number < total:
            raise inputs.no_trial(number, total)
    owned = {row.number: row.attempts for row in _running(connection, _OWNED, study=study, worker=worker)}
    accepted = np.zeros(len(results), dtype=np.bool_)
    rows = []
    for i, (number, attempt, outcome, loss) in enumerate(results):
        if owned.get(number) != attempt:
            continue
        del owned[number]
        accepted[i] = True
        rows.append(_final(study, number, account.move(State.RUNNING, outcome.state), outcome, loss, now))
    if rows:
        connection.execute(_FINISH, rows)
    return accepted


def release(connection: Connection, study: int, account: Ledger, worker: str, numbers: Iterable[int] | None) -> int:
    """Give claims back without counting the attempt."""
    wanted = None if numbers is None else set(map(int, numbers))
    owned = _running(connection, _OWNED, study=study, worker=worker)
    rows = [_waiting(study, row, account, row.released + 1) for row in owned if wanted is None or row.number in wanted]
    if rows:
        connection.execute(_REQUEUE, rows)
    return len(rows)


def reap(
    connection: Connection, study: int, account: Ledger, workers: Collection[str], max_attempts: int, now: float
) -> Reaped:
    """Take back the claims of dead workers and those whose lease has run out."""
    if workers:
        dead = _running(connection, _DEAD, study=study, now=now, workers=list(workers))
    else:
        dead = _running(connection, _EXPIRED, study=study, now=now)
    waiting, lost = [], []
    for row in dead:
        used = row.attempts - row.released
        if used >= max_attempts:
            outcome = Outcome(State.LOST, message=codec.lost_message(used))
            revision = account.move(State.RUNNING, State.LOST)
            lost.append(_final(study, row.number, revision, outcome, math.nan, now))
        else:
            waiting.append(_waiting(study, row, account, row.released))
    if waiting:
        connection.execute(_REQUEUE, waiting)
    if lost:
        connection.execute(_FINISH, lost)
    return Reaped(len(waiting), len(lost))


def _final(study: int, number: int, revision: int, outcome: Outcome, loss: float, now: float) -> dict[str, Any]:
    row = codec.outcome_row(outcome, loss)
    row.update(b_study=study, b_number=int(number), revision=revision, finished=now)
    return row


def _waiting(study: int, row: Any, account: Ledger, released: int) -> dict[str, Any]:
    return {
        "b_study": study,
        "b_number": row.number,
        "state": int(State.WAITING),
        "revision": account.move(State.RUNNING, State.WAITING),
        "released": released,
    }


def register(connection: Connection, worker: WorkerRecord, now: float) -> None:
    """Enter a worker, or renew it."""
    connection.execute(delete(workers).where(workers.c.id == worker.id))
    connection.execute(insert(workers), asdict(worker) | {"seen": now})
