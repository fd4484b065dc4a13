"""How fast the queue is, whether it stays as fast, and how far it carries.

    python -m benchmarks.distribution                  all of it: some minutes
    python -m benchmarks.distribution --quick          under one minute
    python -m benchmarks.distribution postgres long    only these parts

Parts: ``postgres`` (rates of 4 workers, Optuna's RDB storage beside them), ``long`` (one study of 400,000 trials),
``sqlite`` (64 processes on one file), ``http`` (64 workers through `parfocal serve`), ``costs`` (of each operation),
``simulation`` (checked against the rates, then 1,000 workers and more). The rates depend on the machine: read ratios.
"""

import argparse
import multiprocessing
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from benchmarks.distribution import asker, costs, drive
from benchmarks.distribution.simulation import Model, simulate

from parfocal.storage import open_storage
from parfocal.testing.postgres import PostgresServer

WORKERS = 4


def postgres(quick: bool) -> None:
    """Rates of four worker processes with trials that do nothing; each commit is flushed to the disk."""
    size = 4_000 if quick else 40_000
    print(f"PostgreSQL, {WORKERS} worker processes, trials that do nothing")
    print(f"  {'':34}{'trials/s':>10}{'seconds':>10}{'errors':>8}")
    with PostgresServer(durable=True) as server:
        storage = open_storage(server.url)
        rates = {}
        for name, batch, n in (("claims in batches", None, size), ("one by one", 1, size // 8)):
            _, added = drive.filled(storage, name, n)
            rate = drive.drained(server.url, name, WORKERS, batch)
            rates[name] = rate.rate
            print(f"  {name:34}{rate.rate:10,.0f}{rate.seconds:10.1f}{rate.errors:8}")
            assert rate.errors == 0 and rate.trials == n
        print(f"  {'trials added, in batches of 5,000':34}{added:10,.0f}")
        storage.close()
        n = 100 if quick else 400
        try:
            url = f"postgresql+psycopg{server.database().removeprefix('postgresql')}"
            peer = drive.optuna_rate(url, WORKERS, n)
        except ImportError:
            print("  Optuna is not installed")
        else:
            print(f"  {'Optuna, RDB storage, random':34}{peer:10,.0f}{n / peer:10.1f}")
            print(f"  one by one: {rates['one by one'] / peer:.0f} times Optuna's rate")


def long(quick: bool) -> None:
    """Whether a large study stays as fast, and how much the one who asks needs."""
    n = 40_000 if quick else 400_000
    print(f"One study of {n:,} trials, {WORKERS} worker processes, claims in batches")
    with PostgresServer(durable=True) as server:
        storage = open_storage(server.url)
        drive.filled(storage, "long", n)
        rate = drive.drained(server.url, "long", WORKERS, None)
        print(f"  first tenth {rate.first:,.0f}/s, last tenth {rate.last:,.0f}/s: {rate.last / rate.first:.0%}")
        seconds, first, memory = asker.needs(server.url, "long", "auto")
        print(f"  history loaded in {seconds:.2f} s; first ask of auto {first:.2f} s; asker's memory {memory:,.0f} MiB")
        storage.close()


def sqlite(quick: bool) -> None:
    """Many processes on one file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "study.db")
        _crowd("SQLite", path, f"sqlite:///{path.as_posix()}", 2_000 if quick else 20_000)


def http(quick: bool) -> None:
    """Many workers through a server over HTTP, which has one file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "study.db")
        with served(path) as url:
            _crowd("HTTP", path, url, 1_000 if quick else 10_000)


def _crowd(title: str, path: Path, url: str, n: int) -> None:
    """Let 64 processes drain a file, at its url."""
    fork = multiprocessing.get_context("fork" if os.name == "posix" else "spawn")
    for name, batch in (("claims in batches", None), ("one by one", 1)):
        storage = open_storage(path)
        drive.filled(storage, name, n)
        storage.close()
        rate = drive.drained(url, name, 64, batch, fork)
        print(f"{title}, 64 processes, {n:,} trials, {name}: {rate.rate:,.0f} trials/s, {rate.errors} errors")
        assert rate.errors == 0 and rate.trials == n


@contextmanager
def served(path: Path) -> Iterator[str]:
    """Serve a database on a free port of this machine; yield the url."""
    os.environ["PARFOCAL_TOKEN"] = secrets.token_urlsafe(24)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "parfocal", "serve", str(path), "--create", "--port", str(port)]
    process = subprocess.Popen([*command, "--log-level", "warning"])
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            with suppress(OSError), urllib.request.urlopen(f"{url}/health", timeout=1):
                break
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def measured(quick: bool) -> tuple[dict[str, costs.Cost], float]:
    """Return the cost of each operation on a new server, and the seconds until a sleeping worker has a new trial."""
    with PostgresServer(durable=True) as server:
        storage, other = open_storage(server.url), open_storage(server.url)
        found = costs.operations(storage, server.pid, 500 if quick else 3_000)
        wake = costs.wake_seconds(storage, other, 5 if quick else 30)
        storage.close()
        other.close()
    return found, wake


