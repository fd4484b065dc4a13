"""A real Galaxy server on the loopback interface: SQLite, the local job runner, and the tools of the example.

It needs a virtual environment of its own (``pip install galaxy-web-apps``), which ``PARFOCAL_GALAXY_VENV`` names.
"""

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import yaml

ROOT = Path(__file__).resolve().parents[3]
TOOLS = (
    *sorted((ROOT / "examples/galaxy/tools").glob("*.xml")),
    *sorted((Path(__file__).parent / "tools").glob("*.xml")),
)
START = 300.0
"""Seconds that a server may take until it answers."""


def one_tool(tool: str, parameter: str, kind: str) -> dict[str, object]:
    """Return a workflow of one tool with one parameter; its result is called 'out'."""
    return workflow(tool, {parameter: kind})


def workflow(tool: str, kinds: dict[str, str], **state: object) -> dict[str, object]:
    """Return a workflow of one tool whose inputs are parameters of the workflow; ``state`` is what it sets itself."""
    sources = [_parameter(index, name, kind) for index, (name, kind) in enumerate(kinds.items())]
    connected = {name: {"__class__": "ConnectedValue"} for name in kinds}
    step = {
        **_step(len(sources), "tool", "work", {**connected, **state, "__page__": None}),
        "name": tool,
        "tool_id": tool,
        "content_id": tool,
        "tool_version": "0.1.0",
        "input_connections": {name: {"id": index, "output_name": "output"} for index, name in enumerate(kinds)},
        "workflow_outputs": [{"output_name": "out", "label": "out"}],
    }
    return _document(tool, [*sources, step])


def nested(inner: dict[str, object], parameter: str) -> dict[str, object]:
    """Return a workflow that does nothing but run another one."""
    step = {
        **_step(1, "subworkflow", "inside", {}),
        "subworkflow": inner,
        "input_connections": {parameter: {"id": 0, "output_name": "output", "input_subworkflow_step_id": 0}},
        "workflow_outputs": [{"output_name": "out", "label": "out"}],
    }
    return _document("nested", [_parameter(0, parameter, "float"), step])


def _parameter(index: int, name: str, kind: str) -> dict[str, object]:
    return _step(index, "parameter_input", name, {"parameter_type": kind, "optional": False})


def _step(index: int, kind: str, label: str, state: dict[str, object]) -> dict[str, object]:
    return {
        "id": index, "type": kind, "label": label, "name": label, "annotation": "", "inputs": [], "outputs": [],
        "input_connections": {}, "tool_id": None, "tool_version": None, "tool_state": json.dumps(state),
        "workflow_outputs": [], "post_job_actions": {}, "position": {"left": 200 * index, "top": 0},
    }  # fmt: skip


def _document(name: str, steps: list[dict[str, object]]) -> dict[str, object]:
    own = {"a_galaxy_workflow": "true", "format-version": "0.1", "name": name, "annotation": "", "tags": []}
    return {**own, "steps": {str(step["id"]): step for step in steps}}


class GalaxyServer:
    """A server with one ordinary user; it can be killed and started again on the same port."""

    def __init__(self, folder: Path, venv: Path, workers: int = 2) -> None:
        self.folder, self.venv = folder, venv
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.admin = secrets.token_hex(16)
        self.key = self.user = ""
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        lines = [f'<tool file="{path}"/>' for path in TOOLS]
        (folder / "tool_conf.xml").write_text(
            f'<toolbox><section id="get" name="Get"><tool file="data_source/upload.xml"/></section>'
            f'<section id="own" name="Own">{"".join(lines)}</section></toolbox>'
        )
        (folder / "galaxy.yml").write_text(yaml.safe_dump({"galaxy": self._options(workers)}))

    def _options(self, workers: int) -> dict[str, object]:
        folder = self.folder
        return {
            "config_dir": str(folder),
            "data_dir": str(folder / "data"),
            "managed_config_dir": str(folder / "managed"),
            "file_path": str(folder / "data/objects"),
            "database_connection": f"sqlite:///{folder}/galaxy.sqlite?isolation_level=IMMEDIATE",
            "tool_config_file": str(folder / "tool_conf.xml"),
            "galaxy_infrastructure_url": self.url,
            "bootstrap_admin_api_key": self.admin,
            "id_secret": secrets.token_hex(16),
            "enable_quotas": True,
            "enable_celery_tasks": False,
            "conda_auto_init": False,
            "conda_auto_install": False,
            "check_migrate_tools": False,
            "watch_tools": False,
            "enable_tool_shed_check": False,
            "metadata_strategy": "directory",
            "job_handler_monitor_sleep": 0.1,
            "job_runner_monitor_sleep": 0.1,
            "workflow_monitor_sleep": 0.1,
            "job_config": {
                "runners": {"local": {"load": "galaxy.jobs.runners.local:LocalJobRunner", "workers": workers}},
                "execution": {"default": "local", "environments": {"local": {"runner": "local"}}},
            },
        }

    def start(self) -> None:
        """Start the server and wait until it answers; the first time make the user."""
        own = {"GALAXY_CONFIG_FILE": str(self.folder / "galaxy.yml"), "VIRTUAL_ENV": str(self.venv)}
        path = f"{self.venv / 'bin'}{os.pathsep}{os.environ['PATH']}"
        log = self.folder / "galaxy.log"
        command = [self.venv / "bin/uvicorn", "--factory", "galaxy.webapps.galaxy.fast_factory:factory"]
        command += ["--host", "127.0.0.1", "--port", str(self.port)]
        with log.open("ab") as stream:
            self._process = subprocess.Popen(
                list(map(str, command)), cwd=self.folder, env={**os.environ, **own, "PATH": path}, stdout=stream,
                stderr=stream, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + START
        while not self.answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Galaxy did not start: {log.read_text(errors='replace')[-3000:]}")
            time.sleep(0.3)
        if not self.key:
            user = self.call("POST", "users", self.admin, {"username": "tester", "email": "tester@example.org",
                                                           "password": secrets.token_hex(8)})  # fmt: skip
            self.key = str(self.call("POST", f"users/{user['id']}/api_key", self.admin))
            self.user = user["id"]

    def answers(self) -> bool:
        """Whether the server answers."""
        try:
            urllib.request.urlopen(f"{self.url}/api/version", timeout=2).close()
        except OSError:
            return False
        return True

    def call(self, method: str, path: str, key: str, body: object = None) -> object:
        """Send one request to the API, and return its answer."""
        request = urllib.request.Request(
            f"{self.url}/api/{path}", None if body is None else json.dumps(body).encode(), method=method,
            headers={"x-api-key": key, "Content-Type": "application/json"},
        )  # fmt: skip
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{method} {path}: {error.code} {error.read()[:500]!r}") from None

    def kill(self) -> None:
        """End the server at once, with the jobs that it runs."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        """Ask the server to end; by force if it does not."""
        self._signal(signal.SIGTERM)

    def _signal(self, number: int) -> None:
        process = self._process
        if process is None:
            return
        jobs = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        for each in (number, signal.SIGKILL):
            try:
                os.killpg(process.pid, each)
                process.wait(20)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue
        for job in jobs:  # each is the leader of a group of its own
            with contextlib.suppress(psutil.Error):
                job.kill()
        self._process = None
