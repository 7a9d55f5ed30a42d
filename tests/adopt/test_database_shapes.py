"""What adopting says of every shape of database: lines of the stack's file, verdicts, refusals, and what is left."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from datetime import date
from typing import Any

import pytest
from agreement import agree
from database_shapes import ABSENT, SHAPES, DatabaseShape
from described_around import endpoint, vpc
from described_rds import INSIGHTS_KEY, KEY
from offline_program import run
from tiers import tier

from adopt.adoption import Adoption, adoption
from adopt.estate import Estate
from adopt.report import ParameterRow
from knowledge.names import prefix, prefix_problem

TODAY = date(2026, 11, 30)
SUPPRESS = "data-tier:suppress"
GROUP = "sg-0a1b2c3d4e5f60718"
PLACE: dict[str, Any] = {
    "subnet_group": "default-vpc-0a1b2c3d",
    "security_groups": [GROUP],
}
FILE: dict[str, Any] = {
    "aws:region": "eu-west-1",
    "data-tier:profile": "staging",
    "data-tier:name": "shop",
    "data-tier:network": {"vpc": "vpc-0a1b2c3d", "subnets": ["subnet-0a1b", "subnet-0c2d"], "endpoints": [GROUP]},
    "data-tier:postgres": {
        "version": "16.9",
        "class": "db.m6i.xlarge",
        "storage": {"type": "io1", "allocated": 200, "max": 0, "iops": 3000},
        "multi_az": True,
        "backup": {"retention": 10, "window": "05:10-05:40"},
        "maintenance": "Wed 23:30-00:30",
        "monitoring": 30,
        "database": "orders",
        "master": "orders_root",
        "port": 5433,
        "ca": "rds-ca-rsa4096-g1",
        "parameters": {"*": "default", "max_connections": 400, "statement_timeout": 60000, "work_mem": 8192},
        "existing": {
            "identifier": "orders",
            **PLACE,
            "parameter_group": {"name": "orders-pg16", "family": "postgres16", "description": "Orders"},
            "key": KEY,
            "insights_key": INSIGHTS_KEY,
            "initial_database": "orders",
            "master_secret": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:orders/orders_root-AbCdEf",
        },
        "replicas": {},
    },
    "data-tier:redis": {},
    "data-tier:notify": {"critical": [{"email": "oncall@example.org"}], "info": [{"email": "dba@example.org"}]},
    "data-tier:logs": {"retention": 90},
    "data-tier:maintenance": None,
}
"""Of the base tier without its replicas."""
HARMLESS = {
    *("applyImmediately", "copyTagsToSnapshot", "enabledCloudwatchLogsExports", "iamDatabaseAuthenticationEnabled"),
    *("monitoringRoleArn", "tags", "vpcSecurityGroupIds"),
}
CHANGED: dict[str, set[str]] = {
    "postgres-parameters": {"tags"},
    "postgres-postgresql-log": {"tags"},
    "postgres-primary": {"allowMajorVersionUpgrade", "finalSnapshotIdentifier", "skipFinalSnapshot", *HARMLESS},
}
"""Resource -> inputs that the first `up` changes in place, which nobody who uses the database feels."""
LEFT = {
    ("alarm orders-cpu", "it stays, next to the stack's own"),
    ("event subscription orders-events", "it stays, next to the stack's own"),
    (f"security group {GROUP} (orders-db)", "it stays on the servers with its rules, and the stack adds its own"),
    ("topic orders-events", "what published to it goes on; the stack has topics of its own"),
    ("topic orders-oncall", "what published to it goes on; the stack has topics of its own"),
}


def adopted(estate: Estate, *, computed: bool = False) -> Adoption:
    return adoption(estate, "live", "shop", run("live"), today=TODAY, computed=computed)


def changed(made: Adoption) -> dict[str, set[str]]:
    """What is there and stays: resource -> inputs that change."""
    return {each.name: {one.key for one in each.impacts} for each in made.report.of("taken", "changed")}


def without_rules(config: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key != SUPPRESS}


def rules(made: Adoption) -> list[str]:
    return sorted(each["rule"] for each in made.config.get(SUPPRESS, ()))


def test_the_base_tier() -> None:
    """The file as a whole: two replicas, one with the primary's parameter group and one with its own."""
    made = adopted(tier())
    kept = {**PLACE, "key": KEY, "insights_key": INSIGHTS_KEY}
    own = {"name": "orders-reports-pg16", "family": "postgres16", "description": "Orders"}
    replicas = {
        "reports": {
            "class": "db.r6i.xlarge",
            "parameters": {"work_mem": 65536, "statement_timeout": "default"},
            "existing": {"identifier": "orders-reports", "parameter_group": own, **kept},
        },
        "standby": {
            "existing": {
                "identifier": "orders-standby",
                "parameter_group": {"name": "orders-pg16", "family": "postgres16", "managed": False},
                **kept,
            },
        },
    }
    assert without_rules(made.config) == {
        **FILE,
        "data-tier:postgres": {**FILE["data-tier:postgres"], "replicas": replicas},
    }
    assert changed(made) == {
        **CHANGED,
        "postgres-reports-instance": HARMLESS,
        "postgres-reports-parameters": {"tags"},
        "postgres-standby-instance": HARMLESS,
    }
    assert not made.report.of("replaced", "blocked")
    assert {(each.what, each.why) for each in made.report.left} == LEFT
    assert made.report.refusals == ()


