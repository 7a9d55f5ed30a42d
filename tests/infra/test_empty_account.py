"""What a stack asks of an AWS account that nobody has prepared: under any name, with any profile."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from clinic_project import CLINIC, NAME
from recorded_program import recorded

from graph.offline import Offline
from graph.resource import Resource
from infra.load import load_settings
from infra.parts.zones import zones
from infra.program import program
from infra.settings.problems import SettingsError
from runtime.monitor import run_program

ROOT = Path(__file__).parents[2]
STACKS = {
    "live": {"data-tier:profile": "prod", "data-tier:name": "shop", "data-tier:rotation": {}},
    "prod": {"data-tier:profile": "dev"},
    "qa": {"data-tier:profile": "staging", "data-tier:backup": {"restore_test": {}}},
}


@cache
def declared(stack: str) -> dict[str, Resource]:
    made = recorded(stack, STACKS[stack])
    return {each.name: each for each in made.resources}


def of(stack: str, kind: str) -> dict[str, dict[str, Any]]:
    return {name: dict(each.inputs) for name, each in declared(stack).items() if each.type.endswith(f":{kind}")}


@pytest.mark.parametrize("stack", STACKS)
def test_no_function_reserves_runs_of_an_account_that_may_have_ten(stack: str) -> None:
    functions = of(stack, "Function")
    assert functions
    assert [name for name, each in functions.items() if each.get("reservedConcurrentExecutions") is not None] == []


@pytest.mark.parametrize(
    ("stack", "config", "stays"),
    [
        ("live", {"data-tier:profile": "prod"}, {"keys-storage", "keys-logs"}),
        ("prod", {"data-tier:profile": "dev"}, set()),
        ("shop", {"data-tier:profile": "staging"}, {"keys-storage"}),
        ("qa", {"data-tier:profile": "prod", "data-tier:protect": False}, {"keys-storage"}),
        ("qa", {"data-tier:profile": "prod", "data-tier:protect": False, "data-tier:final_snapshots": False}, set()),
        ("tmp", {"data-tier:profile": "dev", "data-tier:final_snapshots": True}, {"keys-storage"}),
    ],
)
def test_a_destroy_leaves_no_key_that_opens_nothing(stack: str, config: dict[str, Any], stays: set[str]) -> None:
    made = recorded(stack, config)
    keys = {each.name: each for each in made.resources if each.type == "aws:kms/key:Key"}
    assert {name for name, each in keys.items() if each.retain_on_delete} == stays
    groups = [each for each in made.resources if each.type == "aws:cloudwatch/logGroup:LogGroup"]
    # Whatever stays encrypted has its key.
    assert any(each.retain_on_delete for each in groups) == ("keys-logs" in stays)


@pytest.mark.parametrize("stack", STACKS)
def test_no_cache_moves_on_by_itself(stack: str) -> None:
    groups = of(stack, "ReplicationGroup")
    assert {name: each["autoMinorVersionUpgrade"] for name, each in groups.items()} == dict.fromkeys(groups, False)


class Region(Offline):
    """A region as DescribeAvailabilityZones tells of it: name -> state, opt-in status, type."""

    def __init__(self, zones: dict[str, tuple[str, str, str]], region: str = "us-west-2") -> None:
        super().__init__(region)
        self.zones = zones

    def invoke(self, token: str, args: dict[str, Any]) -> dict[str, Any]:
        if token != "aws:index/getAvailabilityZones:getAvailabilityZones":
            return super().invoke(token, args)
        wanted = {each["name"]: set(each["values"]) for each in args.get("filters") or ()}
        names = [
            name
            for name, (state, opted, kind) in self.zones.items()
            if args.get("state", state) == state
            and opted in wanted.get("opt-in-status", {opted})
            and kind in wanted.get("zone-type", {kind})
        ]
        return {**super().invoke(token, args), "names": names}


USUAL = ("available", "opt-in-not-required", "availability-zone")
ZONES = {f"us-west-2{letter}": USUAL for letter in "abcd"}


def subnets(zones: dict[str, tuple[str, str, str]], wanted: Any = 3) -> list[tuple[str, str]]:
    config = {**NAME, "data-tier:profile": "dev", "data-tier:network": {"zones": wanted}}
    made = run_program("live", lambda: program(CLINIC), Region(zones), config)
    found = [each for each in made.resources if each.type == "aws:ec2/subnet:Subnet"]
    return sorted((str(each.inputs["availabilityZone"]), str(each.inputs["cidrBlock"])) for each in found)


@pytest.mark.parametrize(
    "later",
    [
        ZONES | {"us-west-2a": ("impaired", *USUAL[1:])},
        ZONES | {"us-west-2b": ("unavailable", *USUAL[1:])},
        ZONES | {"us-west-2-lax-1a": ("available", "opted-in", "local-zone")},
        {"us-west-2-den-1a": ("available", "opted-in", "local-zone"), **ZONES},
        ZONES | {"us-west-2-wl1-den-wlz-1": ("available", "opted-in", "wavelength-zone")},
        ZONES | {"us-west-2e": USUAL},
        dict(reversed(ZONES.items())),
    ],
)
def test_what_happens_to_a_regions_zones_moves_none_of_a_stack(later: dict[str, tuple[str, str, str]]) -> None:
    assert chosen(ZONES) == chosen(later) == ["us-west-2a", "us-west-2b", "us-west-2c"]


def chosen(zones_of_region: dict[str, tuple[str, str, str]], wanted: int = 3) -> list[str]:
    """What the program asks for first, without what it makes in them afterwards."""
    found: list[str] = []
    run_program("live", lambda: found.extend(zones(wanted, "us-west-2", "live")), Region(zones_of_region), {})
    return found


def test_each_zone_has_its_subnet() -> None:
    first = [("us-west-2a", "10.20.0.0/18"), ("us-west-2b", "10.20.64.0/18"), ("us-west-2c", "10.20.128.0/18")]
    assert subnets(ZONES) == first


def test_named_zones_are_taken_as_they_are() -> None:
    zones = ["us-west-2d", "us-west-2b"]
    assert subnets(ZONES, zones) == [("us-west-2b", "10.20.64.0/18"), ("us-west-2d", "10.20.0.0/18")]


def test_a_region_with_too_few_zones_is_told_of_and_not_made_do_with() -> None:
    two = {f"us-west-1{letter}": USUAL for letter in "ac"}
    with pytest.raises(SettingsError) as caught:
        chosen(two)
    assert [(each.key, each.rule) for each in caught.value.problems] == [
        (
            "data-tier:network.zones",
            "is 3, and this account has us-west-1a, us-west-1c in us-west-2: set it to 2, or take another region.",
        )
    ]


def test_zones_of_another_region_are_refused() -> None:
    config = {**NAME, "aws:region": "eu-west-1", "data-tier:network": {"zones": ["eu-west-1a", "eu-west-2b"]}}
    with pytest.raises(SettingsError, match="eu-west-2b is not in eu-west-1, the stack's region"):
        load_settings(config | {"data-tier:profile": "dev"}, stack="live", source="Pulumi.live.yaml")


def rings(rule: str, states: dict[str, str]) -> bool:
    """A composite alarm's rule (PutCompositeAlarm, AlarmRule) under the states of the alarms in it."""
    told = re.sub(r'(ALARM|OK|INSUFFICIENT_DATA)\("([^"]+)"\)', lambda m: str(states[m[2]] == m[1]), rule)
    return bool(eval(told.replace("AND", "and").replace("OR", "or").replace("NOT", "not")))


