"""JSON Schemas for editors: they take what the loaders take, and refuse what those refuse, as far as a schema can."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

from bootstrap.access import AccessError, load_access
from infra.load import load_stack
from infra.settings.problems import SettingsError
from infra.settings.yamlfile import read_mapping
from reference import examples
from tests.bootstrap.test_access_malformed import WHOLE as ACCESS
from tests.clinic_project import CLINIC
from tests.infra.test_bad_input import WHOLE, declarations

SCHEMAS = Path(__file__).parents[2] / "docs/schemas"
STACK, DECLARATION = (
    Draft202012Validator(json.loads((SCHEMAS / f"{name}.schema.json").read_text("utf-8")))
    for name in ("stack", "access")
)


def wrong(schema: Draft202012Validator, document: object) -> list[str]:
    """Where a schema refuses a document: `config.data-tier:postgres.port`."""
    return sorted({".".join(map(str, each.absolute_path)) for each in schema.iter_errors(document)})


def test_the_schemas_are_schemas_of_their_dialect() -> None:
    for each in (STACK, DECLARATION):
        Draft202012Validator.check_schema(each.schema)
        assert each.schema["$schema"] == Draft202012Validator.META_SCHEMA["$id"]


@pytest.mark.parametrize(
    "path", [*sorted(CLINIC.glob("Pulumi.*.yaml")), *sorted(examples.FOLDER.glob("Pulumi.*.yaml"))], ids=str
)
def test_a_stack_s_file_is_taken(path: Path) -> None:
    assert wrong(STACK, read_mapping(path, path.name)) == []


@pytest.mark.parametrize("folder", [CLINIC, examples.FOLDER], ids=str)
def test_an_access_declaration_is_taken(folder: Path) -> None:
    assert wrong(DECLARATION, read_mapping(folder / "access.yaml", "access.yaml")) == []


def test_declarations_of_other_tests_are_taken() -> None:
    assert wrong(STACK, stack()) == []
    assert wrong(DECLARATION, ACCESS) == []


def stack(**changed: Any) -> dict[str, Any]:
    """The whole of a stack's file, with other sections."""
    return {"config": {f"data-tier:{key}": each for key, each in (WHOLE | {"name": "shop"} | changed).items()}}


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"config": None},
        {"config": {"aws:region": "eu-west-1", "aws:defaultTags": {"tags": {}}, "other:key": [1]}},
        {"base": {"class": "db.m7g.large"}, "config": {"data-tier:profile": "dev"}},
        {"encryptionsalt": "v1:abc", "environment": ["shared"], "config": {}},
        {"config": {"data-tier:redis": {"main": None, "queue": {}}, "data-tier:maintenance": None}},
        {"config": {"data-tier:postgres": {"version": 17, "replicas": {"standby": None}}}},
        {"config": {"data-tier:notify": {"critical": [{"email": {"secure": "v1:x"}}]}}},
        {"config": {"data-tier:redis": {"main": {"secure": "v1:x"}}, "data-tier:network": {"secure": "v1:x"}}},
    ],
    ids=str,
)
def test_forms_that_a_stack_s_file_may_have(document: dict[str, Any]) -> None:
    assert wrong(STACK, document) == []


@pytest.mark.parametrize(
    ("document", "where"),
    [
        ({"config": []}, "config"),
        ({"data-tier:profile": "dev"}, ""),
        ({"postgres": {}, "config": {}}, ""),
        ({"config": {"profile": "dev"}}, "config"),
        ({"config": {"data-tier:postgress": {}}}, "config"),
        ({"config": {"aws:region": "eu-west-9"}}, "config.aws:region"),
        ({"config": {"data-tier:profile": "test"}}, "config.data-tier:profile"),
        ({"config": {"data-tier:name": {"secure": "v1:x"}}}, "config.data-tier:name"),
        ({"config": {"data-tier:postgres": None}}, "config.data-tier:postgres"),
        ({"config": {"data-tier:notify": {"critical": [{"email": {"secure": 1}}]}}},
         "config.data-tier:notify.critical.0.email.secure"),
    ],
    ids=str,
)  # fmt: skip
def test_a_stack_s_file_is_refused(document: dict[str, Any], where: str, tmp_path: Path) -> None:
    assert wrong(STACK, document) == [where]
    with pytest.raises(SettingsError):
        loaded(tmp_path, {"config": {"data-tier:profile": "dev"}} | document)


