"""What becomes a sample of what observations have brought."""

from __future__ import annotations

from bootstrap.access import load_access
from capacity.samples import REDIS, TABLES, Sample, of_keys, samples
from observe.keys.record import Record
from observe.keys.report import report_of
from observe.keys.spaces import spaces_of
from observe.observation import Observation, Observed, Rows
from observe.postgres.sizes import SIZES
from observe.postgres.slots import SLOTS


def seen(observation: Observation, rows: Rows) -> list[Sample]:
    return list(samples([Observed(node="n", observation=observation, rows=tuple(rows), findings=())]))


def test_the_largest_tables_alone_and_no_catalogs() -> None:
    rows = [{"relid": n, "table": f"shop.t{n}", "total_bytes": n} for n in range(TABLES + 5)]
    found = seen(SIZES, [*rows, {"relid": None, "table": "the catalogs", "total_bytes": 10**9}])
    assert len(found) == TABLES
    assert found[0] == Sample(node="n", name=f"table shop.t{TABLES + 4}", value=TABLES + 4)
    assert found[-1] == Sample(node="n", name="table shop.t5", value=5)


def test_the_slot_that_is_furthest_behind_and_its_limit_where_there_is_one() -> None:
    rows = [{"held_bytes": held, "keep_mib": 2} for held in (None, 300, 20)]
    assert seen(SLOTS, rows) == [
        Sample(node="n", name="slot-wal", value=300),
        Sample(node="n", name="slot-wal-limit", value=2 * 1024**2),
    ]
    assert seen(SLOTS, [{"held_bytes": 1, "keep_mib": -1}]) == [Sample(node="n", name="slot-wal", value=1)]


def test_a_cache_without_limits_has_no_samples_of_them() -> None:
    memory, clients = REDIS
    assert seen(memory, [{"used_memory": 5, "maxmemory": 0}]) == [Sample(node="n", name="memory", value=5)]
    assert seen(clients, [{"connected_clients": 2, "maxclients": 9}]) == [
        Sample(node="n", name="clients", value=2),
        Sample(node="n", name="maxclients", value=9),
    ]


def test_what_did_not_answer_is_no_sample() -> None:
    assert seen(SIZES, []) == []


def test_the_key_spaces_of_an_inventory() -> None:
    access = load_access(
        {
            "owner": "till_owner",
            "identities": {"till_app": {"redis": {"basket": {"keys": ["cart:*"], "commands": ["@read", "@write"]}}}},
            "keyspaces": {
                "cart": {
                    "pattern": "cart:{id}",
                    "cache": "basket",
                    "owner": "till_app",
                    "type": "hash",
                    "ttl": "1h",
                    "purpose": "carts",
                }
            },
        }
    )
    records = [Record(0, f"cart:{n}".encode(), "hash", 1000, 100) for n in range(3)]
    found = report_of([*records, Record(0, b"other", "string", None, 7)], spaces_of(access, "basket"))
    assert list(of_keys("basket", found)) == [Sample(node="basket", name="keyspace cart", value=300)]
