import json
import os
import pickle
import stat
import sys

import pytest
from trial_support import gone, job, pids_in, posix

from parfocal.errors import EvaluationError, InvalidInput
from parfocal.evaluation import (
    CommandEvaluator,
    InvalidConfiguration,
    Limits,
    MissingResult,
    Runner,
    evaluator_from_dict,
    run,
)
from parfocal.trials import Fidelity, Objective, Reason, State

F1 = Objective("f1", "maximize")
ECHO = "import json, sys; json.dump({'f1': len(sys.argv), 'argv': sys.argv[1:]}, open('result.json', 'w'))"


def python(code, *arguments, **options):
    """Return a command that runs ``code``; braces of the code are doubled here."""
    doubled = code.replace("{", "{{").replace("}", "}}")
    return CommandEvaluator(["{python}", "-S", "-c", doubled, *arguments], **options)


def argv(folder):
    return json.loads((folder / "result.json").read_text())["argv"]


def test_arguments_arrive_as_they_are(tmp_path):
    evaluator = python(
        ECHO, "{x}", "--name", "{name}", "--off", "{off}", "{seed}", "{number}", "{fidelity}", "a b;$(c)*"
    )
    given = job(7, seed=3, root=tmp_path, fidelity=Fidelity("epochs", 5, 1, 9), x=0.1, name='o\'ne "two" | & é')
    assert evaluator.evaluate(given) == {"f1": 8}
    assert argv(given.folder) == ["0.1", "--name", 'o\'ne "two" | & é', "3", "7", "5", "a b;$(c)*"]


def test_the_configuration_as_a_file(tmp_path):
    code = "import json, sys; print(json.load(open(sys.argv[1]))['x'] * 2)"
    given = job(root=tmp_path, x=21)
    assert python(code, "{config}", result={"stdout": "(.+)"}).evaluate(given) == 42


def test_the_work_folder_is_where_it_runs_and_output_is_kept(tmp_path):
    code = "import os, sys; print(os.getcwd()); print('bad', file=sys.stderr); open('result.json', 'w').write('0.5')"
    given = job(3, root=tmp_path)
    evaluator = python(code)
    assert evaluator.evaluate(given) == 0.5
    assert (tmp_path / "000003" / "stdout.txt").read_text().strip() == str((tmp_path / "000003").resolve())
    assert evaluator.log(given).endswith("\nbad")


def test_environment_and_other_folder(tmp_path):
    code = "import os; print(os.environ['SIGMA'], os.environ.get('OFF'), os.environ['PATH'] != '', os.getcwd())"
    (tmp_path / "here").mkdir()
    evaluator = python(
        code, env={"SIGMA": "s={x}", "OFF": "{off}"}, cwd="{experiment}/here", path=tmp_path, result={"stdout": "s=(.)"}
    )
    given = job(root=tmp_path / "work", x=4)
    assert evaluator.evaluate(given) == 4
    assert (given.folder / "stdout.txt").read_text().split() == ["s=4", "None", "True", str(tmp_path / "here")]


def test_exit_codes(tmp_path):
    code = "import sys; print('first'); print('second: no such file', file=sys.stderr); sys.exit(3)"
    with pytest.raises(EvaluationError, match=r"ended with exit code 3: second: no such file$"):
        python(code).evaluate(job(root=tmp_path))
    with pytest.raises(InvalidConfiguration, match="exit code 3"):
        python(code, invalid_codes=3).evaluate(job(root=tmp_path))
    lenient = python("print(0.5); raise SystemExit(3)", success_codes=[0, 3], result={"stdout": "(.+)"})
    assert lenient.evaluate(job(root=tmp_path)) == 0.5


def test_artifacts_that_were_written(tmp_path):
    code = "open('mask.txt', 'w'); print(0.5)"
    evaluator = python(code, result={"stdout": "(.+)"}, artifacts={"mask": "mask.txt", "other": "none.txt"})
    found = evaluator.evaluate(job(root=tmp_path))
    assert found.metrics == 0.5
    assert found.artifacts == {"mask": tmp_path / "000000" / "mask.txt"}


