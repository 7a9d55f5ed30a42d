"""Maintenance, capacity and upgrades whole, on a tier of another application: what wears a database out is really made,
planned, mended and proved to be; what scripts read; what is asked for and cannot be.

A plan of a tier that nothing is wrong with is in `test_maintain_plan_tier.py`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from in_process import Said
from shop import Folder, make

from bootstrap.books import CAPACITY
from bootstrap.manifest import Manifest
from bootstrap.postgres import master
from bootstrap.secrets import AwsStore
from maintain.run import carry_out
from maintain.run.session import APPLICATION
from observe.nodes import postgres_nodes

pytestmark = pytest.mark.server
S = '"Old Stock"'
LINES, VISITS, CARTS, PRICES = (f"{S}.{name}" for name in ('"Order Lines"', '"Visits"', '"Carts"', '"Price List"'))
FOREIGN = f"{S}.log"
UPKEEP = [
    {"schema": "Old Stock", "table": "Visits", "partitions": {"every": "month", "ahead": 2}},
    {"schema": "Old Stock", "table": "Carts", "expire": {"column": "Ends At", "after": "7d"}},
    {"schema": "Old Stock", "table": "log", "expire": {"column": "at", "after": "7d"}},
]
SCENE = f"""
SET ROLE shop_owner
CREATE TABLE {LINES} (id int, n int, pad text) WITH (autovacuum_enabled = off)
INSERT INTO {LINES} SELECT g, g, repeat('x', 50) FROM generate_series(1, 20000) g
CREATE INDEX "By Id" ON {LINES} (id)
DELETE FROM {LINES} WHERE id % 2 = 0
CREATE TABLE {VISITS} (at timestamptz NOT NULL, n int) PARTITION BY RANGE (at)
CREATE TABLE {S}."Visits rest" PARTITION OF {VISITS} DEFAULT
INSERT INTO {VISITS} SELECT now(), g FROM generate_series(1, 300) g
CREATE TABLE {CARTS} (id int, "Ends At" timestamptz) WITH (autovacuum_enabled = off)
INSERT INTO {CARTS} SELECT g, now() - interval '8 days' FROM generate_series(1, 2500) g
INSERT INTO {CARTS} VALUES (0, now()), (-1, NULL)
CREATE TABLE {PRICES} (id int) WITH (autovacuum_enabled = off)
VACUUM (ANALYZE) {PRICES}
INSERT INTO {PRICES} SELECT generate_series(1, 12000)
RESET ROLE
CREATE TABLE {FOREIGN} (at timestamptz)
SELECT pg_stat_force_next_flush()
"""


@dataclass(frozen=True)
class Tier:
    """The tier with a schema in which everything is wrong, and a manifest that declares that schema."""

    folder: Folder
    file: Path

    @property
    def manifest(self) -> Manifest:
        return Manifest.model_validate_json(self.file.read_text())

    def call(self, *words: str) -> Said:
        said = self.folder.call(*words, "-m", str(self.file))
        assert "a fault of datatier" not in said.err, said.err
        return said

    @contextmanager
    def connect(self) -> Iterator[psycopg.Connection[Any]]:
        with master.look(
            self.manifest.postgres, AwsStore(self.manifest.region, self.manifest.aws_endpoint)
        ).conn as conn:
            yield conn

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """As the owner."""
        with self.connect() as conn:
            conn.execute("SET ROLE shop_owner")
            return conn.execute(query.encode()).fetchall()

    def broken_off(self, statement: str) -> None:
        """Building an index waits for a transaction that is older, and gives up."""
        with self.connect() as conn, self.connect() as other, other.transaction():
            other.execute(f"SET LOCAL ROLE shop_owner; LOCK TABLE {LINES} IN ROW EXCLUSIVE MODE".encode())
            conn.execute("SET ROLE shop_owner; SET lock_timeout = '100ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                conn.execute(statement.encode())


@pytest.fixture(scope="module")
def tier(live: Folder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tier]:
    found = live.manifest("live")
    access = {**found.access, "schemas": ["public", "Old Stock"], "upkeep": UPKEEP}
    file = tmp_path_factory.mktemp("care") / "manifest.json"
    file.write_text(found.model_copy(update={"access": access}).model_dump_json())
    made = Tier(live, file)
    with made.connect() as conn:
        conn.execute(f"CREATE SCHEMA {S} AUTHORIZATION shop_owner".encode())
        try:
            said = made.folder.call("access", "apply", "-m", str(file), "--yes")
            assert said.code == 0, said.all
            for statement in SCENE.strip().splitlines():
                conn.execute(statement.encode())
            made.broken_off(f'CREATE INDEX CONCURRENTLY "By N" ON {LINES} (n)')
            made.broken_off(f'REINDEX INDEX CONCURRENTLY {S}."By Id"')
            yield made
        finally:
            conn.execute(f"RESET ROLE; DROP TABLE IF EXISTS {FOREIGN}; SET ROLE shop_owner".encode())
            conn.execute(f"DROP SCHEMA {S} CASCADE; DROP TABLE IF EXISTS {CAPACITY}".encode())


@pytest.fixture(scope="module")
def planned(tier: Tier) -> dict[str, Any]:
    said = tier.call("maintain", "plan", "--json")
    assert said.code == 3, said.all
    return dict(said.json)


def _month(ahead: int) -> str:
    """Ending of a partition's name."""
    years, month = divmod(datetime.now(UTC).month - 1 + ahead, 12)
    return f"{datetime.now(UTC).year + years}_{month + 1:02}"


