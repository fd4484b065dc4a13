"""What workers do all the time on PostgreSQL, each in one statement: one way to the server and back, one commit.

Claims skip rows that others have locked, so that workers do not wait for each other. A report locks its trials and
then the study's row, which gives out the revisions in the order of the commits; everybody takes locks in this order.
"""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection

from parfocal.storage import codec, inputs
from parfocal.storage.ledger import FINAL
from parfocal.storage.schema import COUNTS, studies
from parfocal.storage.sqlread import TRIAL, trial_of
from parfocal.trials import Outcome, State, Trial
from parfocal.typing import Bools

_NOW = "COALESCE(NULLIF(%(now)s::float8, 'NaN'), extract(epoch FROM clock_timestamp())::float8)"
_TRIAL = ", ".join(f"t.{column.name}" for column in TRIAL)
CHANNELS = {"work": "parfocal_work_", "change": "parfocal_change_"}
"""Topic to the name of a channel of NOTIFY, without the study's id at its end."""

# The lowest waiting numbers, unless a lease has run out: then nothing, so that what comes back comes first. What waits
# once more is looked for everywhere, what is new only from a number on: entries of an index that were claimed lately
# stay in it until they are cleared away, and whoever began at the first of them would pass them all. No more are given
# than the budget has left; the bound of the number holds where several claim at the same moment.
_CLAIM = f"""
WITH clock AS MATERIALIZED (SELECT {_NOW} AS now),
study AS MATERIALIZED (
  SELECT budget + lost AS horizon, budget - complete - pruned - failed AS "left" FROM studies WHERE id = %(study)s
),
expired AS MATERIALIZED (
  SELECT EXISTS (
    SELECT FROM trials WHERE study_id = %(study)s AND state = {State.RUNNING:d} AND lease <= (SELECT now FROM clock)
  ) AS ran_out
),
room AS MATERIALIZED (
  SELECT CASE
           WHEN (SELECT ran_out FROM expired) AND NOT %(reaped)s THEN 0
           WHEN study."left" IS NULL THEN %(n)s
           ELSE GREATEST(0, LEAST(%(n)s, study."left" - (
             SELECT count(*) FROM trials WHERE study_id = %(study)s AND state = {State.RUNNING:d} AND lease > 0
           )))
         END AS n,
         COALESCE(horizon, 9223372036854775807) AS horizon
  FROM study
),
again AS MATERIALIZED (
  SELECT number FROM trials
  WHERE study_id = %(study)s AND state = {State.WAITING:d} AND attempts > 0 AND number < (SELECT horizon FROM room)
  ORDER BY number LIMIT (SELECT n FROM room) FOR UPDATE SKIP LOCKED
),
fresh AS MATERIALIZED (
  SELECT number FROM trials
  WHERE study_id = %(study)s AND state = {State.WAITING:d} AND attempts = 0
    AND number >= %(floor)s AND number < (SELECT horizon FROM room)
  ORDER BY number LIMIT (SELECT n FROM room) - (SELECT count(*) FROM again) FOR UPDATE SKIP LOCKED
),
next AS MATERIALIZED (SELECT number FROM again UNION ALL SELECT number FROM fresh),
claimed AS (
  UPDATE trials AS t
  SET state = {State.RUNNING:d}, attempts = attempts + 1, worker = %(worker)s,
      lease = clock.now + %(lease)s, started = clock.now
  FROM next, clock WHERE t.study_id = %(study)s AND t.number = next.number
  RETURNING {_TRIAL}
)
SELECT expired.ran_out AS expired, (SELECT count(*) FROM study) AS found, claimed.*
FROM expired LEFT JOIN claimed ON true ORDER BY claimed.number
"""

_HEARTBEAT = f"""
WITH clock AS MATERIALIZED (SELECT {_NOW} AS now),
seen AS (UPDATE workers SET seen = clock.now FROM clock WHERE id = %(worker)s),
extended AS (
  UPDATE trials SET lease = clock.now + %(lease)s FROM clock
  WHERE study_id = %(study)s AND number = ANY (%(numbers)s::bigint[]) AND state = {State.RUNNING:d} AND lease > 0
    AND worker = %(worker)s
  RETURNING number
)
SELECT (SELECT count(*) FROM studies WHERE id = %(study)s) AS found,
       (SELECT array_agg(number ORDER BY number) FROM extended) AS owned
"""

