"""What goes wrong on a server and on the way to it, with answers that a real server gave."""

import functools
import itertools
import json
import socket

import pytest
from fake_galaxy import DROP, KEY
from trial_support import job

from parfocal.evaluation import MissingResult
from parfocal.evaluation.galaxy import GalaxyEvaluator, library
from parfocal.evaluation.isolated import with_log
from parfocal.evaluation.loop import evaluate
from parfocal.trials import Objective, Reason, State

OBJECTIVE = Objective("dice", "maximize")


def evaluator(folder, **options):
    chosen = {
        "workflow": "segment.ga",
        "inputs": {"image": "nuclei.tif", "truth": "truth.tif"},
        "parameters": {"segment|smoothing|sigma": "{sigma}"},
        "outputs": {"scores": "scores.json"},
        "result": {"json": "scores.json"},
        "patience": 0.5,
        "path": str(folder),
        **options,
    }
    return GalaxyEvaluator(**chosen)


@pytest.fixture
def attempt(fake, example, tmp_path):
    """Evaluate a trial from pre-hook to post-hook and return its outcome."""

    def go(number=0, **options):
        own = evaluator(example, **options)
        work = job(number, root=tmp_path / "work", level=0.3, sigma=1.5)
        outcome = with_log(evaluate(own, work, OBJECTIVE), own.log(work))
        assert KEY not in outcome.message + outcome.log
        return outcome

    return go


def clean(fake):
    """Whether the histories of all trials are purged, and the one with the inputs is not."""
    trials = {each["name"]: each["purged"] for each in fake.histories.values() if " trial " in each["name"]}
    inputs = [each["deleted"] for each in fake.histories.values() if each["name"].startswith("parfocal inputs")]
    return all(trials.values()) and inputs == [False]


def test_a_run_is_scored_and_leaves_nothing_behind(fake, attempt, tmp_path):
    outcome = attempt()
    assert (outcome.state, outcome.message) == (State.COMPLETE, "")
    assert outcome.metrics == {"dice": 0.75, "precision": 0.8, "recall": 0.7}
    (_, body), *_ = [each for each in fake.bodies if each[0].endswith("/invocations")]
    assert body["inputs"]["2"] == 0.3 and body["parameters"] == {"3": {"smoothing|sigma": 1.5}}
    assert body["inputs"]["0"]["src"] == body["inputs"]["1"]["src"] == "hda"
    assert clean(fake)
    note = json.loads((tmp_path / "work/000000/galaxy.json").read_text())
    assert note["purged"] and note["invocation"] in fake.runs and KEY not in str(note)


def test_the_command_of_the_score_runs_here_and_without_the_key(fake, attempt, tmp_path):
    code = (
        "import json, os; scores = json.load(open('scores.json')); assert not os.environ['PARFOCAL_GALAXY_KEY'];"
        "print('dice', scores['dice'] / 3)"
    )
    outcome = attempt(
        score=["{python}", "-c", code], result={"stdout": "dice ([0-9.]+)"}, artifacts={"s": "scores.json"}
    )
    assert outcome.metrics == {"dice": 0.25}, outcome
    assert outcome.artifacts == {"s": str(tmp_path / "work/000000/scores.json")}


def test_files_and_workflow_are_sent_once(fake, attempt):
    attempt(0)
    attempt(1)  # another process would do the same: the evaluator is a new one
    assert len(fake.workflows) == 1 and len(fake.datasets) == 2
    assert fake.count("POST /tools/fetch") == 2 and fake.count("POST /workflows/upload") == 1
    names = sorted(each["name"] for each in fake.datasets.values())
    assert [name.rpartition(" ")[2] for name in names] == sorted(
        ["nuclei.tif", "truth.tif"], key=lambda name: next(each for each in names if each.endswith(name))
    )


def test_a_file_that_was_deleted_on_the_server_is_sent_again(fake, example, tmp_path, monkeypatch):
    monkeypatch.setattr(library, "UPLOAD_WAIT", 0.05)  # another worker might be at it
    own = evaluator(example)
    run = functools.partial(evaluate, own, objective=OBJECTIVE)
    assert run(job(0, root=tmp_path, level=0.3, sigma=1.5)).state == State.COMPLETE
    next(iter(fake.datasets.values())).update(deleted=True, purged=True)
    assert run(job(1, root=tmp_path, level=0.3, sigma=1.5)).state == State.COMPLETE
    assert fake.count("POST /tools/fetch") == 3