def test_what_is_wrong_is_planned(planned: dict[str, Any], tier: Tier) -> None:
    assert all(each.keys() >= {"statement", "object", "why", "lock", "needs"} for each in planned["actions"])
    found = [(each["kind"], each["object"]) for each in planned["actions"] if each["object"].startswith(S)]
    assert found == [
        ("drop-index", f'{S}."By Id_ccnew"'),
        ("reindex", f'{S}."By N"'),
        *(("partition", f'{S}."Visits_{_month(ahead)}"') for ahead in range(3)),
        ("expire", CARTS),
        ("vacuum", LINES),
        ("analyze", PRICES),
    ]
    why = {each["object"]: each["why"] for each in planned["actions"]}
    assert '"Visits rest" has 300 rows of it to move there' in why[f'{S}."Visits_{_month(0)}"']
    assert why[CARTS].startswith(f"2,500 rows of {CARTS} are over since")
    assert "10,000 dead rows" in why[LINES]
    refused = next(each for each in planned["skipped"] if each["object"] == FOREIGN)
    assert "it belongs to shop_admin, not to shop_owner" in refused["why"]
    assert refused["mend"] == f'ALTER TABLE {FOREIGN} OWNER TO "shop_owner"'


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ("plan --table ledgers", 2, "no table `ledgers` in the database shop"),
        ("plan --table nothing.at_all", 2, "no table `nothing.at_all` in the database shop"),
        ("run --yes --only vacum", 2, "--only vacum: "),
        ("run --yes --budget soon", 2, "'soon' is not a duration"),
        ("run --yes --budget 0", 2, "a budget of 0.0 s is too short for anything that is planned"),
        ("run", 2, "--yes"),
    ],
)
def test_what_cannot_be_maintained(words: str, code: int, says: str, planned: dict[str, Any], tier: Tier) -> None:
    said = tier.call("maintain", *words.split())
    assert (said.code, says in " ".join(said.err.split())) == (code, True), said.all


def _release(first: psycopg.Connection[Any], manifest: Manifest, over: threading.Event) -> None:
    """End the run that holds the lock once another one has tried to have it."""
    tried = (
        "SELECT 1 FROM pg_stat_activity WHERE application_name = %s AND state = 'idle' AND query ~ 'advisory|pg_locks'"
    )
    with postgres_nodes(manifest)[0].session() as conn:
        while not over.is_set() and not conn.execute(tried.encode(), (APPLICATION,)).fetchone():
            over.wait(0.05)
    first.execute("SELECT pg_advisory_unlock_all()")


@pytest.fixture(scope="module")
def mended(planned: dict[str, Any], tier: Tier) -> Said:
    """What a run says that comes while another one is at it."""
    over = threading.Event()
    with tier.connect() as first:
        first.execute("SELECT pg_advisory_lock(%s)", (carry_out.KEY,))
        release = threading.Thread(target=_release, args=(first, tier.manifest, over))
        release.start()
        try:
            said = tier.call("maintain", "run", "--yes", "--json")
        finally:
            over.set()
            release.join()
    return said


def test_a_run_waits_for_another_one_and_does_what_is_planned(mended: Said, planned: dict[str, Any]) -> None:
    assert mended.code == 0, mended.all
    assert "note another run was under way: planned again" in mended.err
    of_schema = {(each["kind"], each["object"]) for each in planned["actions"] if each["object"].startswith(S)}
    done = mended.json["done"]
    assert {(each["kind"], each["object"]) for each in done if each["object"].startswith(S)} == of_schema
    assert [each for each in done if each["state"] != "done"] == []


