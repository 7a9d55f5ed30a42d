"""SIGKILL at random moments of a restore: whole or not there, and the next one removes what was left.

`DATATIER_KILLS=200` for more moments, `DATATIER_SEED` for others (`make reliability`).
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import pytest
from restoring import STRANGER, databases, roles, shop, target
from rich_database import Library

from keep import workspace as workspaces
from keep.backup.restore import Wish, restore

pytestmark = pytest.mark.server

KILLS = int(os.environ.get("DATATIER_KILLS", "8"))
SEED = int(os.environ.get("DATATIER_SEED", "1"))
_LOCKED = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"


def test_one_that_is_killed_at_any_moment_leaves_nothing_that_the_next_does_not_remove(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The child alone, or pg_restore with it; every third time it is only a verification."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(work))
    monkeypatch.setattr(workspaces, "_YOUNG", 0.0)
    moments, landed = random.Random(f"{SEED} restore"), Counter[str]()
    with shop(tmp_path / "kept") as (server, place, made):
        before = databases(server), roles(server)
        began = time.monotonic()
        restore(place, made, Wish(server=target(server), name=None))
        usual = time.monotonic() - began
        assert (databases(server), roles(server)) == before
        for number in range(KILLS):
            name = f"shop_{number}" if number % 3 else None
            moment = moments.uniform(0, usual * 1.2)
            where = f"DATATIER_SEED={SEED}, restore {number}, killed after {moment:.4f} s"
            child = os.fork()
            if child == 0:
                os.setsid()
                try:
                    restore(place, made, Wish(server=target(server), name=name))
                finally:
                    os._exit(0)
            time.sleep(moment)
            os.killpg(child, signal.SIGKILL) if number % 2 else os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            there = databases(server) - before[0]
            landed[f"{len(there)} left, roles {sorted(roles(server) - before[1] - {STRANGER}) != []}"] += 1
            assert {each for each in there if not each.startswith("datatier_restoring_")} <= {name}, where
            if name in there:
                assert server.ask("SELECT count(*) FROM item", name) == 2000, where
                assert server.ask("SELECT to_regclass('item_name') IS NOT NULL", name), where
                assert STRANGER in roles(server), where
                server.execute(f"DROP DATABASE {name} WITH (FORCE)", "postgres")
                _alone(server)
                server.execute(f"DROP ROLE {STRANGER}", "postgres")
        assert server.ask("SELECT count(*) FROM item", "shop") == 2000
        _alone(server)
        restore(place, made, Wish(server=target(server), name=None))
        assert (databases(server), roles(server)) == before
        assert list(work.iterdir()) == []
    sys.stdout.write(f"\n{KILLS} kills, seed {SEED}, over {usual:.2f} s: {dict(landed.most_common())}\n")


def _alone(server: Library) -> None:
    """Until the server has noticed that who was killed is gone."""
    until = time.monotonic() + 30
    while server.ask(_LOCKED, "postgres"):
        assert time.monotonic() < until, "a session of who was killed does not end"
        time.sleep(0.05)
