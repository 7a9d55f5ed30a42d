"""Real clients under seeded users: a program in the client's own language, and what came of each of its steps.

How a program takes jobs and answers is said in `real/python/job.py`; `real/node/job.mjs` does the same in Node.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import pytest
from real_servers import Valkey, valkey

from bootstrap.redis.by_url import apply_client
from bootstrap.redis.users import User
from bootstrap.secrets import Secret

REAL = Path(__file__).parent / "real"
ROOT = Path(__file__).parents[2]
PASSWORD = "of-a-real-client"
IDENTITY = "clinic_worker"
_PATIENCE = 120
"""Seconds that a job may take on a busy computer: reached when a client waits for ever."""

_RANDOM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{32}\b|\b[0-9a-f]{16}\b|[A-Za-z0-9_-]{43}")
"""What clients make up for their keys and channels: a UUID, an MD5, the id of a server or of a session."""


@dataclass(frozen=True)
class Seen:
    """What came of a job."""

    steps: Mapping[str, str]
    """Step -> `ok`, or the error."""
    denied: frozenset[str]
    """What ACL LOG has of the user: `command info`, `key other:key`, `channel other:news`; `...` is made up."""


class Program:
    """A client's program, started once and given job after job."""

    def __init__(self, command: list[str], port: int) -> None:
        environment = {**os.environ, "HOST": "127.0.0.1", "PORT": str(port)}
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            start_new_session=True,
        )
        self._in, self._out, self._err = (
            cast(IO[str], each) for each in (self._process.stdin, self._process.stdout, self._process.stderr)
        )
        self._said: list[str] = []
        self._reader = threading.Thread(target=lambda: self._said.extend(self._err), daemon=True)
        self._reader.start()

    def work(self, **job: Any) -> dict[str, str]:
        """Step -> `ok` or its error."""
        impatient = threading.Timer(_PATIENCE, self._kill)
        impatient.start()
        found: dict[str, str] = {}
        try:
            self._in.write(json.dumps(job) + "\n")
            self._in.flush()
            for line in self._out:
                said = json.loads(line)
                if "end" in said:
                    assert said["end"] == 0, self.said
                    return found
                assert said["step"] not in found, said["step"]
                found[said["step"]] = "ok" if said["ok"] else said["error"]
        finally:
            impatient.cancel()
        raise AssertionError(f"the program ended after {list(found)}:\n{self.said}")

    @property
    def said(self) -> str:
        """The end of what it wrote to standard error."""
        return "".join(self._said[-40:])

    def _kill(self) -> None:
        """End it together with the process of the job that it does."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        # Between two jobs it has nothing to put in order.
        self._kill()
        self._process.wait()
        self._reader.join(10)
        for pipe in (self._in, self._out, self._err):
            pipe.close()


class RealClients:
    """One Valkey, and the programs that were asked for."""

    def __init__(self, server: Valkey, started: ExitStack) -> None:
        self._server, self._started = server, started
        self._programs: dict[str, Program] = {}

    def work(
        self, program: str, client: str, rules: str, prefix: str, options: Mapping[str, Any] | None = None
    ) -> Seen:
        """A program's steps as a user of these rules, on an empty server."""
        started = self._program(program)
        with self._server.admin() as admin:
            admin.flushall()
            admin.script_flush()
            apply_client(admin, [User(name=IDENTITY, rules=rules, password=Secret(PASSWORD))])
            admin.acl_log_reset()
            job = {"client": client, "user": IDENTITY, "password": PASSWORD, "prefix": prefix}
            steps = started.work(**job, options=dict(options or {}))
            log = [dict(entry) for entry in admin.acl_log()]
        mine = [entry for entry in log if entry["username"] == IDENTITY]
        return Seen(steps=steps, denied=frozenset(_RANDOM.sub("...", f"{e['reason']} {e['object']}") for e in mine))

    def _program(self, name: str) -> Program:
        if name not in self._programs:
            made = Program(_command(name), self._server.port)
            self._started.callback(made.close)
            self._programs[name] = made
        return self._programs[name]


@pytest.fixture(scope="session")
def real_clients() -> Iterator[RealClients]:
    """Clients on a server that they share."""
    with (
        tempfile.TemporaryDirectory(prefix="dt-valkey-", dir="/tmp") as folder,
        valkey(Path(folder)) as server,
        ExitStack() as started,
    ):
        yield RealClients(server, started)


def _command(name: str) -> list[str]:
    """The command of a program: `node/bullmq.mjs`, `go/asynq`; skip where its runtime is not there."""
    return _RUNTIMES[name.partition("/")[0]](name)


def _python(name: str) -> list[str]:
    folder = ROOT / ".venv" / ("clients-arq" if name.endswith("/arq_jobs.py") else "clients")
    if not (folder / "ready").exists():
        pytest.skip("the clients in Python are not installed: make .venv/clients/ready .venv/clients-arq/ready")
    return [str(folder / "bin" / "python"), str(REAL / name)]


def _node(name: str) -> list[str]:
    found = shutil.which("node")
    if found is None or not (REAL / "node" / "node_modules" / "ready").exists():
        pytest.skip("the clients in Node are not installed: make node")
    return [found, str(REAL / name)]


def _go(name: str) -> list[str]:
    program = ROOT / "build" / "bin" / Path(name).name
    if not program.exists():
        pytest.skip("the clients in Go are not compiled: make clients-go")
    return [str(program)]


_RUNTIMES: dict[str, Callable[[str], list[str]]] = {"python": _python, "node": _node, "go": _go}
