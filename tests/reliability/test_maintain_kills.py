"""SIGKILL at random moments of a run of maintenance: nothing is left half done, and the next run goes on to the end.

`DATATIER_KILLS=100` for more moments, `DATATIER_SEED` for others (`make reliability`).
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from maintain_victims import Keepers, keepers, maintained
from real_servers import Postgres
from tier import Tier

from bootstrap.postgres.lock import BusyError
from maintain.action import Action
from maintain.look import database
from maintain.plan import plan
from maintain.run.carry_out import KEY

pytestmark = pytest.mark.server
KILLS = int(os.environ.get("DATATIER_KILLS", "6"))
SEED = int(os.environ.get("DATATIER_SEED", "1"))
ROWS, FEW = 60_000, 6_000
UPKEEP = [
    {"table": "journal", "partitions": {"every": "month", "ahead": 2}},
    {"table": "tokens", "expire": {"column": "expires_at", "after": "1d"}},
]
# Half of the rows are dead, one index was left behind by a REINDEX that was stopped and one never came to be; rows of a
# partitioned table have no partition of theirs, and of a table of tokens many are over.
WORN = f"""
DROP TABLE IF EXISTS public.worn, public.stale, public.journal, public.tokens;
CREATE TABLE public.worn (id int PRIMARY KEY, n int, pad text) WITH (autovacuum_enabled = off);
INSERT INTO public.worn SELECT i, i, repeat('x', 100) FROM generate_series(1, {ROWS}) i;
CREATE INDEX worn_n ON public.worn (n);
CREATE INDEX worn_n_ccnew ON public.worn (n);
CREATE INDEX worn_pad ON public.worn (pad, n);
DELETE FROM public.worn WHERE id % 2 = 0;
CREATE TABLE public.stale AS SELECT i AS id FROM generate_series(1, {ROWS}) i;
CREATE TABLE public.journal (id bigint, at timestamptz NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE public.journal_default PARTITION OF public.journal DEFAULT;
INSERT INTO public.journal SELECT i, now() - i % 3 * interval '1 month' FROM generate_series(1, {FEW}) i;
CREATE TABLE public.tokens (id int PRIMARY KEY, expires_at timestamptz);
CREATE INDEX tokens_expires_at ON public.tokens (expires_at);
INSERT INTO public.tokens SELECT i, now() + (i % 2 * 60 - 30) * interval '1 day' FROM generate_series(1, {FEW}) i;
SELECT pg_stat_force_next_flush();
"""
"""Made as the owner; its indexes are then marked by a superuser."""
BROKEN = "UPDATE pg_index SET indisvalid = false WHERE indexrelid::regclass::text IN ('worn_n_ccnew', 'worn_pad')"


@dataclass
class Keeping:
    """The stack, and how its runs came out."""

    tier: Tier
    keepers: Keepers
    seconds: float = 0.0
    landed: Counter[str] = field(default_factory=Counter)

    def superuser(self) -> psycopg.Connection[Any]:
        return self.tier.postgres.superuser(f"{self.tier.name}_app")

    def wear(self) -> None:
        """Make everything that maintenance mends."""
        with closing(self.superuser()) as conn:
            conn.execute(f"SET ROLE {self.tier.name}_owner".encode())
            conn.execute(WORN.encode())
            conn.execute("RESET ROLE")
            conn.execute(BROKEN.encode())

    def planned(self) -> tuple[Action, ...]:
        return plan([database(self.tier.manifest)]).actions

    def run(self) -> int:
        return self.keepers.wait(self.keepers.begin(self.tier.manifest))

    def finish(self, where: str) -> None:
        """Nothing is left to do but what the last run's own changes ask for; after that nothing at all."""
        left = self.planned()
        assert {(each.kind, each.object) for each in left} <= {("analyze", "public.journal_default")}, where
        if left:
            assert self.run() == 0, where
            assert self.planned() == (), where
        assert self.invalid() == [], where

    def invalid(self) -> list[str]:
        with closing(self.superuser()) as conn:
            rows = conn.execute("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid").fetchall()
        return [row[0] for row in rows]

    def at_work(self) -> list[str]:
        """Sessions that still work, or hold the lock."""
        with closing(self.superuser()) as conn:
            return [
                row[0]
                for row in conn.execute(
                    "SELECT pid::text FROM pg_stat_activity WHERE application_name = 'datatier-maintain'"
                    f" UNION SELECT pid::text FROM pg_locks WHERE locktype = 'advisory' AND objid = {KEY}".encode()
                ).fetchall()
            ]


@pytest.fixture(scope="module")
def keeping(server: Postgres, make_tier: Callable[..., Tier]) -> Iterator[Keeping]:
    tier = make_tier(server)
    tier.manifest.access["upkeep"] = UPKEEP
    tier.run()
    with keepers() as forks:
        made = Keeping(tier, forks)
        made.wear()
        kinds = {each.kind for each in made.planned()}
        assert kinds == {"drop-index", "reindex", "partition", "expire", "vacuum"}
        began = time.monotonic()
        assert made.run() == 0
        made.seconds = time.monotonic() - began
        made.finish("undisturbed")
        yield made
    sys.stdout.write(f"\n{KILLS} kills, seed {SEED}, over {made.seconds:.2f} s: {dict(made.landed.most_common())}\n")


@pytest.mark.parametrize("number", range(KILLS))
def test_a_killed_run_is_finished_by_the_next(keeping: Keeping, number: int) -> None:
    moments = random.Random(f"{SEED} {number}")
    keeping.wear()
    before = len(keeping.planned())
    pid = keeping.keepers.begin(keeping.tier.manifest)
    moment = moments.uniform(0, keeping.seconds)
    time.sleep(moment)
    os.kill(pid, 9)
    code = keeping.keepers.wait(pid)
    where = f"DATATIER_SEED={SEED}, number {number}, {moment:.4f} s after the start"
    # The server ends the statement of a client that is gone, and gives its lock back.
    until = time.monotonic() + 10
    while keeping.at_work():
        assert time.monotonic() < until, where
        time.sleep(0.05)
    left = len(keeping.planned())
    keeping.landed[f"{before - left} of {before} done" if code else "not killed"] += 1
    # A first run warms everything up, and a busy computer is slower at one time than at another.
    keeping.seconds *= 1.05 if code else 0.7
    assert keeping.run() == 0, where
    keeping.finish(where)
    with closing(keeping.superuser()) as conn:
        assert conn.execute("SELECT count(*), sum(n) FROM public.worn").fetchone() == (ROWS // 2, (ROWS // 2) ** 2)
        assert conn.execute("SELECT count(*) FROM public.journal").fetchone() == (FEW,)
        assert conn.execute("SELECT count(*) FROM public.journal_default").fetchone() == (0,)
        assert conn.execute("SELECT count(*), bool_and(id % 2 = 1) FROM public.tokens").fetchone() == (FEW // 2, True)
        # A table that was made aside and never attached would be half a partition.
        names = "SELECT count(*) FROM pg_class WHERE relname LIKE 'journal_%' AND relkind = 'r' AND NOT relispartition"
        assert conn.execute(names).fetchone() == (0,)


def test_the_second_of_two_waits_or_is_refused(keeping: Keeping) -> None:
    keeping.wear()
    both = [keeping.keepers.begin(keeping.tier.manifest) for _ in range(2)]
    assert [keeping.keepers.wait(pid) for pid in both] == [0, 0]
    keeping.finish("two at once")
    with closing(keeping.superuser()) as holder:
        holder.execute(f"SELECT pg_advisory_lock({KEY})".encode())
        with pytest.raises(BusyError) as caught:
            maintained(keeping.tier.manifest, wait=0.0)
    pid = holder.info.backend_pid if not holder.closed else ""
    assert "another maintenance has held the database for 0 s (process " in str(caught.value)
    assert f"end it: SELECT pg_terminate_backend({pid}" in str(caught.value)
