"""From stored studies to the runs of a comparison: which optimizer, on which problem, with which seed."""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from parfocal.analysis.trajectories import Entry
from parfocal.errors import InvalidInput
from parfocal.optimizers import WARMUP
from parfocal.optimizers.zoo import ZOO
from parfocal.space import Space
from parfocal.storage import Storage, StudyRecord
from parfocal.storage.sync import load_history
from parfocal.trials import Objective


@dataclass(frozen=True)
class Source:
    """One stored study that takes part; ``optimizer`` and ``problem`` stand above what its definition says."""

    storage: Storage
    record: StudyRecord
    optimizer: str | None = None
    problem: str | None = None
    ended: bool = False
    """Whether it is known to have nothing left to ask for."""


def entries_of(sources: Sequence[Source], labels: Mapping[str, str] | None = None) -> tuple[Entry, ...]:
    """Return the entries of stored studies; nothing is evaluated, and no evaluator is needed.

    The optimizer is that of the study's definition, by its name in the zoo where it has one. The problem is space,
    objective and evaluation together, wherever the experiment's files lie: two studies are on one problem where all
    three are equal. It is named after the study (``PROBLEM/optimizer/seed``) or its task.

    Parameters
    ----------
    labels
        Pattern of study names (``*`` and ``?`` stand for anything) to the optimizer's name, for studies that differ in
        something else, or stand for something else.

    Raises
    ------
    InvalidInput
        When studies cannot be compared: other objectives, spaces or evaluations, or one run twice.
    """
    labels = {} if labels is None else labels
    unused = [pattern for pattern in labels if not any(fnmatchcase(each.record.name, pattern) for each in sources)]
    if unused:
        have = ", ".join(each.record.name for each in sources[:8])
        raise InvalidInput(f"No study has a name like '{unused[0]}', which is to be labelled; there is {have}.")
    problems = [_problem(each.record) for each in sources]
    names = _names(sources, problems)
    optimizers = [each.optimizer or _optimizer(each.record, labels) for each in sources]
    _checked(sources, problems, optimizers)
    return tuple(
        _entry(each, name, optimizer) for each, name, optimizer in zip(sources, names, optimizers, strict=True)
    )


def _entry(source: Source, problem: str, optimizer: str) -> Entry:
    definition = source.record.definition
    space, objective = Space.from_dict(definition["space"]), Objective.from_dict(definition["objective"])
    history = load_history(source.storage, source.record.id, space, objective)
    size = space.size
    return Entry(
        optimizer,
        source.problem or problem,
        int(definition.get("seed", 0)),
        history,
        objective,
        source.storage.state(source.record.id).budget,
        int(definition.get("warmup", WARMUP)),
        definition.get("default"),
        source.ended or (not math.isinf(size) and len(history) >= size),
    )


def _problem(record: StudyRecord) -> tuple[str, str, str]:
    """Return (space, objective, evaluation) as texts that are equal where these are."""
    definition = record.definition
    evaluation = definition.get("evaluation")
    placeless = None if evaluation is None else {key: each for key, each in evaluation.items() if key != "path"}
    parts: tuple[Any, ...] = (definition["space"], definition["objective"], placeless)
    space, objective, evaluated = (json.dumps(part, sort_keys=True) for part in parts)
    return space, objective, evaluated


def _names(sources: Sequence[Source], problems: Sequence[tuple[str, str, str]]) -> list[str]:
    """Return the name of each study's problem, numbered where two problems would have the same."""
    found: dict[tuple[str, str, str], str] = {}
    for problem in dict.fromkeys(problems):
        records = [each.record for each, own in zip(sources, problems, strict=True) if own == problem]
        firsts = {record.name.split("/")[0] if record.name.count("/") >= 2 else "" for record in records}
        evaluation = records[0].definition.get("evaluation") or {}
        task = evaluation.get("name") if evaluation.get("kind") == "task" else None
        first = firsts.pop() if len(firsts) == 1 else ""
        name = first or task or records[0].name
        taken = sum(each == name or each.startswith(f"{name} (") for each in found.values())
        found[problem] = f"{name} ({taken + 1})" if taken else str(name)
    return [found[problem] for problem in problems]


def _optimizer(record: StudyRecord, labels: Mapping[str, str]) -> str:
    label = next((label for pattern, label in labels.items() if fnmatchcase(record.name, pattern)), None)
    return label or optimizer_name(str(record.definition["optimizer"]))


def optimizer_name(text: str) -> str:
    """Return the name in the zoo of a composition's text form, or the text itself."""
    return next((member.name for member in ZOO if member.parts == text), text)


def _checked(sources: Sequence[Source], problems: Sequence[tuple[str, str, str]], optimizers: Sequence[str]) -> None:
    """Raise unless at least two optimizers ran on one problem, or where one run is there twice."""
    seen: dict[tuple[object, ...], str] = {}
    for each, problem, optimizer in zip(sources, problems, optimizers, strict=True):
        key = problem, each.problem, optimizer, each.record.definition.get("seed", 0)
        if key in seen:
            raise InvalidInput(
                f"The studies '{seen[key]}' and '{each.record.name}' are the same run: '{optimizer}' with the seed "
                f"{key[-1]} on one problem; leave one out (--study), or label it (--label '{each.record.name}=NAME')."
            )
        seen[key] = each.record.name
    for i, problem in enumerate(problems):
        others = {o for o, own in zip(optimizers, problems, strict=True) if own == problem}
        if len(others) == 1:
            raise InvalidInput(_why(sources, problems, optimizers, i, others))


def _why(
    sources: Sequence[Source],
    problems: Sequence[tuple[str, str, str]],
    optimizers: Sequence[str],
    i: int,
    others: Collection[str],
) -> str:
    """Say why a study has nobody to be compared with."""
    name = sources[i].record.name
    rest = [j for j in range(len(sources)) if problems[j] != problems[i] and optimizers[j] not in others]
    if not rest:
        return (
            f"There is one optimizer only, '{optimizers[i]}': at least two on one problem are needed; add studies of "
            "another one, or label those that differ (--label 'STUDY=NAME')."
        )
    nearest = max(rest, key=lambda j: sum(a == b for a, b in zip(problems[i], problems[j], strict=True)))
    words = ("spaces", "objectives", "evaluations")
    differ = [word for word, a, b in zip(words, problems[i], problems[nearest], strict=True) if a != b]
    said = " and ".join(differ)
    if "objectives" in differ:
        a, b = (Objective.from_dict(sources[j].record.definition["objective"]) for j in (i, nearest))
        said += f" ('{a}' and '{b}')"
    return (
        f"The studies '{name}' and '{sources[nearest].record.name}' cannot be compared, since their {said} differ: "
        "compare studies of one problem, each with at least two optimizers (--study chooses)."
    )
