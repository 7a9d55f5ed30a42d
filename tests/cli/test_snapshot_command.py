"""`datatier snapshot`, and what `status` says of backups: in the words that people read, and in JSON."""

from __future__ import annotations

import re
from typing import Any

import pytest

pytestmark = pytest.mark.server
ROWS = ("psql", "clinic_migrator", "--", "-qAtc")


def test_status_shows_the_automated_backups(tier: Any) -> None:
    data = tier.ok("status", "--json").json
    (backups,) = data["backups"].values()
    assert backups.keys() == {"bytes", "earliest", "latest", "spans", "gap", "trouble"}
    assert (backups["gap"], backups["trouble"], backups["bytes"] > 2**20) == (False, None, True)
    assert backups["spans"] == [[backups["earliest"], None]]
    assert data["aside"] == []
    assert re.search(r"^backups of clinic-local: \d+ MiB, any time from \S+ to now$", tier.ok("status").out, re.M)


def test_a_tier_is_saved_listed_restored_and_forgotten(tier: Any) -> None:
    assert tier.ok("snapshot", "list").out == "no snapshots: `datatier snapshot save NAME` takes one\n"
    made = tier.ok("snapshot", "save", "before", "--json").json
    assert made.keys() == {"name", "at", "bytes", "postgres", "caches", "ports", "seconds", "changed_since"}
    try:
        (listed,) = tier.ok("snapshot", "list", "--json").json
        assert listed == {key: made[key] for key in listed}
        assert re.search(r"^before +\d{4}-\d\d-\d\d .* UTC +\d+ +18\.\d+ ", tier.ok("snapshot", "list").out, re.M)
        tier.ok(*ROWS, "CREATE TABLE gone_again ()")
        asked = tier.run("snapshot", "restore", "before")
        assert (asked.code, "Nobody can be asked here: say --yes" in asked.err) == (2, True)
        assert re.fullmatch(
            r"restored before: \d+ MiB, in \d+\.\d s\n", tier.ok("snapshot", "restore", "before", "-y").out
        )
        assert tier.ok(*ROWS, "SELECT to_regclass('gone_again') IS NULL").out == "t\n"
        again = tier.ok("up", "--json").json
        assert (again["changed"], again["drift"]) == ([], [])
    finally:
        tier.ok("snapshot", "delete", "before")
    unknown = tier.run("snapshot", "delete", "before")
    assert (unknown.code, "stack local has no snapshot `before`: it has none yet" in unknown.err) == (2, True)
