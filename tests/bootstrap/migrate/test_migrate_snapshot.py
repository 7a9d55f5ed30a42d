"""A snapshot of the right instance, waited for."""

from __future__ import annotations

from datetime import UTC, datetime

import boto3
import pytest
from botocore.exceptions import WaiterError
from botocore.stub import Stubber

from bootstrap.migrate import ServerError
from bootstrap.migrate.snapshot import instance_of, take

NOW = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
NAME = "lab-prod-primary-before-migrate-20260203040506"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("lab-prod-primary.cabc123.eu-west-1.rds.amazonaws.com", ("lab-prod-primary", "eu-west-1")),
        ("a.c1.us-gov-west-1.rds.amazonaws.com", ("a", "us-gov-west-1")),
        ("A.c1.cn-north-1.rds.amazonaws.com.cn", ("a", "cn-north-1")),
        ("127.0.0.1", None),
        ("lab.cluster-cabc123.eu-west-1.rds.amazonaws.com", None),
        ("lab.proxy-cabc123.eu-west-1.rds.amazonaws.com", None),
        ("db.example.com", None),
    ],
)
def test_instance_of(host: str, expected: tuple[str, str] | None) -> None:
    if expected is not None:
        assert instance_of(host) == expected
    else:
        with pytest.raises(ServerError, match=r"not the endpoint of an RDS instance.*leave --snapshot out"):
            instance_of(host)


@pytest.mark.parametrize("states", [["available"], ["creating", "creating", "available"], ["creating", "failed"]])
def test_take(states: list[str]) -> None:
    client = boto3.client("rds", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(client) as stub:
        stub.add_response(
            "create_db_snapshot",
            {"DBSnapshot": {"DBSnapshotIdentifier": NAME, "Status": "creating"}},
            {
                "DBInstanceIdentifier": "lab-prod-primary",
                "DBSnapshotIdentifier": NAME,
                "Tags": [{"Key": "datatier:purpose", "Value": "before a migration"}],
            },
        )
        for state in states:
            stub.add_response(
                "describe_db_snapshots",
                {"DBSnapshots": [{"DBSnapshotIdentifier": NAME, "Status": state}]},
                {"DBInstanceIdentifier": "lab-prod-primary", "DBSnapshotIdentifier": NAME},
            )
        if states[-1] == "available":
            assert take(client, "lab-prod-primary", now=NOW, delay=0) == NAME
        else:
            with pytest.raises(WaiterError):
                take(client, "lab-prod-primary", now=NOW, delay=0)
        stub.assert_no_pending_responses()
