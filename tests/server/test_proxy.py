"""Behind a real nginx with TLS, under a path, as docs/server.md says."""

import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="pip install 'parfocal[serve]'")

from parfocal.errors import InvalidInput, StorageError, StorageUnavailable
from parfocal.storage import MemoryStorage
from parfocal.storage.http import HttpStorage
from parfocal.testing.storagetools import complete
from tests.server.harness import free_port, running

DOCS = Path(__file__).parents[2] / "docs" / "server.md"
MAIN = """
daemon off; pid {folder}/pid; error_log {folder}/error.log; user root;
events {{ }}
http {{
  access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  {server}
}}
"""


@pytest.fixture
def proxied(tmp_path, monkeypatch):
    """Return a function that starts nginx before a server's url, and returns the url of both."""
    nginx, openssl = shutil.which("nginx") or "/usr/sbin/nginx", shutil.which("openssl")
    if not Path(nginx).exists() or openssl is None:
        pytest.skip("nginx and openssl are not installed: apt-get install nginx-light openssl")
    subprocess.run(
        [
            openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
            "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem",
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    processes = []

    def start(url):
        port = free_port()
        server = re.search(r"```nginx\n(.*?)```", DOCS.read_text(), re.DOTALL).group(1)
        for old, new in (
            ("443", f"127.0.0.1:{port}"),
            ("/etc/ssl/certs/tuning.pem", f"{tmp_path}/cert.pem"),
            ("/etc/ssl/private/tuning.key", f"{tmp_path}/key.pem"),
            ("http://127.0.0.1:8753", url),
            ("64m", "1m"),
        ):
            assert old in server
            server = server.replace(old, new)
        (tmp_path / "nginx.conf").write_text(MAIN.format(folder=tmp_path, server=server))
        command = [nginx, "-e", str(tmp_path / "error.log"), "-c", str(tmp_path / "nginx.conf")]
        processes.append(subprocess.Popen(command, stderr=subprocess.PIPE))
        deadline = time.monotonic() + 10
        while not (tmp_path / "pid").exists():
            assert time.monotonic() < deadline and processes[-1].poll() is None, processes[-1].communicate()
            time.sleep(0.02)
        return f"https://localhost:{port}/parfocal"

    yield start
    for process in processes:
        process.terminate()
        process.communicate(timeout=10)


def test_behind_nginx_with_tls_under_a_path(proxied, tmp_path, monkeypatch):
    with running(MemoryStorage(), root_path="/parfocal") as url:
        address = proxied(url)
        with pytest.raises(StorageError, match=r"cannot be reached .*certificate"):
            HttpStorage(address)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        storage = HttpStorage(address, patience=1.0)
        study = storage.create_study("a", {}).id
        storage.add(study, [{"x": i} for i in range(3000)], range(3000))
        claimed = storage.claim(study, "w", 3)
        assert storage.report(study, "w", [complete(trial) for trial in claimed]).all()
        assert storage.wait_for_work(study, 5)
        assert not storage.wait_for_change(study, 3003, 0.5)
        assert len(storage.changes(study)) == len(storage.configurations(study)) == 3000
        with pytest.raises(InvalidInput, match=r"A proxy before .* refuses so much at once"):
            storage.create_study("b", {"x": "x" * 2_000_000})
        with pytest.raises(StorageError, match="no parfocal server: check the address and its path"):
            HttpStorage(address.removesuffix("/parfocal"))
    with pytest.raises(StorageUnavailable, match="status 502"):
        storage.studies()
    storage.close()
