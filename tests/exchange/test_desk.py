"""Trials go out once and come back once, whatever happens to the files in between."""

import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.exchange.conftest import failed, make, numbers, outcome

from parfocal import Categorical, Float, Study
from parfocal.errors import InvalidInput, StudyStopped
from parfocal.exchange import ask, outcome_files, read_outcomes, take_back, tell, write_outcome
from parfocal.storage import MemoryStorage, open_storage, this_worker
from parfocal.trials import Outcome, State
from parfocal.workers import is_result_of

WEEK = 7 * 86_400


def test_a_budget_goes_out_once_and_comes_back_once(storage):
    study = make(storage)
    seen = []
    while batch := ask(study, 7, budget=20).trials:
        seen += [trial.claim.number for trial in batch]
        told = tell(storage, study.record, map(outcome, batch))
        assert [number for number, _ in told.told] == [trial.claim.number for trial in batch]
    assert seen == list(range(20))
    assert study.counts.complete == 20 == study.counts.total
    assert [trial.loss for trial in study.trials()] == [-number / 100 for number in range(20)]
    last = ask(study, 7, budget=20)
    assert (last.trials, last.spent) == ((), True)


def test_what_is_out_counts_against_the_budget(storage):
    study = make(storage)
    sizes = [len(ask(study, 8, budget=20).trials) for _ in range(4)]
    assert sizes == [8, 8, 4, 0]
    assert not ask(study, 8, budget=20).spent
    assert study.counts.running == 20


def test_a_larger_budget_hands_out_more(storage):
    study = make(storage)
    tell(storage, study.record, map(outcome, ask(study, 5, budget=5).trials))
    assert ask(study, 5, budget=5).spent
    assert numbers(ask(study, 5, budget=8)) == [5, 6, 7]


def test_without_a_budget_there_is_no_end(storage):
    study = make(storage)
    assert [len(ask(study, 3).trials) for _ in range(3)] == [3, 3, 3]


def test_a_space_that_ends(storage):
    study = Study({"x": Categorical(["a", "b", "c"])}, "f1", storage=storage, name="s", optimizer="grid")
    assert len(ask(study, 10, budget=100).trials) == 3
    batch = ask(study, 10, budget=100)
    assert batch.trials == () and not batch.spent and batch.exhausted


def test_the_default_and_given_configurations_come_first(storage):
    study = make(storage, default={"x": 0.25}, enqueue=[{"x": 0.75}])
    batch = ask(study, 4, budget=4)
    assert [trial.configuration["x"] for trial in batch.trials][:2] == [0.25, 0.75]
    other = make(open_storage("memory"), default={"x": 0.25}, enqueue=[{"x": 0.75}])
    assert [trial.configuration for trial in ask(other, 4).trials] == [t.configuration for t in batch.trials]


def test_waiting_trials_go_first(storage):
    study = make(storage)
    study.enqueue([{"x": 0.5}])
    batch = ask(study, 1, budget=9)
    assert batch.trials[0].configuration == {"x": 0.5}
    assert study.counts.total == 1, "nothing is asked for as long as enough waits"


def test_the_optimizer_learns_from_what_was_told(storage):
    study = make(storage, optimizer="tpe", warmup=10, seed=3)
    for _ in range(6):
        batch = ask(study, 10, budget=60)
        tell(
            storage,
            study.record,
            [outcome(t, metrics={"f1": 1 - abs(t.configuration["x"] - 0.3)}) for t in batch.trials],
        )
    near = [abs(trial.configuration["x"] - 0.3) for trial in study.trials()]
    assert sum(near[30:]) / 30 < 0.5 * sum(near[:10]) / 10
    assert {trial.provenance.sampler for trial in study.trials()} > {"random"}


def test_seeds_and_configurations_are_those_of_a_run(storage):
    """A study that is asked in batches asks what a run would have asked: its sampler does not learn."""
    study = make(storage, seed=5)
    handed = [*ask(study, 3).trials, *ask(study, 5).trials]
    whole = ask(make(open_storage("memory"), seed=5), 8).trials
    assert [(t.seed, t.configuration) for t in handed] == [(t.seed, t.configuration) for t in whole]


