"""Real faults in real trial processes: each is one FAILED outcome, and the next trial runs."""

import math
import os
import re
import threading
import time

import pytest
from trial_support import alive, fault, gone, job, pids_in, posix, wait_until

from parfocal.errors import InvalidInput
from parfocal.evaluation import Limits, PythonEvaluator, Runner, Stop, run
from parfocal.trials import Objective, Reason, State

LOSS = Objective("loss")


def one(name, *, limits=None, root=None, **values):
    return run(fault(name), job(root=root, **values), LOSS, limits)


def test_one_process_serves_many_trials():
    with Runner(fault("pid"), LOSS) as runner:
        pids = {runner.run(job(number)).metrics["loss"] for number in range(50)}
    assert len(pids) == 1
    (pid,) = pids
    assert pid != os.getpid()
    assert gone([int(pid)])


@pytest.mark.parametrize("isolation", ["none", "process"])
def test_results(isolation, tmp_path):
    with Runner(fault("result"), Objective("f1", "maximize"), isolation=isolation, folder=tmp_path) as runner:
        outcome = runner.run(job(3, x=0.5))
    assert outcome.metrics == {"f1": 0.5}
    assert outcome.scores == {"a.tif": {"f1": 0.5}, "b.tif": {"f1": 1.5}}
    assert outcome.artifacts == {"mask": str(tmp_path / "000003" / "mask.txt")}
    assert outcome.runtime >= 0
    assert (tmp_path / "000003" / "mask.txt").exists()


@pytest.mark.parametrize("isolation", ["none", "process"])
def test_temporary_folders_do_not_stay(isolation):
    with Runner(fault("result"), Objective("f1"), isolation=isolation) as runner:
        outcome = runner.run(job(x=0.5))
        assert not os.path.exists(outcome.artifacts["mask"])
        root = runner.root
    assert not os.path.exists(root)


SOFT = [
    ("raises", Reason.ERROR, r"^ValueError: x must not be 2\.0 \(faults\.py, line \d+, in raises\)$"),
    ("chained", Reason.ERROR, r"^RuntimeError: outer \(faults\.py"),
    ("exits", Reason.ERROR, r"^SystemExit: the evaluation wanted to end the program \(code 0\)"),
    ("interrupts", Reason.INTERRUPTED, r"^KeyboardInterrupt"),
    ("invalid", Reason.INVALID, r"^sigma is larger than the image$"),
    ("out_of_memory", Reason.MEMORY, r"^MemoryError"),
    ("nothing", Reason.MISSING, r"returned nothing; return the metric 'loss'"),
    ("text", Reason.ERROR, r"returned 'good' \(str\)"),
    ("nan", Reason.NOT_FINITE, r"is nan, not a finite number"),
    ("array", Reason.ERROR, r"\(ndarray\); expected a number"),
    ("no_such_function", Reason.ERROR, r"has no function 'no_such_function'"),
]


@pytest.mark.parametrize(("name", "reason", "message"), SOFT)
def test_faults_without_isolation(name, reason, message):
    with Runner(fault(name), LOSS, isolation="none") as runner:
        outcome = runner.run(job())
    assert (outcome.state, outcome.reason) == (State.FAILED, reason)
    assert re.search(message, outcome.message), outcome.message


def test_soft_faults_leave_the_process_alive():
    with Runner(fault("dispatch"), LOSS) as runner:
        for name, reason, message in SOFT[:-1]:
            outcome = runner.run(job(name=name, x=2.0))
            assert (outcome.state, outcome.reason) == (State.FAILED, reason), name
            assert re.search(message, outcome.message), outcome.message
        assert runner.run(job(name="unpicklable", x=1.0)).metrics == {"loss": 1.0}
        first = runner.run(job(name="pid", x=1.0)).metrics
        raised = runner.run(job(name="raises", x=1.0))
        assert raised.log.startswith("before the fault\nTraceback") and raised.log.endswith("x must not be 1.0")
        assert runner.run(job(name="pid", x=1.0)).metrics == first
        chain = runner.run(job(name="chained", x=1.0)).log
        assert "KeyError: 'key'" in chain and "direct cause" in chain


def test_output_is_kept_within_bounds_and_per_trial(tmp_path):
    with Runner(fault("dispatch"), LOSS, folder=tmp_path) as runner:
        noisy = runner.run(job(name="noisy", x=1.0))
        quiet = runner.run(job(1, name="square", x=1.0))
        empty = runner.run(job(2, name="reads", x=1.0))
        again = runner.run(job(3, name="raises", x=1.0))
        closed = runner.run(job(4, name="closes_streams", x=1.0))
        after = runner.run(job(5, name="square", x=3.0))
    assert noisy.state == State.COMPLETE
    assert len(noisy.log.encode()) <= 16_384
    assert "the end äöü" in noisy.log and "raw bytes" in noisy.log
    whole = (tmp_path / "000000" / "log.txt").read_bytes()
    assert len(whole) > 3_000_000 and whole.endswith(b"raw bytes\n")
    assert [entry.name for entry in tmp_path.iterdir()] == ["000000"]
    assert quiet.log == ""
    assert empty.metrics == {"loss": 0.0}
    assert again.log.startswith("before the fault")
    assert (closed.state, after.metrics) == (State.COMPLETE, {"loss": 9.0})


