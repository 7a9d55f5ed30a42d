"""Drills on a schedule in a stack's file: when they run, where their reports go, and what they need."""

from __future__ import annotations

import json
from typing import Any

import pytest
from clinic_project import CLINIC, NAME

from graph.offline import Offline
from graph.resource import Resource
from infra.load import load_settings
from infra.program import program
from infra.rules.backups import drills_cron
from infra.settings.problems import SettingsError
from infra.settings.stackfile import read_stack
from reference import examples
from runtime.monitor import run_program

IMAGE = "registry.example/clinic/copies:1"


def config(**more: Any) -> dict[str, Any]:
    base = {"profile": "dev", "redis": {"main": {}}, "bucket": {}, "backup": {"drills": {"image": IMAGE}}}
    return {**NAME, "aws:region": "eu-west-1", **{f"data-tier:{key}": value for key, value in (base | more).items()}}


def drills(**more: Any) -> dict[str, Any]:
    return {"drills": {"image": IMAGE, **more}}


@pytest.mark.parametrize(
    ("every", "at", "zone", "cron"),
    [
        ("week", "Mon 05:30", "UTC", "cron(30 5 ? * MON *)"),
        ("quarter", "Mon 05:30", "UTC", "cron(30 5 ? 1,4,7,10 2#1 *)"),
        ("quarter", "Sun 00:15", "Europe/Zurich", "cron(15 23 ? 1,4,7,10 7#1 *)"),  # Saturday in UTC
        ("quarter", "Sun 12:00", "UTC", "cron(0 12 ? 1,4,7,10 1#1 *)"),
    ],
)
def test_when_they_run_in_utc(every: str, at: str, zone: str, cron: str) -> None:
    settings = load_settings(config(backup=drills(every=every, at=at)), stack="live", source="a test")
    assert settings.backup
    assert settings.backup.drills
    assert drills_cron(settings.backup.drills, zone) == cron


@pytest.mark.parametrize(
    ("more", "key", "says"),
    [
        ({"bucket": None}, "backup.drills", "has no bucket for its reports"),
        ({"name": "cottage-hospital"}, "backup.drills", "the prefix 'cottage-hospital-live' has 21 characters"),
        (
            {"backup": drills(run=["snapshot", "deletion"]), "postgres": {"backup": {"retention": 0}},
             "objectives": {"rpo": "48h", "rto": "48h"}},
            "backup.drills.run",
            "deletion needs automated backups",
        ),
        ({"backup": drills(run=["redis"]), "redis": {}}, "backup.drills.run", "has redis, and the stack has no cache"),
        ({"backup": drills(run=["pitr", "pitr"])}, "backup.drills", "run names a drill twice"),
        ({"backup": drills(run=["region"])}, "backup.drills.run", "region"),
        ({"backup": drills(cpu=300)}, "backup.drills", "cpu is 300"),
    ],
)  # fmt: skip
def test_what_they_would_fail_by_is_refused(more: dict[str, Any], key: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says) as refused:
        load_settings(config(**more), stack="live", source="a test")
    assert any(each.key.startswith(f"data-tier:{key}") for each in refused.value.problems)


def deployed(**more: Any) -> dict[str, Resource]:
    made = run_program("live", lambda: program(CLINIC), Offline("eu-west-1"), config(**more))
    return {each.name: each for each in made.resources}


def test_the_manifest_has_what_the_task_has_no_file_for() -> None:
    found = deployed(backup=drills(every="quarter"), objectives={"rpo": "10m", "rto": "45m"})
    said = json.loads(found["drills-manifest-content"].inputs["secretString"])["drills"]
    assert said == {"drill_seconds": 105 * 86_400, "rto_seconds": 2700, "rpo_seconds": 600}
    weekly = json.loads(deployed()["drills-manifest-content"].inputs["secretString"])["drills"]
    assert weekly["drill_seconds"] == 14 * 86_400


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({}, "/backups/drills/*"),
        ({"backup": drills() | {"logical": {"image": IMAGE, "to": "s3://clinic-vault/nightly"}}},
         "clinic-vault/nightly/drills/*"),
    ],
)  # fmt: skip
def test_reports_are_beside_the_copies_within_reach_of_the_network(more: dict[str, Any], where: str) -> None:
    found = deployed(**more)
    policy = json.loads(found["drills-policy"].inputs["policy"])["Statement"]
    (written,) = [each["Resource"] for each in policy if each["Sid"] == "Copies"]
    assert written.endswith(where)
    bucket = written.split(":::")[1].partition("/")[0]
    assert f"arn:aws:s3:::{bucket}/*" in found["network-s3"].inputs["policy"]


def test_a_bucket_for_a_few_roles_has_that_of_the_drills_among_them() -> None:
    mine = "arn:aws:iam::123456789012:role/auditor"
    found = deployed(bucket={"roles": [mine]})
    said = json.dumps([each.inputs for name, each in found.items() if name.startswith("bucket")], default=str)
    assert ":role/clinic-live-drills" in said


def test_servers_of_before_are_drilled_by_whoever_may() -> None:
    values = read_stack(examples.FOLDER, "adopted") | {"data-tier:bucket": {}, "data-tier:backup": drills()}
    with pytest.raises(SettingsError, match="is for servers that the stack has made") as refused:
        load_settings(values, stack="adopted", source="a test")
    assert [each.key for each in refused.value.problems] == ["data-tier:backup.drills"]
