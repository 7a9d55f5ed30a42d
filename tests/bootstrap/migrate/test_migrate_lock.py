"""golang-migrate's lock keys: its own test vectors, and keys seen in pg_locks while its CLI 4.19.1 ran."""

from __future__ import annotations

import pytest

from bootstrap.migrate.lock import lock_key, lock_keys


@pytest.mark.parametrize(
    ("database", "schema", "expected"),
    [("/app", "public", 1726534663), ("app", "public", 1787120056), ("/app", "ops", 28547050)],
)
def test_seen_in_pg_locks(database: str, schema: str, expected: int) -> None:
    assert lock_key(database, schema, "schema_migrations") == expected


def test_upstream_vector() -> None:
    assert lock_key("database_name", "schema_name_1", "schema_name_2") == 3743845847


def test_both_in_order() -> None:
    assert lock_keys("app", "public", "schema_migrations") == (1726534663, 1787120056)
