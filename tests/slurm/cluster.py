"""A real Slurm on this one machine, for tests: controller, some nodes, munge; no systemd, no accounting.

Debian has it all: ``apt-get install --no-install-recommends slurmctld slurmd slurm-client munge``. Everything is
kept in one folder, and what was started is ended by its own process ids.
"""

import contextlib
import getpass
import os
import platform
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import psutil

NEEDED = ("slurmctld", "slurmd", "sbatch", "munged")
PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])

CONFIGURATION = """
ClusterName=parfocal
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=1,batch_sched_delay=0,bf_interval=1
ReturnToService=2
MinJobAge=60
KillWait=5
InactiveLimit=0
MailProg=/bin/true
PropagateResourceLimits=NONE
{nodes}
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def missing() -> list[str]:
    """Return the programs that are not installed."""
    return [program for program in NEEDED if shutil.which(program, path=PATH) is None]


def _ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for opened in sockets:
        opened.bind(("127.0.0.1", 0))
    ports = [opened.getsockname()[1] for opened in sockets]
    for opened in sockets:
        opened.close()
    return ports


class Slurm:
    """A cluster of ``nodes`` nodes ``n1``, ``n2``, ... with ``cpus`` cores each; a context manager."""

    def __init__(self, folder: Path, nodes: int = 2, cpus: int = 2) -> None:
        self.folder, self.nodes, self.cpus = folder, nodes, cpus
        self.environment = {"SLURM_CONF": str(folder / "slurm.conf"), "PATH": PATH}
        self._pid_files: list[Path] = []

    def __enter__(self) -> "Slurm":
        folder = self.folder
        (folder / "state").mkdir(parents=True)
        for path in (folder, *folder.parents):  # munged refuses a socket in a folder that others cannot enter
            if path.owner() == getpass.getuser() and path != Path(path.anchor):
                path.chmod(path.stat().st_mode | 0o111)
        key = folder / "munge.key"
        key.write_bytes(secrets.token_bytes(128))
        key.chmod(0o600)
        port, *ports = _ports(1 + self.nodes)
        host = platform.node().split(".")[0]
        lines = [
            f"NodeName=n{i} NodeHostname={host} NodeAddr=127.0.0.1 Port={own} CPUs={self.cpus} RealMemory=4000"
            for i, own in enumerate(ports, 1)
        ]
        text = CONFIGURATION.format(host=host, port=port, user=getpass.getuser(), folder=folder, nodes="\n".join(lines))
        (folder / "slurm.conf").write_text(text)
        try:
            self._start(["munged", "--force", f"--key-file={key}", f"--socket={folder}/munge.socket",
                         f"--pid-file={folder}/munged.pid", f"--log-file={folder}/munged.log",
                         f"--seed-file={folder}/munged.seed"], "munged.pid")  # fmt: skip
            self._start(["slurmctld"], "slurmctld.pid")
            for i in range(1, self.nodes + 1):
                (folder / f"spool-n{i}").mkdir()
                self._start(["slurmd", "-N", f"n{i}"], f"slurmd-n{i}.pid")
            self.wait(lambda: self.call("sinfo", "-h", "-N", "-o", "%t").split() == ["idle"] * self.nodes, 30)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run(["scancel", "--full", f"--user={getpass.getuser()}"], env=self.full(), check=False)
        for file in reversed(self._pid_files):
            try:
                pid = int(file.read_text())
            except (OSError, ValueError):
                continue
            for number in (signal.SIGTERM, signal.SIGKILL):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process = psutil.Process(pid)
                    process.send_signal(number)
                    end = time.monotonic() + 10
                    while process.status() != psutil.STATUS_ZOMBIE and time.monotonic() < end:
                        time.sleep(0.05)

    def full(self) -> dict[str, str]:
        """Return the environment of a program that uses the cluster."""
        return {**os.environ, **self.environment}

    def _start(self, command: list[str], pid_file: str) -> None:
        self._pid_files.append(self.folder / pid_file)
        done = subprocess.run(command, env=self.full(), capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, f"{command[0]}: {done.stderr}"

    def call(self, *command: str) -> str:
        """Return what a command prints."""
        done = subprocess.run(command, env=self.full(), capture_output=True, text=True, timeout=60, check=False)
        return done.stdout

    def wait(self, condition, seconds: float) -> None:
        """Wait until something holds."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                logs = "\n".join(path.read_text()[-2000:] for path in sorted(self.folder.glob("*.log")))
                raise AssertionError(f"not after {seconds} s; {self.call('squeue')}\n{self.call('sinfo')}\n{logs}")
            time.sleep(0.2)

    def drain(self, node: str) -> None:
        """Take a node out: what runs there goes on, nothing new begins."""
        self.call("scontrol", "update", f"nodename={node}", "state=drain", "reason=test")

    def resume(self, node: str) -> None:
        """Take a node in again."""
        self.call("scontrol", "update", f"nodename={node}", "state=resume")