def test_a_result_of_an_earlier_trial_is_not_taken(tmp_path):
    old = tmp_path / "result.json"
    old.write_text("0.5")
    with pytest.raises(EvaluationError, match="older than this trial"):
        python("pass", result={"json": str(old)}).evaluate(job(root=tmp_path / "work"))
    with pytest.raises(MissingResult, match="wrote no file"):
        python("pass").evaluate(job(root=tmp_path / "work"))


def test_hooks_run_around_the_command(tmp_path):
    say = ["{python}", "-S", "-c"]
    evaluator = CommandEvaluator(
        [*say, "print(open('before').read())"],
        result={"stdout": "(.+)"},
        pre=[*say, "open('before', 'w').write('{x}')"],
        post=[[*say, "open('after1', 'w')"], [*say, "raise SystemExit(4)"], [*say, "open('after2', 'w')"]],
    )
    outcome = run(evaluator, job(x=3.0, root=tmp_path), F1)
    assert (outcome.state, outcome.metrics) == (State.COMPLETE, {"f1": 3.0})
    assert "The post-hook failed: The command" in outcome.message and "exit code 4" in outcome.message
    assert {"after1", "after2"} <= {entry.name for entry in (tmp_path / "000000").iterdir()}


def test_steps_run_one_after_another_until_one_fails(tmp_path):
    say = ["{python}", "-S", "-c"]
    segment = [*say, "print('segmented'); open('mask', 'w').write('{x}')"]
    score = [*say, "print(float(open('mask').read()) / 10)"]
    evaluator = CommandEvaluator([segment, score], result={"stdout": "(.+)"})
    assert evaluator.check(("x",)) == []
    given = job(root=tmp_path, x=5)
    assert evaluator.evaluate(given) == 0.5
    assert evaluator.log(given) == "[run1, stdout]\nsegmented\n0.5"
    broken = CommandEvaluator([[*say, "raise SystemExit(1)"], [*say, "open('ran', 'w')"]])
    with pytest.raises(EvaluationError, match="exit code 1"):
        broken.evaluate(job(1, root=tmp_path))
    assert not (tmp_path / "000001" / "ran").exists()


def test_a_pre_hook_that_fails_spares_the_evaluation(tmp_path):
    evaluator = python(
        "open('ran', 'w')", pre=["{python}", "-c", "raise SystemExit(2)"], post=["{python}", "-c", "open('after', 'w')"]
    )
    outcome = run(evaluator, job(root=tmp_path), F1)
    assert outcome.reason == Reason.ERROR
    assert outcome.message.startswith("The pre-hook failed: The command 'python")
    names = {entry.name for entry in (tmp_path / "000000").iterdir()}
    assert "after" in names and "ran" not in names


def test_a_command_is_limited_and_ended_with_its_children(tmp_path):
    code = (
        "import os, signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('started', flush=True)\n"
        "child = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(60)'])\n"
        "open('pids.tmp', 'w').write(f'{os.getpid()} {child.pid}')\n"
        "os.replace('pids.tmp', 'pids.txt')\n"
        "time.sleep(60)\n"
    )
    outcome = run(python(code), job(root=tmp_path), F1, Limits("1 s"))
    assert (outcome.state, outcome.reason) == (State.FAILED, Reason.TIMEOUT)
    assert outcome.log == "started"
    assert gone(pids_in(tmp_path / "000000"), 0.5)


def test_only_the_memory_of_the_command_counts(tmp_path):
    # smaller than what this Python process itself holds, so that it would fail if the parent counted
    small = python("print(0.5); import time; time.sleep(0.2)", result={"stdout": "(.+)"})
    assert run(small, job(root=tmp_path), F1, Limits(memory="30 MiB")).state == State.COMPLETE
    large = python("held = [b'x' * 2**20 for _ in range(200)]; import time; time.sleep(30)")
    outcome = run(large, job(1, root=tmp_path), F1, Limits(memory="100 MiB"))
    assert outcome.reason == Reason.MEMORY
    assert "more than the limit of 100 MiB" in outcome.message


def test_what_a_command_leaves_behind_is_ended(tmp_path):
    code = (
        "import subprocess, sys\n"
        "quiet = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "child = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(60)'], **quiet)\n"
        "open('pids.txt', 'w').write(str(child.pid))\n"
        "print(0.5)\n"
    )
    outcome = run(python(code, result={"stdout": "(.+)"}), job(root=tmp_path), F1)
    assert outcome.state == State.COMPLETE
    assert gone(pids_in(tmp_path / "000000"), 0.5)


