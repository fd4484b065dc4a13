import pytest

from parfocal.workers.jobs import job_name


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({}, ""),
        ({"SLURM_JOB_ID": "123"}, "slurm 123"),
        ({"SLURM_JOB_ID": "127", "SLURM_ARRAY_JOB_ID": "123", "SLURM_ARRAY_TASK_ID": "4"}, "slurm 123_4"),
        ({"PBS_JOBID": "77.server"}, "pbs 77.server"),
        ({"LSB_JOBID": "5"}, "lsf 5"),
        ({"JOB_ID": "9", "SGE_TASK_ID": "undefined"}, "sge 9"),
        ({"JOB_ID": "9", "SGE_TASK_ID": "3"}, "sge 9_3"),
        ({"JOB_ID": "a word of another program"}, ""),
    ],
)
def test_a_job_has_the_name_that_its_scheduler_shows(environment, name):
    assert job_name(environment) == name
