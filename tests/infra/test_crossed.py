"""What a stack's file and access.yaml say of each other, and of the region, is refused where it cannot be."""

from __future__ import annotations

from typing import Any

import pytest
from clinic_project import NAME

from bootstrap.access import load_access
from infra.load import load_settings
from infra.rules.crossed import agree
from infra.settings.problems import SettingsError

CRON = {"privileges": "custom", "login": "single", "grants": [{"privileges": ["usage"]}]}
ACCESS = load_access(
    {
        "owner": "shop_owner",
        "identities": {
            "shop_web": {"postgres": "readwrite"},
            "shop_cron": {
                "postgres": {"privileges": "custom", "login": "single", "grants": [{"privileges": ["usage"]}]}
            },
            "shop_cache": {"redis": {"main": {"keys": ["a:*"], "commands": ["@read"]}}},
        },
    }
)


def settings(region: str = "eu-west-1", **postgres: Any) -> Any:
    config = {**NAME, "aws:region": region, "data-tier:profile": "dev", "data-tier:postgres": postgres}
    return load_settings(config, stack="qa", source="Pulumi.qa.yaml")


@pytest.mark.parametrize(
    ("master", "what"),
    [
        ("shop_owner", "the owner"),
        ("shop_web", "identity shop_web"),
        ("shop_web_a", "identity shop_web"),
        ("shop_web_b", "identity shop_web"),
        ("shop_cron", "identity shop_cron"),
    ],
)
def test_the_master_is_nobody_of_the_declaration(master: str, what: str) -> None:
    with pytest.raises(SettingsError) as caught:
        agree(settings(master=master), ACCESS, "Pulumi.qa.yaml")
    assert [(each.key, each.rule.split(" in access.yaml")[0]) for each in caught.value.problems] == [
        ("data-tier:postgres.master", f"`{master}` is {what}")
    ]


@pytest.mark.parametrize("master", ["shop_admin", "shop_cache", "shop_web_c"])
def test_another_master_is_fine(master: str) -> None:
    agree(settings(master=master), ACCESS, "Pulumi.qa.yaml")


THERE = {"vpc": "vpc-0a", "subnets": ["subnet-0a", "subnet-0b"]}


@pytest.mark.parametrize(
    ("replica", "key", "says"),
    [
        ({"zone": "us-east-1a"}, "zone", "us-east-1a is not in eu-west-1"),
        ({"remote": {"region": "eu-west-1", **THERE}}, "remote.region", "the stack's own"),
        ({"remote": {"region": "eu-centrl-1", **THERE}}, "remote.region", "is not a region"),
        (
            {"remote": {"region": "us-east-2", "vpc": "vpc-1", "subnets": ["subnet-1"] * 2}},
            "remote.subnets",
            "names one of them twice",
        ),
        ({"zone": "eu-west-1a", "remote": {"region": "eu-west-2", **THERE}}, "zone", "is not in eu-west-2"),
    ],
)
def test_a_replica_is_where_it_can_be(replica: dict[str, Any], key: str, says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settings(replicas={"reports": replica})
    found = [each.rule for each in caught.value.problems if each.key == f"data-tier:postgres.replicas.reports.{key}"]
    assert [rule for rule in found if says in rule], found


@pytest.mark.parametrize(
    "replica", [{"zone": "eu-west-1b"}, {"zone": "eu-west-2b", "remote": {"region": "eu-west-2", **THERE}}]
)
def test_zones_of_a_replicas_own_region_are_taken(replica: dict[str, Any]) -> None:
    assert settings(replicas={"reports": replica}).postgres.replicas["reports"].zone == replica["zone"]


@pytest.mark.parametrize(
    "region", ["eu-centrl-1", "eu-west", "ue-west-1", "EU-WEST-1", "eu_west_1", "eu-west-1a", "", 1]
)
def test_a_region_that_cannot_be(region: Any) -> None:
    with pytest.raises(SettingsError) as caught:
        settings(region=region)
    assert [each.key for each in caught.value.problems if "is not a region" in each.rule] == ["aws:region"]


@pytest.mark.parametrize(
    "region",
    [
        "eu-central-1",
        "us-gov-west-1",
        "cn-northwest-1",
        "ap-southeast-7",
        "mx-central-1",
        "us-iso-east-1",
        "eusc-de-east-1",
        "ca-west-1",
    ],
)
def test_regions_of_every_partition_are_taken(region: str) -> None:
    assert settings(region=region).profile == "dev"
