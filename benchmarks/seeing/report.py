"""What a report of many trials costs: seconds of the numbers, the page and the PDF, and their sizes.

Studies of 3 and of 25 parameters, of which one is conditional and two are categories and some trials fail; with the
times of all trials, and without pictures. Seconds are of the process, so that a busy machine does not count.

python -m benchmarks.seeing.report [--quick]
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from benchmarks.seeing.trials import ERROR, study, times, trials
from benchmarks.seeing.trials import space as many

from parfocal.analysis import timeline
from parfocal.report.contents import contents
from parfocal.report.write import write
from parfocal.space import Float, Space
from parfocal.trials import History, State

SIZES = (20, 2_000, 175_000)
_IMAGES = 20


def few() -> Space:
    return Space(
        {
            "sigma": Float(0.3, 8.0, prior="log-uniform", unit="px"),
            "c": Float(0.0, 5.0, levels=51),
            "sigma_background": Float(1.0, 9.0, unit="px"),
        }
    )


def history(where: Space, n: int) -> History:
    rng = np.random.default_rng(0)
    made = History(where.dimension, n)
    made.append(where.sample(n, rng))
    loss = np.square(made.X - 0.4).sum(axis=1) + 0.1 * rng.random(n)
    made.tell(np.arange(n), np.full(n, int(State.COMPLETE)), loss, runtime=1.0, reason=np.full(n, -1))
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="up to 2,000 trials")
    sizes = SIZES[:2] if parser.parse_args().quick else SIZES
    heads = (("parameters", 10), ("trials", 8), ("numbers [s]", 12), ("page [s]", 9), ("[MB]", 6), ("PDF [s]", 8))
    print(" ".join(f"{head:>{width}s}" for head, width in (*heads, ("[MB]", 6))))
    with tempfile.TemporaryDirectory() as folder:
        for where in (few(), many()):
            for n in sizes:
                told = history(where, n) if len(where.names) == 3 else study(where, n)
                start = time.process_time()
                c = contents(where, told, ERROR, trials=trials(where, told, _IMAGES), timeline=timeline(times(n, 64)))
                marks = [time.process_time() - start]
                files = []
                for suffix in (".html", ".pdf"):
                    start = time.process_time()
                    files.append(write(Path(folder, f"r{suffix}"), "report", c))
                    marks.append(time.process_time() - start)
                page, pdf = (file.stat().st_size / 1e6 for file in files)
                cells = f"{marks[0]:12.1f} {marks[1]:9.1f} {page:6.1f} {marks[2]:8.1f} {pdf:6.1f}"
                print(f"{len(where.names):10d} {n:8,d} {cells}", flush=True)


if __name__ == "__main__":
    main()
