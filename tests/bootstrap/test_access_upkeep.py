"""access.yaml's `upkeep`: what it means where nothing is said, and the one sentence for what makes no sense."""

from __future__ import annotations

from typing import Any

import pytest

from bootstrap.access import AccessError, load_access


def declared(*upkeep: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"owner": "app_owner", "identities": {"app": {"postgres": "readwrite"}}, "upkeep": list(upkeep), **more}


@pytest.mark.parametrize(
    ("partitions", "expected"),
    [
        ({}, ("month", 3, None, "drop")),
        ({"every": "day"}, ("day", 14, None, "drop")),
        ({"every": "week", "keep": 52, "then": "detach"}, ("week", 4, 52, "detach")),
        ({"every": "year", "ahead": 2}, ("year", 2, None, "drop")),
    ],
)
def test_what_goes_without_saying(partitions: dict[str, Any], expected: tuple[object, ...]) -> None:
    (one,) = load_access(declared({"table": "sale", "partitions": partitions})).upkeep
    assert one.partitions
    found = one.partitions
    assert (found.every, found.coming, found.keep, found.then) == expected
    assert (one.schema_name, one.expire) == ("public", None)


def test_a_duration_is_in_seconds() -> None:
    (one,) = load_access(declared({"table": "t", "expire": {"column": "until", "after": "7d"}})).upkeep
    assert one.expire
    assert one.expire.after == 604800


@pytest.mark.parametrize(
    ("data", "path", "says"),
    [
        (declared({"table": "t"}), "upkeep.0", "says nothing to do: give it `partitions`, `expire` or both"),
        (declared({"partitions": {}}), "upkeep.0.table", "is missing"),
        (
            declared({"schema": "shop", "table": "t", "partitions": {}}),
            "upkeep.0.schema",
            "no schema `shop` is declared; declared: public",
        ),
        (
            declared({"table": "t", "partitions": {}}, {"table": "t", "expire": {"column": "at", "after": "1h"}}),
            "upkeep.1.table",
            "`public.t` is upkeep.0 already; write both into one",
        ),
        (
            declared({"table": "t", "partitions": {"every": "month", "kep": 3}}),
            "upkeep.0.partitions.kep",
            "unknown key; known: every, ahead, keep, then (nearest: `keep`)",
        ),
        (
            declared({"table": "t", "partitions": {"every": "monthly"}}),
            "upkeep.0.partitions.every",
            "must be one of day, week, month, year (nearest: `month`)",
        ),
        (
            declared({"table": "t", "partitions": {"every": "day", "ahead": 7}}),
            "upkeep.0.partitions",
            "`ahead: 7` is over before a weekly run comes again: at least 8 days, or leave it out",
        ),
        (
            declared({"table": "t", "partitions": {"then": "detach"}}),
            "upkeep.0.partitions",
            "`then: detach` says what becomes of older ones, and without `keep` none is older",
        ),
        (
            declared({"table": "t", "partitions": {"keep": 0}}),
            "upkeep.0.partitions.keep",
            "Input should be greater than or equal to 1",
        ),
        (
            declared({"table": "t", "expire": {"column": "at", "after": "7 days"}}),
            "upkeep.0.expire.after",
            "is not a duration: write `30s`, `5m`, `24h` or `30d`",
        ),
        (
            declared({"table": "t", "expire": {"column": "at", "after": 0}}),
            "upkeep.0.expire.after",
            "needs a duration such as `7d`",
        ),
        (
            declared({"table": "t" * 64, "expire": {"column": "at", "after": "1d"}}),
            "upkeep.0.table",
            "is 64 bytes long; PostgreSQL cuts names at 63",
        ),
    ],
)
def test_what_is_refused(data: dict[str, Any], path: str, says: str) -> None:
    with pytest.raises(AccessError) as caught:
        load_access(data)
    assert [str(each) for each in caught.value.problems] == [f"{path}: {says}"]
