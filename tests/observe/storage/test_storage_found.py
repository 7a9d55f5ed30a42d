"""Each trouble of what is stored is found, and what the finding says mends it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import psycopg
import pytest
from storage_shop import DATABASE, Shop

from knowledge.thresholds.postgres import TRANSACTION_IDS
from knowledge.thresholds.postgres_storage import BLOAT as BLOAT_THRESHOLD
from knowledge.thresholds.postgres_storage import COVERED_INDEX, FOREIGN_KEY_INDEX, UNUSED_INDEX
from knowledge.thresholds.threshold import Status
from observe.observation import Finding
from observe.postgres.bloat import BLOAT, read, wasteful
from observe.postgres.databases import DATABASES
from observe.postgres.foreign_keys import FOREIGN_KEYS, lacking_indexes
from observe.postgres.index_usage import INDEX_USAGE, unused
from observe.postgres.indexes import INDEXES, superfluous
from observe.postgres.sequences import SEQUENCES
from observe.postgres.sizes import SIZES
from observe.postgres.vacuum import VACUUM
from observe.postgres.vacuum_horizon import VACUUM_HORIZON
from observe.postgres.wraparound import WRAPAROUND_TABLES, of_tables

pytestmark = pytest.mark.server
S = '"Shop Front"'


def about(findings: tuple[Finding, ...], *names: str) -> tuple[Finding, ...]:
    return tuple(each for each in findings if each.object in names)


def of_check(findings: tuple[Finding, ...], *checks: str) -> tuple[Finding, ...]:
    return tuple(each for each in findings if each.check in checks)


def test_a_partitioned_table_is_as_large_and_full_as_its_partitions(shop: Shop) -> None:
    found = {row["table"]: row for row in shop.look(SIZES).rows}
    events = found[f"{S}.events"]
    with closing(shop.server.superuser(DATABASE)) as conn:
        (expected,) = conn.execute(
            "SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('\"Shop Front\".events')"
        ).fetchone() or (None,)
    assert [events[key] for key in ("kind", "rows", "partitions", "total_bytes")] == ["partitioned", 3000, 2, expected]
    assert f"{S}.events_1" not in found


def test_everybody_sees_the_sizes_of_tables_they_may_not_read(shop: Shop) -> None:
    assert shop.look(SIZES, "clerk").rows == shop.look(SIZES, "watcher").rows


def test_a_database_that_one_may_not_enter(shop: Shop) -> None:
    with closing(shop.server.superuser()) as conn:
        conn.execute("CREATE DATABASE staff")
        conn.execute("REVOKE CONNECT ON DATABASE staff FROM PUBLIC")

    def size(user: str) -> tuple[bool, list[str]]:
        found = shop.look(DATABASES, user)
        (row,) = (row for row in found.rows if row["database"] == "staff")
        return row["size_bytes"] is not None, [each.mend for each in found.findings]

    assert size("watcher") == (True, [])
    assert size("clerk") == (False, ['GRANT pg_monitor TO "clerk"'])


def test_a_table_that_is_locked_is_not_waited_for(shop: Shop) -> None:
    with closing(shop.server.superuser(DATABASE)) as conn, conn.transaction():
        conn.execute(f"CREATE INDEX partial ON {S}.customers (name) WHERE id > 5")
        conn.execute(f"LOCK TABLE {S}.customers IN ACCESS EXCLUSIVE MODE")
        for observation in (SIZES, INDEXES, INDEX_USAGE, FOREIGN_KEYS, BLOAT, VACUUM, SEQUENCES):
            found = shop.look(observation)
            assert not found.refused, found.findings
        raise psycopg.Rollback


def test_indexes_that_another_one_replaces(shop: Shop) -> None:
    def find() -> tuple[Finding, ...]:
        return tuple(superfluous(shop.look(INDEXES).rows, replace(COVERED_INDEX, warn=0)))

    assert f"{S}.by_note" not in {each.object for each in shop.look(INDEXES).findings}  # too small to say
    assert [(each.check, each.object, each.status) for each in find()] == [
        ("duplicate-index", f"{S}.events_at_again", Status.WARN),
        ("covered-index", f"{S}.by_note", Status.WARN),
        ("duplicate-index", f"{S}.by_note_again", Status.WARN),
    ]
    assert shop.mended(find) == [
        f"DROP INDEX {S}.events_at_again",
        f"DROP INDEX CONCURRENTLY {S}.by_note",
        f"DROP INDEX CONCURRENTLY {S}.by_note_again",
    ]


def test_indexes_that_were_left_behind(shop: Shop) -> None:
    with closing(shop.server.superuser(DATABASE)) as conn, pytest.raises(psycopg.errors.UniqueViolation):
        conn.execute(f'CREATE UNIQUE INDEX CONCURRENTLY "one note" ON {S}.orders (note)')
    with (
        closing(shop.server.superuser(DATABASE)) as conn,
        closing(shop.server.superuser(DATABASE)) as other,
        other.transaction(),
    ):
        other.execute(f"LOCK TABLE {S}.orders IN ROW EXCLUSIVE MODE")
        conn.execute("SET lock_timeout = '100ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            conn.execute(f"REINDEX INDEX CONCURRENTLY {S}.orders_pkey")
    assert shop.mended(lambda: of_check(shop.look(INDEXES).findings, "invalid-index")) == [
        f'DROP INDEX CONCURRENTLY {S}."one note"',
        f"DROP INDEX CONCURRENTLY {S}.orders_pkey_ccnew",
    ]


def test_an_index_that_is_being_built_is_not_left_behind(shop: Shop) -> None:
    name = f"{S}.half_done"
    shop.run(
        f"CREATE INDEX half_done ON {S}.customers (name)",
        f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{name}'::regclass",
    )
    with closing(shop.server.superuser(DATABASE)) as conn, conn.transaction():
        conn.execute(f"LOCK TABLE {S}.customers IN SHARE UPDATE EXCLUSIVE MODE")
        assert about(shop.look(INDEXES).findings, name) == ()
    assert shop.mended(lambda: about(shop.look(INDEXES).findings, name)) == [f"DROP INDEX CONCURRENTLY {name}"]


def test_what_a_stopped_reindex_leaves_of_toast(shop: Shop) -> None:
    shop.run(
        f"CREATE TABLE {S}.long_texts (body text)",
        f"UPDATE pg_index SET indisvalid = false WHERE indrelid = "
        f"(SELECT reltoastrelid FROM pg_class WHERE oid = '{S}.long_texts'::regclass)",
    )
    (finding,) = of_check(shop.look(INDEXES).findings, "invalid-index")
    assert finding.mend.startswith("DROP INDEX CONCURRENTLY pg_toast.pg_toast_")
    assert shop.mended(lambda: of_check(shop.look(INDEXES).findings, "invalid-index")) == [finding.mend]
    shop.run(f"DROP TABLE {S}.long_texts")


def test_a_foreign_key_without_an_index(shop: Shop) -> None:
    assert shop.mended(lambda: shop.look(FOREIGN_KEYS).findings) == [
        f"CREATE INDEX CONCURRENTLY ON {S}.orders (customer)"
    ]


def test_a_foreign_key_of_several_columns_on_a_partitioned_table(shop: Shop) -> None:
    shop.run(
        f"CREATE TABLE {S}.pairs (a bigint, b int, PRIMARY KEY (a, b))",
        f"INSERT INTO {S}.pairs SELECT id, customer FROM {S}.events",
        f"ALTER TABLE {S}.events ADD CONSTRAINT pair FOREIGN KEY (id, customer) REFERENCES {S}.pairs",
    )

    def find() -> tuple[Finding, ...]:
        return lacking_indexes(shop.look(FOREIGN_KEYS).rows, replace(FOREIGN_KEY_INDEX, warn=2000))

    assert shop.look(FOREIGN_KEYS).findings == ()  # small
    assert shop.mended(find) == [f"CREATE INDEX ON {S}.events (id, customer)"]
    # The same columns in another order, and more behind them, do as well.
    shop.run(f"DROP INDEX {S}.events_id_customer_idx", f"CREATE INDEX turned ON {S}.events (customer, id, at)")
    assert find() == ()
    shop.run(f"DROP INDEX {S}.turned", f"CREATE INDEX partial ON {S}.events (id, customer) WHERE id > 5")
    assert len(find()) == 1
    shop.run(f"ALTER TABLE {S}.events DROP CONSTRAINT pair", f"DROP INDEX {S}.partial")


def test_an_index_that_nobody_scans(shop: Shop) -> None:
    name = f"{S}.idle"
    shop.run(f"CREATE INDEX idle ON {S}.customers (lower(name))")

    def find() -> tuple[Finding, ...]:
        return about(unused({"only": shop.look(INDEX_USAGE).rows}, replace(UNUSED_INDEX, warn=0), days=0), name)

    (finding,) = find()
    assert "statistics of its expression" in finding.message
    assert shop.mended(find) == [f"DROP INDEX CONCURRENTLY {name}"]
    shop.run(f"CREATE INDEX idle ON {S}.customers (name)")
    shop.run("SET enable_seqscan = off", f"SELECT FROM {S}.customers WHERE name = 'x'")
    assert find() == ()
    shop.run(f"DROP INDEX {name}")


def test_a_table_that_no_vacuum_comes_to(shop: Shop) -> None:
    def find() -> tuple[Finding, ...]:
        return about(shop.look(VACUUM).findings, f'{S}."Order Items"')

    assert [each.check for each in find()] == ["autovacuum-off"]
    assert shop.mended(find) == [f'VACUUM (ANALYZE) {S}."Order Items"']


def test_what_changes_in_a_partitioned_table_is_counted_in_its_partitions(shop: Shop) -> None:
    def row() -> dict[str, object]:
        (found,) = (dict(each) for each in shop.look(VACUUM).rows if each["table"] == f"{S}.readings")
        return {key: found[key] for key in ("live", "dead", "dead_due", "changed", "changed_due", "autovacuum")}

    shop.run(
        f"CREATE TABLE {S}.readings (at int) PARTITION BY RANGE (at)",
        f"CREATE TABLE {S}.readings_1 PARTITION OF {S}.readings FOR VALUES FROM (1) TO (10) PARTITION BY LIST (at)",
        f"CREATE TABLE {S}.readings_2 PARTITION OF {S}.readings FOR VALUES FROM (10) TO (20)",
        f"CREATE TABLE {S}.readings_11 PARTITION OF {S}.readings_1 DEFAULT",
        f"INSERT INTO {S}.readings SELECT 1 + g % 19 FROM generate_series(1, 21000) g",
    )
    never = {"live": 21000, "dead": 0, "dead_due": 0, "changed": 21000, "changed_due": 2150, "autovacuum": False}
    assert row() == never
    shop.run(f"ANALYZE {S}.readings_2")
    assert row() == never
    assert shop.mended(lambda: about(shop.look(VACUUM).findings, f"{S}.readings")) == [f"ANALYZE {S}.readings"]
    shop.run(f"DELETE FROM {S}.readings WHERE at = 3")
    assert row()["changed"] == 1106
    shop.run(f"DROP TABLE {S}.readings")


def test_the_settings_of_a_table_decide_when_autovacuum_comes(shop: Shop) -> None:
    table = f"{S}.tuned"
    shop.run(
        f"CREATE TABLE {table} (id int, body text) WITH (autovacuum_enabled = off, autovacuum_vacuum_threshold = 7, "
        "autovacuum_vacuum_scale_factor = 0.5, autovacuum_vacuum_insert_threshold = -1, toast.autovacuum_enabled = on)",
        f"INSERT INTO {table} SELECT g FROM generate_series(1, 100) g",
        f"ANALYZE {table}",
    )
    (row,) = (row for row in shop.look(VACUUM).rows if row["table"] == table)
    assert [row[key] for key in ("dead_due", "inserted_due", "changed_due", "autovacuum")] == [57, None, 60, False]
    shop.run(f"DROP TABLE {table}")


def test_what_holds_vacuum_back(shop: Shop) -> None:
    with closing(shop.server.superuser(DATABASE)) as conn, conn.transaction():
        conn.execute("SELECT pg_current_xact_id()")
        pid = str(conn.info.backend_pid)
        held = {row["id"]: row["kind"] for row in shop.look(VACUUM_HORIZON).rows}
        assert held[pid] == "transaction"
    assert pid not in {row["id"] for row in shop.look(VACUUM_HORIZON).rows}


def test_ids_that_are_old(shop: Shop) -> None:
    table = f"{S}.customers"
    shop.run(*["SELECT pg_current_xact_id()"] * 30)

    def find() -> tuple[Finding, ...]:
        return about(of_tables(shop.look(WRAPAROUND_TABLES).rows, replace(TRANSACTION_IDS, warn=20)), table)

    assert shop.mended(find) == [f"VACUUM (FREEZE) {table}"]


def test_sequences_that_run_out(shop: Shop) -> None:
    shop.run(
        f"CREATE SEQUENCE {S}.few MAXVALUE 10",
        f"CREATE SEQUENCE {S}.round MAXVALUE 10 CYCLE",
        f"CREATE SEQUENCE {S}.down INCREMENT -1 MINVALUE -10",
        *(
            f"SELECT setval('{S}.{name}', {value})"
            for name, value in {
                "tickets_numbers": 2_000_000_000,
                "orders_id_seq": 2_147_483_000,
                '"Order Items_id_seq"': 1_990_000_000,
                "few": 10,
                "round": 10,
                "down": -5,
            }.items()
        ),
        f"GRANT SELECT ON ALL SEQUENCES IN SCHEMA {S} TO watcher",
    )

    def find() -> tuple[Finding, ...]:
        return shop.look(SEQUENCES).findings

    assert [(each.object, each.status) for each in find()] == [
        (f"{S}.few", Status.CRITICAL),
        (f"{S}.orders_id_seq", Status.CRITICAL),
        (f"{S}.tickets_numbers", Status.WARN),
        (f'{S}."Order Items_id_seq"', Status.WARN),
    ]
    assert shop.mended(find) == [
        f"ALTER SEQUENCE {S}.few NO MAXVALUE",
        f"ALTER TABLE {S}.orders ALTER COLUMN id TYPE bigint; ALTER SEQUENCE {S}.orders_id_seq AS bigint",
        f"ALTER TABLE {S}.tickets ALTER COLUMN id TYPE bigint",
        f'ALTER TABLE {S}."Order Items" ALTER COLUMN id TYPE bigint',
    ]


def test_sequences_that_one_may_not_see(shop: Shop) -> None:
    shop.run("CREATE SEQUENCE public.unseen")

    def find() -> tuple[Finding, ...]:
        return shop.look(SEQUENCES, "clerk").findings

    assert [each.status for each in find()] == [Status.SKIPPED]
    assert shop.mended(find) == [f"GRANT SELECT ON ALL SEQUENCES IN SCHEMA {S}, public TO clerk"]
    shop.run("DROP SEQUENCE public.unseen")


def test_bloat_is_measured_where_it_may_be_and_else_estimated(shop: Shop) -> None:
    table, index = f"{S}.puffed", f"{S}.puffed_id"
    shop.run(
        f"CREATE TABLE {table} (id int, filler text)",
        f"INSERT INTO {table} SELECT g, repeat('y', 200) FROM generate_series(1, 8000) g",
        f"CREATE INDEX puffed_id ON {table} (id)",
        f"DELETE FROM {table} WHERE id % 4 <> 0",
        f"VACUUM (ANALYZE) {table}",
    )
    some = replace(
        BLOAT,
        read=lambda _: read(from_bytes=100_000),
        judge=lambda rows: wasteful(rows, BLOAT_THRESHOLD, from_bytes=100_000),
    )

    def wasted(user: str) -> dict[object, tuple[object, bool]]:
        rows = shop.look(some, user).rows
        about_75 = {row["relation"]: (row["how"], 65 < float(str(row["share_percent"] or 0)) < 80) for row in rows}
        return {name: about_75[name] for name in (table, index)}

    # Who may neither measure nor read learns why there is no figure, and what ends that.
    assert wasted("watcher") == {table: (None, False), index: (None, False)}
    mends = [each.mend for each in shop.look(some).findings]
    assert mends == ["GRANT pg_read_all_data TO watcher", "CREATE EXTENSION pgstattuple"]
    # Who may read has an estimate, by the statistics of the columns.
    shop.run(f"GRANT USAGE ON SCHEMA {S} TO clerk", f"GRANT SELECT ON {table} TO clerk")
    assert wasted("clerk") == {table: ("estimated", True), index: ("estimated", True)}
    # In any schema, where one may use it.
    shop.run("CREATE SCHEMA extensions", "CREATE EXTENSION pgstattuple SCHEMA extensions")
    assert shop.look(some).findings[0].mend == "GRANT USAGE ON SCHEMA extensions TO watcher"
    shop.run("GRANT USAGE ON SCHEMA extensions TO watcher")
    assert wasted("watcher") == {table: ("measured", True), index: ("measured", True)}
    # What there was no time for is estimated where it may be, and says why it was not measured.
    late = shop.look(replace(some, patience=0), "watcher")
    assert {row.get("refused") for row in late.rows} == {"the time for all of them was over"}
    assert shop.look(some, "clerk").findings[-1].mend == 'GRANT pg_stat_scan_tables TO "clerk"'
    assert shop.mended(lambda: about(shop.look(some).findings, table, index)) == [
        f"VACUUM (FULL, ANALYZE) {table}",
        f"REINDEX INDEX CONCURRENTLY {index}",
    ]
    shop.run(f"DROP TABLE {table}", "DROP EXTENSION pgstattuple")
