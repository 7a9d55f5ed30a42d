"""A tier out of Terraform's state: what is adopted, what the state forgets then, and what it keeps."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest

from adopt.terraform.forgotten import PARTS, commands, remaining, removed
from adopt.terraform.state import TerraformResource, resources
from adopt.terraform.tier import TerraformTier, tier
from bootstrap.errors import AskedError
from graph import types

ACCOUNT = "210987654321"


def resource(address: str, **values: Any) -> dict[str, Any]:
    kind = address.rpartition("]")[0] or address
    kind = next(part for part in reversed(kind.replace("[", ".").split(".")) if part.startswith("aws_"))
    return {"address": address, "mode": "managed", "type": kind, "values": values}


def database(address: str, identifier: str, region: str = "eu-west-1", **more: Any) -> dict[str, Any]:
    arn = f"arn:aws:rds:{region}:{ACCOUNT}:db:{identifier}"
    return resource(
        address,
        id=identifier,
        resource_id=f"db-{identifier}",
        identifier=identifier,
        arn=arn,
        **({"engine": "postgres"} | more),
    )


def cache(address: str, name: str, region: str = "eu-west-1") -> dict[str, Any]:
    arn = f"arn:aws:elasticache:{region}:{ACCOUNT}:replicationgroup:{name}"
    return resource(address, id=name, replication_group_id=name, arn=arn)


SECRET = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:shop-live/master-AbCdEf"
LOG_GROUP = "/aws/rds/instance/orders/postgresql"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/0a1b"
ROOT = [
    database("aws_db_instance.orders", "orders"),
    {**database("data.aws_db_instance.old", "old"), "mode": "data"},
    resource("aws_kms_key.data", id="0a1b", arn=KEY),
    resource("aws_security_group.servers", id="sg-0a1b", arn=f"arn:aws:ec2:eu-west-1:{ACCOUNT}:security-group/sg-0a1b"),
    resource("aws_ecr_repository.orders", id="orders"),
    resource("aws_db_parameter_group.orders", id="orders-pg16", name="orders-pg16"),
    resource("aws_cloudwatch_log_group.orders", id=LOG_GROUP, name=LOG_GROUP),
    resource("aws_secretsmanager_secret.master", id=SECRET, arn=SECRET, name="shop-live/master"),
    resource("aws_secretsmanager_secret_version.master", id=f"{SECRET}|1", secret_id=SECRET, secret_string="hidden"),
    resource("aws_elasticache_user_group.orders", id="orders", user_group_id="orders"),
]
QUEUE = "module.caches.module.queue.aws_elasticache_replication_group"
SOURCE = f"arn:aws:rds:eu-west-1:{ACCOUNT}:db:orders"
MODULES = [
    {
        "address": 'module.replicas["eu"]',
        "resources": [
            database(
                'module.replicas["eu"].aws_db_instance.this[0]', "orders-dr", "eu-central-1", replicate_source_db=SOURCE
            ),
            database('module.replicas["eu"].aws_db_instance.this[1]', "orders-reports", replicate_source_db="orders"),
        ],
    },
    {
        "address": "module.caches",
        "resources": [cache('module.caches.aws_elasticache_replication_group.this["it\'s"]', "orders-cache")],
        "child_modules": [
            {
                "address": "module.caches.module.queue",
                "resources": [cache(f"{QUEUE}.this[0]", "jobs"), cache(f"{QUEUE}.far", "jobs", "eu-central-1")],
            }
        ],
    },
]
STATE = {
    "format_version": "1.0",
    "terraform_version": "1.9.8",
    "values": {"root_module": {"resources": ROOT, "child_modules": MODULES}},
}


def state() -> tuple[TerraformResource, ...]:
    return resources(json.dumps(STATE), "state.json")


def test_a_state_names_the_tier() -> None:
    assert tier(state(), None, {}, "state.json") == TerraformTier(
        instance="orders", region="eu-west-1", account=ACCOUNT, caches={"cache": "orders-cache", "jobs": "jobs"}
    )


def test_what_was_asked_for_counts_more_than_the_state() -> None:
    named = {"main": "orders-cache"}
    assert tier(state(), "orders", named, "state.json").caches == named
    other = tier(state(), "billing", {}, "state.json")
    assert (other.instance, other.region) == ("billing", None)


TAKEN = {
    "the instance alone": ([(types.INSTANCE, "orders")], ["aws_db_instance.orders"]),
    "the instance by its resource id": ([(types.INSTANCE, "db-orders")], ["aws_db_instance.orders"]),
    "its replicas, one of another region": (
        [(types.INSTANCE, "orders-reports"), (types.INSTANCE, "orders-dr@eu-central-1")],
        ['module.replicas["eu"].aws_db_instance.this[0]', 'module.replicas["eu"].aws_db_instance.this[1]'],
    ),
    "a replica of the same name that is not the one of here": ([(types.INSTANCE, "orders-dr")], []),
    "a cache of here, not the one of the same name elsewhere": (
        [(types.CACHE, "jobs")], [f"{QUEUE}.this[0]"],
    ),
    "groups and logs": (
        [(types.PARAMETER_GROUP, "orders-pg16"), (types.LOG_GROUP, LOG_GROUP)],
        ["aws_db_parameter_group.orders", "aws_cloudwatch_log_group.orders"],
    ),
    "a secret with its version": (
        [(types.SECRET, SECRET)],
        ["aws_secretsmanager_secret.master", "aws_secretsmanager_secret_version.master"],
    ),
    "nothing": ([], []),
    "another type of the same name": ([(types.CACHE, "orders")], []),
}  # fmt: skip


@pytest.mark.parametrize(("taken", "addresses"), TAKEN.values(), ids=TAKEN)
def test_what_the_state_forgets(taken: list[tuple[str, str]], addresses: list[str]) -> None:
    found = removed(state(), taken, "eu-west-1")
    assert [each.address for each in found] == addresses
    for command, address in zip(commands(found), addresses, strict=True):
        assert shlex.split(command) == ["terraform", "state", "rm", address]


def test_what_stays_terraform_s_though_the_stack_refers_to_it() -> None:
    gone = removed(state(), [(types.INSTANCE, "orders"), (types.PARAMETER_GROUP, "orders-pg16")], "eu-west-1")
    config = {
        "data-tier:postgres": {
            "existing": {
                "identifier": "orders", "key": KEY, "security_groups": ["sg-0a1b"],
                "parameter_group": {"name": "orders-pg16"},
            }
        },
        "data-tier:redis": {"main": {"existing": {"user_group": "orders"}}},
    }  # fmt: skip
    assert [each.address for each in remaining(state(), config, gone)] == [
        "aws_kms_key.data",
        "aws_security_group.servers",
        "aws_elasticache_user_group.orders",
    ]


SHOW = "`terraform show -json > FILE` writes the one that is wanted"
PLAN = {"format_version": "1.2", "planned_values": {}}
KEPT = {"version": 4, "terraform_version": "1.9.8", "lineage": "1-2", "serial": 3, "resources": []}
REFUSED = [
    ("x", f"--terraform: f.json is no JSON (Expecting value: line 1 column 1 (char 0)): {SHOW}."),
    ("[]", f"--terraform: f.json holds no state: {SHOW}."),
    ("{}", f"--terraform: f.json holds no state: {SHOW}."),
    (json.dumps(PLAN), f"--terraform: f.json is a plan, not a state: {SHOW}."),
    (json.dumps(KEPT), f"--terraform: f.json is the file that Terraform keeps to itself: {SHOW}."),
    (
        json.dumps(KEPT | {"version": 3, "modules": []}),
        f"--terraform: f.json is the file that Terraform keeps to itself: {SHOW}.",
    ),
]
BROKEN: list[object] = [
    "x",
    {},
    {"root_module": []},
    {"root_module": {"resources": ["x"]}},
    {"root_module": {"resources": [{"mode": "managed"}]}},
    {"root_module": {"resources": [{"mode": "managed", "type": "t", "address": "t.a", "values": ["x"]}]}},
    {"root_module": {"child_modules": [None]}},
]
REFUSED += [
    (
        json.dumps({"format_version": "1.0", "values": values}),
        f"--terraform: f.json is not as Terraform writes it: {SHOW}.",
    )
    for values in BROKEN
]


@pytest.mark.parametrize(("text", "sentence"), REFUSED)
def test_what_is_no_state(text: str, sentence: str) -> None:
    with pytest.raises(AskedError) as raised:
        resources(text, "f.json")
    assert str(raised.value) == sentence


NONE = "--terraform: f.json has no aws_db_instance of PostgreSQL that is a primary: name one by --instance."
MYSQL = database("aws_db_instance.a", "ledger", engine="mysql")
REPLICA = database("aws_db_instance.b", "reports", replicate_source_db="orders")
TWO = [database("aws_db_instance.a", "orders"), database("aws_db_instance.b", "billing")]
PRIMARIES: list[tuple[list[dict[str, Any]], str]] = [
    ([], NONE),
    ([MYSQL, REPLICA], NONE),
    ([resource("aws_db_instance.unknown", engine="postgres", identifier=None)], NONE),
    (TWO, "--terraform: f.json has 2 primaries, billing (eu-west-1), orders (eu-west-1): name one by --instance."),
]


@pytest.mark.parametrize(("found", "sentence"), PRIMARIES)
def test_a_state_without_one_primary(found: list[dict[str, Any]], sentence: str) -> None:
    text = json.dumps({"format_version": "1.0", "values": {"root_module": {"resources": found}}})
    with pytest.raises(AskedError) as raised:
        tier(resources(text, "f.json"), None, {}, "f.json")
    assert str(raised.value) == sentence


def test_primaries_of_one_name_in_two_regions() -> None:
    two = [database("aws_db_instance.a", "orders"), database("aws_db_instance.b", "orders", "eu-central-1")]
    state = resources(json.dumps({"format_version": "1.0", "values": {"root_module": {"resources": two}}}), "f.json")
    sentence = r"2 primaries, orders \(eu-central-1\), orders \(eu-west-1\): name one by --instance and --region[.]"
    with pytest.raises(AskedError, match=sentence):
        tier(state, "orders", {}, "f.json")
    found = tier(state, "orders", {}, "f.json", region="eu-central-1")
    assert (found.instance, found.region) == ("orders", "eu-central-1")


def test_an_empty_state_has_nothing() -> None:
    assert resources(json.dumps({"format_version": "1.0"}), "f.json") == ()


def test_no_value_of_a_secret_gets_into_a_command() -> None:
    assert "hidden" not in " ".join(commands(removed(state(), [(types.SECRET, SECRET)], "eu-west-1")))
    assert "secret_string" not in {key for keys in PARTS.values() for key in keys}
