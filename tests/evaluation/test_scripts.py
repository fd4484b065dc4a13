"""Functions of the script that is running, as people write their first one."""

import subprocess
import sys

import pytest

GUARDED = """
from parfocal.evaluation import Job, PythonEvaluator, Runner
from parfocal.trials import Configuration, Objective

OFFSET = 1.0

def shifted(x):
    return x + OFFSET

def main():
    with Runner(PythonEvaluator(shifted), Objective("loss")) as runner:
        print(runner.run(Job(0, Configuration({"x": 2.0}))).metrics)
    print(PythonEvaluator(shifted).to_dict()["function"])
"""


def run(script, *options, stdin=None):
    return subprocess.run([sys.executable, *options, *script], capture_output=True, text=True, input=stdin, timeout=120)


def test_a_function_of_the_script_itself(tmp_path):
    script = tmp_path / "tune.py"
    script.write_text(GUARDED + "\nif __name__ == '__main__':\n    main()\n")
    done = run([str(script)])
    assert done.stdout == "{'loss': 3.0}\ntune:shifted\n", done.stderr
    assert done.stderr == ""


def test_a_script_without_a_guard_is_one_clear_sentence(tmp_path):
    script = tmp_path / "tune.py"
    script.write_text(GUARDED + "\nmain()\n")
    done = run([str(script)])
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert "starts the study whenever it is imported" in last
    assert "if __name__ == '__main__':" in last
    assert done.stdout == ""


@pytest.mark.parametrize("options", [["-c", GUARDED + "\nmain()\n"], ["-"]])
def test_a_function_of_an_interactive_session_is_one_clear_sentence(options):
    done = run(options, stdin=GUARDED + "\nmain()\n")
    assert done.returncode == 1
    assert "put it into a module (a .py file) and import it" in done.stderr.strip().splitlines()[-1]


def test_a_module_of_the_working_folder_shadows_nothing(tmp_path):
    (tmp_path / "random.py").write_text("raise SystemExit('shadowed')\n")
    code = (
        "import sys\n"
        "from parfocal.evaluation import Job, PythonEvaluator, Runner\n"
        "from parfocal.trials import Configuration, Objective\n"
        "with Runner(PythonEvaluator('math:sqrt', call='configuration'), Objective('loss')) as runner:\n"
        "    print(runner.run(Job(0, Configuration({'x': 4.0}))).message)\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, cwd=tmp_path, timeout=120, check=True
    )
    assert "must be real number, not dict" in done.stdout, done.stderr
