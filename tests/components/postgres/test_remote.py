"""What a replica in a second region needs there."""

from __future__ import annotations

from typing import Any

import pytest

from components.notifications.args import Subscription
from components.notifications.topics import mark
from components.postgres.remote import Remote, RemoteSiteArgs


def args(**more: Any) -> RemoteSiteArgs:
    base: dict[str, Any] = {
        "prefix": "crm-prod-dr",
        "region": "eu-central-1",
        "account_id": "123456789012",
        "vpc_id": "vpc-9",
        "subnet_ids": ["subnet-8", "subnet-9"],
        "clients": ["10.9.0.0/16"],
        "recipients": {
            "critical": [
                Subscription(kind="email", endpoint="a@example.org"),
                Subscription(kind="slack", endpoint="T0/C0"),
            ]
        },
    }
    return RemoteSiteArgs(**base | more)


def test_keys_and_a_group_in_the_other_region(record: Any) -> None:
    seen = record(lambda: Remote("far", args(protect=True)))
    children = {each.name: each for each in seen.resources if each.name != "far"}
    assert {"far-storage", "far-logs", "far-database", "far-database-from-10-9-0-0-16"} <= set(children)
    for each in children.values():
        if each.type.startswith("aws:"):
            assert each.inputs["region"] == "eu-central-1", each.name
            assert each.parent in ("far", "far-notifications"), each.name
    for key in seen.of("Key").values():
        assert key.protect, key.name
        assert key.retain_on_delete is (key.name != "far-notifications"), key.name
        assert key.inputs["enableKeyRotation"], key.name
    assert "logs.eu-central-1.amazonaws.com" in children["far-logs"].inputs["policy"]
    assert "cloudwatch.amazonaws.com" in children["far-notifications"].inputs["policy"]
    assert "cloudwatch.amazonaws.com" not in children["far-storage"].inputs["policy"]
    topics = {name: each.inputs["name"] for name, each in seen.of("Topic").items()}
    assert topics == {f"far-notifications-{each}": f"crm-prod-dr-{each}" for each in ("critical", "warning", "info")}
    mail = seen["far-notifications-critical-email-" + mark("a@example.org", 0)].inputs
    assert (mail["topic"], mail["endpoint"]) == ("arn:far-notifications-critical", "a@example.org")
    assert seen.of("SlackChannelConfiguration") == {}
    assert children["far-database-from-10-9-0-0-16"].inputs["cidrIpv4"] == "10.9.0.0/16"


def test_no_key_stays_where_nothing_does(record: Any) -> None:
    seen = record(lambda: Remote("far", args(prefix="shop-live-far")))
    assert {name: key.retain_on_delete for name, key in seen.of("Key").items()} == {
        "far-storage": False,
        "far-logs": False,
        "far-notifications": False,
    }


def test_the_internet_is_refused() -> None:
    with pytest.raises(ValueError, match="whole internet"):
        args(clients=["::/0"])