def test_a_lease_that_ran_out(storage, clock):
    study = make(storage)
    first = ask(study, 3, budget=3)
    clock.now += WEEK - 1
    assert ask(study, 3, budget=3).trials == ()
    clock.now += 2
    second = ask(study, 3, budget=3)
    assert numbers(second) == numbers(first)
    assert [t.claim.attempt for t in second.trials] == [2, 2, 2]
    assert [(t.seed, t.configuration) for t in second.trials] == [(t.seed, t.configuration) for t in first.trials]
    late = tell(storage, study.record, map(outcome, first.trials))
    assert (late.told, late.known, len(late.stale)) == ((), (), 3)
    assert late.counts.running == 3
    good = tell(storage, study.record, map(outcome, second.trials))
    assert len(good.told) == 3
    late = tell(storage, study.record, map(outcome, first.trials))
    assert (late.known, len(late.stale)) == ((), 3), "told by another claim is not known"


def test_a_late_outcome_counts_as_long_as_nobody_took_the_trial(storage, clock):
    study = make(storage)
    batch = ask(study, 1)
    clock.now += 2 * WEEK
    assert len(tell(storage, study.record, map(outcome, batch.trials)).told) == 1


def test_a_trial_that_never_comes_back_is_given_up_and_replaced(storage, clock):
    study = make(storage)
    batches = []
    for _ in range(3):
        batches.append(ask(study, 1, budget=1))
        clock.now += WEEK + 1
    replacement = ask(study, 1, budget=1)
    assert [numbers(batch) for batch in (*batches, replacement)] == [[0], [0], [0], [1]]
    assert study.counts.lost == 1
    assert len(tell(storage, study.record, map(outcome, batches[-1].trials)).stale) == 1
    assert len(tell(storage, study.record, map(outcome, replacement.trials)).told) == 1
    assert ask(study, 1, budget=1).spent


def test_the_same_name_gets_the_same_trials(storage, clock):
    study = make(storage)
    first = ask(study, 4, budget=10, worker="generation-1")
    clock.now += WEEK / 2
    again = ask(study, 4, budget=10, worker="generation-1")
    assert (again.trials, again.again, first.again) == (first.trials, True, False)
    clock.now += 0.75 * WEEK
    assert numbers(ask(study, 4, budget=10)) == [4, 5, 6, 7], "the lease was renewed"
    tell(storage, study.record, map(outcome, first.trials[:3]))
    assert numbers(ask(study, 4, budget=10, worker="generation-1")) == [3], "what was told does not go out again"


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 201])
def test_wrong_names(storage, name):
    with pytest.raises(InvalidInput, match="name of a hand-out"):
        ask(make(storage), 1, worker=name)


def test_taken_back(storage):
    study = make(storage)
    batch = ask(study, 3, budget=3)
    take_back(study, batch)
    assert study.counts.waiting == 3
    again = ask(study, 3, budget=3)
    assert numbers(again) == numbers(batch)
    assert storage.trial(study.record.id, 0).attempts == 2


def test_told_twice_in_any_order_and_in_parts(storage):
    study = make(storage)
    trials = ask(study, 6).trials
    outcomes = [failed(t) if t.claim.number == 4 else outcome(t) for t in trials]
    told = tell(storage, study.record, outcomes[5:2:-1])
    assert told.told == ((3, State.COMPLETE), (4, State.FAILED), (5, State.COMPLETE))
    told = tell(storage, study.record, [*outcomes, *outcomes])
    assert [number for number, _ in told.told] == [0, 1, 2]
    assert Counter(told.known) == {0: 1, 1: 1, 2: 1, 3: 2, 4: 2, 5: 2}
    assert (told.stale, told.wrong) == ((), ())
    before = study.trials()
    changed = [replace(each, metrics={"f1": 0.99}) for each in outcomes]
    assert len(tell(storage, study.record, changed).known) == 6
    assert study.trials() == before, "the first outcome counts"


