"""A log is lines that a program can read, and says what they are about."""

import json
import logging
import os
import subprocess
import sys
from datetime import datetime

import pytest

from parfocal import logs
from parfocal.errors import InvalidInput

LOGGER = logging.getLogger("parfocal.test")


@pytest.fixture(autouse=True)
def unchanged(monkeypatch):
    """Leave logging and environment as they were."""
    monkeypatch.delenv(logs.FORMAT, raising=False)
    monkeypatch.delenv(logs.FILE, raising=False)
    logger = logging.getLogger("parfocal")
    level = logger.level
    yield
    if logs._installed is not None:
        logger.removeHandler(logs._installed)
        logs._installed.close()
        logs._installed = None
    logger.setLevel(level)
    for name in (logs.FORMAT, logs.FILE):
        os.environ.pop(name, None)


def test_a_line_is_an_object(tmp_path):
    logs.configure("json", tmp_path / "log")
    with logs.about(study="s", worker="w"), logs.about(trial=3):
        LOGGER.info("Hello %s,\nwith ü", "you")
        LOGGER.warning("of another", extra={"trial": 4})
    try:
        raise ValueError("bad")
    except ValueError:
        LOGGER.exception("It broke.")
    LOGGER.debug("is not said")
    one, two, three = map(json.loads, (tmp_path / "log").read_text(encoding="utf-8").splitlines())
    assert datetime.fromisoformat(one.pop("time")).utcoffset().total_seconds() == 0
    about = {"study": "s", "worker": "w", "trial": 3}
    assert one == {"level": "info", "logger": "parfocal.test", "message": "Hello you,\nwith ü", **about}
    assert (two["trial"], two["study"], two["level"]) == (4, "s", "warning")
    assert "study" not in three and three["error"].endswith("ValueError: bad")


def test_text_says_the_same(tmp_path):
    logs.configure("text", tmp_path / "log")
    LOGGER.info("Hello", extra={"study": "s", "trial": 0})
    assert (tmp_path / "log").read_text().rstrip().endswith("Z INFO parfocal.test: Hello (study s, trial 0)")


def test_once_again_replaces_it(tmp_path, capsys):
    logs.configure("json")
    logs.configure("text", tmp_path / "log")
    LOGGER.info("Hello")
    assert capsys.readouterr().err == "" and len((tmp_path / "log").read_text().splitlines()) == 1


def test_children_log_to_the_same_file(tmp_path):
    logs.configure("json", tmp_path / "log")
    code = (
        "import logging, sys; from parfocal import logs; logs.from_environment()\n"
        "for k in range(200): logging.getLogger('parfocal.child').info('x' * 500, extra={'trial': k})"
    )
    children = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
    assert [child.wait(60) for child in children] == [0, 0, 0]
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert len(lines) == 600 and all(len(line["message"]) == 500 for line in lines)


def test_nothing_is_configured_unless_it_is_wanted(monkeypatch):
    before = list(logging.getLogger("parfocal").handlers)
    logs.from_environment()
    assert logging.getLogger("parfocal").handlers == before
    monkeypatch.setenv(logs.FORMAT, "xml")
    with pytest.raises(InvalidInput, match="'json' or 'text'; got 'xml'"):
        logs.from_environment()


def test_wrong_places(tmp_path):
    with pytest.raises(InvalidInput, match="cannot be written: No such file"):
        logs.configure("json", tmp_path / "none" / "log")
    with pytest.raises(InvalidInput, match="got 'image'"), logs.about(image=3):
        pass
