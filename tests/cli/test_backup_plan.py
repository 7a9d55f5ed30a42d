"""What `datatier backup schedule` says of a stack: each thing that is made by itself, where it runs, when, and why."""

from __future__ import annotations

from typing import Any

import pytest

from cli.backup_plan import plan
from cli.scheduled import Scheduled
from infra.load import load_settings

LOGICAL = {"image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/library/copies:1.2", "at": "00:30", "daily": 3}


def planned(**config: Any) -> dict[str, Scheduled]:
    values = {
        "aws:region": "eu-west-1",
        "data-tier:name": "library",
        "data-tier:profile": "dev",
        "data-tier:time_zone": "Europe/Zurich",
        "data-tier:redis": {"desk": {}},
        **{f"data-tier:{key}": value for key, value in config.items()},
    }
    found = list(plan(load_settings(values, stack="live", source="test")))
    assert all(each.why for each in found)
    assert all(bool(each.runs) == bool(each.when) for each in found)
    assert len({each.what for each in found}) == len(found)
    return {each.what: each for each in found}


DATABASE, POINTS = "the database, to any moment", "snapshots of the database"
WEEKLY, DAILY = f"{POINTS}, weekly", f"{POINTS}, daily"
TEST, DESK = "a restore of the newest of them, looked into", "snapshots of the cache desk"
MADE, VERIFIED, GONE = "logical copies of all of it", "their verification at level 2", "which of them go"
AGES = "how old copies and drills are, as alarms"
DRILLS = "drills"
NOT = {MADE: "", DRILLS: "", AGES: ""}


@pytest.mark.parametrize(
    ("config", "runs"),
    [
        ({}, {DATABASE: "RDS", POINTS: "", DESK: "ElastiCache", **NOT}),
        (
            {
                "backup": {},
                "postgres": {"backup": {"retention": 0}},
                "redis": {"desk": {"snapshot": {"retention": 0}}},
                "objectives": {"rpo": "48h", "rto": "48h"},
            },
            {DATABASE: "", WEEKLY: "AWS Backup", DAILY: "AWS Backup", TEST: "", DESK: "", **NOT},
        ),
        (
            {"backup": {"continuous": True, "restore_test": {}}},
            {
                DATABASE: "AWS Backup",
                WEEKLY: "AWS Backup",
                DAILY: "AWS Backup",
                TEST: "Lambda",
                DESK: "ElastiCache",
                **NOT,
            },
        ),
        (
            {"backup": {"logical": LOGICAL}, "bucket": {}, "metrics": {"schedule": "10m"}},
            {
                DATABASE: "RDS",
                WEEKLY: "AWS Backup",
                DAILY: "AWS Backup",
                TEST: "",
                DESK: "ElastiCache",
                MADE: "Fargate",
                VERIFIED: "Fargate",
                GONE: "Fargate",
                DRILLS: "",
                AGES: "Lambda",
            },
        ),
    ],
)
def test_where_each_runs(config: dict[str, Any], runs: dict[str, str]) -> None:
    assert {what: each.runs for what, each in planned(**config).items()} == runs


def test_when_in_utc_and_for_how_long() -> None:
    found = planned(
        backup={"logical": LOGICAL, "weekly": {"at": "Sun 02:00"}, "restore_test": {"at": "Mon 00:30"}},
        bucket={},
        metrics={"schedule": "10m"},
        postgres={"backup": {"retention": 9, "window": "22:00-22:30"}},
        redis={"desk": {"snapshot": {"window": "00:30-01:30", "retention": 4}}},
    )
    assert {what: each.when for what, each in found.items()} == {
        DATABASE: "always, and a snapshot each day 21:00-21:30 UTC; kept 9 days",
        WEEKLY: "Sun 01:00 UTC; kept 30 days",
        DAILY: "Mon, Tue, Wed, Thu, Fri, Sat 02:00 UTC; kept 7 days",
        TEST: "Sun 23:30 UTC",
        DESK: "each day 23:30-00:30 UTC; kept 4 days",
        MADE: "each day 23:30 UTC, 00:30 of Europe/Zurich",
        VERIFIED: "once a copy is made, in the same task",
        GONE: "then; all of 3 days stay, and the first of each week for 30",
        DRILLS: "",
        AGES: "every 10 min",
    }


@pytest.mark.parametrize(
    ("config", "what", "why"),
    [
        ({}, POINTS, "set data-tier:backup"),
        ({}, AGES, "set data-tier:metrics.schedule and data-tier:backup.logical"),
        ({"metrics": {"schedule": "5m"}}, AGES, "set data-tier:backup.logical"),
        ({}, DRILLS, "set data-tier:backup.drills; by hand: datatier drill pitr"),
        ({"redis": {"desk": {"snapshot": {"retention": 0}}}}, DESK, "set data-tier:redis.desk.snapshot.retention"),
    ],
)
def test_what_is_not_made_says_which_key_would_have_it(config: dict[str, Any], what: str, why: str) -> None:
    assert planned(**config)[what].why == why


def test_exports_are_why_only_where_there_are_caches() -> None:
    backup = {"backup": {"logical": LOGICAL}, "bucket": {}}
    assert "ElastiCache's exports" in planned(**backup)[MADE].why
    assert "ElastiCache" not in planned(redis={}, **backup)[MADE].why


@pytest.mark.parametrize(
    ("every", "when"),
    [
        ("week", "each week Mon 04:30 UTC, Mon 05:30 of Europe/Zurich"),
        ("quarter", "the first of each quarter Mon 04:30 UTC, Mon 05:30 of Europe/Zurich"),
    ],
)
def test_drills_are_named_with_when_they_run(every: str, when: str) -> None:
    drills = {"image": LOGICAL["image"], "every": every, "run": ["pitr", "redis"]}
    found = planned(backup={"drills": drills}, bucket={})["drills: pitr, redis"]
    assert (found.runs, found.when) == ("Fargate", when)