@pytest.mark.parametrize(
    ("story", "reason", "message"),
    [
        ("failed", Reason.ERROR, "The tool 'parfocal_segment' (step 'segment') ended with exit code 1: ValueError: a "),
        ("invalid", Reason.INVALID, "The tool 'parfocal_segment' (step 'segment') ended with exit code 3: nothing is"),
        ("bounds", Reason.INVALID, "refuses these parameters: Parameter 'seconds': Value ('-5.0') must fulfill"),
        ("refused", Reason.INVALID, "Galaxy refuses these parameters: Parameter 'sigma': Value ('-1.0') must fulfill"),
        ("incomplete", Reason.ERROR, "refuses this: Workflow cannot be run because input step '4' (level) is not opt"),
        ("no tool", Reason.ERROR, "the following required tools are not installed: no_such_tool"),
        ("broken", Reason.SERVER, "cannot run on this Galaxy server, exit code 127: /srv/galaxy"),
        ("quota", Reason.SERVER, "you were over your disk quota at the time it was ready to run. (3 runs)"),
        ("cancelled", Reason.SERVER, "was cancelled on the Galaxy server"),
    ],
)  # fmt: skip
def test_a_run_that_fails(fake, attempt, story, reason, message):
    fake.story = [story]
    outcome = attempt(invalid_codes=[3])
    assert (outcome.state, outcome.reason) == (State.FAILED, reason), outcome.message
    assert message in outcome.message
    runs = fake.count(r"POST /workflows/\w+/invocations")
    assert runs == (3 if reason == Reason.SERVER else 1)
    if story == "failed":
        assert "raise ValueError" in outcome.log and "segment.py" in outcome.log
    assert clean(fake)


def test_a_run_that_the_server_failed_once_succeeds(fake, attempt):
    fake.story = ["quota", "broken", "good"]
    assert attempt().state == State.COMPLETE
    assert fake.count(r"POST /workflows/\w+/invocations") == 3
    assert clean(fake)


def test_too_little_memory_on_the_server(fake, attempt, monkeypatch):
    from fake_galaxy import RECORDED

    told = "This job was terminated because it used more memory than it was allocated."
    monkeypatch.setitem(RECORDED["bounds dataset error"]["body"], "misc_info", told)
    fake.story = ["bounds"]
    assert attempt().reason == Reason.MEMORY


TROUBLES = (500, 502, 503, 429, 408, DROP, (200, b"<html>maintenance</html>"))
READ_AS_JSON = (
    r"POST /histories",
    r"POST /workflows/\w+/invocations",
    r"GET /jobs",
    r"POST /tools/fetch",
)
OTHERS = (r"GET /histories/\w+/contents/\w+/display", r"DELETE /histories/\w+", r"PATCH /upload/.*")


@pytest.mark.parametrize(
    ("request_", "trouble"),
    [*itertools.product(READ_AS_JSON, TROUBLES), *itertools.product(OTHERS, TROUBLES[:-1])],
)
def test_trouble_that_passes_is_waited_out(fake, attempt, request_, trouble):
    fake.trouble[request_] = [trouble, trouble]
    outcome = attempt(patience=30)
    assert outcome.state == State.COMPLETE, outcome.message
    assert not fake.trouble[request_] or trouble == DROP
    # what the server did although its answer was lost is found again, not done twice
    assert len(fake.runs) == 1 or trouble != DROP
    assert clean(fake)


@pytest.mark.parametrize(
    ("trouble", "message"),
    [
        (500, "is in trouble (HTTP 500)"),
        (429, "asks for fewer requests (HTTP 429)"),
        (DROP, "cannot be reached: the connection broke"),
        (
            (500, {"err_msg": "Uncaught exception in exposed API method:", "err_code": 0}),
            "(HTTP 500: Uncaught exception",
        ),
    ],
)
def test_trouble_that_stays_is_the_servers(fake, attempt, trouble, message):
    fake.trouble[r"GET /jobs"] = [trouble] * 10_000
    outcome = attempt(patience=0.1)
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.SERVER)
    assert message in outcome.message and "attempts in" in outcome.message
    assert fake.count(r"POST /workflows/\w+/invocations") == 1  # nobody asks an absent server for another run
    assert "The post-hook failed" in outcome.message  # it asks for the jobs, too


