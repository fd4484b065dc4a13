"""The coordinator's loop beside other workers."""

import threading

from parfocal import Float, Objective, Study
from parfocal.storage import MemoryStorage
from parfocal.trials import Outcome, State


class Counting(MemoryStorage):
    """Counts the claims."""

    claims = 0

    def claim(self, *arguments, **options):
        self.claims += 1
        return super().claim(*arguments, **options)


def test_what_a_helper_holds_is_awaited_without_a_busy_loop():
    storage = Counting()
    study = Study({"x": Float(0, 1)}, Objective("loss"), lambda x: x, optimizer="random", storage=storage)
    storage.add(study.record.id, [{"x": 0.5}], [0])
    (held,) = storage.claim(study.record.id, "helper")
    report = (held.number, held.attempts, Outcome(State.COMPLETE, {"loss": 0.5}), 0.5)
    timer = threading.Timer(0.5, lambda: storage.report(study.record.id, "helper", [report]))
    timer.start()
    study.run(3, batch=1)
    timer.join()
    assert study.counts.complete == 3
    assert storage.claims < 20


def test_the_log_says_who_proposed_which_trials_and_why(caplog):
    study = Study({"x": Float(0, 1)}, evaluator=lambda x: x, optimizer="portfolio(members='tpe | local')")
    with caplog.at_level("INFO", logger="parfocal"):
        study.run(24)
    said = [record.getMessage() for record in caplog.records]
    assert said[0] == "1 from trial 0 on by random + accept-all (warm-up)"
    assert any("parzen + density-ratio (portfolio: share" in line for line in said[20:])
