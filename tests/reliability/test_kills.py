"""SIGKILL at random moments of a bootstrap: the next run ends where an undisturbed one ends, and no row is lost.

Every effect of a run is broken off on engines in memory (tests/bootstrap/test_reconcile.py); these few show that a
process which dies is no other case. `DATATIER_KILLS=200` for more moments, `DATATIER_SEED` for others (`make
reliability`).
"""

from __future__ import annotations

import itertools
import os
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fingerprint import Fingerprint, fingerprint
from growing import drop, finish, grow, rows, writing
from real_servers import Postgres, Valkey
from tier import Tier
from victims import Host

pytestmark = pytest.mark.server
KILLS = int(os.environ.get("DATATIER_KILLS", "8"))
SEED = int(os.environ.get("DATATIER_SEED", "1"))
GROUPS = itertools.count(1)
PHASES = ("first", "next")


@dataclass
class Undisturbed:
    """How long a run takes and where it ends, for an empty stack and for one in use."""

    seconds: dict[str, float] = field(default_factory=dict)
    steps: dict[str, list[str]] = field(default_factory=dict)
    state: dict[str, Fingerprint] = field(default_factory=dict)
    landed: Counter[str] = field(default_factory=Counter)
    """How the killed runs of this session came out."""


@pytest.fixture(scope="module")
def undisturbed(
    server: Postgres,
    main_cache: Valkey,
    victims: Host,
    make_tier: Callable[..., Tier],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Undisturbed]:
    made, taken = Undisturbed(), dict[str, list[float]]()
    folder = tmp_path_factory.mktemp("undisturbed")
    for number in range(2):
        tier = make_tier(server, main_cache, user_group=f"kills-{next(GROUPS)}")
        for phase in PHASES:
            if phase == "next":
                grow(tier)
            victim = victims.start(tier.manifest, tier.migrations, folder / f"{phase}{number}")
            assert victim.wait() == 0, victim.said()
            made.steps[phase] = victim.steps()[1:-1]
            taken.setdefault(phase, []).append(time.monotonic() - victim.began)
            state = fingerprint(tier)
            assert made.state.setdefault(phase, state) == state
        drop(tier)
    made.seconds = {phase: statistics.median(seconds) for phase, seconds in taken.items()}
    yield made
    sys.stdout.write(f"\n{KILLS} kills, seed {SEED}, over {made.seconds} s: {dict(made.landed.most_common())}\n")


@pytest.mark.parametrize("number", range(KILLS // len(PHASES)))
def test_a_killed_bootstrap_is_finished_by_the_next(
    number: int,
    undisturbed: Undisturbed,
    server: Postgres,
    main_cache: Valkey,
    victims: Host,
    make_tier: Callable[..., Tier],
    tmp_path: Path,
) -> None:
    moments = random.Random(f"{SEED} {number}")
    tier = make_tier(server, main_cache, user_group=f"kills-{next(GROUPS)}")

    def killed(phase: str) -> str:
        # From a step on, not from the start: on a busy computer all kills would fall into the first steps.
        step = moments.choice(["the start", *undisturbed.steps[phase]])
        moment = moments.uniform(0, undisturbed.seconds[phase] / 4)
        victim = victims.start(tier.manifest, tier.migrations, tmp_path / phase)
        victim.await_step(step)
        time.sleep(moment)
        code = victim.kill()
        after = victim.steps()[-1]
        where = (
            f"DATATIER_SEED={SEED}, number {number}, {phase} run, {moment:.4f} s after `{step}`, in or after `{after}`"
        )
        assert code in {0, -9}, f"{where}: {victim.said()}"
        undisturbed.landed[f"{phase}: {'not killed' if code == 0 else f'after {after}'}"] += 1
        return where

    def finished(where: str, phase: str) -> None:
        try:
            report, forced = finish(tier)
        except Exception as error:
            error.add_note(where)
            raise
        assert [check for check in report.checks if not check.ok] == [], where
        state, expected = fingerprint(tier), dict(undisturbed.state[phase])
        undisturbed.landed["dirty, mended as the message says"] += forced
        if any("'force'" in event for event in state["history"]):  # what a person vouched for is there as such
            state["history"] = expected["history"] = []
        assert {what: rows for what, rows in state.items() if rows != expected[what]} == {}, where
        assert tier.run().changed == 0, where

    finished(killed("first"), "first")
    grow(tier)
    with writing(tier) as written:
        where = killed("next")
        finished(where, "next")
    assert written.errors == [], where
    assert rows(tier) == written.rows, where
    drop(tier)
    with main_cache.admin() as admin:
        admin.acl_deluser(*(name for name in admin.acl_users() if name.startswith(f"{tier.name}_")))
