"""Earlier results into a study, as finished trials that its optimizer learns from."""

import logging
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from parfocal.errors import DataError, ParfocalError, StorageError
from parfocal.operations.export import stream
from parfocal.operations.parsing import Parser, Result, signature
from parfocal.operations.rows import FIXED, Layout
from parfocal.operations.sources import Source
from parfocal.seeds import trial_seeds
from parfocal.storage import LEASE, Storage, StudyRecord, dead, this_worker
from parfocal.trials import Provenance

NOTE = "imported"
_LOG = logging.getLogger("parfocal.operations.import")
_BATCH = 500
_SENTENCES = 20
"""Wrong rows of which a whole sentence is said; of further ones the place only."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of the rows.

    Attributes
    ----------
    added
        New trials.
    repeated
        Rows left out, since the study has a trial with that configuration and these metrics.
    pending
        Rows without a result: waiting, running or lost.
    ignored
        Columns that are no parameter and hold no numbers.
    """

    added: int
    repeated: int
    pending: int
    ignored: tuple[str, ...]


def import_results(storage: Storage, study: StudyRecord, source: Source) -> Imported:
    """Enter the results of a table that the study does not have yet.

    All rows are read and checked before anything is stored. While they are stored, this process holds the study's lead.

    Raises
    ------
    DataError
        If rows are wrong: one sentence each.
    InvalidInput
        If no column has the objective's metric.
    StorageError
        If trials are pending, or somebody works on the study.
    """
    layout = Layout.of(study)
    headers = source.headers()
    parser = Parser(layout, headers, _numeric(source, headers))
    _check(parser, source)
    _refuse_company(storage, study)
    known = _known(storage, study, layout)
    counts: Counter[str] = Counter()
    _store(storage, study, _new(parser, source, known, counts))
    _LOG.info("%d results imported from %s", counts["added"], source.name, extra={"study": study.name})
    return Imported(counts["added"], counts["repeated"], counts["pending"], tuple(parser.ignored))


def _numeric(source: Source, headers: Sequence[str]) -> list[str]:
    """Return the columns, fixed ones aside, whose cells are all numbers."""
    left = dict.fromkeys(header for header in headers if header not in FIXED)
    filled = set()
    for _, cells in source.rows():
        for header in list(left):
            cell = cells.get(header)
            if cell is None or not str(cell).strip():
                continue
            filled.add(header)
            try:
                if isinstance(cell, bool):
                    raise ValueError
                float(cell)
            except (TypeError, ValueError):
                del left[header]
    return [header for header in left if header in filled]


def _check(parser: Parser, source: Source) -> None:
    """Raise every wrong row, a sentence each."""
    wrong = []
    count = 0
    for place, cells in source.rows():
        count += 1
        try:
            parser.parse(cells)
        except ParfocalError as error:
            wrong.append((place, str(error).rstrip(".")))
    if not count:
        raise DataError(f"{source.name} has no rows.")
    if wrong:
        sentences = [f"{place}: {text}." for place, text in wrong[:_SENTENCES]]
        further = [place for place, _ in wrong[_SENTENCES:]]
        if further:
            sentences.append(f"Wrong are also {', '.join(further)}.")
        are = "is" if len(wrong) == 1 else "are"
        head = f"{len(wrong)} of {count} rows {are} wrong, and nothing was imported from {source.name}:"
        raise DataError("\n".join([head, *sentences]))


def _refuse_company(storage: Storage, study: StudyRecord) -> None:
    """Raise where anything else is going on in the study."""
    state = storage.state(study.id)
    if state.counts.pending:
        raise StorageError(
            f"'{study.name}' has {state.counts.pending} pending trials: let `parfocal run` finish them, or take them "
            "back with `parfocal cancel`, and import then."
        )
    registered = storage.workers()
    gone = set(dead(registered))
    alive = [w for w in registered if w.study == study.id and w.id not in gone and state.now - w.seen <= LEASE]
    if alive:
        raise StorageError(f"{len(alive)} workers wait for trials of '{study.name}': stop them, and import then.")


def _known(storage: Storage, study: StudyRecord, layout: Layout) -> Counter[int]:
    """Return how often the study has each result."""
    return Counter(
        signature(trial.configuration, trial.fidelity, trial.state, layout.metrics_of(trial))
        for trial in stream(storage, study.id)
        if trial.outcome is not None
    )


def _new(parser: Parser, source: Source, known: Counter[int], counts: Counter[str]) -> Iterator[Result]:
    """Yield the results that the study has not, and count the others."""
    for _, cells in source.rows():
        result = parser.parse(cells)
        if result is None:
            counts["pending"] += 1
        elif known[result.signature()] > 0:  # as often as the study has it, since evaluations may be repeated
            known[result.signature()] -= 1
            counts["repeated"] += 1
        else:
            counts["added"] += 1
            yield result


def _store(storage: Storage, study: StudyRecord, results: Iterator[Result]) -> None:
    importer = this_worker("import").id
    if not storage.lead(study.id, importer):
        asker = storage.state(study.id).asker
        raise StorageError(f"'{asker}' asks for '{study.name}' just now: stop it, and import then.")
    budget = storage.state(study.id).budget
    try:
        storage.set_budget(study.id, None)  # it would keep what is imported from being claimed
        while batch := list(islice(results, _BATCH)):
            if not storage.lead(study.id, importer):
                raise StorageError(
                    f"Somebody else asks for '{study.name}' by now: what was imported stays, import again."
                )
            _enter(storage, study, importer, batch)
    finally:
        storage.set_budget(study.id, budget)
        storage.resign(study.id, importer)


def _enter(storage: Storage, study: StudyRecord, importer: str, batch: Sequence[Result]) -> None:
    """Add trials, claim them and report their results."""
    state = storage.state(study.id)
    start = state.counts.total
    seeds = trial_seeds(int(study.definition.get("seed", 0)), np.arange(start, start + len(batch))).tolist()
    numbers = storage.add(
        study.id,
        [result.configuration for result in batch],
        [seed if result.seed is None else result.seed for result, seed in zip(batch, seeds, strict=True)],
        [result.fidelity for result in batch],
        [Provenance("given", "none", start, state.revision, row, NOTE) for row in range(len(batch))],
        start=start,
        asker=importer,
    )
    try:
        claimed = storage.claim(study.id, importer, len(batch))
        if [trial.number for trial in claimed] != list(numbers):
            raise StorageError("A worker took trials that were being imported: stop all workers, and import again.")
        found = zip(claimed, batch, strict=True)
        reports = [
            (trial.number, trial.attempts, result.outcome, result.loss if math.isfinite(result.loss) else math.nan)
            for trial, result in found
        ]
        if not storage.report(study.id, importer, reports).all():
            raise StorageError("Imported trials were taken away meanwhile: import again.")
    except BaseException:
        storage.withdraw(study.id, numbers, "Its import was broken off.")
        raise
