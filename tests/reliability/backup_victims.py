"""Backups and removals in processes that can be killed: imports are done once, then each run is a fork of this process.

Started as a program; reads one JSON order per line and answers with one line. `{"act": NAME, "folder": ...}` forks and
answers with the process id; `{"wait": pid}` answers with its exit code.
"""

from __future__ import annotations

import json
import os
import random
import sys
from datetime import UTC, datetime, timedelta

from small_backups import MadeUpCache

from keep.backup.create import Sources, create
from keep.backup.prune import carry_out, plan
from keep.backup.retention import Rule
from keep.place.choose import place_at

OBJECTS = 6
_NOISE = random.Random(1).randbytes(1 << 18)


def made_up() -> Sources:
    """Some objects of half a MiB each, which do not compress."""
    return Sources(caches=tuple(MadeUpCache(f"cache-{number}", [_NOISE, _NOISE]) for number in range(OBJECTS)))


def act(name: str, folder: str) -> None:
    """Make a backup, or let all go but the last ones, as in a year."""
    place = place_at(folder)
    if name == "create":
        create(made_up(), place)
    else:
        carry_out(place, plan(place, datetime.now(UTC) + timedelta(days=365), Rule()))


def _serve() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            answer = os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1])
        elif not (answer := os.fork()):
            code = 1
            try:
                act(order["act"], order["folder"])
                code = 0
            finally:
                os._exit(code)
        print(answer, flush=True)  # noqa: T201 the answer


if __name__ == "__main__":
    _serve()