@pytest.mark.usefixtures("mended")
@pytest.mark.parametrize(
    ("query", "rows"),
    [
        (f"SELECT FROM pg_index WHERE NOT indisvalid AND indrelid = '{LINES}'::regclass", []),
        (
            f"SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = '{LINES}'::regclass ORDER BY 1",
            [(f'{S}."By Id"',), (f'{S}."By N"',)],
        ),
        (f'SELECT count(*) FROM ONLY {S}."Visits rest"', [(0,)]),
        (f"SELECT count(*), sum(n)::int, count(DISTINCT tableoid)::int FROM {VISITS}", [(300, 45_150, 1)]),
        (f"SELECT count(*) FROM pg_partition_tree('{VISITS}') WHERE isleaf", [(4,)]),
        (f"SELECT id FROM {CARTS} ORDER BY id", [(-1,), (0,)]),
        (f"SELECT n_dead_tup FROM pg_stat_all_tables WHERE relid = '{LINES}'::regclass", [(0,)]),
        (f"SELECT n_mod_since_analyze FROM pg_stat_all_tables WHERE relid = '{PRICES}'::regclass", [(0,)]),
        (f"SELECT reltuples::int FROM pg_class WHERE oid = '{PRICES}'::regclass", [(12_000,)]),
        (f"SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = {carry_out.KEY}::oid", []),
        (f"SELECT FROM pg_stat_activity WHERE application_name = '{APPLICATION}'", []),
    ],
    ids=[
        "valid",
        "indexes",
        "drained",
        "kept",
        "made",
        "expired",
        "vacuumed",
        "analyzed",
        "estimated",
        "lock",
        "session",
    ],
)
def test_each_is_mended(query: str, rows: list[tuple[Any, ...]], tier: Tier) -> None:
    assert tier.rows(query) == rows


@pytest.mark.usefixtures("mended")
def test_nothing_is_left_to_plan(tier: Tier) -> None:
    again = tier.call(
        "maintain", "plan", *(word for each in (LINES, VISITS, CARTS, PRICES) for word in ("--table", each))
    )
    assert (again.code, again.out.splitlines()[-1].startswith("nothing to do")) == (0, True), again.all
    found = tier.call("maintain", "plan", "--json").json
    assert [each for each in found["actions"] if each["object"].startswith(S)] == []


