"""SIGKILL at random moments of a backup and of a removal: nothing looks whole that is not, and the next run cleans up.

Every effect of both is broken off in memory (tests/keep); these few show that a process which dies is no other case.
`DATATIER_KILLS=200` for more moments, `DATATIER_SEED` for others (`make reliability`).
"""

from __future__ import annotations

import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import backup_victims
import pytest

from keep.backup.create import create
from keep.backup.listing import ids, kept
from keep.backup.prune import carry_out, plan
from keep.backup.retention import Rule
from keep.backup.verify import verify
from keep.place.choose import place_at

KILLS = int(os.environ.get("DATATIER_KILLS", "8"))
SEED = int(os.environ.get("DATATIER_SEED", "1"))
YEAR = timedelta(days=365)


class Host:
    """The process that forks them."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, **order: object) -> int:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def run(self, act: str, folder: Path, seconds: float | None = None) -> int:
        """Its exit code; killed after so many seconds."""
        pid = self.ask(act=act, folder=str(folder))
        if seconds is not None:
            time.sleep(seconds)
            os.kill(pid, 9)
        return self.ask(wait=pid)


@pytest.fixture(scope="module")
def victims() -> Iterator[Host]:
    command = [sys.executable, backup_victims.__file__]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env) as process:
        yield Host(process)
        assert process.stdin
        process.stdin.close()


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four backups."""
    folder = tmp_path_factory.mktemp("pristine") / "kept"
    for _ in range(4):
        create(backup_victims.made_up(), place_at(str(folder)))
    return folder


def seconds_of(act: str, victims: Host, pristine: Path, scratch: Path) -> float:
    """How long one takes that is left alone."""
    taken: list[float] = []
    for number in range(3):
        folder = Path(shutil.copytree(pristine, scratch / f"{act}{number}"))
        began = time.monotonic()
        assert victims.run(act, folder) == 0
        taken.append(time.monotonic() - began)
        shutil.rmtree(folder)
    return statistics.median(taken)


@pytest.mark.parametrize("act", ["create", "prune"])
def test_what_a_kill_leaves_looks_like_no_backup(act: str, victims: Host, pristine: Path, tmp_path: Path) -> None:
    moments, landed = random.Random(f"{SEED} {act}"), Counter[str]()
    whole = seconds_of(act, victims, pristine, tmp_path)
    before = ids(place_at(str(pristine)))
    for number in range(KILLS):
        folder = Path(shutil.copytree(pristine, tmp_path / str(number)))
        place, moment = place_at(str(folder)), moments.uniform(0, whole)
        code = victims.run(act, folder, moment)
        where = f"DATATIER_SEED={SEED}, {act} {number}, killed after {moment:.4f} s"
        assert code in {0, -9}, where

        there = ids(place)
        assert set(there) <= set(before) if act == "prune" else there[:4] == before, where
        assert there[-1:] >= before[-1:], f"the last one is there: {where}"
        assert all(each.manifest for each in kept(place)), where
        assert [each for each in there if not verify(place, each).ok] == [], where
        left = {path.parent.name for path in folder.rglob("*") if path.is_file()} - set(there)
        landed[f"{len(there)} backups, {'something' if left else 'nothing'} left"] += 1

        # A year later nobody works on what was left, and the next run takes it.
        now = datetime.now(UTC) + YEAR
        carry_out(place, plan(place, now, Rule(days=9999, daily=9999)))
        assert ids(place) == there, where
        assert {path.parent.name for path in folder.rglob("*") if path.is_file()} == set(there), where
        assert list(place.unfinished()) == [], where
        shutil.rmtree(folder)
    sys.stdout.write(f"\n{KILLS} kills of {act}, seed {SEED}, over {whole:.2f} s: {dict(landed.most_common())}\n")
