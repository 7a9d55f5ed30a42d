"""A volume that RDS has grown, held against botocore's model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore.session import Session
from botocore.stub import Stubber

from capacity import volume
from capacity.room import DatabaseRoom
from capacity.volume import grown

ROOM = DatabaseRoom(node="primary", identifier="orders-live", region="eu-west-1", allocated_bytes=100 * 2**30)


@pytest.fixture
def rds(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    client = Session().create_client("rds", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
    stub = Stubber(client)
    stub.activate()

    def made(service: str, region: str, endpoint: object) -> Any:
        assert (service, region, endpoint) == ("rds", "eu-west-1", None)
        return client

    monkeypatch.setattr(volume, "aws_client", made)
    yield stub
    stub.assert_no_pending_responses()


def test_the_volume_is_as_large_as_rds_has_made_it(rds: Stubber) -> None:
    answer = {"DBInstances": [{"AllocatedStorage": 140}]}
    rds.add_response("describe_db_instances", answer, {"DBInstanceIdentifier": "orders-live"})
    here = DatabaseRoom(node="standby", disk_free_bytes=5)
    assert grown([ROOM, here]) == ((replace(ROOM, allocated_bytes=140 * 2**30), here), ())


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("AccessDenied", "(AccessDenied: it says): allow rds:DescribeDBInstances to whoever runs this"),
        ("DBInstanceNotFound", "as RDS did not say another (DBInstanceNotFound: it says)"),
    ],
)
def test_where_rds_does_not_say_the_declared_size_is_taken_and_said(rds: Stubber, code: str, said: str) -> None:
    rds.add_client_error("describe_db_instances", code, "it says")
    rooms, (source,) = grown([ROOM])
    assert (rooms, source.node, source.kind) == ((ROOM,), "primary", "RDS")
    assert source.said.startswith("the size of its volume is the declared one")
    assert source.said.endswith(said)
