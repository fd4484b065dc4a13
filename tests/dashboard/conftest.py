"""A dashboard of its own process, and a real Chromium that looks at it."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest

from parfocal.storage import Storage, open_storage
from parfocal.study import Study
from parfocal.testing.studies import mixed_space, quality
from parfocal.trials import Outcome, Reason

pytest.importorskip("dash", reason="needs the extra 'dashboard'")
pytest.importorskip("waitress", reason="needs the extra 'dashboard'")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def evaluate(storage: Storage, study: int, numbers: int, worker: str = "made-up", seed: int = 0) -> None:
    """Claim and report so many trials as a worker does; every tenth one fails."""
    rng = np.random.default_rng(seed)
    trials = storage.claim(study, worker, numbers)
    results = []
    for trial in trials:
        if trial.number % 10 == 3:
            outcome, loss = (
                Outcome.failed(Reason.ERROR, "ValueError: <b>no objects</b>", log="line 1\nline 2"),
                float("nan"),
            )
        else:
            f1 = quality(trial.configuration) + 0.004 * float(rng.normal())
            outcome, loss = Outcome.complete({"f1": f1}, runtime=float(rng.gamma(3.0, 0.4))), -f1
        results.append((trial.number, trial.attempts, outcome, loss))
    storage.report(study, worker, results)


def fill(location: str | Path, n: int, name: str = "one", budget: int | None = None, seed: int = 0) -> Study:
    """Make a study with so many finished trials."""
    space = mixed_space()
    study = Study(space, "maximize f1", storage=str(location), name=name, optimizer="random")
    if n:
        add(study, n, seed)
    study.storage.set_budget(study.record.id, budget)
    return study


def add(study: Study, n: int, seed: int = 0) -> None:
    """Add so many finished trials."""
    configurations = study.space.decode(study.space.sample(n, np.random.default_rng(seed)))
    study.storage.add(study.record.id, configurations, range(n))
    evaluate(study.storage, study.record.id, n, seed=seed)


class Served:
    """A dashboard in a process of its own."""

    def __init__(self, storage: str | Path, *options: str) -> None:
        command = [sys.executable, "-m", "parfocal", "dashboard", "--storage", str(storage), "--port", "0"]
        self.process = subprocess.Popen(
            [*command, "--no-browser", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        assert self.process.stdout is not None
        self.printed = ""
        while "?token=" not in self.printed:
            line = self.process.stdout.readline()
            if not line:
                raise AssertionError(f"The dashboard ended: {self.process.stderr.read()}")  # type: ignore[union-attr]
            self.printed += line
        self.link = next(word for word in self.printed.split() if "?token=" in word)
        self.base, _, self.token = self.link.partition("?token=")

    def to(self, path: str) -> str:
        """Return the address of a page, with the token."""
        return f"{self.base}{path}?token={self.token}"

    def stop(self) -> str:
        """Stop it by SIGTERM, and return what it wrote besides its link."""
        self.process.send_signal(signal.SIGTERM)
        out, err = self.process.communicate(timeout=20)
        return out + err


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    """Start dashboards, which end with the test."""
    started: list[Served] = []

    def start(storage: str | Path, *options: str) -> Served:
        started.append(Served(storage, *options))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.stop()


@pytest.fixture(scope="module")  # while it runs, an event loop does: tests of other modules want their own
def browser() -> Iterator[Any]:
    """Return a Chromium."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright (extra 'test')")
    if CHROMIUM is None:
        pytest.skip("needs Chromium: install the package 'chromium'")
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking", "--disable-sync"]
        )
        yield chromium
        chromium.close()


class Look:
    """A page that notes what a user should never see: errors, and requests to elsewhere."""

    def __init__(self, browser: Any, width: int = 1280, scheme: str = "light") -> None:
        self.context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.page = self.context.new_page()
        self.page.set_default_timeout(60_000)
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def open(self, address: str, drawn: bool = True) -> Any:
        """Go to an address and wait until its figure is drawn."""
        self.page.goto(address)
        if drawn:
            self.page.wait_for_selector("#study-convergence .main-svg")
        return self.page

    def elsewhere(self, base: str) -> list[str]:
        """Return the requests that went to another server than that of ``base``."""
        own = urlsplit(base).netloc
        return [
            url for url in self.requests if urlsplit(url).scheme in ("http", "https") and urlsplit(url).netloc != own
        ]


@pytest.fixture
def look(browser: Any) -> Iterator[Callable[..., Look]]:
    """Open pages; at the end of the test none of them may have told an error."""
    opened: list[Look] = []

    def new(width: int = 1280, scheme: str = "light") -> Look:
        opened.append(Look(browser, width, scheme))
        return opened[-1]

    yield new
    errors = [error for each in opened for error in each.errors]
    for each in opened:
        each.context.close()
    assert errors == []


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with two studies, one of them with a name that paths do not like."""
    path = tmp_path_factory.mktemp("dashboard") / "studies.db"
    fill(path, 60, "nuclei/day 1", budget=60)
    fill(path, 20, "spots", seed=1)
    return path


def opened(path: Path) -> Storage:
    """Return a storage of a file."""
    return open_storage(path)
