"""Each trouble made for real is planned, what is planned mends it, and nothing is left to plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

import psycopg
import pytest
from busy_server import Busy
from once import kept
from postgres_server import binaries
from worn import ACCESS, LONG, MEASURED, OWNER, S, Worn, made

from maintain.action import MaintenancePlan
from maintain.look import of_node
from maintain.plan import OBSERVATIONS, plan
from observe.postgres.bloat import BLOAT

pytestmark = pytest.mark.server


@pytest.fixture(scope="session")
def worn_of(busy_of: Callable[[int], Busy]) -> Iterator[Callable[[int], Worn]]:
    @contextmanager
    def on(major: int) -> Iterator[Worn]:
        yield made(busy_of(major))

    with kept(on) as all_of_them:
        yield all_of_them


@pytest.fixture(params=sorted(binaries()))
def worn(request: pytest.FixtureRequest, worn_of: Callable[[int], Worn]) -> Worn:
    return worn_of(request.param)


@pytest.fixture
def newest(worn_of: Callable[[int], Worn]) -> Worn:
    return worn_of(max(binaries()))


def mended(worn: Worn) -> list[str]:
    """What was planned and sent, without a warning; afterwards there is nothing to do."""
    planned = worn.plan()
    for each in planned.actions:
        assert worn.send(each) == [], each
    assert worn.plan().actions == ()
    return [each.statement for each in planned.actions]


def skipped(planned: MaintenancePlan) -> list[tuple[str, str]]:
    return [(each.object, each.mend) for each in planned.skipped if S in each.object or "pg_toast" in each.object]


def test_what_a_stopped_reindex_leaves_is_dropped_whatever_it_is_called(worn: Worn) -> None:
    with worn.table("Items", "(id int PRIMARY KEY, n int, CONSTRAINT once UNIQUE (n) DEFERRABLE)") as table:
        worn.run(f"CREATE INDEX {LONG} ON {table} (n, id)", f'CREATE INDEX "fine_ccnew" ON {table} (lower(n::text))')
        for index in (LONG, LONG, "once"):
            worn.stopped(f"REINDEX INDEX CONCURRENTLY {S}.{index}", table)
        cut = LONG[:57]
        assert mended(worn) == [
            f"DROP INDEX CONCURRENTLY {S}.{cut[:56]}_ccnew1",
            f"DROP INDEX CONCURRENTLY {S}.{cut}_ccnew",
            f"DROP INDEX CONCURRENTLY {S}.once_ccnew",
        ]


def test_what_a_stopped_reindex_leaves_in_a_partition(worn: Worn) -> None:
    with worn.table("Days", "(day int, n int) PARTITION BY RANGE (day)") as table:
        worn.run(
            f'SET ROLE "{OWNER}"',
            f"CREATE TABLE {S}.day_1 PARTITION OF {table} FOR VALUES FROM (1) TO (2)",
            f"CREATE INDEX by_n ON {table} (n)",
        )
        worn.stopped(f"REINDEX INDEX CONCURRENTLY {S}.day_1_n_idx", f"{S}.day_1")
        assert mended(worn) == [f"DROP INDEX CONCURRENTLY {S}.day_1_n_idx_ccnew"]


def test_what_it_leaves_of_toast_only_a_superuser_can_name(worn: Worn) -> None:
    with worn.table("Texts", "(id int, body text)") as table:
        worn.stopped(f"REINDEX TABLE CONCURRENTLY {table}", table)
        planned = worn.plan()
        assert planned.actions == ()
        ((name, mend),) = skipped(planned)
        statement, _, who = mend.partition(" as a superuser")
        assert who
        assert statement == f"DROP INDEX CONCURRENTLY {name}"
        with closing(worn.connect()) as conn:
            conn.execute(f'SET ROLE "{OWNER}"'.encode())
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="schema pg_toast"):
                conn.execute(statement.encode())
            conn.execute(f"VACUUM (FULL) {table}".encode())
        assert skipped(worn.plan()) == skipped(planned)
        worn.run(statement)
        assert skipped(worn.plan()) == []


def test_an_index_that_was_never_finished(worn: Worn) -> None:
    with worn.table("Items", "(a int, b int)", "SELECT g, g % 5 FROM generate_series(1, 100) g") as table:
        for words in (f"UNIQUE INDEX CONCURRENTLY once ON {table} (b)", f"INDEX CONCURRENTLY late ON {table} (a)"):
            with closing(worn.connect()) as conn, closing(worn.connect()) as other, other.transaction():
                if words[0] != "U":
                    other.execute(f"LOCK TABLE {table} IN ROW EXCLUSIVE MODE".encode())
                conn.execute("SET lock_timeout = '50ms'")
                with pytest.raises((psycopg.errors.UniqueViolation, psycopg.errors.LockNotAvailable)):
                    conn.execute(f"CREATE {words}".encode())
        planned = [each.statement for each in worn.plan().actions]
        once = f"REINDEX INDEX CONCURRENTLY {S}.once"
        assert planned == [f"REINDEX INDEX CONCURRENTLY {S}.late", once]
        with closing(worn.connect()) as conn, pytest.raises(psycopg.errors.UniqueViolation) as refusal:
            conn.execute(once.encode())
        # The run that it failed in says so: what it left is dropped, and it is not tried again.
        after = worn.plan(failed={once: str(refusal.value.diag.message_primary)})
        assert [each.statement for each in after.actions] == [
            f"DROP INDEX CONCURRENTLY {S}.once_ccnew",
            f"REINDEX INDEX CONCURRENTLY {S}.late",
        ]
        ((name, mend),) = skipped(after)
        query, _, again = mend.partition(", then ")
        assert (name, again) == (f"{S}.once", once)
        with closing(worn.connect()) as conn:
            assert len(conn.execute(query.encode()).fetchall()) == 5
        worn.run(f"DELETE FROM {table} WHERE a > 5")
        assert set(mended(worn)) == {
            f"DROP INDEX CONCURRENTLY {S}.once_ccnew",
            f"REINDEX INDEX CONCURRENTLY {S}.late",
            once,
        }


def test_an_unfinished_index_that_another_one_replaces_is_dropped(newest: Worn) -> None:
    with newest.table("Items", "(a int, b int)") as table:
        newest.run(
            f"CREATE INDEX first ON {table} (a)",
            f"CREATE INDEX second ON {table} (a)",
            f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{S}.second'::regclass",
        )
        assert mended(newest) == [f"DROP INDEX CONCURRENTLY {S}.second"]


def test_while_somebody_builds_an_index_none_is_touched(newest: Worn) -> None:
    with newest.table("Items", "(a int)") as table:
        newest.run(
            f"CREATE INDEX half ON {table} (a)",
            f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{S}.half'::regclass",
        )
        with closing(newest.connect()) as conn, conn.transaction():
            conn.execute(f"LOCK TABLE {table} IN SHARE UPDATE EXCLUSIVE MODE".encode())
            planned = newest.plan()
        assert (planned.actions, skipped(planned)) == ((), [(f"{S}.half", "datatier queries progress")])


def test_the_index_of_a_partitioned_table_that_a_partition_lacks(newest: Worn) -> None:
    with newest.table("Days", "(day int, n int) PARTITION BY RANGE (day)") as table:
        newest.run(
            f'CREATE TABLE {S}."day 1" PARTITION OF {table} FOR VALUES FROM (1) TO (2)',
            f"CREATE INDEX by_n ON ONLY {table} (n)",
        )
        planned = newest.plan()
        (found,) = (each for each in planned.skipped if each.object == f"{S}.by_n")
        assert planned.actions == ()
        assert f'{S}."day 1" has no valid part of it' in found.why
        newest.run(
            f'CREATE INDEX CONCURRENTLY part ON {S}."day 1" (n)', f"ALTER INDEX {S}.by_n ATTACH PARTITION {S}.part"
        )
        assert skipped(newest.plan()) == []


def test_dead_rows_and_stale_statistics(worn: Worn) -> None:
    many = "SELECT g, repeat('x', 50) FROM generate_series(1, 30000) g"
    with (
        worn.table("Dead", "(id int, body text)", many) as dead,
        worn.table("Stale", "(id int, body text)", many) as stale,
    ):
        worn.run(f"VACUUM (ANALYZE) {dead}", f"VACUUM (ANALYZE) {stale}")
        worn.run(f"DELETE FROM {dead} WHERE id % 2 = 0", f"INSERT INTO {stale} {many}")
        (vacuum, analyze) = worn.plan().actions
        assert (vacuum.statement, analyze.statement) == (f"VACUUM (ANALYZE, TRUNCATE off) {dead}", f"ANALYZE {stale}")
        assert "15,000 dead rows" in vacuum.why
        assert vacuum.bytes
        assert vacuum.seconds is not None
        assert (vacuum.role, vacuum.lock) == (OWNER, "SHARE UPDATE EXCLUSIVE")
        assert [each.statement for each in worn.plan(stale).actions] == [analyze.statement]
        mended(worn)


def test_what_somebody_may_still_see_is_not_vacuumed(newest: Worn) -> None:
    rows = "SELECT g FROM generate_series(1, 15000) g"
    with newest.table("Seen", "(id int)", rows) as table, closing(newest.connect()) as reader:
        newest.run(f"VACUUM (ANALYZE) {table}")
        with reader.transaction():
            reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            reader.execute("SELECT 1")
            newest.run(f"UPDATE {table} SET id = -id")
            # Since the reader began it was vacuumed in vain: nothing is left that could go.
            (planned,) = newest.plan().actions
            newest.send(planned)
            held = newest.plan()
            assert [each.object for each in held.actions] == []
            found = next(each for each in held.skipped if each.object == table)
            assert found.mend == f"datatier queries kill {reader.info.backend_pid}"
        assert mended(newest) == [planned.statement]


def test_a_partitioned_table_is_analyzed_as_a_whole(worn: Worn) -> None:
    with worn.table("Days", "(day int, n int) PARTITION BY RANGE (day)") as table:
        worn.run(
            f'SET ROLE "{OWNER}"',
            f'CREATE TABLE {S}."day 1" PARTITION OF {table} FOR VALUES FROM (1) TO (2)',
            f"INSERT INTO {table} SELECT 1, g FROM generate_series(1, 20000) g",
        )
        # Autovacuum has been there; the partitions are as they should be.
        worn.run(f'VACUUM (ANALYZE) {S}."day 1"')
        only = "ONLY " if worn.server.major >= 18 else ""
        assert mended(worn) == [f"ANALYZE {only}{table}"]
        worn.run(f"INSERT INTO {table} SELECT 1, g FROM generate_series(1, 20000) g")
        # The partition is stale too, and is analyzed along with it.
        assert mended(worn) == [f"ANALYZE {table}"]


def test_an_index_that_is_mostly_air_is_built_again(worn: Worn) -> None:
    rows = "SELECT g, repeat('x', 100) FROM generate_series(1, 20000) g"
    with worn.table("Airy", "(id int PRIMARY KEY, body text)", rows) as table:
        worn.run(f"VACUUM (ANALYZE) {table}", f"DELETE FROM {table} WHERE id % 20 > 0", f"VACUUM (ANALYZE) {table}")
        # Where the package has no pgstattuple it is estimated, from statistics of what one may read.
        worn.run(f"GRANT SELECT ON {table} TO monitor")
        planned = worn.plan()
        (action,) = planned.actions
        assert action.statement == f'REINDEX INDEX CONCURRENTLY {S}."Airy_pkey"'
        assert "PostgreSQL does not say how much is free" in action.why
        # The table itself would be locked for it: only told.
        assert [mend.partition(" at ")[0] for name, mend in skipped(planned)] == [f"VACUUM (FULL, ANALYZE) {table}"]
        full = worn.plan(free_bytes=1000)
        assert full.actions == ()
        assert (f'{S}."Airy_pkey"', "more storage, then the same again") in skipped(full)
        mended(worn)


def test_bloat_of_what_only_its_owner_may_read_is_seen_by_who_may_become_it(newest: Worn) -> None:
    """The planner's statistics show nothing of a table that one may not read (PostgreSQL, pg_stats)."""
    rows = "SELECT g, repeat('x', 100) FROM generate_series(1, 20000) g"
    with newest.table("Hidden", "(id int PRIMARY KEY, body text)", rows) as table:
        newest.run(f"VACUUM (ANALYZE) {table}", f"DELETE FROM {table} WHERE id % 20 > 0", f"VACUUM (ANALYZE) {table}")
        (watcher,), wanted = newest.seen_by("monitor"), [MEASURED if each is BLOAT else each for each in OBSERVATIONS]
        alone = plan([of_node(watcher, ACCESS, wanted)])
        kept = plan([of_node(watcher, ACCESS, wanted, keepers=newest.seen_by("boss"))])
        index = f'REINDEX INDEX CONCURRENTLY {S}."Hidden_pkey"'
        with closing(newest.connect()) as conn:
            measured = conn.execute("SELECT FROM pg_extension WHERE extname = 'pgstattuple'").fetchone() is not None
        assert ([each.statement for each in alone.actions], [each.statement for each in kept.actions]) == (
            [index] if measured else [],
            [index],
        )