def test_without_a_folder_nothing_is_left(tmp_path):
    evaluator = python(
        "import os; print(os.getcwd(), file=open(r'%s', 'w')); print(0.5)" % (tmp_path / "where"),
        result={"stdout": "(.+)"},
    )
    with Runner(evaluator, F1) as runner:
        assert runner.run(job()).metrics == {"f1": 0.5}
        assert not os.path.exists((tmp_path / "where").read_text().strip())
        root = runner.root
    assert not os.path.exists(root)


@posix
def test_programs_of_the_experiment(tmp_path):
    script = tmp_path / "segment.sh"
    script.write_text("#!/bin/sh\necho $1\n")
    evaluator = CommandEvaluator(["./segment.sh", "{x}"], result={"stdout": "(.+)"}, path=tmp_path)
    (problem,) = evaluator.check(("x",))
    assert "make it executable (chmod +x)" in problem
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    assert evaluator.check(("x",)) == []
    assert evaluator.evaluate(job(root=tmp_path / "work", x=5)) == 5


def test_check_names_programs_placeholders_and_parameters():
    evaluator = CommandEvaluator(
        ["no-such-program", "{sigma}", "{sgima}"], pre=["./nowhere/prepare"], post=["{python}", "{folder}"]
    )
    problems = evaluator.check(("sigma", "radius"))
    assert len(problems) == 4
    text = " ".join(problems)
    assert "'no-such-program' was not found on the PATH" in text
    assert "'./nowhere/prepare' was not found in" in text
    assert "'{sgima}' is no parameter" in text
    assert "'radius' is never used" in text
    assert CommandEvaluator(["{python}", "{config}"]).check(("a", "b")) == []
    assert CommandEvaluator(["{python}", "{a}"], env={"B": "{b}"}).check(("a", "b")) == []


def test_a_command_that_is_not_there_is_a_failed_trial(tmp_path):
    outcome = run(CommandEvaluator(["no-such-program"]), job(root=tmp_path), F1)
    assert outcome.reason == Reason.ERROR
    assert "'no-such-program' was not found on the PATH: install it" in outcome.message
    outcome = run(python("pass", cwd="{experiment}/nowhere", path=tmp_path), job(root=tmp_path), F1)
    assert "cannot be started in" in outcome.message and "No such file" in outcome.message


def test_json_and_pickle():
    evaluator = CommandEvaluator(
        ["octave", ["--size", "{w}"], "{x:.2f}"],
        result={"csv": "r.csv", "column": "Dice"},
        env={"A": "1"},
        pre=["mkdir", "a"],
        post=[["rm", "b"]],
        success_codes=[0, 1],
        invalid_codes=[2],
        cwd="{experiment}",
        artifacts={"mask": "m.png"},
    )
    fields = json.loads(json.dumps(evaluator.to_dict()))
    assert evaluator_from_dict(fields).to_dict() == fields
    assert pickle.loads(pickle.dumps(evaluator)).to_dict() == fields
    assert evaluator_from_dict({"command": [sys.executable]}).to_dict() == {
        "kind": "command",
        "command": [sys.executable],
        "result": {"json": "result.json"},
    }


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"command": "octave {x}"}, "must be a list of arguments, the program first"),
        ({"command": None}, "must be a list of arguments"),
        ({"command": [["a"], "b"]}, "must be a list of arguments"),
        ({"command": []}, "must be a list of arguments"),
        ({"command": ["a", None]}, "put it in quotes"),
        ({"pre": "mkdir a"}, "'pre' must be a list of arguments"),
        ({"post": []}, "'post' must be a list of arguments"),
        ({"post": [["a"], "b"]}, "'post' must be a list of arguments"),
        ({"success_codes": ["0"]}, "'success_codes' must be a list of whole numbers"),
        ({"env": ["A=1"]}, "'env' must be a mapping"),
        ({"result": "result.json"}, "'result' must be a mapping"),
        ({"result": {"json": "{a"}}, "brace without its partner"),
    ],
)
def test_wrong_options_are_one_sentence(options, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        CommandEvaluator(**{"command": ["a"], **options})
