"""Record what a real Galaxy server answers, for the fake one: ``python record.py VENV`` writes ``recorded.json``.

Each answer is a status and a body; identifiers and times are those of the server that was recorded.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import requests

sys.path.insert(0, str(Path(__file__).parent))
from galaxy_server import ROOT, GalaxyServer, one_tool

EXAMPLE = ROOT / "examples/galaxy"


class Recorder:
    def __init__(self, server: GalaxyServer) -> None:
        self.server, self.answers = server, {}

    def ask(self, method, path, body=None, *, name=None, key=None, **params):
        answer = requests.request(
            method, f"{self.server.url}/api/{path}", params=params, json=body, timeout=60,
            headers={"x-api-key": key or self.server.key},
        )  # fmt: skip
        if name is not None:
            self.answers[name] = {"status": answer.status_code, "body": answer.json()}
        return answer.json()

    def run(self, workflow, inputs, until, name, params=None):
        """Invoke a workflow and look at it until it ended; record invocation, jobs, their details and datasets."""
        history = self.ask("POST", "histories", {"name": name})["id"]
        body = {"inputs": inputs, "inputs_by": "step_index", "history": f"hist_id={history}",
                "parameters": params or {}, "parameters_normalized": True}  # fmt: skip
        made = self.ask("POST", f"workflows/{workflow}/invocations", body, name=f"{name} invoked")
        if "id" not in made:
            return history
        for _ in range(600):
            shown = self.ask("GET", f"invocations/{made['id']}", name=f"{name} invocation")
            jobs = self.ask("GET", "jobs", invocation_id=made["id"], name=f"{name} jobs")
            if shown["state"] in ("failed", "cancelled") or (jobs and until({job["state"] for job in jobs})):
                break
            time.sleep(0.2)
        for job in jobs:
            details = self.ask("GET", f"jobs/{job['id']}", full="true", name=f"{name} job {job['state']}")
            for output in details["outputs"].values():
                self.ask("GET", f"datasets/{output['id']}", name=f"{name} dataset {job['state']}")
        return history


def record(server: GalaxyServer) -> dict:
    r = Recorder(server)
    r.ask("GET", "users/current", name="user")
    r.ask("GET", "users/current", name="wrong key", key="0" * 32)
    r.ask("GET", "workflows/0123456789abcdef/download", name="no workflow")
    r.ask("GET", "tools/parfocal_segment", name="tool")
    r.ask("GET", "tools/no_such_tool", name="no tool")
    library = r.ask("POST", "histories", {"name": "parfocal inputs 0"}, name="history")["id"]
    r.ask("GET", "histories", q="name", qv="parfocal inputs 0", keys="id,name,create_time,deleted", name="histories")
    ids = {}
    for file in ("nuclei.tif", "truth.tif"):
        tus = f"{server.url}/api/upload/resumable_upload"
        own = {"x-api-key": server.key, "Tus-Resumable": "1.0.0"}
        content = (EXAMPLE / file).read_bytes()
        place = requests.post(tus, headers={**own, "Upload-Length": str(len(content))}, timeout=60).headers["Location"]
        session = place.rpartition("/")[2]
        head = {**own, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
        requests.patch(f"{tus}/{session}", data=content, headers=head, timeout=60).raise_for_status()
        element = {"src": "files", "ext": "auto", "dbkey": "?", "name": file}
        targets = [{"destination": {"type": "hdas"}, "elements": [element]}]
        fetch = {"history_id": library, "targets": targets,
                 "files_0|file_data": {"session_id": session, "name": file}}  # fmt: skip
        ids[file] = r.ask("POST", "tools/fetch", fetch, name="fetch")["outputs"][0]["id"]
        r.ask("GET", f"datasets/{ids[file]}", name="dataset pending")
        while r.ask("GET", f"datasets/{ids[file]}", name="dataset")["state"] != "ok":
            time.sleep(0.3)
    r.ask("GET", f"histories/{library}/contents", deleted="false", details="all", name="contents")
    ga = json.loads((EXAMPLE / "segment.ga").read_text())
    segment = r.ask("POST", "workflows", {"workflow": ga}, name="workflow")["id"]
    r.ask("GET", "workflows", name="workflows")
    r.ask("GET", f"workflows/{segment}/download", name="download")
    broken = r.ask("POST", "workflows", {"workflow": one_tool("parfocal_broken", "how", "text")})["id"]
    slow = r.ask("POST", "workflows", {"workflow": one_tool("parfocal_slow", "seconds", "float")})["id"]
    absent = r.ask("POST", "workflows", {"workflow": one_tool("no_such_tool", "how", "text")})["id"]
    data = {"0": {"src": "hda", "id": ids["nuclei.tif"]}, "1": {"src": "hda", "id": ids["truth.tif"]}}

    def ended(states):
        return states <= {"ok", "error", "paused", "deleted"}

    sigma = {"3": {"smoothing|sigma": 1.5}}
    history = r.run(segment, {**data, "2": 0.3}, ended, "good", sigma)
    r.ask("GET", "invocations", history_id=history, name="invocations")
    r.ask("DELETE", f"histories/{history}", {"purge": True}, name="purged")
    r.run(segment, {**data, "2": 2.0}, ended, "invalid", sigma)
    r.run(segment, {**data, "2": 0.3}, ended, "failed", {"3": {"smoothing|sigma": 100.0}})
    r.run(segment, {**data, "2": 0.3}, ended, "refused", {"3": {"smoothing|sigma": -1.0}})
    r.run(segment, data, ended, "incomplete", sigma)
    r.run(absent, {"0": "x"}, ended, "no tool", None)
    r.run(broken, {"0": "x"}, ended, "broken")
    r.run(slow, {"0": -5.0}, ended, "bounds")
    history = r.run(slow, {"0": 300.0}, lambda states: states == {"running"}, "running")
    r.ask("DELETE", f"invocations/{r.answers['running invoked']['body']['id']}", name="cancelled")
    for _ in range(100):
        job = r.answers["running jobs"]["body"][0]["id"]
        if r.ask("GET", f"jobs/{job}", full="true", name="cancelled job")["state"] == "deleted":
            break
        time.sleep(0.1)
    r.ask("GET", f"invocations/{r.answers['running invoked']['body']['id']}", name="cancelled invocation")
    quota = {"name": "small", "description": "small", "amount": "1 KB", "operation": "=", "in_users": [server.user]}
    made = r.ask("POST", "quotas", quota, key=server.admin)
    r.run(slow, {"0": 1.0}, ended, "quota")
    r.ask("DELETE", f"quotas/{made['id']}", key=server.admin)
    return r.answers


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        server = GalaxyServer(Path(folder), Path(sys.argv[1]))
        try:
            server.start()
            answers = record(server)
        finally:
            server.kill()
    text = json.dumps(answers, indent=1, sort_keys=True).replace(folder, "/srv/galaxy").replace(str(ROOT), "/srv")
    text = text.replace(server.url, "http://galaxy.test")
    assert server.key not in text and server.admin not in text
    (Path(__file__).parent / "recorded.json").write_text(text + "\n")
