"""Handlers that need no server: recorded and random resources, names, look-ups."""

from __future__ import annotations

import re
from typing import Any

import pytest
from local_stack import declare

from graph.errors import CloudError
from graph.lookups import answer
from graph.naming import camel, digest, physical_name
from local.emulator import ACCOUNT, Emulator
from local.handlers import rds
from local.handlers.base import RunContext, daemon
from local.handlers.registry import HANDLERS, handler_of
from local.state import Entry, MadeEntry, StateDir, made_key


@pytest.fixture
def context(state: StateDir) -> RunContext:
    return RunContext(state, "eu-west-1", Emulator(state, "eu-west-1", daemon(state, "emulator")))


@pytest.mark.parametrize(
    ("kind", "inputs", "made", "outputs"),
    [
        (
            "aws:ec2/securityGroup:SecurityGroup",
            {},
            r"sg-0[0-9a-f]{16}",
            {"arn": r"arn:aws:ec2:eu-west-1:000000000000:security-group/sg-0[0-9a-f]{16}"},
        ),
        ("aws:iam/role:Role", {"name": "r"}, "r", {"name": "r", "arn": "arn:aws:iam::000000000000:role/r"}),
        (
            "aws:iam/role:Role",
            {"namePrefix": "r-"},
            r"r-[0-9a-f]{7}",
            {"name": r"r-[0-9a-f]{7}", "arn": r"arn:aws:iam::000000000000:role/r-[0-9a-f]{7}"},
        ),
        (
            "aws:rds/subnetGroup:SubnetGroup",
            {},
            r"thing-[0-9a-f]{7}",
            {"name": r"thing-[0-9a-f]{7}", "arn": r"arn:aws:rds:eu-west-1:000000000000:subgrp:thing-[0-9a-f]{7}"},
        ),
    ],
)
def test_recorded(context: RunContext, kind: str, inputs: dict[str, Any], made: str, outputs: dict[str, str]) -> None:
    resource = declare(kind, "thing", inputs)
    result = handler_of(resource).ensure(context, resource, None)
    assert re.fullmatch(made, result.id)
    assert result.outputs.keys() == outputs.keys()
    assert all(re.fullmatch(outputs[key], result.outputs[key]) for key in outputs)
    assert result.outcome == "recorded"
    assert handler_of(resource).ensure(context, resource, None) == result


@pytest.mark.parametrize(
    ("kind", "inputs", "pattern"),
    [
        ("randomPassword:RandomPassword", {"length": 20, "special": False}, r"[A-Za-z0-9]{20}"),
        ("randomPassword:RandomPassword", {"length": 8, "lower": False, "upper": False, "special": False}, r"[0-9]{8}"),
        ("randomString:RandomString", {"length": 12, "overrideSpecial": "-", "minSpecial": 12}, r"-{12}"),
    ],
)
def test_random_text(context: RunContext, kind: str, inputs: dict[str, Any], pattern: str) -> None:
    resource = declare(f"random:index/{kind}", "r", inputs)
    handler = handler_of(resource)
    made = handler.ensure(context, resource, None)
    assert re.fullmatch(pattern, made.outputs["result"])
    kept = Entry(type=resource.type, name="r", digest=digest(resource), id=made.id, inputs=inputs, outputs=made.outputs)
    again = handler.ensure(context, resource, kept)
    assert (again.outputs, again.outcome) == (made.outputs, "unchanged")
    other = declare(resource.type, "r", inputs | {"keepers": {"generation": "2"}})
    assert handler.ensure(context, other, kept).outcome == "updated"


def test_random_id(context: RunContext) -> None:
    resource = declare("random:index/randomId:RandomId", "r", {"byteLength": 4})
    made = handler_of(resource).ensure(context, resource, None)
    assert re.fullmatch(r"[0-9a-f]{8}", made.outputs["hex"])
    assert int(made.outputs["hex"], 16) == int(made.outputs["dec"])


def test_an_unknown_type_is_refused_with_the_nearest() -> None:
    with pytest.raises(CloudError, match=r"does not know aws:ec2/vpcs:Vpc \(x\); nearest is aws:ec2/vpc:Vpc"):
        handler_of(declare("aws:ec2/vpcs:Vpc", "x", {}))


def test_every_type_token_is_one_of_pulumi() -> None:
    assert [kind for kind in HANDLERS if not re.fullmatch(r"(aws|random):\w+/[a-z]\w*:[A-Z]\w*", kind)] == []


@pytest.mark.parametrize(
    ("token", "key", "value"),
    [
        ("aws:index/getCallerIdentity:getCallerIdentity", "accountId", "000000000000"),
        ("aws:index/getRegion:getRegion", "region", "eu-west-1"),
        ("aws:index/getPartition:getPartition", "partition", "aws"),
        ("aws:index/getAvailabilityZones:getAvailabilityZones", "names", ["eu-west-1a", "eu-west-1b", "eu-west-1c"]),
    ],
)
def test_lookups(token: str, key: str, value: object) -> None:
    assert answer(token, {}, "eu-west-1", ACCOUNT)[key] == value


def test_an_unknown_lookup_is_refused() -> None:
    with pytest.raises(CloudError, match="cannot answer aws:ec2/getVpc:getVpc"):
        answer("aws:ec2/getVpc:getVpc", {}, "eu-west-1", ACCOUNT)


@pytest.mark.parametrize(("python", "pulumi"), [("user_ids", "userIds"), ("password", "password"), ("a_1b", "a1b")])
def test_camel(python: str, pulumi: str) -> None:
    assert camel(python) == pulumi


def test_ignored_inputs_do_not_count_as_a_change() -> None:
    one = declare("t", "n", {"a": 1, "userIds": ["x"]}, ignore_changes=("user_ids",))
    other = declare("t", "n", {"a": 1, "userIds": ["y"]}, ignore_changes=("userIds",))
    assert digest(one) == digest(other)
    assert digest(one) != digest(declare("t", "n", {"a": 2}))


def test_physical_name_prefers_the_types_own_key() -> None:
    assert physical_name(declare("t", "n", {"identifier": "db", "name": "other"}), "identifier") == "db"


@pytest.mark.parametrize(
    ("inputs", "promoted", "archived"),
    [
        ({"backupRetentionPeriod": 7}, False, True),
        ({"backupRetentionPeriod": 0}, False, False),
        ({}, False, False),
        ({"replicateSourceDb": "live", "backupRetentionPeriod": 7}, False, False),
        ({"replicateSourceDb": "live"}, True, True),  # it is a primary since, whatever is declared
    ],
)
def test_an_instance_archives_where_it_is_a_primary_with_backups_or_was_promoted(
    inputs: dict[str, Any], promoted: bool, archived: bool
) -> None:
    entry = Entry(type=rds.TYPE, name="n", digest="", id="i", inputs=inputs, outputs={"identifier": "copy"})
    made = MadeEntry(kind="promotion", identifier="copy", source="live", like="copy", made_by="", made_at="")
    other = MadeEntry(kind="instance", identifier="copy", source="live", like="live", made_by="d", made_at="")
    known = {made_key(each["kind"], "copy"): each for each in ((made, other) if promoted else (other,))}
    assert rds.is_archived(entry, known) is archived
