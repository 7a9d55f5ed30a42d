"""What the volume of an RDS instance can take, by botocore's own model of what AWS answers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.session import Session
from botocore.stub import ANY, Stubber

from keep.estate import aws_volume

HOST = "ledger-live.abc123.eu-north-1.rds.amazonaws.com"
KEYS = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "eu-north-1"}
GIB = 1 << 30


def answers(monkeypatch: pytest.MonkeyPatch, instance: dict[str, int], free: list[tuple[int, float]]) -> None:
    stubs = {each: Stubber(Session().create_client(each, **KEYS)) for each in ("rds", "cloudwatch")}
    stubs["rds"].add_response(
        "describe_db_instances", {"DBInstances": [instance]}, {"DBInstanceIdentifier": "ledger-live"}
    )
    asked: dict[str, Any] = {
        "Namespace": "AWS/RDS", "MetricName": "FreeStorageSpace", "Period": 60, "Statistics": ["Minimum"],
        "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": "ledger-live"}], "StartTime": ANY, "EndTime": ANY,
    }  # fmt: skip
    points = [{"Timestamp": datetime(2026, 11, 30, 12, minute, tzinfo=UTC), "Minimum": each} for minute, each in free]
    stubs["cloudwatch"].add_response("get_metric_statistics", {"Datapoints": points}, asked)
    for each in stubs.values():
        each.activate()
    monkeypatch.setattr(aws_volume, "aws_client", lambda service, region, _: stubs[service].client)


@pytest.mark.parametrize(
    ("instance", "free", "room"),
    [
        ({"AllocatedStorage": 20}, [(3, 5e9), (9, 2e9), (4, 7e9)], int(2e9)),
        ({"AllocatedStorage": 20, "MaxAllocatedStorage": 100}, [(3, 1e9)], int(1e9) + 80 * GIB),
        ({"AllocatedStorage": 100, "MaxAllocatedStorage": 100}, [(3, 1e9)], int(1e9)),
        ({"AllocatedStorage": 20}, [], None),
    ],
)
def test_what_is_free_by_the_newest_word_and_what_may_still_be_added(
    monkeypatch: pytest.MonkeyPatch, instance: dict[str, int], free: list[tuple[int, float]], room: int | None
) -> None:
    answers(monkeypatch, instance, free)
    assert aws_volume.room(HOST) == room


def test_nobody_knows_of_another_host_and_a_refusal_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rds = Stubber(Session().create_client("rds", **KEYS))
    rds.add_client_error("describe_db_instances", "AccessDenied")
    rds.activate()
    monkeypatch.setattr(aws_volume, "aws_client", lambda *_: rds.client)
    assert aws_volume.room("db.example.org") is None
    assert aws_volume.room(HOST) is None
