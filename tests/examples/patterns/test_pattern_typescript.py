"""The same five patterns in TypeScript: checked strictly, run on Node, and in one room with an instance in Python."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from mortal_cache import Mortal, mortal
from pattern_caches import NAMES, Caches, cluster, readme_outputs

from examples.patterns.python import cache_aside, rate_limiter, revocation, sessions
from examples.patterns.python.keys import Space
from examples.patterns.python.presence import Presence
from examples.patterns.python.sessions import Sessions
from examples.patterns.python.tier import connect

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[2]
SOURCES = REPOSITORY / "examples" / "patterns" / "typescript"
PACKAGES = SOURCES / "node_modules"
COMPILER = PACKAGES / ".bin" / "tsc"
CHANNEL = "rounds:ward-7"
NOW = 1_800_000_000.0

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed"),
    pytest.mark.skipif(not COMPILER.exists(), reason="the packages of the example are not there: make node"),
]


def compiled(folder: Path) -> Path:
    """Check the types, strictly, and make JavaScript of it: Node runs TypeScript by itself from 22.18 on."""
    done = subprocess.run(
        [COMPILER, "-p", HERE, "--outDir", folder], check=False, capture_output=True, text=True, timeout=300
    )
    assert (done.returncode, done.stdout) == (0, "")
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "node_modules").symlink_to(PACKAGES)
    return folder / HERE.relative_to(REPOSITORY) / "try_patterns.mjs"


class Script:
    """The program while it runs: its steps, and the answers that it waits for."""

    def __init__(self, program: Path, environment: dict[str, str]) -> None:
        self.steps: list[tuple[str, Any]] = []
        self._process = subprocess.Popen(
            ["node", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={"PATH": os.environ["PATH"], "CHANNEL": CHANNEL, **environment},
        )

    def run(self, answers: dict[str, Callable[[Any], str]]) -> None:
        assert self._process.stdin
        assert self._process.stdout
        assert self._process.stderr
        for line in self._process.stdout:
            found = json.loads(line)
            if found["step"] in answers:
                self._process.stdin.write(answers[found["step"]](found["value"]) + "\n")
                self._process.stdin.flush()
            else:
                self.steps.append((found["step"], found["value"]))
        assert (self._process.wait(60), self._process.stderr.read()) == (0, "")

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


class InTheRoom:
    """An instance in Python, in a thread of its own."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._stop = threading.Event()
        self._room = Presence(connect("main", environ=environment), CHANNEL)
        self._room.join("ann", "1")
        self.seen: set[str] = set()
        self._thread = threading.Thread(target=self._step)
        self._thread.start()

    def _step(self) -> None:
        while not self._stop.is_set():
            self.seen |= {each.user for each in self._room.step(0.05)}

    def close(self) -> None:
        self._stop.set()
        self._thread.join()


@pytest.fixture
def lives() -> Iterator[dict[str, Mortal]]:
    with mortal("main") as main, mortal("queue") as queue:
        yield {"main": main, "queue": queue}


@pytest.fixture(scope="module")
def shards() -> Iterator[Caches]:
    with cluster() as made:
        yield made


def test_in_typescript(lives: dict[str, Mortal], shards: Caches, tmp_path: Path) -> None:
    program = compiled(tmp_path)
    servers = Caches({name: lives[name].start().servers[name] for name in NAMES})
    environment = servers.environment
    made: list[dict[str, str] | None] = []
    refused: list[str] = []

    def read(cookie: str) -> str:
        made.append(Sessions(client, lambda: NOW).read(cookie))
        return ""

    def kill(_: None) -> str:
        refused.extend(servers.refused())
        for each in lives.values():
            each.kill()
        return ""

    def start(_: None) -> str:
        for each in lives.values():
            each.start()
        return ""

    shown = subprocess.run(
        ["node", tmp_path / SOURCES.relative_to(REPOSITORY) / "main.js", CHANNEL],
        env={"PATH": os.environ["PATH"], **environment},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (shown.stderr, shown.stdout, servers.refused()) == ("", readme_outputs()[1], [])
    servers.clear()
    client = connect("main", environ=environment)
    theirs = Sessions(client, lambda: NOW).sign_in("ann", {"role": "doctor"})
    python = InTheRoom(environment)
    script = Script(program, environment | {f"SHARDS_{name}": each for name, each in shards.environment.items()})
    try:
        script.run({"session?": lambda _: theirs, "made?": read, "kill?": kill, "start?": start})
    finally:
        script.close()
        python.close()
    (_, spaces), (_, scripts), (_, names), *steps = script.steps
    assert made == [{"role": "nurse", "ward": "7"}]
    assert python.seen == {"ann", "tess", "bob"}
    assert (refused, servers.refused(), shards.refused()) == ([], [], [])
    assert spaces == {
        name: {"pattern": s.pattern, "cache": s.cache, "type": s.type, "ttl": s.ttl, "database": s.database}
        for module in (cache_aside, rate_limiter, revocation, sessions)
        for name, s in vars(module).items()
        if isinstance(s, Space)
    }
    assert scripts == {"TAKE": rate_limiter.TAKE, "FILL": cache_aside.FILL, "DROP": cache_aside.DROP}
    assert names == [rate_limiter.PER_USER.key(user=each, action="x") for each in "*:'()!@% {}[]\\ä"]
    assert steps == STEPS


CAME, WENT = {"kind": "came", "user": "ann"}, {"kind": "went", "user": "ann"}
BOB = {"kind": "came", "user": "bob"}
STEPS = [
    ("a session that Python made", {"role": "doctor"}),
    ("the one before a login", None),
    ("rotated", [None, {"role": "nurse", "ward": "7"}]),
    ("at its absolute end", [None, None]),
    ("signed out", [None, {}]),
    ("signed out everywhere", [None, None]),
    ("written after that", None),
    ("no cookies", [None] * 5),
    ("its own field", "RangeError"),
    ("a list's first check", True),
    ("revoked", [True, False]),
    ("too long", "RangeError"),
    ("a lost list", [True, False]),
    ("a stampede", [1, 1]),
    ("after a commit", {"name": "Ann 2"}),
    ("nothing stale", {"name": "Ann 3"}),
    ("nothing there", [None, None, 4]),
    ("a failed load", "RangeError"),
    ("and its lease", None),
    ("taken", [[True, 2, 0], [True, 1, 0], [True, 0, 0], [False, 0, 20]]),
    ("no limit", "RangeError"),
    ("a room", [[CAME], [], [WENT], [], [CAME], [BOB]]),
    ("expired", [[], [WENT, {"kind": "went", "user": "bob"}]]),
    ("no messages", [None] * 5),
    ("in the room", ["ann", "tess"]),
    ("a session in a cluster", {"role": "nurse", "ward": "7"}),
    ("and after it", [None, None]),
    ("a load in a cluster", ["one", "one"]),
    ("a limit in a cluster", [True, False]),
    ("sessions while down", "Error"),
    ("revocations while down", "UnknownRevocationError"),
    ("a load while down", {"name": "the database"}),
    ("the limiter while down", {"allowed": False, "remaining": 0, "retryAfter": 1}),
    ("the room while down", ["ann", "tess"]),
    ("sessions afterwards", [None, {}]),
    ("revocations afterwards", [True, True]),
    ("a load afterwards", {"name": "again"}),
    ("the limiter afterwards", 2),
    ("the room afterwards", True),
    ("hashed", sessions.hashed("secret")),
]
