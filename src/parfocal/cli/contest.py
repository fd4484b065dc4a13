"""The runs of `parfocal compare`: every optimizer with every seed on every problem; what is there is not run again."""

import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from parfocal.analysis.entering import Source
from parfocal.cli.run import search
from parfocal.cli.targets import is_experiment, is_url, workers_of
from parfocal.cli.words import between_commas
from parfocal.engines import Engine, LocalEngine
from parfocal.errors import InvalidInput, OptimizerError, SpaceError, StudyStopped
from parfocal.experiment import load
from parfocal.optimizers import compose, propose
from parfocal.space import Space
from parfocal.storage import Storage, open_storage
from parfocal.study import Study
from parfocal.tasks import TaskEvaluator
from parfocal.tasks.table import names
from parfocal.trials import History

BUDGET = 100
STORAGE = "compare.db"


@dataclass(frozen=True)
class Arena:
    """One problem to run on: its studies are called ``name/optimizer/seed``."""

    name: str
    space: Space
    budget: int
    workers: int | Literal["auto"]
    """Processes that evaluate."""
    engine: Engine | Literal["local"]
    study: Callable[[Storage, str, str, int], Study]
    """From storage, name, optimizer and seed."""


def run_all(
    targets: Sequence[str],
    optimizers: str,
    seeds: int,
    budget: int | None,
    storage: str | None,
    workers: str | None,
    quiet: bool,
    rest: Sequence[str] = (),
) -> list[Source]:
    """Run what is missing, one seed of every optimizer after the other, and return all studies.

    ``rest`` are further options of the command that goes on after an interruption.
    """
    listed = list(dict.fromkeys(between_commas(optimizers, "optimizer")))
    if len(listed) < 2:
        raise InvalidInput(f"At least two optimizers are compared; got '{optimizers}'.")
    same = {str(compose(name)): name for name in reversed(listed)}
    twice = next((name for name in listed if same[str(compose(name))] != name), None)
    if twice is not None:
        raise InvalidInput(f"'{twice}' and '{same[str(compose(twice))]}' are one optimizer: name it once.")
    arenas = [_arena(target, budget, workers) for target in dict.fromkeys(targets)]
    if len({arena.name for arena in arenas}) < len(arenas):
        raise InvalidInput("Two of the experiments have the same name: give each a 'name' of its own.")
    for arena in arenas:
        for name in listed:
            _check(arena, name)
    place = storage or STORAGE
    if not is_url(place) and not Path(place).parent.is_dir():
        raise InvalidInput(f"--storage: there is no folder '{Path(place).parent}'; make it, or name another one.")
    store = open_storage(place)
    chosen = {
        "optimizers": optimizers, "seeds": seeds, "budget": budget, "storage": place, "workers": workers,
    }  # fmt: skip
    options = [word for key, value in chosen.items() if value is not None for word in (f"--{key}", str(value))]
    command = shlex.join(["parfocal", "compare", *targets, *options, *rest])
    sources = []
    jobs = [(arena, seed, name) for seed in range(seeds) for arena in arenas for name in listed]
    for number, (arena, seed, name) in enumerate(jobs, 1):
        study = arena.study(store, f"{arena.name}/{name}/{seed}", name, seed)
        if not quiet:
            print(f"[{number}/{len(jobs)}] {study.name}", file=sys.stderr, flush=True)
        try:
            if study.counts.finished - study.counts.lost < arena.budget:
                search(study, arena.budget, arena.workers, quiet, command, arena.engine)
        except StudyStopped as error:
            print(f"{study.name}: {error}", file=sys.stderr)
        sources.append(Source(store, study.record, name, arena.name, study.exhausted is not None))
    return sources


def _check(arena: Arena, optimizer: str) -> None:
    """Raise where an optimizer cannot search a space, before anything runs."""
    try:
        propose(arena.space, optimizer, History(arena.space.dimension), seed=0, warmup=0)
    except (OptimizerError, SpaceError) as error:
        raise InvalidInput(f"'{optimizer}' cannot search {arena.name}: {error}") from None


def _arena(target: str, budget: int | None, workers: str | None) -> Arena:
    """Return the problem of a task's name or an experiment's file."""
    if is_experiment(target):
        return _experiment(Path(target), budget, workers)
    if target not in names():
        raise InvalidInput(
            f"--optimizers are run on a task ({', '.join(names())}) or an experiment's YAML file; got '{target}'."
        )
    evaluator = TaskEvaluator(target)
    task = evaluator.task

    def study(storage: Storage, name: str, optimizer: str, seed: int) -> Study:
        return Study(
            task.space, task.objective, evaluator, optimizer=optimizer, storage=storage, name=name, seed=seed,
            default=task.default, isolation="process",
        )  # fmt: skip

    return Arena(target, task.space, budget or BUDGET, workers_of(workers), "local", study)


def _experiment(path: Path, budget: int | None, workers: str | None) -> Arena:
    experiment = load(path)
    experiment.check()

    def study(storage: Storage, name: str, optimizer: str, seed: int) -> Study:
        own = {"name": name, "optimizer": optimizer, "seed": seed, "storage": storage.url}
        return replace(experiment, keys=experiment.keys.model_copy(update=own)).study()

    engine = experiment.engine(None, None if workers is None else workers_of(workers))
    local = isinstance(engine, LocalEngine)
    wanted = budget or experiment.keys.budget
    return Arena(experiment.name, experiment.space, wanted, engine.size, "local" if local else engine, study)
