"""What something is imported by: an id, and behind it the region where that is not the stack's."""

from __future__ import annotations

import pytest

from graph.imported import placed, plain_id


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        ("orders", ("orders", None)),
        ("orders-dr@eu-central-1", ("orders-dr", "eu-central-1")),
        ("orders@us-gov-west-1", ("orders", "us-gov-west-1")),
        # The name of an alarm may have any character (CloudWatch API Reference, PutMetricAlarm).
        ("cpu@orders", ("cpu@orders", None)),
        ("cpu@orders@eu-west-1", ("cpu@orders", "eu-west-1")),
    ],
)
def test_an_id_and_its_region(identity: str, expected: tuple[str, str | None]) -> None:
    assert placed(identity) == expected
    assert plain_id(identity) == expected[0]
