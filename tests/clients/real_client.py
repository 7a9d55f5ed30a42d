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
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

import pytest
from real_servers import Valkey, valkey

from bootstrap.access import Access, access_string, load_access
from bootstrap.redis.by_url import apply_client
from bootstrap.redis.users import User
from bootstrap.secrets import Secret

REAL = Path(__file__).parent / "real"
ROOT = Path(__file__).parents[2]
PASSWORD = "of-a-real-client"
IDENTITY = "clinic_worker"
NOPERM = "no permissions to run"
KEY = "No permissions to access a key"
CHANNEL = "No permissions to access a channel"
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


@dataclass(frozen=True, kw_only=True)
class Case:
    """A client, and what its steps come to by its rules. An error is given by a part of it."""

    program: str
    client: str
    options: Mapping[str, Any] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    """Step -> part of its error (`not done`: it never came to it); every other step is fine."""
    steps: tuple[str, ...]
    """All of them, in order."""
    denied: frozenset[str]
    without: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """A rule of its own, as it stands in the access string -> the steps that are wrong without it, with a part of the
    error. Empty where nothing but ACL LOG says it: the loss is silent."""


def ends(steps: Sequence[str], at: str, part: str) -> dict[str, str]:
    """A step that fails, and those that the program does not come to then."""
    return {at: part} | dict.fromkeys(steps[steps.index(at) + 1 :], "not done")


def declared(name: str, options: Mapping[str, Any], **more: Any) -> Access:
    """A declaration whose one identity uses the client in the cache `queue`."""
    rules = {"client": {name: dict(options)}, **more}
    return load_access({"owner": "clinic_owner", "identities": {IDENTITY: {"redis": {"queue": rules}}}})


def rules_of(case: Case) -> str:
    """The access string of a case's user."""
    return access_string(declared(case.client, case.options).identities[IDENTITY].redis["queue"])


def own_rules(case: Case) -> frozenset[str]:
    """The rules that a client's preset adds to reading and writing keys of its first pattern."""
    rules = declared(case.client, case.options).identities[IDENTITY].redis["queue"]
    (used,) = rules.client
    needed = used.rights(rules.prefix)
    return frozenset(
        [
            # Without the first pattern nothing works, which is no news.
            *(f"~{each}" for each in needed.keys[1:]),
            *(f"&{each}" for each in needed.channels),
            *(f"+{each}" for each in needed.commands),
        ]
    )


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

    def run(self, case: Case, rules: str) -> Seen:
        """The case's steps as a user of these rules, on an empty server."""
        options = {key: value for key, value in case.options.items() if key != "prefix"}
        return self.work(case.program, case.client, rules, case.options.get("prefix", IDENTITY), options)

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


def check(real: RealClients, case: Case) -> None:
    """Hold the whole of it against the case: every step, every refusal in ACL LOG."""
    seen = real.run(case, rules_of(case))
    assert list(seen.steps) == list(case.steps)
    _errors(case, seen, case.refused)
    assert seen.denied == case.denied


def check_minimal(real: RealClients, case: Case) -> None:
    """Take each rule of the client's own away in turn: what the table says is wrong then, and nothing else."""
    assert set(case.without) == own_rules(case)
    whole = rules_of(case)
    for rule, wrong in case.without.items():
        # A command is denied in so many words: a category may hold it too.
        denied = f"-{rule[1:]}" if rule.startswith("+") else ""
        fewer = " ".join(filter(None, (denied if word == rule else word for word in whole.split(" "))))
        assert fewer != whole, rule
        seen = real.run(case, fewer)
        _errors(case, seen, {**case.refused, **wrong})
        assert seen.denied != case.denied, rule


def _errors(case: Case, seen: Seen, expected: Mapping[str, str]) -> None:
    said = {name: seen.steps.get(name, "not done") for name in case.steps}
    wrong = {name: each for name, each in said.items() if each != "ok"}
    assert wrong.keys() == expected.keys(), wrong
    assert {name: each for name, each in wrong.items() if expected[name] not in each} == {}
