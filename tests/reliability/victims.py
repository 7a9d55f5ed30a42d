"""Bootstraps in processes that can be killed: imports are done once, then each run is a fork of this process.

Started as a program; reads one JSON order per line and answers with one line. `{"run": {...}}` forks and answers with
the process id; `{"wait": pid}` answers with its exit code (negative: the signal that ended it).
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_MODULES = ("bootstrap.run", "bootstrap.verify", "bootstrap.redis.cache", "bootstrap.redis.users", "bootstrap.aws")


@dataclass
class Victim:
    """One bootstrap in a process of its own."""

    host: Host
    pid: int
    folder: Path
    began: float = field(default_factory=time.monotonic)

    def kill(self) -> int:
        """SIGKILL it; its exit code: 0 when it was faster, else -9."""
        os.kill(self.pid, 9)
        return self.wait()

    def wait(self) -> int:
        return int(self.host.ask({"wait": self.pid}))

    def steps(self) -> list[str]:
        """The steps that it has finished, the start first."""
        path = self.folder / "steps"
        return ["the start", *(path.read_text().split("\n")[:-1] if path.exists() else [])]

    def await_step(self, name: str) -> None:
        """Until it has finished that step; not longer than a minute."""
        until = time.monotonic() + 60
        while name not in self.steps() and time.monotonic() < until:
            time.sleep(0.001)

    def said(self) -> str:
        """Its report as JSON, or its error."""
        path = self.folder / "said"
        return path.read_text() if path.exists() else ""


class Host:
    """The process that forks them."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, order: dict[str, Any]) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the process that runs the bootstraps has died"
        return json.loads(answer)

    def start(self, manifest: Any, migrations: Path, folder: Path) -> Victim:
        folder.mkdir()
        order = {"manifest": manifest.model_dump(mode="json"), "migrations": str(migrations), "folder": str(folder)}
        return Victim(self, int(self.ask({"run": order})), folder)


@contextmanager
def host(endpoint: str, region: str) -> Iterator[Host]:
    """A process that runs bootstraps against the emulator at `endpoint`."""
    process = subprocess.Popen(
        [sys.executable, __file__, endpoint, region],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with process:
        yield Host(process)
        assert process.stdin
        process.stdin.close()


def _serve(endpoint: str, region: str) -> None:
    for name in _MODULES:
        importlib.import_module(name)
    from bootstrap.aws import aws_client

    for service in ("secretsmanager", "elasticache"):
        aws_client(service, region, endpoint)
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            answer = os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1])
        elif not (answer := os.fork()):
            _run(**order["run"])
        print(answer, flush=True)  # noqa: T201 the answer


def _run(manifest: dict[str, Any], migrations: str, folder: str) -> None:
    from bootstrap.manifest import Manifest
    from bootstrap.run import run

    code, steps = 1, os.open(f"{folder}/steps", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        report = run(
            Manifest.model_validate(manifest),
            migrations=Path(migrations),
            progress=lambda name, _: os.write(steps, f"{name}\n".encode()),
        )
        Path(folder, "said").write_text(report.model_dump_json())
        code = 0 if report.ok else 3
    except BaseException as error:
        Path(folder, "said").write_text(f"{type(error).__name__}: {error}")
    finally:
        os._exit(code)


if __name__ == "__main__":
    _serve(*sys.argv[1:])
