import time

from trial_support import wait_until

from parfocal.errors import StorageUnavailable
from parfocal.storage import MemoryStorage, this_worker
from parfocal.workers.heartbeat import Heartbeat


class Away(MemoryStorage):
    away = False

    def heartbeat(self, *values, **named):
        if self.away:
            raise StorageUnavailable("away")
        return super().heartbeat(*values, **named)


def test_a_worker_that_was_struck_off_is_entered_again():
    storage = Away()
    study = storage.create_study("s", {}).id
    record = this_worker("w", study)
    storage.register(record)
    with Heartbeat(storage, study, record, 0.15):
        storage.away = True
        time.sleep(0.3)
        storage.unregister(record.id)
        storage.away = False
        assert wait_until(lambda: [worker.id for worker in storage.workers()] == [record.id], 5)


def test_a_worker_that_left_is_not_entered_again():
    storage = MemoryStorage()
    study = storage.create_study("s", {}).id
    with Heartbeat(storage, study, this_worker("w", study), 0.05):
        time.sleep(0.3)
    assert storage.workers() == []
