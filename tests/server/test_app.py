"""The server as any HTTP client sees it: the token, errors, limits, the document, metrics."""

import dataclasses
import json
import re
import threading
import time

import pytest

pytest.importorskip("fastapi", reason="pip install 'parfocal[serve]'")

import httpx
from prometheus_client.parser import text_string_to_metric_families

from parfocal import errors
from parfocal.server import create_app, models
from parfocal.storage import Counts, MemoryStorage, StudyState, WorkerRecord, wire
from parfocal.storage.http import HttpStorage
from parfocal.testing.storagetools import complete
from parfocal.trials import Fidelity, Outcome, Provenance, Trial
from tests.server.harness import TOKEN, running

RIGHT = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def behind():
    return MemoryStorage()


@pytest.fixture
def url(behind):
    with running(behind, limit=100_000) as address:
        yield address


@pytest.fixture
def client(url):
    with httpx.Client(base_url=url, headers=RIGHT, trust_env=False) as made:
        yield made


# ---------------------------------------------------------------- the token

WRONG = {
    "none": {},
    "wrong": {"Authorization": f"Bearer {TOKEN}x"},
    "empty": {"Authorization": ""},
    "prefix": {"Authorization": f"Bearer {TOKEN[:-1]}"},
    "other scheme": {"Authorization": f"Basic {TOKEN}"},
    "no scheme": {"Authorization": TOKEN},
    "bytes": {"Authorization": b"Bearer \xff\xfe"},
}


@pytest.mark.parametrize("kind", WRONG)
def test_without_the_right_token_nothing_is_said_or_done(url, behind, kind):
    study = behind.create_study("secret", {}).id
    document = create_app(MemoryStorage(), TOKEN).openapi()
    paths = [(path, method) for path, methods in document["paths"].items() for method in methods if path != "/health"]
    assert len(paths) > 25
    for path, method in [*paths, ("/nowhere", "get"), ("/v1", "post")]:
        at = path.replace("{study}", str(study)).replace("{number}", "0")
        answer = httpx.request(method, url + at, headers=WRONG[kind], trust_env=False)
        assert answer.status_code == 401, (method, path)
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "secret" not in answer.text
    assert [record.name for record in behind.studies()] == ["secret"]


def test_the_right_token_opens_and_the_scheme_may_be_written_small(url):
    for header in (RIGHT, {"authorization": f"bearer {TOKEN}"}):
        answer = httpx.get(f"{url}/v1/studies", headers=header, trust_env=False)
        assert (answer.status_code, answer.json()) == (200, {"studies": []})


def test_health_and_the_document_need_no_token(url):
    assert httpx.get(f"{url}/health", trust_env=False).json() == {"status": "ok"}
    assert httpx.get(f"{url}/openapi.json", trust_env=False).json()["openapi"].startswith("3.")
    assert "swagger" in httpx.get(f"{url}/docs", trust_env=False).text


def test_metrics_may_be_open(behind):
    with running(behind, open_metrics=True) as url:
        assert httpx.get(f"{url}/metrics", trust_env=False).status_code == 200
        assert httpx.get(f"{url}/v1/studies", trust_env=False).status_code == 401


# ---------------------------------------------------------------- errors


