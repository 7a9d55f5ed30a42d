"""Cases of upgrades: what is asked for, the steps in order, or why there is no way."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from infra.instances import instances
from infra.load import load_settings
from knowledge.postgres.catalogue import DEFAULT_MAJOR
from upgrade import deployed as targets
from upgrade.deployed import Deployed
from upgrade.plan import plan
from upgrade.step import PlanError

STACK = "live"


def stack(profile: str, /, named: str = STACK, aws: dict[str, Any] | None = None, **more: Any) -> Deployed:
    """A stack that is not called as its profile is."""
    config = {
        "data-tier:name": "shop",
        "data-tier:profile": profile,
        **{f"data-tier:{key}": value for key, value in more.items()},
    }
    config |= {f"aws:{key}": value for key, value in (aws or {"region": "eu-west-3"}).items() if value}
    settings = load_settings(config, stack=named, source="test")
    return targets.deployed(instances(named, settings, config.get("aws:region")), settings, config)


BIG = {"storage": {"allocated": 300, "max": 350}}
MAJOR = ["Look for", "Rehearse"]
AFTER = ["Collect statistics", "Update the extensions", "Prove access"]
BLUE_GREEN = [
    *MAJOR,
    "Drop the logical",
    "Turn logical",
    "Make a parameter group of family postgres18",
    "Make the green copy on 18",
    "Switch over",
    "Have the stack take over",
    *AFTER[:2],
    "Make the logical slots again",
    AFTER[2],
]
# profile, settings, --to, --from, beginnings of the steps
STEPS: list[tuple[str, dict[str, Any], str, str, list[str]]] = [
    ("prod", {"postgres": {"version": "17.9"}}, "postgres.version=17.10", "",
     ["Upgrade the replica standby", "Upgrade the replica reporting", "Upgrade the primary", "Update the extensions"]),
    ("dev", {"postgres": {"version": "17.9"}}, "postgres.version=17.10", "",
     ["Upgrade the primary", "Update the extensions"]),
    ("prod", {"postgres": {"version": "17"}}, "postgres.version=18", "",
     [*MAJOR, "Take a manual snapshot", "Upgrade the primary and its replicas (standby, reporting)", *AFTER]),
    ("prod", {}, "postgres.version=18", "postgres.version=16",
     [*MAJOR, "Drop the logical slots", "Take a manual snapshot", "Upgrade the primary and its replicas", *AFTER[:2],
      "Make the logical slots again", AFTER[2]]),
    ("dev", {"postgres": {"version": "17"}}, "postgres.version=18", "",
     BLUE_GREEN),
    ("dev", {}, "postgres.version=18.4", "postgres.version=16", BLUE_GREEN),
    ("dev", {}, f"postgres.version={DEFAULT_MAJOR}", "", []),
    ("prod", {}, "postgres.class=db.r7g.xlarge", "", ["Move to db.r7g.xlarge", "Restart replicas first"]),
    ("prod", {"postgres": {"class": "db.r7g.xlarge"}}, "postgres.class=db.r7g.large", "",
     ["Move to db.r7g.large", "Restart the primary first"]),
    ("dev", {}, "postgres.class=db.m7g.large", "", ["Move to db.m7g.large"]),
    ("prod", {}, "postgres.ca=rds-ca-ecc384-g1", "",
     ["Have every client trust rds-ca-ecc384-g1", "Have shop-live-standby present", "Have shop-live-reporting present",
      "Have shop-live present", "Declare it"]),
    ("prod", {"postgres": BIG}, "postgres.storage=400", "", ["Grow to 400"]),
    ("dev", {"postgres": {"storage": {"type": "gp2", "allocated": 90}}}, "postgres.storage=400", "", ["Grow to 400"]),
    ("prod", {"redis": {"main": {"engine": "redis", "version": "7.1", "replicas": 1}}}, "main.engine=valkey", "",
     ["Take a snapshot", "Change the engine"]),
    ("dev", {"redis": {"main": {"engine": "redis", "version": "7.1"}}}, "main.engine=valkey", "",
     ["Add a replica", "Take a snapshot", "Change the engine"]),
    ("prod", {}, "main.version=8.2", "", ["Take a snapshot", "Upgrade to 8.2"]),
    ("prod", {}, "main.version=9.0", "",
     ["Take a snapshot", "Upgrade to 9.0, with the parameter group of valkey9 in the same deployment"]),
    ("prod", {}, "main.class=cache.r7g.xlarge", "", ["Move to cache.r7g.xlarge"]),
    ("dev", {}, "main.class=cache.m7g.large", "", ["Add a replica", "Move to cache.m7g.large"]),
    ("dev", {}, "main.auth=rbac", "main.auth=token", ["Make the users", "Swap the token", "Have the stack take over"]),
    ("dev", {}, "main.tls=required", "main.tls=none", ["Take both", "Move every client", "Require TLS"]),
    ("dev", {}, "main.tls=required", "main.tls=preferred", ["Move every client", "Require TLS"]),
    ("dev", {}, "main.tls=required", "", []),
]  # fmt: skip
REFUSED: list[tuple[str, str, str, str]] = [
    ("dev", "postgres.version=16", "", "never goes back"),
    ("dev", "postgres.version=17.7", "postgres.version=17.9", "never goes back"),
    ("dev", "postgres.version=12", "", "15, 16, 17, 18"),
    ("dev", "postgres.version=17.8", "", "RDS offers 17.5"),
    ("dev", "postgres.version=latest", "", "not a PostgreSQL version"),
    ("prod", "postgres.storage=50", "", "never shrinks"),
    ("prod", "postgres.storage=105", "", "at least 110"),
    ("prod", "postgres.storage=1T", "", "a number of GiB"),
    ("prod", "postgres.class=db.r7g.larg", "", "db.r7g.large"),
    ("dev", "postgres.ca=rds-ca-2019", "", "RDS has rds-ca-rsa2048-g1"),
    ("dev", "main.engine=redis", "", "only redis to valkey"),
    ("dev", "main.version=7.2", "", "not possible in place"),
    ("dev", "main.version=8.9", "", "valkey has"),
    ("dev", "main.auth=token", "", "users are the better way"),
    ("dev", "main.tls=none", "", "require TLS"),
    ("dev", "other.version=8.2", "", "not a cache of this stack"),
    ("dev", "postgres.port=1", "", "can be planned"),
    ("dev", "postgres", "", "TARGET.KEY=VALUE"),
]


@pytest.mark.parametrize(
    ("profile", "more", "to", "deployed", "expected"), STEPS, ids=[f"{s[0]}-{s[2]}" for s in STEPS]
)
def test_the_steps(profile: str, more: dict[str, Any], to: str, deployed: str, expected: list[str]) -> None:
    (made,) = plan(stack(profile, **more), [to], [deployed] if deployed else [])
    assert len(made.steps) == len(expected), [step.what for step in made.steps]
    for step, beginning in zip(made.steps, expected, strict=True):
        assert step.what.startswith(beginning)
        assert step.how
        assert step.users.endswith(".")
        assert step.after


EXISTING = {"network": {"vpc": "vpc-0a", "subnets": ["subnet-0a", "subnet-0b"]}}
GROUP = {"name": "billing-pg17", "family": "postgres17"}


def billing(**group: Any) -> Deployed:
    existing = {"identifier": "billing", "parameter_group": {**GROUP, **group}}
    return stack("dev", postgres={"version": "17", "existing": existing}, **EXISTING)


def test_a_primary_that_was_there_before_gets_a_group_of_the_stack_s_own_with_the_major() -> None:
    (made,) = plan(billing(), ["postgres.version=18"])
    assert [step.what for step in made.steps][3:7] == [
        "Turn logical replication on",
        "Make a parameter group of family postgres18 for the green copy",
        "Make the green copy on 18",
        "Switch over",
    ]
    said = "\n".join(text for step in made.steps for text in step.how)
    assert "--db-parameter-group-name shop-live-postgres18-green" in said
    assert "--db-instance-identifier billing" in said


def test_a_group_of_others_is_no_place_for_logical_replication() -> None:
    with pytest.raises(PlanError, match="the parameter group of billing is only referred to: take parameter_group out"):
        plan(billing(managed=False), ["postgres.version=18"])


@pytest.mark.parametrize(
    ("storage", "to", "says"),
    [
        ({"type": "io1", "allocated": 400, "max": 0, "iops": 1000}, "3000", "iops 1000 are less than one for each two"),
        ({"type": "gp2", "allocated": 60000, "max": 0}, "66000", "gp2 ends at 65536 GiB"),
    ],
)
def test_storage_of_every_type(storage: dict[str, Any], to: str, says: str) -> None:
    with pytest.raises(PlanError, match=says):
        plan(stack("prod", postgres={"storage": storage}), [f"postgres.storage={to}"])


@pytest.mark.parametrize(("profile", "to", "deployed", "says"), REFUSED, ids=[r[1] for r in REFUSED])
def test_there_is_no_way(profile: str, to: str, deployed: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        plan(stack(profile), [to], [deployed] if deployed else [])
    assert isinstance(caught.value, PlanError) or "class" in to


def test_lines_for_the_stack_file_are_settings() -> None:
    """Whatever a plan tells to write is taken by the settings."""
    import yaml

    for profile, more, to, deployed, _ in STEPS:
        (made,) = plan(stack(profile, **more), [to], [deployed] if deployed else [])
        for step in made.steps:
            for text in step.how:
                if text.startswith("data-tier:"):
                    key, _, value = text.partition(": ")
                    load_settings(
                        {"data-tier:name": "shop", "data-tier:profile": profile, key: yaml.safe_load(value)},
                        stack=profile,
                        source="plan",
                    )


def test_replicas_are_not_waited_for_where_there_are_none() -> None:
    (made,) = plan(stack("dev"), ["postgres.class=db.m7g.large"])
    assert "Down for some minutes" in made.steps[0].users
    (made,) = plan(stack("prod"), ["postgres.class=db.r7g.xlarge"])
    assert "failover" in made.steps[0].users
    assert (
        made.steps[1].how[-1] == "aws rds reboot-db-instance --db-instance-identifier shop-live --region eu-west-3"
    ), "the primary is the last when values rise"


def test_a_replica_of_another_region_is_not_taken_along_to_another_major() -> None:
    replicas = {"near": {}, "dr": {"remote": ELSEWHERE}}
    (made,) = plan(stack("prod", postgres={"version": "17", "replicas": replicas}), ["postgres.version=18"])
    [upgrade] = [step for step in made.steps if step.id == "upgrade"]
    assert [each for each in upgrade.before if "replica" in each] == [
        "the replica dr in eu-central-1 is deleted, and deployed again afterwards: RDS takes along those of the "
        "primary's region alone"
    ]
    assert not any("live-dr" in each for each in upgrade.after)


# Stacks whose name is not their profile's: name, profile, data-tier:name, aws:*, replicas, what their commands say
ELSEWHERE = {"region": "eu-central-1", "vpc": "vpc-0a", "subnets": ["subnet-0a", "subnet-0b"]}
NAMED: list[tuple[str, str, str, dict[str, Any], dict[str, Any]]] = [
    ("live", "prod", "clinic", {"region": "eu-west-1"}, {"standby": {}}),
    ("live", "prod", "shop", {"region": "sa-east-1"}, {"standby": {}, "dr": {"remote": ELSEWHERE}}),
    ("prod", "dev", "shop", {"region": "cn-north-1", "profile": "shop-admin"}, {}),
    ("dev", "prod", "shop", {"region": "eu-west-3", "allowedAccountIds": ["210987654321"]}, {"prod": {}}),
    ("staging-2", "staging", "a", {"profile": "work"}, {"one": {"remote": ELSEWHERE}}),
    ("prod-eu", "prod", "clinic", {}, {}),
]
_AWS = re.compile(r"^aws (\S+) \S+")
_ID = re.compile(
    r"--(?:source-|target-)?(?:db-instance-identifier|replication-group-id|blue-green-deployment-name)[ =](\S+)"
)
_STACK = re.compile(r"(?:pulumi [a-z ]*?-s|datatier preview) (\S+)")


def _commands(made: Deployed) -> Iterator[str]:
    asked = [
        "postgres.version=18",
        "postgres.class=db.m7g.4xlarge",
        "postgres.storage=2000",
        "main.class=cache.r7g.4xlarge",
    ]
    for one, deployed in (
        *((each, []) for each in asked),
        ("postgres.version=17.10", ["postgres.version=17.9"]),
        ("postgres.version=18", ["postgres.version=16"]),
        ("postgres.ca=rds-ca-ecc384-g1", []),
        ("main.version=9.0", []),
        ("main.engine=valkey", ["main.engine=redis"]),
        ("main.auth=rbac", ["main.auth=token"]),
        ("main.tls=required", ["main.tls=none"]),
    ):
        for each in plan(made, [one], deployed):
            for step in each.steps:
                yield from (*step.before, *step.how, *step.after)


@pytest.mark.parametrize(("named", "profile", "name", "aws", "replicas"), NAMED, ids=[f"{n[0]}-{n[1]}" for n in NAMED])
def test_every_command_reaches_the_stacks_own_things_and_no_others(
    named: str, profile: str, name: str, aws: dict[str, Any], replicas: dict[str, Any]
) -> None:
    made = stack(profile, named, aws or {"region": ""}, name=name, postgres={"replicas": replicas})
    prefix = f"{name}-{named}"
    own = {prefix, f"{prefix}-rehearsal", f"{prefix}-18", f"{prefix}-main", *(f"{prefix}-{each}" for each in replicas)}
    elsewhere = {f"{prefix}-{each}" for each, replica in replicas.items() if replica.get("remote")}
    seen: set[str] = set()
    for command in _commands(made):
        seen |= set(_ID.findall(command))
        assert set(_ID.findall(command)) <= own, command
        assert set(_STACK.findall(command)) <= {named}, command
        if _AWS.match(command):
            there = set(_ID.findall(command)) & elsewhere
            region = "eu-central-1" if there else aws.get("region")
            assert set(re.findall(r"--region (\S+)", command)) == ({region} if region else set()), command
            assert set(re.findall(r"--profile (\S+)", command)) == ({aws["profile"]} if "profile" in aws else set())
        elif "datatier" in command and "preview" not in command:
            # Without it the command would go to a tier on this computer.
            assert " --manifest manifest.json" in command, command
    assert seen >= {prefix, f"{prefix}-main"}


ROLE = "arn:aws:iam::210987654321:role/deploy"


@pytest.mark.parametrize(
    ("aws", "first"),
    [
        ({"region": "eu-west-3"}, ()),
        (
            {"region": "eu-west-3", "allowedAccountIds": ["210987654321"]},
            ("the calls are made in account 210987654321, as the stack's file wants",),
        ),
        (
            {"region": "eu-west-3", "profile": "p", "assumeRoles": [{"roleArn": "x"}, {"roleArn": ROLE}]},
            (f"aws sts get-caller-identity --region eu-west-3 --profile p says {ROLE}, as the stack's file wants",),
        ),
        (
            {"region": "eu-west-3", "assumeRole": {"roleArn": ROLE}},
            (f"aws sts get-caller-identity --region eu-west-3 says {ROLE}, as the stack's file wants",),
        ),
    ],
)
def test_a_plan_begins_with_who_makes_the_calls_where_the_file_says(
    aws: dict[str, Any], first: tuple[str, ...]
) -> None:
    (made,) = plan(stack("dev", STACK, aws), ["postgres.class=db.m7g.large"])
    assert set(made.steps[0].before) == {*first, "shop-live is available"}
