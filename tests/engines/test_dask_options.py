"""The options of the engine ``dask``: each mistake one sentence, nothing swallowed; scripts of all batch systems."""

import pytest

from parfocal.engines import WorkerPlan, engine_from_dict
from parfocal.engines.dask_options import CLUSTERS
from parfocal.errors import EngineError, InvalidInput

pytest.importorskip("dask_jobqueue")
PLAN = WorkerPlan("/data/cells.db", "cells")
BATCH = {"jobs": 8, "cores": 4, "memory": "8 GiB"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"adress": "tcp://a:1"}, "option 'adress': there is no such key; did you mean 'address'?"),
        ({"address": "tcp://a:1", "cluster": "local"}, "option 'cluster': a scheduler's 'address' is given already"),
        ({"address": "tcp://a:1", "maximum": 3}, "a scheduler that runs already has no such option; remove it"),
        ({"cluster": "moab"}, "expected 'local', 'slurm', 'pbs', 'lsf', 'sge' or 'htcondor', got 'moab'."),
        ({"workers": "many"}, "option 'workers': expected a whole number, got 'many'."),
        ({"cores": 4}, "the cluster 'local' has no such option; remove it, or write 'cluster: slurm' or the like."),
        ({"workers": 2, "maximum": 2}, "option 'workers': 'maximum' says already how many"),
        ({"minimum": 2}, "option 'minimum': it needs the key 'maximum', too."),
        ({"minimum": 3, "maximum": 2}, "option 'minimum': must be at most 'maximum' (2), got 3."),
        ({"cluster": "slurm", **BATCH, "workers": 3}, "option 'workers': in a batch system write 'jobs' and 'cores'"),
        ({"cluster": "slurm", **BATCH, "maximum": 3}, "option 'jobs': write either the number of 'jobs', or"),
        ({"cluster": "slurm", "cores": 1, "memory": "1 GB"}, "option 'jobs': write either the number of 'jobs', or"),
        ({"cluster": "slurm", "jobs": 8, "memory": "1 GB"}, "option 'cores': this key is missing"),
        ({"cluster": "pbs", "jobs": 8, "cores": 1}, "option 'memory': this key is missing"),
        (
            {"cluster": "slurm", **BATCH, "walltime": 7200},
            "option 'walltime': expected text, got 7200; put it in quotes.",
        ),
        ({"cluster": "slurm", **BATCH, "job_script_prologue": "x"}, "option 'job_script_prologue': expected a list"),
    ],
)
def test_a_wrong_option_is_one_sentence(options, said):
    with pytest.raises(InvalidInput) as caught:
        engine_from_dict({"kind": "dask", **options})
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("cluster", "option", "said"),
    [
        ("slurm", {"walltme": "1:00"}, "did you mean 'walltime'?"),
        ("slurm", {"resource_spec": "x"}, "there is no such key"),  # of PBS
        ("slurm", {"n_workers": 3}, "there is no such key"),  # ours
        ("slurm", {"env_extra": ["x"]}, "there is no such key"),  # has another name by now
        ("pbs", {"job_cpu": 2}, "there is no such key"),  # of Slurm
    ],
)
def test_what_the_batch_systems_class_does_not_know_is_refused(cluster, option, said):
    engine = engine_from_dict({"kind": "dask", "cluster": cluster, **BATCH, **option})
    with pytest.raises(InvalidInput, match=rf"option '{next(iter(option))}': ") as caught:
        engine.preview(PLAN)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("cluster", "options", "lines"),
    [
        ("slurm", {"walltime": "02:00:00", "job_cpu": 8}, ["#SBATCH -t 02:00:00", "#SBATCH --cpus-per-task=8"]),
        ("pbs", {"walltime": "02:00:00"}, ["#PBS -l walltime=02:00:00", "#PBS -q main"]),
        ("lsf", {"walltime": "02:00"}, ["#BSUB -W 02:00", "#BSUB -q main"]),
        ("sge", {"walltime": "02:00:00"}, ["#$ -l h_rt=02:00:00", "#$ -q main"]),
    ],
)  # fmt: skip
def test_the_script_says_what_was_asked_for(cluster, options, lines):
    more = {"queue": "main", "job_script_prologue": ["module load cuda"]}
    text = engine_from_dict({"kind": "dask", "cluster": cluster, **BATCH, **more, **options}).preview(PLAN)
    for line in [*lines, "module load cuda"]:
        assert line in text.splitlines()
    assert "--nthreads 1 " in text and "--nworkers 4 " in text
    assert text.splitlines()[-1].endswith("parfocal worker /data/cells.db --study cells --wait")
    assert "/data/cells.db-dask/cells/" in text or cluster != "slurm"


def test_every_batch_system_writes_a_script():
    for cluster in CLUSTERS:
        more = {"disk": "1 GB"} if cluster == "htcondor" else {}
        assert "distributed.cli.dask_worker" in engine_from_dict(
            {"kind": "dask", "cluster": cluster, **BATCH, **more}
        ).preview(PLAN)


def test_what_a_class_misses_is_one_sentence():
    engine = engine_from_dict({"kind": "dask", "cluster": "htcondor", **BATCH})
    with pytest.raises(EngineError, match=r"The job for the cluster 'htcondor' cannot be written: .*disk") as caught:
        engine.preview(PLAN)
    assert "\n" not in str(caught.value)


def test_jobs_and_cores_make_the_number_of_workers():
    assert engine_from_dict({"kind": "dask", "cluster": "slurm", **BATCH}).size == 32
    threads = engine_from_dict({"kind": "dask", "cluster": "slurm", **BATCH, "processes": 2}).preview(PLAN)
    assert "--nthreads 2 " in threads and "--nworkers 2 " in threads
    elastic = {"cluster": "slurm", "maximum": 3, "cores": 4, "memory": "1 GB"}
    assert engine_from_dict({"kind": "dask", **elastic}).size == 12
    assert engine_from_dict({"kind": "dask", "workers": 3}).size == 3
    assert engine_from_dict("dask", 5).size == 5
