"""The whole library in one call: the best configuration of a function."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from parfocal.errors import EvaluationError
from parfocal.optimizers import DEFAULT
from parfocal.space import Parameter, Space
from parfocal.storage import Storage
from parfocal.study import Study
from parfocal.trials import Configuration, Objective


@dataclass(frozen=True)
class Minimum:
    """What :func:`minimize` found.

    Attributes
    ----------
    configuration
        The best configuration.
    value
        Its value, in the user's own metric.
    study
        The study, to go on with, to analyse, or to report.
    """

    configuration: Configuration
    value: float
    study: Study


def minimize(
    function: Callable[..., Any],
    space: Space | Mapping[str, Parameter],
    budget: int = 100,
    *,
    objective: Objective | str | Sequence[Objective | str] = "minimize loss",
    optimizer: str = DEFAULT,
    seed: int = 0,
    default: Mapping[str, Any] | None = None,
    storage: str | Path | Storage | None = None,
    workers: int | Literal["auto"] = 1,
) -> Minimum:
    """Return the best configuration that ``budget`` evaluations of ``function(**configuration)`` find.

    Parameters
    ----------
    function
        Returns the loss, or what ``objective`` says (``"maximize f1"``).
    space, objective, optimizer, seed, default, storage
        See :class:`Study`.
    workers
        More than 1 needs a ``storage`` that processes share, ``"search.db"`` for example.

    Raises
    ------
    EvaluationError
        When not one evaluation succeeded.

    Examples
    --------
    >>> from parfocal.space import Float
    >>> found = minimize(lambda x: (x - 0.3) ** 2, {"x": Float(-1, 1)}, budget=40)
    >>> abs(found.configuration["x"] - 0.3) < 0.1
    True
    """
    study = Study(space, objective, function, optimizer=optimizer, seed=seed, default=default, storage=storage)
    study.run(budget, workers=workers)
    best = study.best
    if best is None:
        outcome = study.trials(0, 1)[0].outcome
        first = outcome.message if outcome is not None else "nothing was evaluated"
        raise EvaluationError(f"Not one of {len(study.history)} evaluations was complete; the first: {first}")
    return Minimum(best.configuration, best.value, study)