def states(stack: str, *, spoken: bool, silent: bool) -> dict[str, str]:
    """What CloudWatch makes of each alarm of servers that have spoken or not, and are silent now or not.

    "Configuring how CloudWatch alarms treat missing data": `ignore` keeps a state, and INSUFFICIENT_DATA is the first.
    """
    found = {}
    for each in of(stack, "MetricAlarm").values():
        treated = each["treatMissingData"]
        if not silent:
            found[each["name"]] = "OK"
        elif treated in ("breaching", "notBreaching"):
            found[each["name"]] = "ALARM" if treated == "breaching" else "OK"
        else:
            found[each["name"]] = "OK" if spoken and treated == "ignore" else "INSUFFICIENT_DATA"
    return found


@pytest.mark.parametrize("stack", STACKS)
def test_a_page_waits_for_the_first_figure_and_hears_every_silence_after_it(stack: str) -> None:
    pages = {each["alarmName"]: each["alarmRule"] for each in of(stack, "CompositeAlarm").values()}
    assert pages
    for spoken, silent, expected in ((False, True, False), (True, False, False), (True, True, True)):
        now = states(stack, spoken=spoken, silent=silent)
        assert {name: rings(rule, now) for name, rule in pages.items()} == dict.fromkeys(pages, expected)


@pytest.mark.parametrize("stack", STACKS)
def test_alarms_come_after_every_server_has_been_logged_in_to(stack: str) -> None:
    made = declared(stack)
    run = made["runner-run"].urn
    alarms = [each for each in made.values() if each.type.endswith((":MetricAlarm", ":CompositeAlarm"))]
    assert {each.name for each in alarms if run not in each.depends_on} == set()