def test_statements_are_counted_anew_only_when_asked_and_allowed(newest: Worn) -> None:
    with closing(newest.connect()) as conn:
        if conn.execute("SELECT FROM pg_available_extensions WHERE name = 'pg_stat_statements'").fetchone() is None:
            pytest.skip("this package has no pg_stat_statements")
    asked = newest.plan(reset_statistics=True)
    assert [each.why for each in asked.skipped if each.object == "pg_stat_statements"] == [
        "statements are not counted: the extension is not in the database, or not loaded"
    ]
    newest.run("CREATE SCHEMA counted", "CREATE EXTENSION pg_stat_statements SCHEMA counted")
    assert newest.plan().actions == ()
    (found,) = (each for each in newest.plan(reset_statistics=True).skipped if each.object == "pg_stat_statements")
    newest.run(found.mend, f'GRANT USAGE ON SCHEMA counted TO "{OWNER}"')
    (action,) = newest.plan(reset_statistics=True).actions
    assert (action.statement, action.role) == ("SELECT counted.pg_stat_statements_reset()", OWNER)
    assert newest.send(action) == []
    newest.run("DROP EXTENSION pg_stat_statements", "DROP SCHEMA counted")


def test_a_table_of_somebody_else_is_told(newest: Worn) -> None:
    with newest.table("Foreign", "(id int)", "SELECT g FROM generate_series(1, 20001) g") as table:
        newest.run(f"ALTER TABLE {table} OWNER TO nobody", f"VACUUM {table}", f"DELETE FROM {table}")
        planned = newest.plan()
        assert planned.actions == ()
        assert skipped(planned)[0] == (table, f'ALTER TABLE {table} OWNER TO "{OWNER}"')


