"""Runs of maintenance in processes that can be killed: each is a fork of a process that has imported it all.

Started as a program; reads one JSON order per line. `{"run": manifest}` forks and answers with the process id;
`{"wait": pid}` answers with its exit code (negative: the signal that ended it).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


class Keepers:
    """The process that forks them."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def begin(self, manifest: Any) -> int:
        """Start a run; its process id."""
        return int(self._ask({"run": manifest.model_dump(mode="json")}))

    def wait(self, pid: int) -> int:
        """Its exit code."""
        return int(self._ask({"wait": pid}))

    def _ask(self, order: dict[str, Any]) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the process that runs the maintenance has died"
        return json.loads(answer)


@contextmanager
def keepers() -> Iterator[Keepers]:
    """A process that runs maintenance."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, __file__]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=env
    ) as process:
        yield Keepers(process)
        assert process.stdin
        process.stdin.close()


def maintained(manifest: Any, wait: float = 30.0) -> Any:
    """Plan and do it, as `datatier maintain run` does; the report."""
    from maintain.look import database
    from maintain.plan import plan
    from maintain.run.budget import Budget
    from maintain.run.carry_out import carry_out

    facts = database(manifest)
    return carry_out(manifest, facts, lambda again: plan([again]), plan([facts]), Budget(60.0), wait=wait)


def _serve() -> None:
    import boto3  # noqa: F401 what a run imports when it gets to it
    import psycopg  # noqa: F401

    import maintain.look
    import maintain.run.carry_out  # noqa: F401
    from bootstrap.manifest import Manifest

    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            answer = os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1])
        elif not (answer := os.fork()):
            code = 1
            try:
                code = 0 if maintained(Manifest.model_validate(order["run"])).ok else 3
            finally:
                os._exit(code)
        print(answer, flush=True)  # noqa: T201 the answer


if __name__ == "__main__":
    _serve()
