"""The route of pictures: behind the token, never waiting, never showing what it should not."""

import time

import numpy as np
import PIL.Image
import pytest

from parfocal.dashboard.app import make_app
from parfocal.dashboard.overlays import overlays_of
from parfocal.running import trial_folder
from parfocal.space import Float
from parfocal.study import Study
from parfocal.trials import Outcome
from tests.dashboard.served import TOKEN, client, spots


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    path = tmp_path_factory.mktemp("overlays") / "s.db"
    spots(path, n=5).storage.close()
    return path


@pytest.fixture
def app(place):
    made = make_app(str(place), token=TOKEN)
    yield made
    made.server.extensions["parfocal"].close()


def until_drawn(get, address):
    """Ask as a browser does."""
    deadline = time.monotonic() + 60
    while (answer := get(address)).status_code == 202 and time.monotonic() < deadline:
        time.sleep(0.1)
    return answer


def test_a_picture_of_a_trial_comes_after_some_asking(app):
    get = client(app).get
    begin = time.monotonic()
    first = get("/overlay/spots/3?picture=image:simulated_0")
    assert first.status_code == 202 and time.monotonic() - begin < 2.0
    full = until_drawn(get, "/overlay/spots/3?picture=image:simulated_0")
    assert full.status_code == 200 and full.mimetype == "image/png" and full.data.startswith(b"\x89PNG")
    small = get("/overlay/spots/3?picture=image:simulated_0&size=small")
    assert small.status_code == 200 and small.mimetype == "image/jpeg" and len(small.data) < len(full.data)
    assert "private" in full.headers["Cache-Control"] and full.headers["X-Content-Type-Options"] == "nosniff"
    default = until_drawn(get, "/overlay/spots/default?picture=image:simulated_0")
    assert default.status_code == 200 and default.data != full.data


def test_without_the_token_nobody_gets_a_picture_or_a_file(app):
    stranger = app.server.test_client()
    for address in ("/overlay/spots/3?picture=image:simulated_0", "/trial-file/spots/3"):
        assert stranger.get(address).status_code == 401
        assert stranger.get(address, headers={"Cookie": "parfocal=x"}).status_code == 401


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("/overlay/nothing/3?picture=image:simulated_0", "no study 'nothing'"),
        ("/overlay/spots/99?picture=image:simulated_0", "no trial 99"),
        ("/overlay/spots/-1?picture=image:simulated_0", "no such picture"),
        ("/overlay/spots/%C2%B2?picture=image:simulated_0", "no such picture"),
        ("/overlay/spots/..?picture=image:simulated_0", "no such picture"),
        ("/overlay/spots/3?picture=image:nothing", "has no image 'nothing'"),
        ("/overlay/spots/3?picture=artifact:../../etc/passwd", "left no such picture"),
        ("/overlay/spots/3?picture=/etc/passwd", "could draw overlays"),
        ("/overlay/spots/3", "could draw overlays"),
    ],
)
def test_what_there_is_not_is_one_sentence(app, address, text):
    answer = until_drawn(client(app).get, address)
    assert answer.status_code == 404 and text in answer.text and answer.mimetype == "text/plain"
    assert "Traceback" not in answer.text and answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.fixture
def left(tmp_path):
    """Return a database with a trial that left pictures, and what should not be shown."""
    study = Study({"x": Float(0, 1)}, "maximize f1", storage=tmp_path / "s.db", name="a, b/c")
    storage, record = study.storage, study.record
    storage.add(record.id, [{"x": 0.5}], [1])
    storage.claim(record.id, "w")
    folder = trial_folder(storage, study.name) / "000000"
    folder.mkdir(parents=True)
    PIL.Image.fromarray(np.tile(np.arange(200, dtype=np.uint8), (600, 3))).save(folder / "p.png")
    PIL.Image.fromarray(np.zeros((30, 40), np.uint16)).save(folder / "m.tif")
    secret = tmp_path / "secret.png"
    PIL.Image.fromarray(np.zeros((3, 4), np.uint8)).save(secret)
    artifacts = {"p": "p.png", "m": str(folder / "m.tif"), "secret": str(secret), "up": "../../../secret.png"}
    outcome = Outcome.complete({"f1": 0.5}, artifacts=artifacts)
    assert storage.report(record.id, "w", [(0, 1, outcome, -0.5)]).all()
    storage.close()
    app = make_app(str(tmp_path / "s.db"), token=TOKEN)
    yield app
    app.server.extensions["parfocal"].close()


def test_pictures_that_a_trial_left_are_shown_and_nothing_outside_of_its_folder(left):
    get, base = client(left).get, "/overlay/a~2C~20b~2Fc/0?picture=artifact:"
    picture = get(f"{base}p")
    assert picture.status_code == 200 and picture.mimetype == "image/png"
    assert until_drawn(get, f"{base}p&size=small").mimetype == "image/jpeg"
    assert until_drawn(get, f"{base}m").data.startswith(b"\x89PNG"), "no browser shows TIFF"
    for name in ("secret", "up"):
        for more in ("", "&size=small"):
            answer = get(f"{base}{name}{more}")
            assert answer.status_code == 404 and "no such file" in answer.text
    source = left.server.extensions["parfocal"]
    view = source.view("a, b/c")
    found = overlays_of(source).pictures(view, source.trials(view, 0, 1)[0])
    assert [each.name for each in found if not each.problem] == ["m", "p"]
    assert [each.name for each in found if each.problem] == ["secret", "up"]


def test_the_file_of_a_trial_evaluates_to_the_same_once_more(app, place, tmp_path):
    from parfocal.exchange import evaluate, read_trial

    answer = client(app).get("/trial-file/spots/2")
    assert answer.mimetype == "application/json" and "trial-000002.json" in answer.headers["Content-Disposition"]
    (tmp_path / "t.json").write_bytes(answer.data)
    study = Study.open(place)
    outcome = evaluate(read_trial(tmp_path / "t.json"))
    assert outcome.metrics == study.trials(2, 3)[0].outcome.metrics
    study.storage.close()
    assert client(app).get("/trial-file/spots/77").status_code == 404


def test_a_study_in_memory_of_a_function_has_no_pictures_and_no_file(tmp_path):
    study = Study({"x": Float(0, 1)}, "minimize loss", storage=tmp_path / "s.db", name="plain")
    study.storage.add(study.record.id, [{"x": 0.1}], [0])
    study.storage.close()
    app = make_app(str(tmp_path / "s.db"), token=TOKEN)
    get = client(app).get
    assert "write an image" in get("/overlay/plain/0?picture=image:a").text
    assert get("/trial-file/plain/0").status_code == 404
    app.server.extensions["parfocal"].close()
