"""`parfocal replay`: the asks of a study made again, and compared."""

import sys

from parfocal.cli.targets import Place, study_of

_SHOWN = 10


def replay_study(target: Place, name: str | None, start: int, stop: int | None) -> None:
    """Replay a study; print the asks that differ, and a sentence at the end."""
    study = study_of(target, name)
    asks = trials = 0
    differing: list[int] = []
    for ask in study.replay(start, stop):
        asks, trials = asks + 1, trials + ask.count
        if ask.differing and len(differing) < _SHOWN:
            print(f"The ask of trial {ask.first}, which had seen {ask.told} results, differs in {list(ask.differing)}.")
        differing += ask.differing
    print(f"{asks} asks for {trials} trials of '{study.name}' by '{study.composition}' made again: ", end="")
    print(f"{len(differing)} trials differ." if differing else "all the same to the bit.")
    if differing:
        print("Were other versions of parfocal or of its libraries in use, or another processor?", file=sys.stderr)
        sys.exit(1)
