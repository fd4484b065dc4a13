"""The batch job that this process runs in, as its scheduler names it."""

import os
from collections.abc import Mapping

SCHEDULERS: dict[str, tuple[str, str, str]] = {
    "slurm": ("SLURM_JOB_ID", "SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID"),
    "pbs": ("PBS_JOBID", "", ""),
    "lsf": ("LSB_JOBID", "", ""),
    "sge": ("JOB_ID", "JOB_ID", "SGE_TASK_ID"),
}
"""Scheduler to the variables of the job, and of the array and the task in it where these make its name."""
_NEEDS = {"sge": "SGE_TASK_ID"}  # JOB_ID alone says little: other programs set it, too


def job_name(environment: Mapping[str, str] = os.environ) -> str:
    """Return the batch job of this process as people look for it: ``slurm 123_4``; empty outside of any job."""
    for scheduler, (job, array, task) in SCHEDULERS.items():
        if job not in environment or _NEEDS.get(scheduler, job) not in environment:
            continue
        index = environment.get(task, "undefined")  # what Grid Engine says of a job that is no array
        if task and index != "undefined":
            return f"{scheduler} {environment.get(array, environment[job])}_{index}"
        return f"{scheduler} {environment[job]}"
    return ""