@pytest.mark.parametrize(
    ("observation", "row", "expected"),
    [
        ("wraparound-tables", {"transactions": 600_000_000}, "VACUUM (FREEZE, ANALYZE, TRUNCATE off)"),
        ("wraparound-tables", {"transactions": 1_700_000_000}, "VACUUM (FREEZE, INDEX_CLEANUP off, TRUNCATE off)"),
        ("vacuum", {"toast": True, "dead": 10**6}, "VACUUM (PROCESS_MAIN off, TRUNCATE off)"),
    ],
)
def test_each_way_to_vacuum_is_one_that_the_server_takes(
    worn: Worn, observation: str, row: dict[str, object], expected: str
) -> None:
    """As if its numbers were those: no test can wait for them."""
    with worn.table("Old", "(id int, body text)") as table:
        facts = worn.facts(table)
        seen = facts.observed[observation]
        rows = tuple({**each, **row} for each in seen.rows)
        worse = replace(seen, rows=rows, findings=seen.observation.judge(rows))
        (action,) = plan([replace(facts, observed={**facts.observed, observation: worse})]).actions
        if worn.server.major < 16 and "PROCESS_MAIN" in expected:
            expected = "VACUUM (ANALYZE, TRUNCATE off)"
        assert action.statement == f"{expected} {table}"
        assert worn.send(action) == []
