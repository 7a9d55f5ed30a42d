"""SIGKILL at random moments of a snapshot that is saved, restored or deleted: what is listed can be restored.

`DATATIER_KILLS=200` for more moments, `DATATIER_SEED` for others (`make reliability`).
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter

import pytest
import snapshot_victim
from local_stack import Stack
from test_tier_snapshots import fill, held

from local.snapshots import kept
from local.snapshots.restore import restore
from local.snapshots.save import save
from local.status import healthy

pytestmark = pytest.mark.server
KILLS = int(os.environ.get("DATATIER_KILLS", "8")) // 4
SEED = int(os.environ.get("DATATIER_SEED", "1"))
SECONDS = {"save": 4.0, "restore": 4.0, "delete": 1.0}
"""Within which each is killed: about as long as it takes, with the start of its program."""


def killed(stack: Stack, act: str, name: str, seconds: float) -> int:
    """The exit code of what saves, restores or deletes, and is killed after so many seconds."""
    words = [sys.executable, snapshot_victim.__file__, str(stack.project), stack.name, act, name]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(words, env=env) as process:
        time.sleep(seconds)
        process.kill()
        return process.wait()


def put(stack: Stack, value: str) -> None:
    stack.up()  # a tier that was restored has another client of the emulator
    fill(stack, value)


def test_what_is_listed_after_a_kill_can_be_restored(stack: Stack) -> None:
    moments, landed, state = random.Random(SEED), Counter[str](), stack.state
    put(stack, "then")
    with state.lock():
        save(state, "then")
    for number in range(KILLS):
        act = tuple(SECONDS)[number % len(SECONDS)]
        put(stack, "now")
        with state.lock():
            there = {each.name for each in kept.every(state)}
            if "victim" in there and act == "save":
                kept.delete(state, "victim")
            if "victim" not in there and act == "delete":
                save(state, "victim")
        moment = moments.uniform(0, SECONDS[act])
        code = killed(stack, act, "then" if act == "restore" else "victim", moment)
        where = f"DATATIER_SEED={SEED}, {act} {number}, killed after {moment:.4f} s"
        assert code in {0, -9}, where

        stack.up()
        assert healthy(stack.state) == [], where
        (found,) = set(held(stack))
        assert found == "now" or (found == "then" and act == "restore"), where
        assert not (state.path / "restoring").exists(), where
        names = [each.name for each in kept.every(state)]
        assert names in (["then"], ["then", "victim"]), where
        landed[f"{act}: {found}, with {', '.join(names)}"] += 1
        put(stack, "later")
        with state.lock():
            restore(state, names[-1])
        stack.up()
        assert set(held(stack)) == {"then" if names[-1] == "then" else "now"}, where
        assert sorted(path.name for path in (state.path / kept.FOLDER).iterdir()) == names, where
    sys.stdout.write(f"\n{KILLS} kills, seed {SEED}: {dict(landed.most_common())}\n")
    with state.lock():
        for each in kept.every(state):
            kept.delete(state, each.name)
    assert list((state.path / kept.FOLDER).iterdir()) == []