def test_an_infinite_loop_ends_at_its_limit_and_the_next_trial_runs():
    with Runner(fault("dispatch"), LOSS, limits=Limits("1 s")) as runner:
        begin = time.monotonic()
        outcome = runner.run(job(name="forever", x=1.0))
        assert (outcome.state, outcome.reason) == (State.FAILED, Reason.TIMEOUT)
        assert outcome.message == "Not finished after 1 s, the limit of time."
        assert 1 <= outcome.runtime <= time.monotonic() - begin
        assert runner.run(job(name="square", x=3.0)).metrics == {"loss": 9.0}


@posix
def test_who_ignores_sigterm_is_killed():
    with Runner(fault("dispatch"), LOSS, limits=Limits("1 s")) as runner:
        pid = int(runner.run(job(name="pid", x=1.0)).metrics["loss"])
        assert runner.run(job(name="stubborn", x=1.0)).reason == Reason.TIMEOUT
        assert not alive(pid)


def test_children_end_with_a_trial_that_is_ended(tmp_path):
    outcome = one("forks_and_hangs", limits=Limits("2 s"), root=tmp_path)
    assert outcome.reason == Reason.TIMEOUT
    pids = pids_in(tmp_path / "000000")
    assert len(pids) == 2 and gone(pids, 0.5)


def test_children_that_a_successful_trial_left_behind_end_with_it(tmp_path):
    with Runner(fault("dispatch"), LOSS, folder=tmp_path) as runner:
        before = runner.run(job(name="pid", x=1.0))
        evaluator = job(1, name="leaves_children", x=1.0, folder=str(tmp_path))
        assert runner.run(evaluator).metrics == {"loss": 1.0}
        assert gone(pids_in(tmp_path), 0.1)
        assert runner.run(job(2, name="pid", x=1.0)).metrics == before.metrics


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="only Linux hands orphans to a chosen process")
def test_an_orphan_in_another_session_does_not_escape(tmp_path):
    assert one("leaves_orphan", root=tmp_path).metrics == {"loss": 2.0}
    assert gone(pids_in(tmp_path / "000000"), 0.1)


@posix
def test_children_of_a_process_that_crashed(tmp_path):
    outcome = one("crashes_with_children", root=tmp_path)
    assert outcome.message.startswith("The process ended in the midst of the evaluation with exit code 7")
    assert gone(pids_in(tmp_path / "000000"), 1)


@pytest.mark.parametrize("name", ["hog", "hog_in_child"])
def test_too_much_memory(name):
    outcome = one(name, limits=Limits(memory="300 MiB"))
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.MEMORY)
    assert "MiB, more than the limit of 300 MiB." in outcome.message


def test_crashes_are_failures_and_the_next_trial_runs():
    crashes = [("dies", "exit code 3, as os._exit does")]
    if os.name == "posix":
        crashes += [("segfault", "signal 11 (SIGSEGV), a crash in compiled code"), ("killed", "signal 9 (SIGKILL)")]
    with Runner(fault("dispatch"), LOSS) as runner:
        for name, text in crashes:
            outcome = runner.run(job(name=name, x=1.0))
            assert (outcome.state, outcome.reason) == (State.FAILED, Reason.ERROR)
            assert text in outcome.message
            if name == "dies":
                assert outcome.log == "last words"
            if name == "segfault":
                assert "Segmentation fault" in outcome.log and "in segfault" in outcome.log
        assert runner.run(job(name="square", x=3.0)).metrics == {"loss": 9.0}


def test_a_request_to_stop_ends_the_trial_and_its_children(tmp_path):
    stop = Stop()
    with Runner(fault("forks_and_hangs"), LOSS, folder=tmp_path, stop=stop) as runner:
        threading.Thread(target=lambda: (pids_in(tmp_path / "000000"), stop.set())).start()
        outcome = runner.run(job())
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.INTERRUPTED)
    assert gone(pids_in(tmp_path / "000000"), 0.5)


def test_a_trial_can_be_cancelled_alone(tmp_path):
    with Runner(fault("dispatch"), LOSS) as runner:
        assert runner.run(job(name="forever", x=1.0), lambda: True).reason == Reason.INTERRUPTED
        assert runner.run(job(name="square", x=3.0)).metrics == {"loss": 9.0}