def expected(shape: DatabaseShape) -> dict[str, Any]:
    """The base tier's file with what the row says."""
    file = deepcopy(FILE)
    for path, value in shape.says.items():
        *above, last = (each.replace("\0", ".") for each in path.split("."))
        place: dict[str, Any] = file
        for key in above:
            place = place[key]
        if value is ABSENT:
            del place[last]
        else:
            place[last] = value
    return file


def test_each_shape_can_be_a_stack_of_its_name() -> None:
    """tests/engine/test_adopted.py makes it one."""
    assert {shape.name: prefix_problem(prefix("shop", shape.name)) for shape in SHAPES} == dict.fromkeys(
        shape.name for shape in SHAPES
    )


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_a_shape(shape: DatabaseShape) -> None:
    made = adopted(shape.estate, computed=shape.computed)
    assert [(each.what, each.why, each.way) for each in made.report.refusals] == list(shape.refused)
    if any(each.whole for each in made.report.refusals):
        assert made.report.refused
        assert (made.config, made.imports, made.state, made.report.entries) == ({}, {}, {}, ())
        return
    assert without_rules(made.config) == expected(shape)
    minors = () if shape.estate.primary.described["AutoMinorVersionUpgrade"] else ("rds-minor-upgrades",)
    assert rules(made) == sorted((*minors, *shape.lets_pass))
    found = changed(made)
    assert not made.report.of("replaced", "blocked")
    assert {name: keys for name, keys in found.items() if CHANGED.get(name) != keys} == {
        name: keys | CHANGED.get(name, set()) for name, keys in shape.changed.items() if keys
    }
    assert CHANGED.keys() - found.keys() == {name for name, keys in shape.changed.items() if not keys}
    besides = {(each.what, each.why) for each in made.report.left} - LEFT
    assert besides == set(shape.left)
    agree(made)


def test_what_has_to_be_looked_at_stands_in_the_file() -> None:
    made = adopted(tier(replicas={}, DBName="postgres"))
    assert {path[1:]: list(said) for path, said in made.comments.items() if path[-1] != SUPPRESS} == {
        ("data-tier:network", "endpoints"): [
            f"The functions get out by NAT: they carry {GROUP}, whose rules let them."
        ],
        ("data-tier:postgres",): [
            "RDS made the database `postgres`, which cannot be a stack's: say here which one (`database`) comes after "
            "it."
        ],
        ("data-tier:postgres", "existing", "master_secret"): [
            "orders/orders_root by its name: look whether it holds the master's password."
        ],
        ("data-tier:notify",): ["orders-events has a recipient by https too: add it to info."],
        ("data-tier:maintenance",): ["Nothing is maintained by the stack as long as this is empty."],
    }


OFF = "AWS refuses while EnableDnsHostnames is off"
UNREAD = [
    ({"vpcs": (vpc(hostnames=False),), "route_tables": ()}, ["all of it is let in. Unless it gets out by NAT", OFF]),
    ({"vpcs": (vpc(hostnames=False),), "security_groups": ()}, ["Unless it gets out by NAT", OFF]),
    (
        {"vpc_endpoints": (endpoint("kms"),), "route_tables": ()},
        ["Unless it gets out by NAT", "it has endpoints of kms"],
    ),
    ({"vpcs": (), "route_tables": ()}, ["Add endpoint_clients"]),
]
"""What was not read around the base tier -> what is said of the way to AWS's APIs."""


@pytest.mark.parametrize(("around", "said"), UNREAD, ids=["routes", "groups", "endpoints", "everything"])
def test_what_was_not_read_of_the_way_to_awss_apis_stops_nothing(around: dict[str, Any], said: list[str]) -> None:
    made = adopted(tier(replicas={}, around=around))
    assert not made.report.refused
    [remark] = made.comments["config", "data-tier:network"]
    assert [each for each in said if each not in remark] == []


def test_a_server_with_as_many_security_groups_as_aws_takes_is_said() -> None:
    groups = [{"VpcSecurityGroupId": f"sg-{number}", "Status": "active"} for number in range(5)]
    said = adopted(tier(replicas={}, VpcSecurityGroups=groups)).comments
    [remark] = said["config", "data-tier:postgres", "existing", "security_groups"]
    assert remark.startswith("It has 5 security groups, and gets the stack's too")
    assert "security_groups" not in {
        path[-1] for path in adopted(tier(replicas={}, VpcSecurityGroups=groups[:4])).comments
    }


def test_a_webhook_s_address_is_nowhere() -> None:
    made = adopted(tier(replicas={}))
    assert "a1b2c3d4hook" not in str((made.config, made.comments, made.report, made.state))


def test_live_parameters_beside_computed_ones() -> None:
    rows = adopted(tier(replicas={})).report.parameters
    assert all(each.kept and each.server == "primary" for each in rows)
    assert [each for each in rows if each.parameter in ("log_connections", "max_connections", "statement_timeout")] == [
        ParameterRow(server="primary", parameter="log_connections", live="default", computed="1", kept=True),
        ParameterRow(server="primary", parameter="statement_timeout", live="60000", computed=None, kept=True),
    ]
    taken = adopted(tier(replicas={}), computed=True).report.parameters
    assert [each.parameter for each in taken if each.kept] == ["statement_timeout"]
