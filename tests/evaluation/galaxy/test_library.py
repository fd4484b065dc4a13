"""Files and workflows that go to the server once, also when several workers begin at the same moment."""

import threading

import pytest
from fake_galaxy import DROP

from parfocal.evaluation.galaxy import library, upload
from parfocal.evaluation.galaxy.library import Input, dataset_ids, workflow_id
from parfocal.evaluation.galaxy.server import Server
from parfocal.evaluation.galaxy.workflow import Workflow


def inputs(folder, *names):
    return {name: Input(folder / name) for name in names}


@pytest.mark.parametrize("workers", [2, 5])
def test_workers_that_begin_at_once(fake, example, workers):
    start, found = threading.Barrier(workers), []
    workflow = Workflow.read(example / "segment.ga")

    def work():
        server = Server(None, 10)
        start.wait()
        found.append((dataset_ids(server, inputs(example, "nuclei.tif", "truth.tif")), workflow_id(server, workflow)))

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == workers and all(each == found[0] for each in found)
    assert fake.count("POST /tools/fetch") == 2
    assert [each["purged"] for each in fake.histories.values()].count(False) == 1
    assert len(fake.workflows) == 1


def test_another_content_is_another_file(fake, example):
    server = Server(None, 10)
    first = dataset_ids(server, inputs(example, "nuclei.tif"))
    (example / "nuclei.tif").write_bytes(b"another")
    second = dataset_ids(server, inputs(example, "nuclei.tif"))
    assert first != second and len(fake.datasets) == 2 and len(fake.histories) == 2


def test_one_file_for_two_inputs_is_sent_once(fake, example):
    given = {"a": Input(example / "truth.tif"), "b": Input(example / "truth.tif"), "c": Input(None, dataset="abc")}
    ids = dataset_ids(Server(None, 10), given)
    assert ids["a"] == ids["b"] != ids["c"] == "abc"
    assert fake.count("POST /tools/fetch") == 1


def test_an_upload_that_another_worker_never_ends_is_done_here(fake, example, monkeypatch):
    monkeypatch.setattr(library, "UPLOAD_WAIT", 0.05)
    server = Server(None, 10)
    dataset_ids(server, inputs(example, "truth.tif"))
    fake.datasets.clear()  # the history is there, its maker is not
    assert len(dataset_ids(server, inputs(example, "truth.tif"))) == 1
    assert fake.count("POST /tools/fetch") == 2


@pytest.mark.parametrize("trouble", [[], [DROP], [503, DROP, 502]])
def test_a_file_goes_in_pieces_and_goes_on_where_it_broke(fake, example, monkeypatch, trouble):
    monkeypatch.setattr(upload, "CHUNK", 5_000)
    size = (example / "truth.tif").stat().st_size
    fake.trouble[r"PATCH /upload/.*"] = ["", *trouble]
    dataset_ids(Server(None, 10), inputs(example, "truth.tif"))
    assert list(fake.uploads.values()) == [size]
    assert fake.count("PATCH .*") - fake.count("HEAD .*") <= -(-size // 5_000)
    assert fake.count("PATCH .*") >= -(-size // 5_000)


def test_an_empty_file(fake, tmp_path):
    (tmp_path / "empty.csv").touch()
    assert len(dataset_ids(Server(None, 10), inputs(tmp_path, "empty.csv"))) == 1
    assert list(fake.uploads.values()) == [0]
