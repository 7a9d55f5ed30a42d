"""The metrics of key spaces: what a report gives, and what is said where nobody may look."""

from __future__ import annotations

from bootstrap.access import Keyspace
from observe.keys.record import Record
from observe.keys.report import report_of
from observe.keys.spaces import Spaces
from observe.metrics.own.keys import families, read_keys

SPACES = Spaces(
    {
        name: Keyspace.model_validate(
            {"pattern": f"{name}:{{id}}", "cache": "shop", "type": "any", "ttl": ttl, "purpose": "a test"}
        )
        for name, ttl in (("basket", "1h"), ("flag", "none"), ("idle", "1m"))
    }
)


def test_a_report_as_metrics() -> None:
    records = [
        Record(0, b"basket:1", "hash", 1000, 100),
        Record(0, b"basket:2", "hash", None, 50),
        Record(0, b"flag:1", "string", None, 7),
        Record(0, b"lost:1", "string", None, 9),
        Record(3, b"basket:1", "hash", None, 4),
    ]
    found = {
        family.name: {dict(labels)["space"]: value for labels, value, _ in family.samples}
        for family in families(report_of(records, SPACES))
    }
    assert found == {
        "datatier_keyspace_keys": {"basket": 2, "flag": 1, "idle": 0, "(undeclared)": 2},
        "datatier_keyspace_bytes": {"basket": 150, "flag": 7, "idle": 0, "(undeclared)": 13},
        "datatier_keyspace_without_ttl": {"basket": 1, "idle": 0},
    }


def test_without_anybody_who_may_look_it_is_said() -> None:
    part = read_keys(None)
    assert list(part.families) == []
    assert {(each.metric, each.grant) for each in part.refused} == {
        (f"datatier_keyspace_{name}", "`redis: {CACHE: inventory}` of an identity in access.yaml")
        for name in ("keys", "bytes", "without_ttl")
    }
