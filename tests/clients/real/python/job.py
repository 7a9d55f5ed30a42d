"""How a client's program in Python takes jobs and says what came of each step.

A program imports its client, defines `work(job)` and ends with `serve(work)`. A line of standard input is a job:
{"client", "user", "password", "prefix", "options"}; HOST and PORT are in the environment. Each job is done in a
process of its own that has the imports already. A line of standard output is a step, {"step", "ok": true} or {"step",
"ok": false, "error"}, and {"end": CODE} follows the last one.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

HOST, PORT = os.environ["HOST"], int(os.environ["PORT"])
_OUT = os.fdopen(os.dup(1), "w", buffering=1)
# What the client itself prints is not for the harness.
os.dup2(2, 1)


@dataclass(frozen=True)
class Job:
    """Who works, and how the client is to be configured."""

    client: str
    """The preset that it is tried by: more than one may share a program."""
    user: str
    password: str
    prefix: str
    options: dict[str, Any]

    @property
    def url(self) -> str:
        return f"redis://{self.user}:{self.password}@{HOST}:{PORT}"


def step(name: str, do: Callable[[], Any], gives: Any = ...) -> Any:
    """Do it and say how it went; with `gives` another value is an error too. Returns the value, None after an error."""
    try:
        value = do()
    except Exception as error:
        _say(step=name, ok=False, error=f"{type(error).__name__}: {error}")
        return None
    if gives is not ... and value != gives:
        _say(step=name, ok=False, error=f"gives {value!r}")
    else:
        _say(step=name, ok=True)
    return value


async def awaited(name: str, doing: Awaitable[Any], gives: Any = ...) -> Any:
    """The same for what is under way in a loop."""
    try:
        value, failed = await doing, None
    except Exception as error:
        value, failed = None, error

    def known() -> Any:
        if failed:
            raise failed
        return value

    return step(name, known, gives)


def serve(work: Callable[[Job], None]) -> None:
    """Do the jobs of standard input, one after another."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            code = 1
            try:
                work(Job(**json.loads(line)))
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(code)
        _, status = os.waitpid(child, 0)
        _say(end=os.waitstatus_to_exitcode(status))


def _say(**what: Any) -> None:
    _OUT.write(json.dumps(what) + "\n")