def test_what_does_not_belong_here(storage):
    study = make(storage)
    good, other, far, missing, invented = ask(study, 5).trials
    told = tell(
        storage,
        study.record,
        [
            outcome(good),
            outcome(replace(other.claim, study="t")),
            replace(outcome(replace(far.claim, number=99)), source="far.json"),
            outcome(missing, metrics={"dice": 0.5}),
            outcome(replace(invented.claim, worker="me")),
            outcome(replace(invented.claim, attempt=2)),
        ],
    )
    assert [number for number, _ in told.told] == [0]
    assert len(told.stale) == 2
    assert told.wrong == (
        "It belongs to the study 't', and outcomes of 's' are told here.",
        "far.json: It is of trial 99, and 's' has 5 trials, numbered from 0.",
        "The objective 'maximize f1' needs the metric 'f1'; the file has 'dice'.",
    )
    assert told.counts.running == 4
    assert len(tell(storage, study.record, [outcome(missing)]).told) == 1, "it can be mended and told"


def test_several_objectives(storage):
    study = Study({"x": Float(0, 1)}, ["maximize f1", "minimize runtime"], storage=storage)
    batch = ask(study, 2)
    told = tell(storage, study.record, [outcome(t, runtime=2.0) for t in batch.trials])
    assert len(told.told) == 2
    assert study.history.losses[:, 1].tolist() == [2.0, 2.0]


def test_when_the_first_trials_all_fail(storage):
    study = make(storage, stop_after_failures=4)
    tell(storage, study.record, map(failed, ask(study, 4, budget=50).trials))
    with pytest.raises(StudyStopped, match=r"first 4 trials all failed .*no nuclei.*'stop_after_failures: 0'"):
        ask(study, 4, budget=50)
    study = make(storage, stop_after_failures=0)
    tell(storage, study.record, map(outcome, ask(study, 1, budget=50).trials))
    assert len(ask(make(storage, stop_after_failures=4), 4, budget=50).trials) == 4


def test_what_waits_is_handed_out_while_somebody_else_asks(storage):
    study = make(storage)
    study.enqueue([{"x": 0.1}, {"x": 0.2}])
    assert storage.lead(study.record.id, "somebody")
    assert [trial.configuration["x"] for trial in ask(study, 2, budget=9).trials] == [0.1, 0.2]
    assert storage.state(study.record.id).asker == "somebody"


def test_a_server_hands_out(postgres_url):
    storage = open_storage(postgres_url)
    study = make(storage)
    tell(storage, study.record, map(outcome, ask(study, 5, budget=5).trials))
    assert ask(study, 5).spent
    storage.close()


ASKER = """
import sys, time
from parfocal.exchange import ask
from tests.exchange.conftest import make
with_default = {"default": {"x": 0.25}, "enqueue": [{"x": 0.5}]}
print("ready", flush=True)
sys.stdin.readline()
while True:
    batch = ask(make(sys.argv[1], **with_default), 3, budget=40)
    if not batch.trials:
        break
    for trial in batch.trials:
        print(trial.claim.number, trial.seed, trial.configuration["x"], flush=True)
    time.sleep(0.05)  # let the others in
"""

TELLER = """
import sys
from pathlib import Path
from parfocal.exchange import read_outcomes, tell
from parfocal.storage import MemoryStorage, open_storage, this_worker
storage = open_storage(sys.argv[1])
record = storage.studies()[0]
print("ready", flush=True)
sys.stdin.readline()
for path in sorted(Path(sys.argv[2]).glob("*.json")):
    told = tell(storage, record, read_outcomes([path])[0])
    print(len(told.told), len(told.known), len(told.stale), len(told.wrong), flush=True)
"""
ROOT = Path(__file__).resolve().parents[2]