_FIELDS = {
    "number": "bigint", "attempt": "integer", "state": "integer", "reason": "text", "loss": "float8",
    "runtime": "float8", "message": "text", "metrics": "text", "artifacts": "text", "scores": "text", "log": "text",
}  # fmt: skip
_ARRAYS = ", ".join(f"%({name})s::{kind}[]" for name, kind in _FIELDS.items())
_SET = ", ".join(f"{name} = ranked.{name}" for name in codec.OUTCOME)
_COUNTED = ", ".join(
    f"{name} = {name} + (SELECT count(*) FROM ranked WHERE state = {state:d})"
    for name, state in zip(COUNTS, FINAL, strict=True)
)
_REPORT = f"""
WITH given AS MATERIALIZED (
  SELECT DISTINCT ON (number, attempt) * FROM unnest({_ARRAYS}) WITH ORDINALITY AS g ({", ".join(_FIELDS)}, place)
  ORDER BY number, attempt, place
),
study AS MATERIALIZED (SELECT total FROM studies WHERE id = %(study)s),
wrong AS MATERIALIZED (SELECT min(number) AS number FROM given, study WHERE number < 0 OR number >= total),
owned AS MATERIALIZED (
  SELECT given.* FROM given JOIN trials AS t
    ON t.study_id = %(study)s AND t.number = given.number AND t.state = {State.RUNNING:d} AND t.attempts = given.attempt
  WHERE t.worker = %(worker)s AND (SELECT number FROM wrong) IS NULL
  FOR UPDATE OF t
),
ranked AS MATERIALIZED (SELECT *, row_number() OVER (ORDER BY place) AS rank FROM owned),
account AS (
  UPDATE studies SET revision = revision + (SELECT count(*) FROM ranked), {_COUNTED}
  WHERE id = %(study)s AND EXISTS (SELECT FROM ranked)
  RETURNING revision - (SELECT count(*) FROM ranked) AS before
),
done AS (
  UPDATE trials AS t
  SET {_SET}, revision = account.before + ranked.rank, lease = NULL, finished = {_NOW}
  FROM ranked, account WHERE t.study_id = %(study)s AND t.number = ranked.number
  RETURNING ranked.place
),
known AS (
  SELECT given.place FROM given JOIN trials AS t
    ON t.study_id = %(study)s AND t.number = given.number AND t.attempts = given.attempt
  WHERE %(again)s AND t.worker = %(worker)s AND t.state IN ({State.COMPLETE:d}, {State.PRUNED:d}, {State.FAILED:d})
)
SELECT (SELECT total FROM study) AS total, (SELECT number FROM wrong) AS wrong,
       ARRAY(SELECT place FROM done UNION SELECT place FROM known) AS places,
       (SELECT pg_notify(%(channel)s, '') FROM account) AS notified
"""


class PostgresQueue:
    """The queue of one storage; it remembers from where on new trials wait."""

    def __init__(self) -> None:
        self._floors: dict[int, int] = {}

    def claim(
        self,
        connection: Connection,
        study: int,
        worker: str,
        n: int,
        lease: float,
        max_attempts: int,
        reaped: bool,
        now: float,
    ) -> list[Trial] | None:
        """See :class:`~parfocal.storage.database.Queue`."""
        values = {"study": study, "worker": worker, "n": n, "lease": lease, "reaped": reaped, "now": now}
        trials: list[Trial] = []
        # where nothing is new behind the last claim, a claim of lower numbers may have been rolled back: look at all
        for floor in dict.fromkeys((self._floors.get(study, 0), 0)):
            rows = connection.exec_driver_sql(_CLAIM, values | {"floor": floor}).all()
            _exists(connection, study, rows[0].found)
            if rows[0].expired and not reaped:
                return None
            trials = [trial_of(row) for row in rows if row.number is not None]
            if trials:
                break
        new = [trial.number for trial in trials if trial.attempts == 1]
        if new:
            self._floors[study] = max(new) + 1
        return trials

    def heartbeat(
        self, connection: Connection, study: int, worker: str, numbers: Collection[int], lease: float, now: float
    ) -> list[int]:
        """See :class:`~parfocal.storage.database.Queue`."""
        values = {"study": study, "worker": worker, "numbers": list(numbers), "lease": lease, "now": now}
        row = connection.exec_driver_sql(_HEARTBEAT, values).one()
        _exists(connection, study, row.found)
        return list(row.owned or ())

    def report(
        self,
        connection: Connection,
        study: int,
        worker: str,
        results: Sequence[tuple[int, int, Outcome, float]],
        again: bool,
        now: float,
    ) -> Bools:
        """See :class:`~parfocal.storage.database.Queue`."""
        columns: dict[str, list[Any]] = {name: [] for name in _FIELDS}
        for number, attempt, outcome, loss in results:
            for name, value in ({"number": number, "attempt": attempt} | codec.outcome_row(outcome, loss)).items():
                columns[name].append(value)
        channel = f"{CHANNELS['change']}{study}"
        values = {"study": study, "worker": worker, "again": again, "now": now, "channel": channel, **columns}
        row = connection.exec_driver_sql(_REPORT, values).one()
        _exists(connection, study, row.total is not None)
        if row.wrong is not None:
            raise inputs.no_trial(row.wrong, row.total)
        accepted = np.zeros(len(results), dtype=np.bool_)
        accepted[np.array(row.places, dtype=np.int64) - 1] = True
        return accepted


def _exists(connection: Connection, study: int, found: object) -> None:
    if not found:
        names = connection.exec_driver_sql(f"SELECT name FROM {studies.name} ORDER BY id").scalars()
        raise inputs.no_study(study, names)
