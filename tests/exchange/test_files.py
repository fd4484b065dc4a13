"""Files appear whole or not at all, and every broken one has its sentence."""

import contextlib
import json
import os
import random
import subprocess
import sys
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parfocal.errors import ExchangeError
from parfocal.exchange import (
    Claim,
    HandedTrial,
    outcome_document,
    read_outcomes,
    read_trial,
    trial_document,
    write_batch,
    write_outcome,
    write_trials,
)
from parfocal.exchange.files import text_of, write
from parfocal.trials import Configuration, Fidelity, Objective, Outcome

CLAIM = Claim("s", 12, 1, "w")
TRIAL = HandedTrial(CLAIM, Configuration({"x": 0.5}), 7, Fidelity())


def test_names_of_trials(tmp_path):
    others = [HandedTrial(Claim("s", n, 1, "w"), Configuration({}), 1, Fidelity()) for n in (0, 1_234_567)]
    paths = write_trials(tmp_path / "a" / "b", [TRIAL, *others])
    assert [path.name for path in paths] == ["trial-000012.json", "trial-000000.json", "trial-1234567.json"]
    assert [read_trial(path) for path in paths] == [TRIAL, *others]
    assert write_trials(tmp_path / "empty", []) == []
    assert (tmp_path / "empty").is_dir()
    assert not list(tmp_path.rglob("*.tmp"))


def test_files_are_ascii_whatever_stands_in_them(tmp_path):
    trial = HandedTrial(Claim("Zellkärne \ud800", 0, 1, "w"), Configuration({"σ": "µ\0"}), 1, Fidelity())
    (path,) = write_trials(tmp_path, [trial])
    assert path.read_bytes().isascii()
    assert read_trial(path) == trial


def test_an_outcome_cut_anywhere_is_told_in_one_sentence(tmp_path):
    text = text_of(outcome_document(CLAIM, Outcome.complete({"f1": 0.5}, log="µ" * 9)))
    path = tmp_path / "o.json"
    for length in range(len(text) - 2):
        path.write_text(text[:length])
        good, (sentence,) = read_outcomes([path])
        assert good == []
        assert sentence.startswith(f"{path}: ")
        assert "the file is empty" in sentence if length == 0 else "cut or broken" in sentence
        assert sentence.count("\n") == 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.binary(max_size=60))
def test_any_bytes_end_in_a_sentence(tmp_path, content):
    path = tmp_path / "o.json"
    path.write_bytes(content)
    good, wrong = read_outcomes([path])
    assert (len(good), len(wrong)) == (0, 1)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
KEYS = sorted(outcome_document(CLAIM, Outcome.complete({"f1": 0.5})))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(st.sampled_from(KEYS), json_values)
def test_any_value_at_any_key_is_read_or_ends_in_a_sentence(tmp_path, key, value):
    path = tmp_path / "o.json"
    path.write_text(json.dumps({**outcome_document(CLAIM, Outcome.complete({"f1": 0.5})), key: value}))
    good, wrong = read_outcomes([path])
    assert len(good) + len(wrong) == 1
    for each in good:
        with contextlib.suppress(ExchangeError):
            assert each.outcome(Objective("f1")).state.finished


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "the file is empty"),
        (b" \n", "the file is empty"),
        (b"\xff\xfe{", "no text in UTF-8"),
        (b"{} {}", "no whole JSON document (Extra data, line 1)"),
        (b"[" * 100_000, "cut or broken"),
        (b"3", "must hold a JSON object; got 3"),
    ],
)
def test_broken_files(tmp_path, content, sentence):
    path = tmp_path / "o.json"
    path.write_bytes(content)
    with pytest.raises(ExchangeError) as caught:
        read_trial(path)
    assert sentence in str(caught.value)
    assert str(caught.value).startswith(str(path))


def test_a_byte_order_mark_is_read(tmp_path):
    path = tmp_path / "o.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps({"trial": CLAIM.to_dict(), "metrics": {"f1": 1}}).encode())
    assert len(read_outcomes([path])[0]) == 1


def test_one_broken_file_does_not_hide_the_others(tmp_path):
    write_outcome(tmp_path / "a.json", CLAIM, Outcome.complete({"f1": 0.5}))
    (tmp_path / "b.json").write_text('{"trial": ')
    (tmp_path / ".c.json.0a.tmp").write_text('{"trial": ')
    good, wrong = read_outcomes([tmp_path, tmp_path / "none.json"])
    assert [each.source for each in good] == [str(tmp_path / "a.json")]
    assert len(wrong) == 2
    assert wrong[1] == f"{tmp_path / 'none.json'}: there is no such file."


def test_a_file_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ExchangeError, match="cannot be written"):
        write_batch(tmp_path / "file" / "batch.json", [TRIAL])
    with pytest.raises(ExchangeError, match="cannot be made"):
        write_trials(tmp_path / "file" / "batch", [TRIAL])


def test_what_cannot_be_written_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.json"
    write(path, {"a": 1})
    with pytest.raises(ValueError, match="JSON"):
        write(path, {"a": float("nan")})
    assert json.loads(path.read_text()) == {"a": 1}
    assert os.listdir(tmp_path) == ["a.json"]


WRITER = """
import sys
from pathlib import Path
from parfocal.exchange.files import write
path = Path(sys.argv[1])
print("ready", flush=True)
for n in range(10**9):
    write(path, {"n": n, "text": "x" * (n % 50) * 1000})
"""


def test_a_writer_that_is_killed_leaves_a_whole_file(tmp_path):
    path, rng = tmp_path / "a.json", random.Random(1)
    written = 0
    for _ in range(8):
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
        assert process.stdout.readline() == "ready\n"
        timer = threading.Timer(rng.uniform(0.02, 0.3), process.kill)
        timer.start()
        process.communicate(timeout=60)
        if path.exists():
            document = json.loads(path.read_text())
            assert len(document["text"]) == document["n"] % 50 * 1000
            written += document["n"]
    assert written > 8
    assert read_outcomes([tmp_path])[1] != [], "no outcome, but read as a whole document"
    assert len(read_outcomes([tmp_path])[1]) == 1, "what a killed writer leaves is not taken for an outcome"


def test_reading_a_trial_gives_what_was_handed_out(tmp_path):
    write(tmp_path / "t.json", trial_document(TRIAL))
    assert read_trial(tmp_path / "t.json") == TRIAL
