"""A real SLURM on this machine: controller, accounting and nodes as children of the test, everything in one folder."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "slurmdbd", "sbatch", "mariadbd", "mariadb-install-db", "mariadb")
HINT = (
    "apt-get install --no-install-recommends slurmctld slurmd slurm-client munge slurmdbd slurm-wlm-mysql-plugin "
    "mariadb-server-core mariadb-client-core"
)


def missing():
    """Return why no SLURM can be started here, or an empty text."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    absent = [name for name in PROGRAMS if shutil.which(name, path=path) is None]
    return f"SLURM cannot be started, {', '.join(absent)} not found ({HINT})" if absent else ""


class Slurm:
    """A cluster; a context manager that ends every process that it started.

    Parameters
    ----------
    folder
        For keys, state and logs.
    nodes, cpus
        Nodes (all of them on this machine, each with a port of its own), and the CPUs of each.
    """

    def __init__(self, folder, nodes=2, cpus=2):
        self.folder = Path(folder)
        self.names = [f"n{index + 1}" for index in range(nodes)]
        self._cpus = cpus
        self._processes = []
        path = os.pathsep.join([str(self.folder / "bin"), os.environ["PATH"], "/usr/sbin", "/sbin"])
        self.env = {**os.environ, "PATH": path, "SLURM_CONF": str(self.folder / "slurm.conf")}

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *error):
        self.stop()

    def _start(self):
        control, accounts, *ports = _free_ports(2 + len(self.names))
        for name in ("munge", "state", "log", "bin", *(f"spool/{node}" for node in self.names)):
            (self.folder / name).mkdir(parents=True)
        self.folder.chmod(0o755)
        self._write_files(control, accounts, ports)
        root = os.getuid() == 0
        munge = self.folder / "munge"
        self._daemon(
            "munged", "--foreground", "--force", f"--key-file={munge}/key", f"--socket={munge}/socket",
            f"--pid-file={munge}/pid", f"--log-file={munge}/log", f"--seed-file={munge}/seed",
        )  # fmt: skip
        _until(lambda: (munge / "socket").exists(), "munge")
        data, sql = self.folder / "mariadb", self.folder / "mariadb.sock"
        user = ["--user=root"] if root else []
        self.call(
            "mariadb-install-db", "--no-defaults", *user, f"--datadir={data}", "--skip-test-db",
            "--auth-root-authentication-method=normal",
        )  # fmt: skip
        self._daemon(
            "mariadbd", "--no-defaults", *user, f"--datadir={data}", f"--socket={sql}", "--skip-networking",
            "--innodb-buffer-pool-size=32M", "--innodb-lock-wait-timeout=900", f"--pid-file={data}/pid",
        )  # fmt: skip
        create = ("mariadb", "--no-defaults", "-uroot", "-S", str(sql), "-e", "create database slurm_acct_db")
        _until(lambda: self.call(*create, check=False).returncode == 0, "MariaDB")
        # the plugin of SLURM takes the place of the socket from this variable alone
        self._daemon("slurmdbd", "-D", MYSQL_UNIX_PORT=str(sql))
        _until(lambda: self.call("sacctmgr", "-n", "show", "cluster", check=False).returncode == 0, "slurmdbd")
        self.call("sacctmgr", "-i", "add", "cluster", "test", check=False)
        self._daemon("slurmctld", "-D", "-c")
        for node in self.names:
            self._daemon("slurmd", "-D", "-N", node)
        _until(lambda: self.call("sinfo", "-h", "-N", "-o", "%t").stdout.split() == ["idle"] * len(self.names), "nodes")

    def _write_files(self, control, accounts, ports):
        folder, host, user = self.folder, socket.gethostname().split(".")[0], _user()
        key = folder / "munge" / "key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o600)
        (folder / "munge").chmod(0o711)
        dbd = folder / "slurmdbd.conf"
        dbd.write_text(
            f"AuthType=auth/munge\nAuthInfo=socket={folder}/munge/socket\nDbdHost=localhost\nDbdAddr=127.0.0.1\n"
            f"DbdPort={accounts}\nSlurmUser={user}\nLogFile={folder}/log/slurmdbd\nPidFile={folder}/slurmdbd.pid\n"
            "StorageType=accounting_storage/mysql\nStorageHost=localhost\nStorageUser=root\n"
            "StorageLoc=slurm_acct_db\n"
        )
        dbd.chmod(0o600)
        nodes = "".join(
            f"NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs={self._cpus} RealMemory=8000\n"
            for node, port in zip(self.names, ports, strict=True)
        )
        (folder / "slurm.conf").write_text(
            f"ClusterName=test\nSlurmctldHost={host}(127.0.0.1)\nSlurmctldPort={control}\n"
            f"SlurmUser={user}\nSlurmdUser={user}\n"
            f"AuthType=auth/munge\nAuthInfo=socket={folder}/munge/socket\nCredType=cred/munge\n"
            f"StateSaveLocation={folder}/state\nSlurmdSpoolDir={folder}/spool/%n\n"
            f"SlurmctldPidFile={folder}/slurmctld.pid\nSlurmdPidFile={folder}/slurmd.%n.pid\n"
            f"SlurmctldLogFile={folder}/log/slurmctld\nSlurmdLogFile={folder}/log/slurmd.%n\n"
            "AccountingStorageType=accounting_storage/slurmdbd\nAccountingStorageHost=127.0.0.1\n"
            f"AccountingStoragePort={accounts}\nAccountingStoragePass={folder}/munge/socket\n"
            "JobAcctGatherType=jobacct_gather/linux\nJobAcctGatherFrequency=5\n"
            "ProctrackType=proctrack/linuxproc\nTaskPlugin=task/none\nJobCompType=jobcomp/none\nMpiDefault=none\n"
            "SelectType=select/cons_tres\nSelectTypeParameters=CR_CPU_Memory\nSlurmdParameters=config_overrides\n"
            "SchedulerType=sched/backfill\nSchedulerParameters=sched_interval=1,sched_min_interval=0\n"
            "ReturnToService=2\nKillWait=2\nDefMemPerCPU=100\nMailProg=/bin/true\nPropagateResourceLimits=NONE\n"
            f"TaskProlog={folder}/bin/prolog\n"
            f"{nodes}PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP\n"
        )
        # a step that was started without the environment of its job must find this cluster, too
        conf = self.env["SLURM_CONF"]
        _script(folder / "bin" / "prolog", f"echo export SLURM_CONF={conf}")
        _script(folder / "bin" / "srun", f'SLURM_CONF={conf} exec {shutil.which("srun")} "$@"')

    def _daemon(self, *command, **more):
        log = (self.folder / "log" / f"{len(self._processes)}-{command[0]}").open("w")
        with log:
            self._processes.append(
                subprocess.Popen(
                    command, env={**self.env, **more}, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    start_new_session=True,
                )
            )  # fmt: skip

    def call(self, *command, check=True):
        """Run a program of SLURM to its end and return what came of it."""
        return subprocess.run(command, env=self.env, capture_output=True, text=True, timeout=60, check=check)

    def jobs(self):
        """Return (id, state, node, start) of each job that the accounts know."""
        printed = self.call("sacct", "-X", "-n", "-P", "--format=jobid,state,nodelist,start").stdout
        return [tuple(line.split("|")) for line in printed.splitlines()]

    def stop(self):
        """End all jobs, then all that was started, the last first."""
        with contextlib.suppress(Exception):
            self.call("scancel", "-u", _user(), check=False)
            time.sleep(1)
        for process in reversed(self._processes):
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes = []


def _user():
    import pwd

    return pwd.getpwuid(os.getuid()).pw_name


def _script(path, line):
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)


def _free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _until(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not come up within {seconds} s")
        time.sleep(0.2)