def test_a_second_run_is_refused_at_last(tier: Tier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(carry_out.carry_out.__kwdefaults__, "wait", 0.3)
    with tier.connect() as first:
        first.execute("SELECT pg_advisory_lock(%s)", (carry_out.KEY,))
        said = tier.call("maintain", "run", "--yes", "--json")
    assert (said.code, said.out) == (1, "")
    assert "error: another maintenance has held the database for 0 s (process " in said.err
    assert "user shop_admin" in said.err
    assert "end it: SELECT pg_terminate_backend(" in said.err


def test_capacity_says_what_it_does_not_know(tier: Tier) -> None:
    said = tier.call("capacity", "--json")
    assert said.code == 0, said.all
    keys = {"name", "now", "limit", "date", "interval", "confidence", "recommendation"}
    limits = {(each["node"], each["name"]): each for each in said.json["limits"]}
    assert all(each.keys() >= keys for each in limits.values())
    assert {"connections", "storage", "storage-autoscaling", "transaction-ids"} <= {name for _, name in limits}
    storage = limits["primary", "storage"]
    assert (storage["date"], storage["interval"], storage["confidence"]) == (None, [None, None], "none")
    assert "too little to say when" in storage["why"]


YEAR = f"""
INSERT INTO {CAPACITY} (at, hours, node, name, value)
SELECT date_trunc('day', now(), 'UTC') - n * interval '1 day', 24, 'primary', 'connections', 300 - 0.8 * n
FROM generate_series(1, 365) n
"""


def test_a_year_that_grows_has_a_date(tier: Tier) -> None:
    """Three hundred connections of 397 yesterday, and 0.8 more each day."""
    assert tier.call("capacity", "--sample", "--json").code == 0
    with tier.connect() as conn:
        conn.execute("SET ROLE shop_owner")
        conn.execute(YEAR.encode())
        conn.execute(f"DELETE FROM {CAPACITY} WHERE hours = 1".encode())
        said = tier.call("capacity", "--json")
        conn.execute(f"TRUNCATE {CAPACITY}".encode())
    found = {(each["node"], each["name"]): each for each in said.json["limits"]}["primary", "connections"]
    earliest, latest = (datetime.fromisoformat(each) for each in found["interval"])
    expected = datetime.now() + timedelta(days=(397 - 300) / 0.8)
    assert earliest - timedelta(days=2) <= expected <= latest + timedelta(days=2), found
    assert abs(datetime.fromisoformat(found["date"]) - expected) < timedelta(days=3)
    assert (found["limit"], found["confidence"]) == (397, "good")
    advice = found["recommendation"]
    assert advice["lines"] == ["data-tier:postgres: {class: db.r7g.xlarge}"]
    assert advice["command"] == "datatier upgrade plan live --to postgres.class=db.r7g.xlarge"
    assert any("One failover" in each for each in advice["users"])
    assert advice["blocked"] == ""


PLAN = ("upgrade", "plan", "live", "--to", "postgres.class=db.r7g.xlarge", "--out", "plan.json")


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A project with a plan that nobody has begun."""
    made = make(tmp_path_factory.mktemp("plan"))
    assert made.call(*PLAN).code == 0
    return made


def test_a_plan_of_which_nothing_is_done_yet(plan: Folder) -> None:
    said = plan.call("upgrade", "run", "plan.json", "--list", "--json")
    assert said.code == 0, said.all
    steps = [each["id"] for each in json.loads((plan.path / "plan.json").read_text())[0]["steps"]]
    assert (said.json["done"], said.json["next"], said.json["state"]) == ([], steps[0], "listed")


def test_a_stale_plan_is_refused(plan: Folder) -> None:
    file = plan.path / "Pulumi.live.yaml"
    was = file.read_text()
    file.write_text(was.replace("standby: {}", "other: {}"))
    try:
        said = plan.call("upgrade", "run", "plan.json", "--yes")
    finally:
        file.write_text(was)
    assert said.code == 2, said.all
    assert "what Pulumi.live.yaml declares of `postgres` has changed since the plan was made" in said.err
    assert "Plan again: `datatier upgrade plan`" in said.err
    assert not (plan.path / ".local").exists() or not [*(plan.path / ".local").rglob("*.json")]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ("upgrade run nothing.json", 2, "nothing.json cannot be read: No such file or directory."),
        ("upgrade run .", 2, "cannot be read: Is a directory."),
        ("upgrade run Pulumi.yaml", 2, "Pulumi.yaml"),
        ("upgrade run plan.json --until tomorrow", 2, "the plan has no step `tomorrow`"),
        ("upgrade rehearse --to postgres.version=18", 1, "nothing is up in"),
        ("upgrade rehearse nowhere --to postgres.version=18", 1, "stack `nowhere` was not brought up"),
        ("upgrade rehearse --to postgres", 2, "postgres"),
        ("upgrade rehearse --to postgres.class=x --from whole", 2, "postgres.class is not rehearsed"),
        ("upgrade rehearse --to postgres.version=18 --to main.engine=valkey", 2, "rehearse one of them at a time"),
        ("upgrade rehearse --to main.engine=valkey --by dump", 2, "--by is for postgres"),
        ("upgrade rehearse --to postgres.version=18 --from nowhere", 2, "nowhere"),
        ("maintain plan nowhere", 1, "stack `nowhere` was not brought up"),
        ("maintain run nowhere --yes", 1, "stack `nowhere` was not brought up"),
        ("capacity nowhere", 1, "stack `nowhere` was not brought up"),
        ("capacity --json --markdown", 2, "--markdown and --json contradict each other: choose one."),
        ("cost show nowhere", 2, "There is no stack `nowhere`"),
        ("cost refresh -s nowhere", 2, "There is no stack `nowhere`"),
    ],
)
def test_what_cannot_be_is_one_sentence(words: str, code: int, says: str, plan: Folder) -> None:
    said = plan.call(*words.split())
    assert "a fault of datatier" not in said.err, said.err
    assert (said.code, says in " ".join(said.err.split())) == (code, True), said.all


@pytest.mark.parametrize("version", ["18", "18.6", "17", "99", "eighteen"])
def test_what_there_is_nothing_to_rehearse_of(version: str, tier: Tier) -> None:
    said = tier.folder.call("upgrade", "rehearse", "live", "--to", f"postgres.version={version}")
    assert (said.code, said.err.startswith("error: "), said.err.count("\n")) == (2, True, 1), said.all