def show_costs(quick: bool) -> None:
    """Cost of each operation."""
    found, wake = measured(quick)
    print("Cost on PostgreSQL, one client, microseconds a call (of batches: a trial)")
    print(f"  {'':24}{'waiting':>10}{'of server':>11}{'of client':>11}")
    for name, cost in found.items():
        print(f"  {name:24}{1e6 * cost.wall:10.0f}{1e6 * cost.server:11.0f}{1e6 * cost.client:11.0f}")
    print(f"  a sleeping worker has a new trial after {1e3 * wake:.1f} ms")
    for optimizer in ("auto", "tpe", "cma-es"):
        for trials in (1_000,) if quick else (1_000, 10_000, 100_000):
            times = costs.asks(optimizer, trials)
            text = ", ".join(f"{size}: {1e3 * seconds / size:.2f}" for size, seconds in times.items())
            print(f"  ask of {optimizer} with {trials:,} results, ms a trial by size of the ask  {text}")


def simulation(quick: bool) -> None:
    """Simulate what was measured, and then clusters."""
    found, _ = measured(True)
    with PostgresServer(durable=True) as server:
        storage = open_storage(server.url)
        drive.filled(storage, "check", 3_000)
        rate = drive.drained(server.url, "check", WORKERS, 1)
        storage.close()
    times = costs.asks("auto", 10_000)
    each = (times[64] - times[1]) / 63
    here = Model(
        WORKERS,
        0.0,
        cores=max(1, (os.cpu_count() or 2) - 1),
        claim=found["claim"].server,
        report=found["report"].server,
        heartbeat=found["heartbeat"].server,
        add=found["add, of 100"].server,
        state=found["state"].server,
        locked=max(0.0, found["report"].wall - found["report"].client - found["report"].server),
        ask=max(0.0, times[1] - each),
        each=each,
    )
    # this machine's processes share its cores with the server: a call of a client takes a core, too
    client = (found["claim"].client + found["report"].client) / 2
    calls = {"claim": here.claim + client, "report": here.report + client, "network": 0.0}
    small = replace(here, cores=os.cpu_count() or 2, ask=0.0, each=0.0, ahead=10_000, **calls)
    print("Simulation")
    check = simulate(small, 20.0)
    print(f"  {WORKERS} workers, nothing to evaluate: measured {rate.rate:,.0f} trials/s, simulated {check.rate:,.0f}")
    print(f"  {'workers':>9}{'evaluation':>12}{'trials/s':>10}{'busy':>7}{'server':>8}{'row':>6}{'asker':>7}  busiest")
    cases = [(1_000, 600.0), (1_000, 60.0), (1_000, 10.0), (1_000, 1.0)]
    if not quick:
        cases += [(10_000, 600.0), (10_000, 60.0)]
    server = replace(here, cores=4)
    for title, model in (("asks of auto", server), ("asks of random", replace(server, ask=1e-4, each=1e-5))):
        print(f"  {title}")
        for workers, evaluation in cases:
            found_ = simulate(
                replace(model, workers=workers, evaluation=evaluation), min(600.0, max(20.0, 3 * evaluation))
            )
            print(
                f"  {workers:9,}{evaluation:10.0f} s{found_.rate:10.1f}{found_.busy:7.0%}{found_.server:8.1%}"
                f"{found_.row:6.1%}{found_.asker:7.1%}  {found_.bottleneck}"
            )
    days = 1e7 / simulate(replace(server, workers=1_000, evaluation=60.0), 180.0).rate / 86_400
    print(f"  ten million trials of 60 s by 1,000 workers take {days:.1f} days")


PARTS: dict[str, Callable[[bool], None]] = {
    "postgres": postgres,
    "long": long,
    "sqlite": sqlite,
    "http": http,
    "costs": show_costs,
    "simulation": simulation,
}


def main() -> None:
    """Run the parts that were named."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.distribution", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="default: all")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    for part in options.parts or PARTS:
        PARTS[part](options.quick)
        print(flush=True)


if __name__ == "__main__":
    main()
