"""The way back: what of a stack stays in AWS, what goes, and by which commands."""

from __future__ import annotations

from typing import Any

import pytest

from adopt.undo.apart import Apart, apart
from adopt.undo.steps import Step, steps
from graph import types
from graph.resource import Resource


def resource(type_: str, name: str, identity: str, *needs: str, **inputs: Any) -> Resource:
    """`needs` are names of others."""
    return Resource(
        type=type_,
        name=name,
        id=identity,
        urn=urn(name),
        inputs=inputs,
        outputs={"arn": f"arn:of:{identity}"},
        depends_on=tuple(urn(each) for each in needs),
    )


def urn(name: str) -> str:
    return f"urn:pulumi:live::data-tier::a:b:C::{name}"


KEY = resource(types.KEY, "key", "key-1234")
POLICY = resource(types.KEY_POLICY, "key-policy", "key-1234", "key", keyId="key-1234")
GROUP = resource(types.SECURITY_GROUP, "firewall", "sg-stack1")
RUNNER = resource(types.SECURITY_GROUP, "runner", "sg-runner")
RULE = resource(types.INGRESS, "in", "sgr-1", "firewall", "runner", securityGroupId="sg-stack1")
OUT = resource(types.EGRESS, "out", "sgr-2", "runner", "firewall", securityGroupId="sg-runner")
LOGS = resource(types.LOG_GROUP, "logs", "/aws/rds/instance/orders", "key")
OWN_LOGS = resource(types.LOG_GROUP, "own-logs", "/aws/lambda/runner", "key")
ROLE = resource(types.ROLE, "monitoring", "orders-monitoring")
RIGHTS = resource(types.ROLE_POLICY_ATTACHMENT, "rights", "a/b", "monitoring", role="orders-monitoring")
PRIMARY = resource(
    types.INSTANCE,
    "primary",
    "db-A",
    "firewall",
    "logs",
    "monitoring",
    identifier="orders",
    vpcSecurityGroupIds=["sg-old", "sg-stack1"],
)
REPLICA = resource(
    types.INSTANCE,
    "replica",
    "db-B",
    "primary",
    identifier="orders-dr",
    region="eu-west-3",
    vpcSecurityGroupIds=["sg-far"],
)
CACHE = resource(
    types.CACHE,
    "cache",
    "orders-cache",
    "firewall",
    replicationGroupId="orders-cache",
    securityGroupIds=["sg-stack1", "sg-b", "sg-a"],
)
ALARM = resource(types.METRIC_ALARM, "alarm", "orders-cpu", "primary")
LAMBDA = resource(types.FUNCTION, "function", "runner", "runner", "primary")
STATE = (
    KEY, POLICY, GROUP, RUNNER, RULE, OUT, LOGS, OWN_LOGS, ROLE, RIGHTS, PRIMARY, REPLICA, CACHE, ALARM, LAMBDA,
)  # fmt: skip
ADOPTED = frozenset(f"a:b:C::{each}" for each in ("logs", "primary", "replica", "cache"))


def names(parts: Apart) -> tuple[list[str], list[str], list[str]]:
    return tuple([each.name for each in side] for side in (parts.adopted, parts.used, parts.gone))  # type: ignore[return-value]


def test_what_stays_takes_with_it_what_it_uses_and_the_parts_of_that() -> None:
    assert names(apart(STATE, ADOPTED)) == (
        ["cache", "replica", "primary", "logs"],
        ["rights", "monitoring", "out", "in", "runner", "firewall", "key-policy", "key"],
        ["function", "alarm", "own-logs"],
    )


def test_without_a_list_of_what_was_adopted_everything_stays_that_may_have_been() -> None:
    adopted, used, gone = names(apart(STATE, None))
    assert adopted == ["alarm", "cache", "replica", "primary", "monitoring", "own-logs", "logs"]
    assert used == ["rights", "out", "in", "runner", "firewall", "key-policy", "key"]
    assert gone == ["function"]


def listed(*names: str) -> str:
    return " ".join(f"{urn(each)}" for each in names)


DESTROY = "pulumi destroy --stack live --exclude-protected"
FIREWALL = ("out", "in", "runner", "firewall")
STAYS = ("rights", "monitoring", "key-policy", "key", "cache", "replica", "primary", "logs")


def test_the_commands() -> None:
    assert steps("live", apart(STATE, ADOPTED)) == (
        Step(
            command=f"pulumi state protect --stack live --yes {listed(*FIREWALL, *STAYS)}",
            why="nothing deletes these from here on",
        ),
        Step(command=DESTROY, why="what the stack made and nothing of these needs"),
        Step(
            command="aws elasticache modify-replication-group --replication-group-id orders-cache "
            "--security-group-ids sg-a sg-b --apply-immediately",
            why="orders-cache keeps its own security groups: whoever came in by the stack's comes in no more",
        ),
        Step(
            command="aws rds modify-db-instance --db-instance-identifier orders --vpc-security-group-ids sg-old",
            why="orders keeps its own security groups: whoever came in by the stack's comes in no more",
        ),
        Step(
            command=f"pulumi state delete --force --stack live --yes {listed(*STAYS)}",
            why="leaves the stack, and stays in AWS as it is",
        ),
        Step(
            command=f"pulumi state unprotect --stack live --yes {listed(*FIREWALL)}",
            why="nothing is attached to these any more",
        ),
        Step(command=DESTROY, why="the rest of what the stack made"),
    )


def test_where_it_was_interrupted_after_the_servers_were_forgotten_the_rest_is_left() -> None:
    rest = (GROUP, RUNNER, RULE, OUT)
    assert steps("live", apart(rest, ADOPTED)) == steps("live", apart(STATE, ADOPTED))[-2:]
    assert steps("live", apart(rest, None)) == steps("live", apart(rest, ADOPTED))


def test_a_server_that_has_no_other_security_group_keeps_the_stacks() -> None:
    bare = resource(
        types.INSTANCE, "primary", "db-A", "firewall", identifier="orders", vpcSecurityGroupIds=["sg-stack1"]
    )
    found = [each.command for each in steps("live", apart((GROUP, bare), frozenset({"a:b:C::primary"})))]
    assert found == [
        f"pulumi state protect --stack live --yes {listed('firewall', 'primary')}",
        DESTROY,
        f"pulumi state delete --force --stack live --yes {listed('firewall', 'primary')}",
        DESTROY,
    ]


def test_an_instance_elsewhere_is_changed_there() -> None:
    far = resource(types.SECURITY_GROUP, "far", "sg-stack2")
    replica = resource(
        types.INSTANCE,
        "replica",
        "db-B",
        "far",
        identifier="orders-dr",
        region="eu-west-3",
        vpcSecurityGroupIds=["sg-far", "sg-stack2"],
    )
    found = [each.command for each in steps("live", apart((far, replica), frozenset({"a:b:C::replica"})))]
    assert (
        "aws --region eu-west-3 rds modify-db-instance --db-instance-identifier orders-dr "
        "--vpc-security-group-ids sg-far"
    ) in found


@pytest.mark.parametrize("state", [(), (KEY, GROUP, LAMBDA)], ids=["nothing", "nothing adopted"])
def test_where_nothing_was_adopted_there_is_no_way_back(state: tuple[Resource, ...]) -> None:
    assert steps("live", apart(state, ADOPTED)) == ()
