"""A tiny Galaxy: an HTTP server in this process that gives answers which a real server gave (``record.py``).

It knows histories, workflows and uploads well enough to be found again, and has one story about how a run ends. What it
is asked first can be answered otherwise: ``fake.trouble["GET /jobs"] = [503, 429]``.
"""

import copy
import json
import re
import threading
from collections import defaultdict
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

RECORDED = json.loads((Path(__file__).parent / "recorded.json").read_text())
RECORDED["cancelled invoked"], RECORDED["cancelled jobs"] = RECORDED["running invoked"], RECORDED["running jobs"]
KEY = "k" * 32
SCORES = b'{"dice": 0.75, "precision": 0.8, "recall": 0.7}'
"""What each dataset contains."""
DROP = "drop"
"""A trouble: the connection breaks, after the request was carried out."""
PROXY = b"<html><body><h1>Bad gateway</h1></body></html>"


class FakeGalaxy:
    """Answers like a server; a context manager.

    Parameters
    ----------
    story
        How runs end, one after another; the last one counts for all that follow. Names in ``recorded.json``.
    """

    def __init__(self, *story: str) -> None:
        self.story = list(story) or ["good"]
        self.trouble: dict[str, list] = defaultdict(list)
        self.asked: list[str] = []
        self.bodies: list[tuple[str, object]] = []
        self.histories: dict[str, dict] = {}
        self.workflows: dict[str, dict] = {}
        self.datasets: dict[str, dict] = {}
        self.runs: dict[str, dict] = {}
        self.cancelled: set[str] = set()
        self.uploads: dict[str, int] = {}
        self._count = 0
        self._lock = threading.RLock()
        handler = type("Handler", (_Handler,), {"fake": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> "FakeGalaxy":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def count(self, request: str) -> int:
        """Return how often something was asked for."""
        return sum(re.fullmatch(request, each) is not None for each in self.asked)

    def new(self) -> str:
        self._count += 1
        return f"{self._count:016x}"

    def answer(self, method: str, path: str, query: dict, body: object) -> tuple[int, object]:
        """Return status and body of an answer."""
        with self._lock:
            for pattern, give in ROUTES:
                found = re.fullmatch(pattern, f"{method} {path}")
                if found:
                    return give(self, *found.groups(), query=query, body=body)
        return 400, {"err_msg": f"the fake server does not know {method} {path}", "err_code": 0}


def _recorded(name: str, /, **changes: object) -> tuple[int, object]:
    answer = copy.deepcopy(RECORDED[name])
    if isinstance(answer["body"], dict):
        answer["body"].update(changes)
    return answer["status"], answer["body"]


def _story(fake: FakeGalaxy, run: str) -> str:
    return fake.runs[run]["story"]


def _histories(fake, *, query, body):
    wanted = query.get("qv", [""])[0]
    row = RECORDED["histories"]["body"][0]
    return 200, [
        {**row, "id": of, "name": each["name"], "create_time": each["create_time"]}
        for of, each in fake.histories.items()
        if wanted in each["name"] and not each["deleted"]
    ]


def _now() -> str:
    return datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


def _new_history(fake, *, query, body):
    of = fake.new()
    status, made = _recorded("history", id=of, name=body["name"], create_time=_now())
    fake.histories[of] = made
    return status, made


def _delete_history(fake, of, *, query, body):
    fake.histories[of]["deleted"] = True
    fake.histories[of]["purged"] = body == {"purge": True}
    return _recorded("purged", id=of)


def _contents(fake, of, *, query, body):
    return 200, [each for each in fake.datasets.values() if each["history_id"] == of]


def _fetch(fake, *, query, body):
    of = fake.new()
    body = {key: json.loads(each) if isinstance(each, str) and each[:1] in "[{" else each for key, each in body.items()}
    name = body["targets"][0]["elements"][0]["name"]
    _, dataset = _recorded("dataset", id=of, name=name, history_id=body["history_id"])
    fake.datasets[of] = dataset
    status, made = _recorded("fetch")
    made["outputs"][0]["id"] = of
    return status, made


def _dataset(fake, of, *, query, body):
    if of in fake.datasets:
        return 200, fake.datasets[of]
    for run in fake.runs.values():
        for kind in ("error", "paused", "ok", "running"):
            name = f"{run['story']} dataset {kind}"
            job = RECORDED.get(f"{run['story']} job {kind}")
            if job and of in [each["id"] for each in job["body"]["outputs"].values()]:
                return _recorded(name, id=of)
    return _recorded("good dataset ok", id=of)


def _workflows(fake, *, query, body):
    row = RECORDED["workflows"]["body"][0]
    return 200, [{**row, "id": of, "name": each["name"]} for of, each in fake.workflows.items()]


def _import(fake, *, query, body):
    of = fake.new()
    fake.workflows[of] = body["workflow"]
    return _recorded("workflow", id=of, name=body["workflow"]["name"])


def _delete_workflow(fake, of, *, query, body):
    del fake.workflows[of]
    return 200, None


def _invoke(fake, workflow, *, query, body):
    story = fake.story.pop(0) if len(fake.story) > 1 else fake.story[0]
    status, made = _recorded(f"{story} invoked")
    if status == 200:
        made["id"] = fake.new()
        made["history_id"] = body["history"].removeprefix("hist_id=")
        fake.runs[made["id"]] = {"story": story, "history": made["history_id"]}
    return status, made


def _invocations(fake, *, query, body):
    row = RECORDED["invocations"]["body"][0]
    history = query["history_id"][0]
    return 200, [{**row, "id": of} for of, run in fake.runs.items() if run["history"] == history]


def _invocation(fake, of, *, query, body):
    return _recorded("cancelled invocation" if of in fake.cancelled else f"{_story(fake, of)} invocation", id=of)


def _cancel(fake, of, *, query, body):
    fake.cancelled.add(of)
    return _recorded("cancelled", id=of)


def _jobs(fake, *, query, body):
    if "invocation_id" in query:
        return _recorded(f"{_story(fake, query['invocation_id'][0])} jobs")
    found = [run["story"] for run in fake.runs.values() if run["history"] == query["history_id"][0]]
    return 200, [job for story in found for job in RECORDED[f"{story} jobs"]["body"]]


def _job(fake, of, *, query, body):
    for name, answer in RECORDED.items():
        if " job " in name and answer["body"]["id"] == of and name.split(" job ")[0] in map(_of, fake.runs.values()):
            return _recorded(name)
    return 404, {"err_msg": "Job not found", "err_code": 404001}


def _of(run: dict) -> str:
    return run["story"]


ROUTES = [
    (r"GET /users/current", lambda fake, **_: _recorded("user")),
    (r"GET /tools/(no_.*)", lambda fake, tool, **_: _recorded("no tool")),
    (r"GET /tools/.*", lambda fake, **_: _recorded("tool")),
    (r"GET /histories", _histories),
    (r"POST /histories", _new_history),
    (r"GET /histories/(\w+)/contents", _contents),
    (r"GET /histories/\w+/contents/\w+/display", lambda fake, **_: (200, SCORES)),
    (r"DELETE /histories/(\w+)", _delete_history),
    (r"POST /tools/fetch", _fetch),
    (r"GET /datasets/(\w+)", _dataset),
    (r"GET /workflows", _workflows),
    (r"POST /workflows/upload", _import),
    (r"DELETE /workflows/(\w+)", _delete_workflow),
    (r"GET /workflows/download/0001", lambda fake, **_: _recorded("download")),
    (r"GET /workflows/download/\w+", lambda fake, **_: _recorded("no workflow")),
    (r"POST /workflows/(\w+)/invocations", _invoke),
    (r"GET /invocations", _invocations),
    (r"GET /invocations/(\w+)", _invocation),
    (r"DELETE /invocations/(\w+)", _cancel),
    (r"GET /jobs", _jobs),
    (r"GET /jobs/(\w+)", _job),
    (r"DELETE /jobs/(\w+)", lambda fake, of, **_: (fake.cancelled.add(of), (200, True))[1]),
]


class _Handler(BaseHTTPRequestHandler):
    fake: FakeGalaxy
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: object) -> None:
        pass

    def _serve(self) -> None:
        fake, parts = self.fake, urlsplit(self.path)
        path = parts.path.removeprefix("/api")
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = f"{self.command} {path}"
        fake.asked.append(request)
        if self.headers.get("x-api-key") != KEY:
            return self._reply(*_recorded("wrong key"))
        waiting = next((each for name, each in fake.trouble.items() if each and re.fullmatch(name, request)), None)
        trouble = waiting.pop(0) if waiting else None
        if isinstance(trouble, int):
            return self._reply(trouble, PROXY)
        if isinstance(trouble, tuple):
            return self._reply(*trouble)
        if path.startswith("/upload/resumable_upload"):
            return self._upload(path, content, trouble)
        body = json.loads(content) if content and content[:1] in b"[{" else None
        if body is not None:
            fake.bodies.append((request, body))
        try:
            answer = fake.answer(self.command, path, parse_qs(parts.query), body)
        except Exception as error:  # a mistake of the test is told, not waited out
            answer = 400, {"err_msg": f"the fake server failed: {error!r}", "err_code": 0}
        if trouble == DROP:
            self.close_connection = True
            return None
        return self._reply(*answer)

    do_GET = do_POST = do_DELETE = do_PATCH = do_HEAD = do_PUT = _serve

    def _upload(self, path: str, content: bytes, trouble: object) -> None:
        """Take a file in pieces, as the tus protocol has it."""
        fake = self.fake
        if self.command == "POST":
            session = fake.new()
            fake.uploads[session] = 0
            return self._reply(201, b"", {"Location": f"http://inside:8080/api/upload/resumable_upload/{session}"})
        session = path.rpartition("/")[2]
        if self.command == "PATCH":
            if int(self.headers["Upload-Offset"]) != fake.uploads[session]:
                return self._reply(409, b"")
            fake.uploads[session] += len(content)
            if trouble == DROP:
                self.close_connection = True
                return None
        return self._reply(204 if self.command == "PATCH" else 200, b"", {"Upload-Offset": str(fake.uploads[session])})

    def _reply(self, status: int, body: object, headers: dict[str, str] | None = None) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for key, value in {**(headers or {}), "Content-Length": str(len(content))}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
