"""`data-tier:maintenance`: what it may say, where that runs, and what else wants the database at that hour."""

from __future__ import annotations

from typing import Any

import pytest
from clinic_project import NAME

from cli.maintain_schedule import plan
from infra.instances import instances
from infra.load import load_settings
from infra.rules.backups import cron
from infra.rules.maintenance import rules, start
from infra.settings.model import Settings
from infra.settings.problems import SettingsError

IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/tier:1.2"


def load(stack: str = "dev", **config: Any) -> Settings:
    values = {**NAME, "aws:region": "eu-west-1", **{f"data-tier:{key}": value for key, value in config.items()}}
    return load_settings(values, stack=stack, source="test")


@pytest.mark.parametrize("stack", ["dev", "staging", "prod", "local"])
def test_it_is_on_by_default_and_off_with_null_which_the_engine_writes_as_an_empty_text(stack: str) -> None:
    made = load(stack)
    assert made.maintenance
    assert (made.maintenance.at, made.maintenance.budget, made.maintenance.in_task) == ("Sun 03:00", "10m", False)
    assert not list(rules(made))
    assert load(stack, maintenance=None).maintenance is None
    assert load(stack, maintenance="").maintenance is None


@pytest.mark.parametrize(
    ("given", "runs", "alarms"),
    [
        ({}, "Lambda", ["maintenance-failed", "maintenance-not-started", "maintenance-broken"]),
        ({"budget": "14m"}, "Lambda", ["maintenance-failed", "maintenance-not-started", "maintenance-broken"]),
        ({"budget": "1h", "image": IMAGE}, "Fargate", ["maintenance-failed", "maintenance-not-started"]),
        (None, "", []),
    ],
)
def test_where_it_runs(given: dict[str, Any] | None, runs: str, alarms: list[str]) -> None:
    made = load(maintenance=given)
    assert plan(made).runs == runs
    assert [each.key for each in instances("dev", made).facts.get("stack", ())] == alarms


def test_when_it_runs_by_standard_time() -> None:
    made = load(maintenance={"at": "Mon 00:30"}, time_zone="Europe/Zurich")
    assert made.maintenance
    assert cron(start(made.maintenance, made.time_zone)) == "cron(30 23 ? * SUN *)"
    assert plan(made).when == "cron(30 23 ? * SUN *) UTC, Mon 00:30 of Europe/Zurich, for at most 10m"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"at": "03:00"}, "must be `Sun 02:00`"),
        ({"at": "Sun 25:00"}, "a time that no clock shows"),
        ({"budget": "ten"}, "is not a duration"),
        ({"budget": "0m"}, "takes 60 to 21600 seconds"),
        ({"budget": "7h", "image": IMAGE}, "takes 60 to 21600 seconds"),
        ({"budget": "15m"}, "beyond the 14m of a function: name the `image`"),
        ({"image": IMAGE}, "is for a budget beyond 14m"),
        ({"budget": "1h", "image": "tier"}, "is not an image"),
        ({"budget": "1h", "image": IMAGE, "cpu": 300}, "cpu is 300"),
        ({"at": "Sun 03:55"}, r"Sun 03:55 for 10m runs into postgres.maintenance \(Sun 04:00-05:00\)"),
        ({"at": "Sat 21:30"}, r"runs into postgres.backup.window \(21:00-22:00\)"),
    ],
)
def test_what_is_refused(given: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        load(maintenance=given)


@pytest.mark.parametrize(("at", "clash"), [("02:55", True), ("01:05", True), ("03:10", False), ("00:59", False)])
def test_a_logical_copy_at_that_hour(at: str, clash: bool) -> None:
    copies = {"logical": {"at": at, "image": IMAGE}}
    kept: dict[str, Any] = {"backup": copies, "bucket": {}}
    if not clash:
        assert load(**kept).maintenance
        return
    with pytest.raises(SettingsError, match=f"runs into the logical copy of {at}"):
        load(**kept)