def test_a_server_that_is_not_there(fake, attempt, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("PARFOCAL_GALAXY_URL", f"http://127.0.0.1:{free.getsockname()[1]}")
    outcome = attempt(patience=0.1)
    assert outcome.reason == Reason.SERVER
    assert "cannot be reached: the connection is refused" in outcome.message


def test_a_server_that_does_not_answer(fake, attempt, monkeypatch):
    from parfocal.evaluation.galaxy import server

    monkeypatch.setattr(server, "TIMEOUT", 0.1)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setenv("PARFOCAL_GALAXY_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        outcome = attempt(patience=0.3)
    assert outcome.reason == Reason.SERVER
    assert "does not answer" in outcome.message


def test_a_wrong_key(fake, attempt, monkeypatch):
    monkeypatch.setenv("PARFOCAL_GALAXY_KEY", "w" * 32)
    outcome = attempt()
    assert outcome.reason == Reason.SERVER
    assert (
        "denies access: Provided API key is not valid" in outcome.message and "PARFOCAL_GALAXY_KEY" in outcome.message
    )
    assert "w" * 32 not in outcome.message + outcome.log
    assert len(fake.asked) == 1  # it is not tried again


def test_a_key_that_the_server_repeats_is_not_shown(fake, attempt):
    fake.trouble[r"POST /histories"] = [(400, {"err_msg": f"do not send {KEY}", "err_code": 400})]
    outcome = attempt()
    assert "do not send ***" in outcome.message


def test_an_output_that_was_not_made(fake, example, tmp_path, monkeypatch):
    from fake_galaxy import RECORDED

    monkeypatch.setitem(RECORDED["good invocation"]["body"], "outputs", {"labels": {"id": "1", "src": "hda"}})
    own = evaluator(example)
    with pytest.raises(MissingResult, match="made no output 'scores'; it made 'labels'"):
        own.evaluate(job(root=tmp_path, level=0.3, sigma=1.5))


def test_an_output_that_is_a_collection(fake, attempt, monkeypatch):
    from fake_galaxy import RECORDED

    body = RECORDED["good invocation"]["body"]
    monkeypatch.setitem(body, "output_collections", {"scores": {"id": "1", "src": "hdca"}})
    monkeypatch.setitem(body, "outputs", {})
    assert "'scores' is a collection, which is not supported" in attempt().message


def test_the_post_hook_finds_the_history_from_another_process(fake, example, tmp_path):
    fake.story = ["running"]
    work = job(7, root=tmp_path, level=0.3, sigma=1.5)
    own = evaluator(example)
    own.before(work)
    from parfocal.evaluation.galaxy import history

    note = history.begin(own._server, work)
    (run,) = [own._server.gi.workflows.invoke_workflow("1", history_id=note.history_id)["id"]]
    evaluator(example).after(work)
    assert run in fake.cancelled and clean(fake)
    assert len(fake.cancelled) == 2  # the run, and its job
    asked = len(fake.asked)
    evaluator(example).after(work)
    assert len(fake.asked) == asked  # nothing is left to do


def test_a_history_whose_birth_was_not_heard_of_is_found(fake, attempt):
    fake.trouble[r"POST /histories"] = ["", DROP]  # the first one is that of the inputs
    assert attempt(patience=10).state == State.COMPLETE
    assert sum(" trial " in each["name"] for each in fake.histories.values()) == 1
    assert clean(fake)


def test_what_a_dead_worker_left_is_purged_by_the_next_attempt(fake, example, tmp_path):
    from dataclasses import replace

    from parfocal.evaluation.galaxy import history

    first = job(3, root=tmp_path, level=0.3, sigma=1.5)
    history.begin(evaluator(example)._server, first)
    assert not clean(fake)
    outcome = evaluate(evaluator(example), replace(first, attempt=2), OBJECTIVE)
    assert outcome.state == State.COMPLETE
    assert sum(" trial " in each["name"] for each in fake.histories.values()) == 2
    assert clean(fake)


def test_a_failing_post_hook_is_told_and_costs_no_result(fake, attempt):
    fake.trouble[r"DELETE /histories/\w+"] = [503] * 1000
    outcome = attempt(patience=0.05)
    assert outcome.state == State.COMPLETE
    assert "The post-hook failed: The Galaxy server" in outcome.message
