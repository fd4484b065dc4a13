"""`parfocal separate` and `parfocal priors`: what a finished study says of how to search next."""

import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import yaml

from parfocal.analysis import Judged, Plan, Separability, priors, separability, separate
from parfocal.cli.targets import Place, is_experiment, study_of
from parfocal.errors import InvalidInput
from parfocal.experiment import load
from parfocal.optimizers import compose
from parfocal.study import Study
from parfocal.trials import State
from parfocal.typing import Value


def separate_study(
    target: Place, name: str | None, probes: int, inner: str, tolerance: float, out: Path, figure: Path | None
) -> None:
    """Print which parameters can be optimized apart, write the plan, and say how to carry it out."""
    compose(Plan((("a",), ("b",)), inner).text)  # what is wrong with it is said before anything is evaluated
    study = study_of(target, name)
    shown: tuple[Judged, ...] = ()
    if probes:
        table, shown = separate(
            study.space, study.history, study.objective, _Evaluated(study), budget=probes, tolerance=tolerance
        )
    else:
        table = separability(study.space, study.history, study.objective, tolerance=tolerance)
    _print(table, shown)
    plan = table.plan(inner)
    out.write_text(plan.to_json(), encoding="utf-8")
    print(f"\nPlan: {out}")
    if figure is not None:
        from parfocal.plots import separability as drawn

        drawn.printed(table).savefig(figure, dpi=300)
        print(f"Figure: {figure}")
    if len(table.blocks) > 1:
        print(f"Carry it out under another name:  optimizer: '{plan.text}'")
        if is_experiment(target):
            print(f"in a copy of {target}, then  parfocal run COPY.yaml --warm-start {shlex.quote(_place(study))}")


def _place(study: Study) -> str:
    return str(study.storage.url).removeprefix("sqlite:///")


class _Evaluated:
    """Evaluates configurations as trials of the study; what was a trial already is not evaluated again."""

    def __init__(self, study: Study) -> None:
        self.study = study

    def __call__(self, given: Sequence[Mapping[str, Value]]) -> list[float | None]:
        self.study.enqueue(given)
        counts = self.study.counts
        print(f"{counts.waiting} probes are evaluated.", file=sys.stderr)
        self.study.run(counts.total - counts.lost)  # what waits, and nothing else
        return [self._value(configuration) for configuration in given]

    def _value(self, configuration: Mapping[str, Value]) -> float | None:
        study = self.study
        history = study.history
        same = study.space.keys(history.X) == study.space.keys(study.space.encode([dict(configuration)]))
        rows = np.flatnonzero(same & (history.state == State.COMPLETE))
        return float(study.objective.value(float(history.loss[rows[0]]))) if len(rows) else None


def _print(table: Separability, shown: Sequence[Judged]) -> None:
    print(table.sentence)
    if table.pairs:
        print(f"\n{'pair':32s} {'lost':>7s} {'90 % interval':>17s} {'chance':>7s} {'p (Holm)':>9s}  verdict")
    for pair in sorted(table.pairs, key=lambda each: -each.lost)[:20]:
        interval = f"{pair.low:.2%} to {pair.high:.2%}"
        print(
            f"{', '.join(pair.names):32s} {pair.lost:7.2%} {interval:>17s} {pair.chance:7.1%} {pair.p:9.3g}  "
            f"{pair.verdict}"
        )
    if len(table.pairs) > 20:
        print(f"and {len(table.pairs) - 20} pairs that lose less.")
    if table.pairs:
        print(f"lost: share of the gain over a random trial; chance: of more than {table.tolerance:.0%}")
    for each in shown:
        said = f"shift {each.shift:.2%}, lost {each.lost:.2%}: {each.verdict}"
        print(f"probe of {each.pair[0]}, then {each.pair[1]}: {said}")


def priors_for(earlier: Place, name: str | None, experiment: Path, share: float, out: Path | None) -> None:
    """Print the space of an experiment with priors from an earlier study, as YAML for its key ``space``."""
    if not is_experiment(experiment):
        raise InvalidInput(f"'{experiment}' is no experiment: name the YAML file whose space the priors are for.")
    study = study_of(earlier, name)
    found = priors(load(experiment).space, study.space, study.history, share=share)
    lines = yaml.safe_dump({"space": found.space.to_dict()["parameters"]}, sort_keys=False, default_flow_style=None)
    text = f"# {found.sentence}\n{lines}"
    if out is None:
        print(text, end="")
    else:
        out.write_text(text, encoding="utf-8")
        print(found.sentence)
        print(f"Space: {out}")
