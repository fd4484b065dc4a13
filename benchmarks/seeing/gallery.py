"""What overlays on demand and a gallery cost: ``python -m benchmarks.seeing.gallery [--quick]``."""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from parfocal.dashboard.overlays import overlays_of
from parfocal.dashboard.pages.gallery import Wish, gallery
from parfocal.dashboard.source import Source
from parfocal.space import Float
from parfocal.storage import open_storage
from parfocal.study import Study
from parfocal.tasks import TaskEvaluator
from parfocal.trials import Outcome


def timed(call: Callable[[], Any], repeats: int = 5) -> float:
    """Return the median of a call's seconds."""
    taken = []
    for _ in range(repeats):
        begin = time.perf_counter()
        call()
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)


def overlays(folder: Path, task: str) -> None:
    """Measure the drawing of a shipped task."""
    evaluator = TaskEvaluator(task)
    study = Study(evaluator.task.space, evaluator.task.objective, evaluator, storage=folder / "o.db", name=task)
    study.run(12)
    study.storage.close()
    source = Source(str(folder / "o.db"))
    view, found = source.view(task), overlays_of(source)
    image = found.pictures(view, source.trials(view, 0, 1)[0], wait=True)[0].key
    taken, sizes = [], []
    for number in range(12):
        begin = time.perf_counter()
        while True:
            answer, _ = found.answer(view, str(number), image, False)
            if answer.content is not None or answer.error:
                break
        taken.append(time.perf_counter() - begin)
        sizes.append((len(answer.content or b""), len(found.answer(view, str(number), image, True)[0].content or b"")))
    kept = timed(lambda: found.answer(view, "3", image, False))
    children = psutil.Process().children()
    memory = max((child.memory_info().rss for child in children), default=0) / 2**20
    print(
        f"| {task} | {taken[0]:.2f} | {statistics.median(taken[1:]):.2f} | {1000 * kept:.1f} | "
        f"{statistics.median(full for full, _ in sizes) / 1024:.0f} | "
        f"{statistics.median(small for _, small in sizes) / 1024:.0f} | {memory:.0f} |",
        flush=True,
    )
    source.close()


def cards(folder: Path, trials: int, tags: int) -> None:
    """Measure a page of the gallery."""
    study = Study({"x": Float(0, 1)}, storage=folder / f"{trials}.db", name="many")
    storage, record = study.storage, study.record
    for start in range(0, trials, 5000):
        count = min(5000, trials - start)
        storage.add(record.id, [{"x": (start + k) / trials} for k in range(count)], range(count))
        claimed = storage.claim(record.id, "w", count)
        results = [(t.number, 1, Outcome.complete({"loss": t.seed / count}), t.seed / count) for t in claimed]
        storage.report(record.id, "w", results)
    one = timed(lambda: storage.tag(record.id, 0, "good"), 20)
    for number in range(tags):
        storage.tag(record.id, number, "good", "a.tif")
    read = timed(lambda: storage.tags(record.id))
    storage.close()
    source = Source(str(folder / f"{trials}.db"))
    source.view("many")
    wish = Wish.of({"study": "many", "picture": "image:a.tif"})
    first = timed(lambda: gallery(source, wish))
    tagged = timed(lambda: gallery(source, Wish.of({"study": "many", "picture": "image:a.tif", "tag": "good"})))
    print(
        f"| {trials:,} | {tags:,} | {1e3 * one:.1f} | {1e3 * read:.1f} | {1e3 * first:.0f} | {1e3 * tagged:.0f} |",
        flush=True,
    )
    source.close()


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller studies")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory() as folder:
        open_storage(Path(folder, "o.db")).close()
        print(
            "| task | first drawing [s] | further ones [s] | kept one [ms] | PNG [KiB] | JPEG [KiB] | process [MiB] |"
        )
        print("|---|---|---|---|---|---|---|")
        for task in ("spots",) if quick else ("spots", "nuclei"):
            overlays(Path(folder), task)
        print("\n| trials | tags | tag [ms] | read tags [ms] | page of 24 [ms] | page of tagged ones [ms] |")
        print("|---|---|---|---|---|---|")
        for trials, tags in ((1000, 100),) if quick else ((1000, 100), (20_000, 1000), (175_000, 10_000)):
            cards(Path(folder), trials, tags)


if __name__ == "__main__":
    main()