def loaded(folder: Path, document: dict[str, Any]) -> None:
    (folder / "Pulumi.live.yaml").write_text(yaml.safe_dump(document, allow_unicode=True), "utf-8")
    load_stack(folder, "live")


# Path of a key -> what is wrong there.
SETTINGS: list[tuple[str, Any]] = [
    ("cache_port", 80),
    ("name", "Shop"),
    ("boundary", "arn:aws:iam::aws:policy/AdministratorAccess"),
    ("network.vpc", "subnet-0a"),
    ("network.zones", 4),
    ("network.zones", ["eu-west-1a"]),
    ("network.subnets.0", "vpc-0a"),
    ("postgres.class", None),
    ("postgres.storage.allocated", 10),
    ("postgres.storage.max", 5),
    ("postgres.storage.size", 5),
    ("postgres.storage", 100),
    ("postgres.storage.iops", 0),
    ("postgres.backup.retention", 36),
    ("postgres.backup.window", "Sun 02:00-03:00"),
    ("postgres.backup.window", "24:00-25:00"),
    ("postgres.maintenance", "02:00-03:00"),
    ("postgres.maintenance", "Sunday 02:00-03:00"),
    ("postgres.insights", "all"),
    ("postgres.monitoring", 7),
    ("postgres.database", "my-shop"),
    ("postgres.master", "a" * 17),
    ("postgres.ca", "rds-ca-2019"),
    ("postgres.replica_lag", 0),
    ("postgres.parameters", [1]),
    ("postgres.parameters.work_mem", {"mb": 4}),
    ("postgres.replicas.standby.zone", "eu-west-1"),
    ("postgres.replicas.dr.remote.region", "eu-central"),
    ("postgres.replicas.dr.remote.subnets", ["subnet-0a"]),
    ("postgres.replicas", ["standby"]),
    ("postgres.replicas", {"Standby": {}}),
    ("redis.main.engine", "memcached"),
    ("redis.main.replicas", 6),
    ("redis.main.shards", 501),
    ("redis.main.auth", "none"),
    ("redis.main.snapshot.window", "3:00-4:00"),
    ("redis.main.appendonly", True),
    ("redis", {"a_b": {}}),
    ("notify.critical", {"email": "a@b.ch"}),
    ("notify.critical.0.email", "nobody"),
    ("notify.warning.0.slack.workspace", "t1"),
    ("objectives.rpo", "15 minutes"),
    ("passwords.length", 8),
    ("passwords.special", "@"),
    ("keys.deletion_window", 31),
    ("logs.retention", 2),
    ("runner.memory", 128),
    ("suppress.0.reason", "short"),
    ("suppress.0.until", "soon"),
    ("suppress.0", {"rule": "rds-logs"}),
    ("rotation.every", "a month"),
    ("backup.weekly.at", "03:00"),
    ("backup.weekly.keep", 0),
    ("backup.lock.mode", "strict"),
    ("backup.lock.grace", 1),
    ("backup.second_region", {}),
    ("backup.restore_test.hours", 200),
    ("proxy.connections", 0),
    ("proxy.identities", "app"),
    ("bucket.name", "Shop"),
    ("bucket.roles.0", "exports"),
    ("bucket.expire", {"/exports": 30}),
    ("metrics", {"service": {"image": "exporter", "clients": []}}),
    ("maintenance", {"budget": 10}),
]