def four(script, *arguments):
    """Run a script in four processes that begin together; return the lines that each printed."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, cwd=ROOT, **pipes) for _ in range(4)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    lines = []
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        text, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        lines.append([line.split() for line in text.splitlines()])
    return lines


def test_four_processes_ask_at_once(tmp_path):
    lines = four(ASKER, tmp_path / "study.db")
    assert sum(1 for each in lines if each) >= 2, "they did ask at the same time"
    rows = sorted((int(number), int(seed), float(x)) for each in lines for number, seed, x in each)
    assert [row[0] for row in rows] == list(range(40)), "each trial went out once, and none beyond the budget"
    alone = ask(make(open_storage("memory"), default={"x": 0.25}, enqueue=[{"x": 0.5}]), 40, budget=40)
    assert rows == [(t.claim.number, t.seed, t.configuration["x"]) for t in alone.trials]


def test_four_processes_tell_the_same_files(tmp_path):
    study = make(tmp_path / "study.db")
    for trial in ask(study, 60).trials:
        write_outcome(tmp_path / "o" / f"{trial.claim.number:03}.json", trial.claim, Outcome.complete({"f1": 0.5}))
    lines = four(TELLER, tmp_path / "study.db", tmp_path / "o")
    for one_file in zip(*lines, strict=True):
        assert sorted(one_file) == [["0", "1", "0", "0"]] * 3 + [["1", "0", "0", "0"]]
    assert study.counts.complete == 60
    assert {trial.revision for trial in study.trials()} == set(range(61, 121)), "added and told once each"


def test_many_files(tmp_path):
    study = make(tmp_path / "study.db")
    for trial in ask(study, 600).trials:
        write_outcome(tmp_path / "o" / f"{trial.claim.number:03}.json", trial.claim, Outcome.complete({"f1": 0.5}))
    assert len(outcome_files([tmp_path / "o"])) == 600
    returned, wrong = read_outcomes([tmp_path / "o"])
    assert wrong == []
    assert len(tell(study.storage, study.record, reversed(returned)).told) == 600
    assert ask(study, 1, budget=600).spent


def test_two_who_ask_under_one_name_at_once_get_the_same(storage):
    make(storage)
    studies = [make(storage) for _ in range(4)]
    for turn in range(3):
        with ThreadPoolExecutor(4) as pool:
            batches = list(pool.map(lambda one: ask(one, 5, worker=f"g{turn}"), studies))  # noqa: B023
        assert len({tuple(numbers(batch)) for batch in batches}) == 1
        assert sorted(batch.again for batch in batches) == [False, True, True, True]
        assert studies[0].counts.running == 5 * (turn + 1)
    assert storage.workers() == []


def test_a_namesake_that_died_is_not_awaited(storage):
    study = make(storage)
    storage.register(replace(this_worker("ask", study.record.id, "ask g"), pid=1 << 23))  # beyond all process ids
    assert len(ask(study, 2, worker="g").trials) == 2


class Again(MemoryStorage):
    """Reports everything twice, as after an outage, and accepts what this worker had told in this attempt."""

    def report(self, study, worker, results):
        super().report(study, worker, results)
        trials = [self.trial(study, number) for number, *_ in results]
        return np.array([is_result_of(trial, worker, result[1]) for trial, result in zip(trials, results, strict=True)])


def test_what_was_told_before_is_known_also_where_a_report_is_repeated():
    storage = Again()
    study = make(storage)
    batch = ask(study, 3).trials
    told = tell(storage, study.record, [outcome(batch[0]), outcome(batch[0]), outcome(batch[1])])
    assert told.told == ((0, State.COMPLETE), (1, State.COMPLETE))
    assert told.known == (0,), "the second file of one claim"
    again = tell(storage, study.record, map(outcome, batch))
    assert (again.told, again.known) == (((2, State.COMPLETE),), (0, 1))


def test_an_ask_ends_where_another_one_only_holds_the_lead(storage, monkeypatch):
    monkeypatch.setattr("parfocal.exchange.desk._WAIT", 0.2)
    monkeypatch.setattr("parfocal.exchange.desk._PATIENCE", 0.5)
    study = make(storage)
    assert storage.lead(study.record.id, "somebody", 3600)
    batch = ask(study, 3, budget=9)
    assert (batch.trials, batch.spent, batch.exhausted) == ((), False, None)
