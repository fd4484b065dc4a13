"""What the checks of the storage contract share: a clock that stands still, filled studies, expectations."""

from collections.abc import Callable
from typing import TypeAlias

from parfocal.storage import Counts, Storage
from parfocal.trials import Outcome, State, Trial

Make: TypeAlias = Callable[[Callable[[], float]], Storage]
"""Makes a new, empty storage with a clock."""
Check: TypeAlias = Callable[[Make], None]


class Clock:
    """A clock that moves only when it is told to."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        """Return the time in seconds."""
        return self.now


def expect(truth: object, sentence: str) -> None:
    """Raise :class:`AssertionError` with ``sentence`` unless ``truth`` holds."""
    if not truth:
        raise AssertionError(sentence)


def refuses(kind: type[Exception], call: Callable[[], object], sentence: str) -> str:
    """Return the text of the error of ``kind`` that ``call`` must raise."""
    try:
        call()
    except kind as error:
        return str(error)
    raise AssertionError(f"{sentence}: expected {kind.__name__}.")


def filled(make: Make, n: int, clock: Clock | None = None) -> tuple[Storage, int]:
    """Return a storage and the id of a study with ``n`` waiting trials ``{"x": number}``."""
    storage = make(clock or Clock())
    study = storage.create_study("filled", {"space": {}}).id
    storage.add(study, [{"x": number} for number in range(n)], range(n))
    return storage, study


def complete(trial: Trial, loss: float = 0.5) -> tuple[int, int, Outcome, float]:
    """Return a report of a claimed trial."""
    return trial.number, trial.attempts, Outcome.complete({"loss": loss}, runtime=0.1), loss


def recounted(storage: Storage, study: int) -> Counts:
    """Return the counts, having checked them against the trials themselves."""
    counts = storage.counts(study)
    states = [trial.state for trial in storage.trials(study)]
    for state in State:
        expect(counts[state] == states.count(state), f"counts say {counts[state]} {state.name}, trials say otherwise.")
    return counts