def put(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The document with one value replaced; None takes it out."""
    made = deepcopy(document)
    *above, last = path.split(".")
    at: Any = made
    for part in above:
        at = at[int(part)] if isinstance(at, list) else at.setdefault(part, {})
    at[int(last) if isinstance(at, list) else last] = value
    return made


@pytest.mark.parametrize(("path", "value"), SETTINGS, ids=[f"{path}={value}" for path, value in SETTINGS])
def test_a_setting_that_the_program_refuses_is_refused_there(path: str, value: Any, tmp_path: Path) -> None:
    made = stack(**put(WHOLE, path, value))
    section = f"config.data-tier:{path.partition('.')[0]}"
    found = wrong(STACK, made)
    assert found
    assert all(each.startswith(section) for each in found)
    with pytest.raises(SettingsError) as caught:
        loaded(tmp_path, made)
    assert any(each.key.startswith(f"data-tier:{path.partition('.')[0]}") for each in caught.value.problems)


WEB = "identities.shop_web"
ACCESS_WRONG: list[tuple[str, Any]] = [
    ("owner", ""),
    ("owner", 7),
    ("schemas", []),
    ("keep", ["attributes"]),
    ("others", {}),
    ("exceptions.postgres.intern", ["Login"]),
    ("exceptions.redis", {"Main": []}),
    ("exceptions.redis.main", ["a b"]),
    ("limits.connection_limit", 0),
    ("limits.statement_timeout", 30),
    ("limits.statement_timeout", "30 s"),
    ("identities", {}),
    ("identities.Shop", {"postgres": "readonly"}),
    ("identities.pg_web", {"postgres": "readonly"}),
    ("identities.admin", {"postgres": "readonly"}),
    (f"identities.{'a' * 62}", {"postgres": "readonly"}),
    ("identities.shop_read.postgres", "readonyl"),
    ("identities.shop_read.postgres", ["readonly"]),
    (f"{WEB}.auth", "token"),
    (f"{WEB}.role", "x"),
    (f"{WEB}.postgres.privileges", "owner"),
    (f"{WEB}.postgres.login", "double"),
    (f"{WEB}.postgres.grants.0.tables", "orders"),
    (f"{WEB}.postgres.grants.0.privileges", ["SELECT"]),
    (f"{WEB}.postgres.grants.1.functions", ["total"]),
    (f"{WEB}.postgres.grants.2.future", "views"),
    (f"{WEB}.postgres.member_of", "shop_read"),
    (f"{WEB}.postgres.settings", {"a b": "c"}),
    (f"{WEB}.redis.main", "monitor"),
    (f"{WEB}.redis.main.keys", "shop:*"),
    (f"{WEB}.redis.main.keys", ["shop *"]),
    (f"{WEB}.redis.main.commands", ["+get"]),
    (f"{WEB}.redis.main.commands", ["GET"]),
    (f"{WEB}.redis.main.selectors.0.commands", []),
    (f"{WEB}.redis.main.selectors.0.read", ['x"']),
    (f"{WEB}.redis.main.selectors.0.read", ["x)"]),
    (f"{WEB}.redis.Main", "monitoring"),
    ("policies.0.rules.own.roles", []),
    ("policies.0.rules.own.using", " "),
    ("policies.0.rules.own.command", "truncate"),
    ("policies.0.table", None),
    ("upkeep", [{"table": "t", "expire": {"column": "c", "after": 7}}]),
    ("upkeep", [{"table": "t", "partitions": {"every": "hour"}}]),
    ("upkeep", [{"table": "t", "partitions": {"ahead": 0}}]),
    ("keyspaces.shop.pattern", ""),
    ("keyspaces.shop.type", "json"),
    ("keyspaces.shop.ttl", "1 day"),
    ("keyspaces.shop.database", 16),
    ("keyspaces.shop.writers", ["Web"]),
]


@pytest.mark.parametrize(("path", "value"), ACCESS_WRONG, ids=[f"{path}={value}"[:80] for path, value in ACCESS_WRONG])
def test_a_rule_that_the_bootstrap_refuses_is_refused_there(path: str, value: Any) -> None:
    made = put(ACCESS, path, value)
    found = wrong(DECLARATION, made)
    top = path.partition(".")[0]
    assert found
    assert all(each.startswith(top) or not each for each in found), found
    with pytest.raises(AccessError) as caught:
        load_access(made)
    assert any(each.path.startswith(top) for each in caught.value.problems)


@settings(
    max_examples=60, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(declared=declarations())
def test_what_can_be_made_is_never_refused(tmp_path: Path, declared: dict[str, Any]) -> None:
    document = stack(**declared)
    try:
        loaded(tmp_path, document)
        read = read_mapping(tmp_path / "Pulumi.live.yaml", "")
    except (SettingsError, yaml.YAMLError, UnicodeEncodeError):
        return  # is refused, or has no form in YAML
    assert wrong(STACK, read) == []