class Failing(MemoryStorage):
    """Raises one error at everything that reads."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def state(self, study):
        raise self.error


@pytest.mark.parametrize("name", [name for name in wire.ERRORS if name != "StorageUnavailable"])
def test_errors_travel_with_class_and_sentence(name, opened):
    kind = wire.ERRORS[name]
    with running(Failing(kind("'x' is wrong — mend it."))) as url, pytest.raises(errors.ParfocalError) as raised:
        opened(url).state(1)
    assert type(raised.value) is kind
    assert str(raised.value) == "'x' is wrong — mend it."


def test_every_error_of_a_storage_travels():
    def below(kind):
        return {kind.__name__, *(name for each in kind.__subclasses__() for name in below(each))}

    assert below(errors.StorageError) <= set(wire.ERRORS)


def test_a_database_that_is_away_is_waited_for_and_then_told(opened):
    away = errors.StorageUnavailable("The database is away.")
    with running(Failing(away)) as url:
        storage = opened(url, patience=0.5)
        with pytest.raises(errors.StorageUnavailable, match="The database is away"):
            storage.state(1)
        text = metrics_of(url)
    assert re.search(r'parfocal_database_errors_total\{error="StorageUnavailable"\} [2-9]', text)


def test_what_nobody_foresaw_is_an_error_of_the_server_not_a_traceback(opened):
    with running(Failing(ZeroDivisionError("secret 0"))) as url:
        with pytest.raises(errors.StorageError, match="The server has failed at this call") as raised:
            opened(url).state(1)
        assert "secret" not in str(raised.value)
        assert opened(url).studies() == [], "it goes on"


BAD = {
    "no JSON": ("/v1/studies", b"{", "no JSON"),
    "a list": ("/v1/studies", b"[]", "'the request'"),
    "missing": ("/v1/studies", b'{"name": "a"}', "'definition'.*[Ff]ield required"),
    "unknown key": ("/v1/studies", b'{"name": "a", "definition": {}, "x": 1}', "'x'"),
    "wrong type": ("/v1/studies/1/claim", b'{"worker": 5}', "'worker'.*got 5"),
    "text for a number": ("/v1/studies/1/claim", b'{"worker": "w", "n": "1"}', "'n'.*got '1'"),
    "a number that is none": ("/v1/studies/1/claim", b'{"worker": "w", "lease": "nan"}', "'lease"),
    "empty worker": ("/v1/studies/1/claim", b'{"worker": ""}', "'worker'"),
    "no claim": ("/v1/studies/1/claim", b'{"worker": "w", "n": 0}', "n must be a whole number of at least 1; got 0"),
    "no lease": ("/v1/studies/1/claim", b'{"worker": "w", "lease": null}', "A lease must be a finite number"),
    "no study": ("/v1/studies/x/claim", b'{"worker": "w"}', "'path.study'"),
    "no reason": (
        "/v1/studies/1/report",
        b'{"worker": "w", "results": [{"number": 0, "attempt": 1, "loss": null, '
        b'"outcome": {"state": "FAILED", "metrics": {}, "reason": "bad luck"}}]}',
        "'results.0.outcome.reason'",
    ),
    "seeds": ("/v1/studies/1/trials", b'{"configurations": [{}], "seeds": []}', "one configuration, seed"),
    "a budget": ("/v1/studies/1/trials", b'{"configurations": [{}], "seeds": [1e400]}', "'seeds.0'"),
    "deep": ("/v1/studies", b'{"name": "a", "definition": ' + b"[" * 20_000 + b"]" * 20_000 + b"}", None),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_wrong_request_is_told_in_one_sentence_and_changes_nothing(client, behind, kind):
    behind.create_study("a", {"kept": True})
    path, body, sentence = BAD[kind]
    answer = client.post(path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == (400 if sentence is None else 422)
    if sentence is not None:
        content = answer.json()
        assert content["error"] == "InvalidInput"
        assert re.search(sentence, content["message"]), content
        assert "\n" not in content["message"]
    assert [record.definition for record in behind.studies()] == [{"kept": True}]


def test_the_given_value_is_not_repeated_at_length(client):
    answer = client.post("/v1/studies", json={"name": ["x" * 10_000], "definition": {}})
    assert answer.status_code == 422
    assert len(answer.json()["message"]) < 200


def test_a_large_request_is_refused_whether_it_says_so_or_not(client, url, behind, opened):
    large = json.dumps({"name": "a", "definition": {"x": "x" * 200_000}}).encode()

    def unsaid():
        yield large[:50_000]
        yield large[50_000:]

    for body in (large, unsaid()):
        answer = client.post("/v1/studies", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 413
        assert "send less at once" in answer.json()["message"]
    with pytest.raises(errors.InvalidInput, match="send less at once"):
        opened(url).create_study("a", {"x": "x" * 200_000})
    assert behind.studies() == []


def test_what_is_not_there_says_so(client):
    assert client.get("/v2/studies").status_code == 404
    assert client.put("/v1/studies").status_code == 405
    assert client.get("/v1/studies/7/state").status_code == 404


# ---------------------------------------------------------------- the document


def test_the_document_is_valid_and_complete():
    document = create_app(MemoryStorage(), TOKEN, root_path="/tuning/").openapi()
    validator = pytest.importorskip("openapi_spec_validator", reason="pip install openapi-spec-validator")
    validator.validate(document)
    assert document["servers"] == [{"url": "/tuning"}]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation.get("description") or operation.get("summary"), (method, path)
            assert ("security" in operation) == (path != "/health"), path
            for parameter in operation.get("parameters", []):
                assert parameter.get("description"), (path, parameter)
            if path.startswith("/v1"):
                assert {"401", "422"} <= set(operation["responses"]), path
                for status, answer in operation["responses"].items():
                    schema = next(iter(answer["content"].values()))["schema"]
                    assert schema, (path, status)
    for name, schema in document["components"]["schemas"].items():
        assert schema.get("description"), name


def test_each_method_of_the_contract_has_a_route():
    contract = {name for name in dir(HttpStorage) if not name.startswith("_")} - {"url", "shared", "hurry", "close"}
    operations = {
        operation["operationId"].split("_v1_")[0]
        for path, methods in create_app(MemoryStorage(), TOKEN).openapi()["paths"].items()
        for operation in methods.values()
        if path.startswith("/v1")
    }
    assert operations == contract | {"server"}


SAME = {
    models.ProvenanceModel: Provenance,
    models.FidelityModel: Fidelity,
    models.OutcomeModel: Outcome,
    models.TrialModel: Trial,
    models.CountsModel: Counts,
    models.StateModel: StudyState,
    models.WorkerModel: WorkerRecord,
}


@pytest.mark.parametrize("model", SAME, ids=lambda model: model.__name__)
def test_models_have_the_fields_of_the_records(model):
    assert list(model.model_fields) == [field.name for field in dataclasses.fields(SAME[model])]


def test_answers_are_what_the_document_says(client, url, opened):
    storage = opened(url)
    study = storage.create_study("a", {"space": {}}).id
    storage.add(study, [{"x": 1.5}] * 3, range(3))
    storage.register(WorkerRecord("w", "host", 1, 2.0))
    claimed = storage.claim(study, "w", 2)
    nan = float("nan")
    outcome = Outcome.complete({"a": 1.0, "b": nan, "c": -float("inf")}, scores={"i": {"a": nan}})
    storage.report(study, "w", [(0, 1, outcome, 1.0), (1, 1, Outcome.failed("timeout", "late"), nan)])
    assert len(claimed) == 2
    answers = {
        "/v1/server": models.Server,
        "/v1/studies": models.Studies,
        "/v1/study?name=a": models.StudyModel,
        f"/v1/studies/{study}/state": models.StateModel,
        f"/v1/studies/{study}/counts": models.CountsModel,
        f"/v1/studies/{study}/running": models.Trials,
        f"/v1/studies/{study}/trials": models.Trials,
        f"/v1/studies/{study}/trials/1": models.TrialModel,
        f"/v1/studies/{study}/configurations?start=1": models.Configurations,
        f"/v1/studies/{study}/wait-for-work": models.Ready,
        "/v1/workers": models.Workers,
        "/health": models.Health,
        "/v1/studies/77/state": models.Error,
    }
    for path, model in answers.items():
        text = client.get(path).text
        model.model_validate(json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON")))


def test_behind_a_path(behind, opened):
    with running(behind, root_path="/tuning") as url:
        for prefix in ("", "/tuning"):  # whether the proxy takes the prefix away or not
            storage = opened(url + prefix + "/")
            assert storage.url == url + prefix
            assert storage.studies() == []
            assert httpx.get(f"{url}{prefix}/v1/studies", trust_env=False).status_code == 401
        assert "/tuning/openapi.json" in httpx.get(f"{url}/docs", trust_env=False).text


def test_large_answers_are_compressed_for_those_who_take_it(client, behind):
    study = behind.create_study("a", {}).id
    behind.add(study, [{"x": i / 7} for i in range(5000)], range(5000))
    path = f"/v1/studies/{study}/configurations"
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    packed = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.json() == plain.json()
    assert int(packed.headers["content-length"]) < 0.5 * int(plain.headers["content-length"])


# ---------------------------------------------------------------- metrics


def metrics_of(url):
    answer = httpx.get(f"{url}/metrics", headers=RIGHT, trust_env=False)
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return answer.text


def values(text):
    """Return (name, labels) -> value."""
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_metrics(url, opened):
    storage = opened(url)
    study = storage.create_study('a "quoted"\nstudy'.replace("\n", " "), {}).id
    name = ("study", 'a "quoted" study')
    storage.add(study, [{}] * 5, range(5))
    storage.set_budget(study, 9)
    storage.lead(study, "w", 60)
    storage.register(WorkerRecord("w", "host", 1, 2.0))
    claimed = storage.claim(study, "w", 4)
    storage.report(study, "w", [complete(trial) for trial in claimed[:2]])
    storage.report(study, "w", [complete(claimed[0])])
    storage.reap(study, ["w"], max_attempts=1)
    got = values(metrics_of(url))
    states = {"waiting": 1, "running": 0, "complete": 2, "pruned": 0, "failed": 0, "lost": 2}
    for state, count in states.items():
        assert got["parfocal_trials", ("state", state), name] == count
    assert got["parfocal_budget_trials", name] == 9
    assert got["parfocal_claimed_trials_total", name] == 4
    assert got["parfocal_reported_trials_total", ("result", "accepted"), name] == 2
    assert got["parfocal_reported_trials_total", ("result", "refused"), name] == 1
    assert got["parfocal_reaped_trials_total", name, ("to", "lost")] == 2
    assert got["parfocal_workers",] == 1
    assert got["parfocal_database_up",] == 1
    assert ("parfocal_asker_age_seconds", name) not in got, "its asker was said to be dead"
    storage.lead(study, "w", 60)
    got = values(metrics_of(url))
    assert 0 <= got["parfocal_asker_age_seconds", name] < 30
    assert 30 < got["parfocal_asker_lead_remaining_seconds", name] <= 60
    key = ("method", "POST"), ("route", "/v1/studies/{study}/claim"), ("status", "200")
    assert got["parfocal_request_duration_seconds_count", *key] == 1
    assert got["process_resident_memory_bytes",] > 1e6


def test_there_is_an_end_to_labels(client, url, behind, opened):
    for i in range(130):
        study = behind.create_study(f"study {i}", {}).id
        behind.add(study, [{}], [0])
        opened(url).claim(study, "w") if i > 120 else None
    for i in range(50):
        client.get(f"/{i}")
        client.request(f"VERB{i}", "/v1/studies")
    text = metrics_of(url)
    got = values(text)
    assert len({labels for labels in got if labels[0] == "parfocal_trials"}) == 600
    assert got["parfocal_claimed_trials_total", ("study", "(other)")] == 9
    assert "VERB" not in text
    assert "/17" not in text


def test_metrics_say_that_the_database_is_away():
    class Away(MemoryStorage):
        def studies(self):
            raise errors.StorageUnavailable("away")

    with running(Away()) as url:
        assert values(metrics_of(url))["parfocal_database_up",] == 0


def test_health_says_that_the_database_is_away():
    class Away(MemoryStorage):
        def workers(self):
            raise errors.StorageUnavailable("away")

    with running(Away()) as url:
        answer = httpx.get(f"{url}/health", trust_env=False)
        assert (answer.status_code, answer.json()) == (503, {"status": "database"})


# ---------------------------------------------------------------- waiting


def test_those_who_wait_keep_nobody_from_claiming(url, behind, opened):
    study = behind.create_study("a", {}).id
    storage = opened(url)
    got = []
    threads = [threading.Thread(target=lambda: got.append(storage.wait_for_work(study, 20))) for _ in range(80)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 20
    while values(metrics_of(url))["parfocal_waiting_clients", ("topic", "work")] < 80:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    begin = time.monotonic()
    for _ in range(20):
        assert opened(url).claim(study, "w") == []
    assert time.monotonic() - begin < 5
    storage.add(study, [{}] * 100, range(100))
    for thread in threads:
        thread.join(20)
    assert got == [True] * 80


def test_of_those_who_wait_only_as_many_wake_as_there_is_work(url, behind, opened):
    study = behind.create_study("a", {}).id
    storage = opened(url)
    claimed, asked = [], []

    def work():
        while storage.wait_for_work(study, 3):
            asked.append(1)
            claimed.extend(storage.claim(study, "w"))

    threads = [threading.Thread(target=work) for _ in range(30)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    for i in range(5):
        storage.add(study, [{}], [i])
        time.sleep(0.1)
    for thread in threads:
        thread.join(20)
    assert len(claimed) == 5
    assert len(asked) <= 15, "five trials are not asked for by thirty"


def test_what_others_write_into_the_database_is_seen(tmp_path, opened):
    from parfocal.storage.sql import SqlStorage

    other = SqlStorage(tmp_path / "a.db")
    study = other.create_study("a", {}).id
    with running(SqlStorage(tmp_path / "a.db")) as url:
        storage = opened(url)
        threading.Timer(0.5, lambda: other.add(study, [{}], [0])).start()
        begin = time.monotonic()
        assert storage.wait_for_change(study, 0, 20)
        assert 0.3 < time.monotonic() - begin < 5
    other.close()


def test_a_deleted_study_ends_the_waiting(url, behind, opened):
    study = behind.create_study("a", {}).id
    storage = opened(url)
    timer = threading.Timer(0.3, lambda: storage.delete_study(study))
    timer.start()
    with pytest.raises(errors.StorageError, match="There is no study"):
        storage.wait_for_work(study, 20)
    timer.join()
