"""What `parfocal status` knows, against storages whose content is known."""

import json
import math
import os
from dataclasses import replace

import pytest

from parfocal.errors import StorageError
from parfocal.operations.status import Monitor
from parfocal.storage import LEASE, MemoryStorage, SqlStorage, WorkerRecord, open_storage, this_worker
from parfocal.testing.storagetools import Clock
from tests.operations.conftest import fill


def test_a_study_half_way():
    clock = Clock()
    storage = MemoryStorage(clock=clock)
    record = fill(storage, 20, finish=16, clock=clock)
    storage.set_budget(record.id, 24)
    storage.claim(record.id, "w", 1)
    assert storage.lead(record.id, "asker")
    clock.now += 20
    (study,) = Monitor(storage).look().studies
    assert (study.counts.complete, study.counts.pruned, study.counts.failed) == (12, 2, 2)
    assert (study.counts.waiting, study.counts.running) == (3, 1)
    assert (study.spent, study.budget) == (16, 24)
    assert (study.best, study.value) == (15, 0.15)
    assert study.reasons == {"timeout": 1, "error": 1}
    assert study.pace.recent == pytest.approx(60 * 16 / 36)
    assert study.remaining == pytest.approx(8 / (16 / 36))
    assert study.lead.asker == "asker"
    assert study.lead.left == pytest.approx(LEASE - 20)


def test_workers_are_marked_by_their_last_sign_of_life():
    clock = Clock()
    storage = MemoryStorage(clock=clock)
    record = fill(storage, 8, finish=0)
    here = this_worker("here")
    for worker in (
        replace(here, id="busy", study=record.id, job="slurm 7_1"),
        replace(here, id="idle", study=record.id),
        replace(here, id="asker", study=record.id),
        replace(this_worker("dead"), pid=2**22 + 1),  # above the largest process id
        WorkerRecord("far", "node17", 4711, 0.0, study=record.id),
    ):
        storage.register(worker)
    storage.claim(record.id, "busy", 2)
    storage.claim(record.id, "stranger", 1)
    clock.now += LEASE + 1
    storage.register(replace(here, id="idle", study=record.id))
    storage.heartbeat(record.id, "busy", [0, 1])
    storage.lead(record.id, "asker")
    clock.now += 5
    table = {worker.id: worker for worker in Monitor(storage).look().workers}
    found = {name.partition("-")[0]: worker.health for name, worker in table.items()}
    assert found == {
        "busy": "working", "asker": "asking", "idle": "idle", "dead": "dead", "far": "silent", "stranger": "unknown",
    }  # fmt: skip
    assert table["busy"].trials == ((0, LEASE + 6), (1, LEASE + 6))
    assert (table["busy"].pid, table["busy"].job, table["busy"].study) == (os.getpid(), "slurm 7_1", "study")
    assert table["busy"].heartbeat == 5 and table["far"].heartbeat == LEASE + 6
    clock.now += LEASE
    later = {worker.id: worker.health for worker in Monitor(storage).look().workers}
    assert later["asker"] == "silent", "its lead ran out"
    assert math.isnan(table["stranger"].heartbeat) and table["stranger"].study == "study"


def test_one_study_of_several_and_its_workers():
    storage = MemoryStorage()
    for name in ("a", "b"):
        record = fill(storage, 2, finish=0, name=name)
        storage.claim(record.id, f"worker-{name}")
    status = Monitor(storage, "b").look()
    assert [study.name for study in status.studies] == ["b"]
    assert [worker.id for worker in status.workers] == ["worker-b"]
    with pytest.raises(StorageError, match="'a', 'b'"):
        Monitor(storage, "c")


def test_an_empty_storage_is_no_error():
    status = Monitor(MemoryStorage()).look()
    assert status.studies == () and status.workers == ()


def test_everything_is_standard_json():
    storage = MemoryStorage()
    fill(storage, 4, finish=0)
    content = json.loads(json.dumps(Monitor(storage).look().to_dict(), allow_nan=False))
    assert content["studies"][0]["remaining"] is None
    assert content["studies"][0]["counts"]["waiting"] == 4


def test_the_server_s_clock_counts(postgres_url):
    ahead = SqlStorage(postgres_url, clock=Clock(4_000_000_000.0))
    fill(ahead, 3, finish=1)
    status = Monitor(ahead).look()
    assert status.clock > 1e9
    ahead.close()
    plain = open_storage(postgres_url, readonly=True)
    status = Monitor(plain).look()
    assert abs(status.clock) < 5 and 0 < status.lag < 5
    assert status.studies[0].counts.waiting == 2
    plain.close()


def test_looking_writes_nothing(tmp_path):
    storage = SqlStorage(tmp_path / "s.db")
    record = fill(storage, 40, finish=30)
    storage.claim(record.id, "w")
    storage.close()
    before = (tmp_path / "s.db").read_bytes()
    reading = open_storage(tmp_path / "s.db", readonly=True)
    assert Monitor(reading).look().studies[0].counts.running == 1
    with pytest.raises(StorageError, match="cannot be written to"):
        reading.release(record.id, "w")
    reading.close()
    assert (tmp_path / "s.db").read_bytes() == before


def test_an_empty_server_stays_empty(postgres_url):
    import psycopg

    with pytest.raises(StorageError, match="holds nothing yet"):
        open_storage(postgres_url, readonly=True)
    with psycopg.connect(postgres_url) as connection:
        assert not connection.execute("SELECT 1 FROM pg_tables WHERE tablename = 'studies'").fetchall()