# hooks ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("isolation", ["none", "process"])
@pytest.mark.parametrize("name", ["square", "raises"])
def test_hooks_run_around_the_evaluation(isolation, name, tmp_path):
    evaluator = fault(name, pre="faults:note_before", post="faults:note_after")
    with Runner(evaluator, LOSS, isolation=isolation, folder=tmp_path) as runner:
        assert runner.run(job()).state == (State.COMPLETE if name == "square" else State.FAILED)
    before, after = (tmp_path / "000000" / f"{stage}.txt" for stage in ("before", "after"))
    assert before.read_text() == after.read_text()


@pytest.mark.parametrize("isolation", ["none", "process"])
def test_a_pre_hook_that_fails_spares_the_evaluation_but_not_the_post_hook(isolation, tmp_path):
    evaluator = fault("result", pre="faults:bad_hook", post="faults:note_after")
    with Runner(evaluator, LOSS, isolation=isolation, folder=tmp_path) as runner:
        outcome = runner.run(job())
    assert outcome.reason == Reason.ERROR
    assert outcome.message.startswith("The pre-hook failed: OSError: the disk is full (faults.py, line ")
    assert [entry.name for entry in (tmp_path / "000000").iterdir()] == ["after.txt"]


@pytest.mark.parametrize("isolation", ["none", "process"])
def test_a_post_hook_that_fails_does_not_cost_the_result(isolation):
    with Runner(fault("square", post="faults:bad_hook"), LOSS, isolation=isolation) as runner:
        outcome = runner.run(job())
    assert (outcome.state, outcome.metrics) == (State.COMPLETE, {"loss": 4.0})
    assert outcome.message.startswith("The post-hook failed: OSError: the disk is full")


def test_the_post_hook_runs_in_another_process_after_a_timeout_and_after_a_crash(tmp_path):
    for number, name in enumerate(("forever", "dies")):
        evaluator = fault(name, pre="faults:note_before", post="faults:note_after")
        with Runner(evaluator, LOSS, limits=Limits("1 s"), folder=tmp_path) as runner:
            outcome = runner.run(job(number))
        assert outcome.state == State.FAILED and "post-hook" not in outcome.message
        folder = tmp_path / f"{number:06d}"
        assert (folder / "before.txt").read_text() != (folder / "after.txt").read_text()


@pytest.mark.parametrize(
    ("hook", "text"),
    [("hanging_hook", "Not finished after 1 s"), ("dying_hook", "with exit code 9")],
)
@pytest.mark.parametrize("name", ["square", pytest.param("forever", marks=pytest.mark.slow)])
def test_a_post_hook_that_hangs_or_dies_does_not_change_the_outcome(name, hook, text):
    with Runner(fault(name, post=f"faults:{hook}"), LOSS, limits=Limits("1 s")) as runner:
        outcome = runner.run(job())
    assert outcome.reason == (None if name == "square" else Reason.TIMEOUT)
    assert "The post-hook failed: " in outcome.message and text in outcome.message


def test_the_post_hook_runs_after_a_request_to_stop(tmp_path):
    stop = Stop()
    evaluator = fault(
        "stubborn" if os.name == "posix" else "forever", pre="faults:note_before", post="faults:note_after"
    )
    with Runner(evaluator, LOSS, folder=tmp_path, stop=stop) as runner:
        threading.Thread(target=lambda: (wait_until((tmp_path / "000000" / "before.txt").exists), stop.set())).start()
        assert runner.run(job()).reason == Reason.INTERRUPTED
    assert (tmp_path / "000000" / "after.txt").exists()


# what cannot be isolated ------------------------------------------------------------------------------


def test_a_lambda_cannot_travel():
    with pytest.raises(InvalidInput, match="define it with 'def' at the top of a module or script, or use isolation"):
        Runner(PythonEvaluator(lambda x: x), LOSS)
    with Runner(PythonEvaluator(lambda x: x), LOSS, isolation="none") as runner:
        assert runner.run(job()).metrics == {"loss": 2.0}


def test_limits_without_isolation():
    with pytest.raises(InvalidInput, match="need isolation 'process'"):
        Runner(fault("square"), LOSS, isolation="none", limits=Limits("1 s"))
    with pytest.raises(InvalidInput, match="must be 'process' or 'none'; got 'thread'"):
        Runner(fault("square"), LOSS, isolation="thread")


def test_a_limit_that_the_platform_cannot_watch_is_one_sentence(monkeypatch):
    import psutil

    def refuse(self):
        raise NotImplementedError("no such thing here")

    monkeypatch.setattr(psutil.Process, "memory_info", refuse)
    with pytest.raises(InvalidInput, match=r"A limit of memory cannot be set on this platform \(no such thing here\)"):
        Runner(fault("square"), LOSS, limits=Limits(memory="1 GiB"))


def test_criteria_travel():
    objective = Objective("0.5*f1 + 0.5*precision", "maximize")
    outcome = run(fault("metrics"), job(x=1.0), objective)
    assert objective.value(objective.loss(outcome.metrics)) == 0.75
    assert not math.isnan(outcome.runtime)
