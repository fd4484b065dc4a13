"""The file interface: trials go out as files and come back as files, for workflow engines that own the scheduling.

:func:`ask` claims trials under a long lease and hands them out as documents that hold all that an evaluation needs;
:func:`evaluate` needs no database; :func:`tell` enters the outcomes, in any order and any number of times.
``docs/workflows.md`` describes the files, and ``docs/schemas`` holds their JSON schemas. What needs a study is imported
when it is used: an evaluation of a second should not wait for optimizers and databases.
"""

from typing import TYPE_CHECKING, Any

from parfocal.exchange.evaluate import evaluate
from parfocal.exchange.files import outcome_files, read_outcomes, read_trial, write_batch, write_outcome, write_trials
from parfocal.exchange.format import (
    VERSION,
    Claim,
    Evaluation,
    HandedTrial,
    Returned,
    batch_document,
    outcome_document,
    outcome_from,
    trial_document,
    trial_from,
)

if TYPE_CHECKING:
    from parfocal.exchange.desk import HAND_OUT_LEASE, Batch, Told, ask, take_back, tell

__all__ = [
    "HAND_OUT_LEASE",
    "VERSION",
    "Batch",
    "Claim",
    "Evaluation",
    "HandedTrial",
    "Returned",
    "Told",
    "ask",
    "batch_document",
    "evaluate",
    "outcome_document",
    "outcome_files",
    "outcome_from",
    "read_outcomes",
    "read_trial",
    "take_back",
    "tell",
    "trial_document",
    "trial_from",
    "write_batch",
    "write_outcome",
    "write_trials",
]

_DESK = ("HAND_OUT_LEASE", "Batch", "Told", "ask", "take_back", "tell")


def __getattr__(name: str) -> Any:
    """Import the desk, and the search with it, when it is asked for."""
    if name in _DESK:
        from parfocal.exchange import desk

        return getattr(desk, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
