"""When workers die one after another, or none comes up."""

import logging

from parfocal.engines.patience import Patience, Silence


def test_deaths_in_a_row_count_until_something_gets_finished():
    patience = Patience(3)
    assert not patience.ended(2, finished=5)
    assert not patience.ended(1, finished=6)
    assert not patience.ended(1, finished=6)
    assert patience.ended(1, finished=6)
    assert patience.streak == 3


def test_the_last_words_are_the_last_line_that_says_something():
    patience = Patience(1)
    assert patience.ended(1, 0)
    said = patience.last_words(["Traceback", "  ImportError: no cells  ", "", " "], "exit code 1")
    assert said == "1 workers in a row died without finishing a trial, the last with exit code 1: ImportError: no cells"
    assert patience.last_words([], "signal 9").endswith("the last with signal 9.")


def test_silence_is_told_now_and_then(caplog, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("parfocal.engines.patience.time.monotonic", lambda: now[0])
    silence = Silence(since=0.0)
    with caplog.at_level(logging.WARNING, logger="parfocal.engines"):
        for now[0] in range(0, 250, 5):
            silence.look(0, "look there")
    assert [record.getMessage() for record in caplog.records] == [
        "No worker has come up for 65 s: look there",
        "No worker has come up for 125 s: look there",
        "No worker has come up for 245 s: look there",
    ]
    silence.look(1, "")
    now[0] += 30
    caplog.clear()
    silence.look(0, "look there")
    assert caplog.records == []
