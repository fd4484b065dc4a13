"""The engine on the command line: shown, chosen, and what its workers are told."""

import pytest

from tests.cli.conftest import parfocal

ENGINE = "engine: {kind: slurm, workers: 5, partition: short}\n"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), ["#SBATCH --array=0-4", "#SBATCH --partition=short"]),
        (("--engine", "slurm"), ["#SBATCH --array=0-4", "#SBATCH --partition=short"]),
        (("--workers", "9"), ["#SBATCH --array=0-8", "#SBATCH --partition=short"]),
        (("--engine", "local"), ["1 worker process of this machine for the study 'experiment'."]),
    ],
)
def test_a_dry_run_shows_the_script_and_starts_nothing(experiment, options, said):
    path = experiment(more=ENGINE)
    done = parfocal("run", path, "--dry-run", *options)
    assert done.returncode == 0, done.stderr
    assert set(said) <= set(done.stdout.splitlines())
    assert sorted(file.name for file in path.parent.iterdir()) == ["experiment.yaml", "pipeline.py"]


def test_workers_of_the_file_are_those_of_an_engine_that_says_none(experiment):
    done = parfocal("run", experiment(), "--dry-run", "--engine", "slurm")
    assert "#SBATCH --array=0-0" in done.stdout.splitlines()


def test_here_is_one_word_away(experiment):
    done = parfocal("run", experiment(more=ENGINE), "--budget", 5, "--engine", "local", "--quiet")
    assert done.returncode == 0, done.stderr
    assert "experiment: 5 complete, 0 failed" in done.stdout


def test_an_unknown_engine_is_one_sentence(experiment):
    done = parfocal("run", experiment(), "--engine", "dsak")
    assert done.returncode == 2
    assert done.stderr.strip() == "Error: There is no kind of engine 'dsak'; did you mean 'dask'?"


def test_check_says_what_is_probably_not_meant(experiment):
    done = parfocal("check", experiment(more=ENGINE))
    assert done.returncode == 0
    assert "engine: workers on other machines cannot share a database file across a network folder" in done.stdout
    reached = parfocal("check", experiment(more=ENGINE.replace("workers: 5", "target: 'https://login1:8443'")))
    assert "network folder" not in reached.stdout


def test_a_worker_leaves_when_nothing_came_for_a_while(experiment):
    path = experiment()
    assert parfocal("run", path, "--budget", 2, "--quiet").returncode == 0
    done = parfocal("worker", path, "--wait", "--idle", "0.3 s", timeout=30)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "0 trials evaluated, 0 of them failed.\n"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--idle", "5 s"), "--idle says how long --wait waits for another trial: add --wait, or leave --idle out."),
        (("--wait", "--idle", "soon"), "--idle is a time such as '30 s' or '10 min'; got 'soon'."),
    ],
)
def test_a_wrong_option_of_a_worker_is_one_sentence(experiment, options, said):
    done = parfocal("worker", experiment(), *options)
    assert done.returncode == 2
    assert done.stderr.strip() == f"Error: {said}"
