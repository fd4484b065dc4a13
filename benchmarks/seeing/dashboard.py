"""How fast the dashboard opens a large study, and what an update costs: a real server, a real Chromium.

::

    python -m benchmarks.seeing.dashboard [--quick]

The study lies in an SQLite file. "drawn" is counted from the request for the page, without any cache, until the heading
and the curve of convergence stand on the screen. Times depend on what else the machine does: its load is printed.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from parfocal.analysis import convergence
from parfocal.dashboard.source import Source
from parfocal.study import Study
from parfocal.testing.studies import mixed_space, quality
from parfocal.trials import Outcome, Reason

BATCH = 5_000


def evaluate(study: Study, n: int, seed: int) -> None:
    """Add ``n`` finished trials; every twentieth one fails."""
    storage, number = study.storage, study.record.id
    rng = np.random.default_rng(seed)
    storage.add(number, study.space.decode(study.space.sample(n, rng)), range(n))
    results = []
    for trial in storage.claim(number, "made-up", n):
        f1 = quality(trial.configuration) + 0.004 * float(rng.normal())
        failed = trial.number % 20 == 7
        outcome = Outcome.failed(Reason.ERROR, "ValueError: no objects") if failed else Outcome.complete({"f1": f1})
        results.append((trial.number, trial.attempts, outcome, float("nan") if failed else -f1))
    storage.report(number, "made-up", results)


def make(path: Path, n: int) -> Study:
    study = Study(mixed_space(), "maximize f1", storage=str(path), name="large", optimizer="random")
    study.storage.set_budget(study.record.id, 2 * n)
    for start in range(0, n, BATCH):
        evaluate(study, min(BATCH, n - start), start)
    return study


def serve(path: Path) -> tuple["subprocess.Popen[str]", str, float]:
    begin = time.perf_counter()
    command = [sys.executable, "-m", "parfocal", "dashboard", "--storage", str(path), "--port", "0", "--no-browser"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    assert process.stdout is not None
    for line in process.stdout:
        if "?token=" in line:
            return process, line.strip(), time.perf_counter() - begin
    raise SystemExit("The dashboard did not start.")


def measure(path: Path, study: Study, n: int, repeats: int) -> list[tuple[str, str]]:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    process, link, start = serve(path)
    rows = [("server: start to the printed link", f"{start:.2f} s")]
    address = link.replace("/?", "/study/large?")
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            times = []
            for _ in range(1 + repeats):
                context = browser.new_context(viewport={"width": 1280, "height": 900})
                page = context.new_page()
                page.goto("about:blank")
                begin = time.perf_counter()
                page.goto(address, wait_until="commit")
                page.wait_for_selector("#study-tiles .tile")
                heading = time.perf_counter() - begin
                page.wait_for_selector("#study-convergence .main-svg .scatterlayer path")
                times.append((heading, time.perf_counter() - begin))
                if len(times) <= repeats:
                    context.close()
            rows.append(("first page of the new server: heading, all drawn", "{:.2f} s, {:.2f} s".format(*times[0])))
            middle = [statistics.median(column) for column in zip(*times[1:], strict=True)]
            rows.append(
                (f"a new browser: heading, all drawn (median of {repeats})", "{:.2f} s, {:.2f} s".format(*middle))
            )
            page.wait_for_selector("#study-trials table")
            sizes: list[int] = []
            page.on("response", lambda answer: sizes.append(int(answer.headers.get("content-length", 0))))
            evaluate(study, 100, 10**6)
            begin = time.perf_counter()
            wanted = f"{n + 100:,}"
            page.wait_for_function(f"document.querySelector('#study-tiles').innerText.includes('{wanted}')")
            rows.append(
                (
                    "100 new trials: until the page shows them (it looks every 2 s)",
                    f"{time.perf_counter() - begin:.2f} s",
                )
            )
            rows.append(("  largest answer of the server", f"{max(sizes, default=0) / 1024:.0f} KiB"))
            browser.close()
    finally:
        process.terminate()
        process.wait(20)
    return rows


def cost(path: Path, study: Study) -> list[tuple[str, str]]:
    """Return what the server itself computes, without a browser."""
    source = Source(str(path))
    begin = time.perf_counter()
    source.view("large")
    rows = [("reading the study for the first time", f"{time.perf_counter() - begin:.2f} s")]
    begin = time.perf_counter()
    source.status()
    rows.append(("reading how all studies are for the first time", f"{time.perf_counter() - begin:.2f} s"))
    spent = []
    for seed in range(5):
        evaluate(study, 100, 2 * 10**6 + seed)
        time.sleep(0.6)
        begin = time.perf_counter()
        view = source.view("large")
        source.status()
        convergence(view.history, view.objective)
        spent.append(time.perf_counter() - begin)
    rows.append(
        ("reading 100 new trials, status and convergence (median of 5)", f"{1e3 * statistics.median(spent):.0f} ms")
    )
    source.close()
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="10,000 trials instead of 100,000")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    n = 10_000 if options.quick else 100_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.db"
        study = make(path, n)
        before = os.getloadavg()[0]
        rows = measure(path, study, n, options.repeats) + cost(path, study)
        study.storage.close()
    print(f"{n:,} trials in SQLite, {os.cpu_count()} cores, load {before:.1f} to {os.getloadavg()[0]:.1f}")
    for name, value in rows:
        print(f"{name:66} {value}")


if __name__ == "__main__":
    main()
