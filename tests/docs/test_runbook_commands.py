"""What the runbooks tell people to type exists: commands, options, AWS operations, settings keys, identities."""

from __future__ import annotations

import re
from typing import Any

import botocore.session
import pytest
import typer.main
import yaml
from botocore import xform_name
from clinic_project import CLINIC
from pages import NAME, PAGES, Command, commands

from cli.main import application
from infra.settings.model import Settings
from infra.settings.profiles import cache_defaults, defaults
from infra.settings.sections import CacheSection, PostgresSection, ReplicaSection
from infra.settings.values import Section
from knowledge.postgres.catalogue import CATALOGUE
from knowledge.redis.catalogue import CATALOGUE as REDIS_CATALOGUE
from scaffold.rename import renamed

ACCESS = yaml.safe_load(renamed((CLINIC / "access.yaml").read_text("utf-8"), "clinic", NAME))
AWS_OPTIONS = {"--cli-read-timeout", "--query", "--output", "--region"}
"""Of the CLI itself (AWS CLI, "Global options")."""


def of(*start: str) -> list[Command]:
    return [command for command in commands() if command.words[: len(start)] == start]


def test_no_other_programs() -> None:
    assert {command.words[0] for command in commands()} == {"aws", "datatier", "pulumi", "curl", "export"}


@pytest.mark.parametrize("command", of("datatier"), ids=str)
def test_datatier_has_it(command: Command) -> None:
    found: Any = typer.main.get_command(application())
    words = list(command.words[1:])
    while words and hasattr(found, "commands"):
        name = words.pop(0)
        assert name in found.commands, f"datatier has no command {name}"
        found = found.commands[name]
    options = {option for parameter in found.params for option in (*parameter.opts, *parameter.secondary_opts)}
    own = words[: words.index("--")] if "--" in words else words
    assert {word for word in own if word.startswith("-")} <= options


@pytest.mark.parametrize("command", [each for each in commands() if each.identity], ids=str)
def test_the_identity_is_declared(command: Command) -> None:
    assert command.identity == "master" or "postgres" in ACCESS["identities"][command.identity]


@pytest.mark.parametrize("command", of("aws"), ids=str)
def test_aws_has_it(command: Command) -> None:
    _, service, operation, *rest = command.words
    session = botocore.session.get_session()
    model = session.get_service_model(service)
    if operation == "wait":
        waiters = session.get_waiter_model(service)
        name = next(name for name in waiters.waiter_names if xform_name(name, "-") == rest[0])
        operation = xform_name(waiters.get_waiter(name).operation, "-")
    named = {xform_name(name, "-"): name for name in model.operation_names}
    assert operation in named, f"{service} has no {operation}"
    shape = model.operation_model(named[operation]).input_shape
    assert shape is not None
    options = {f"--{xform_name(member, '-')}" for member in shape.members}
    options |= {f"--no-{option.removeprefix('--')}" for option in options}
    assert {word for word in rest if word.startswith("--")} <= options | AWS_OPTIONS
    required = {f"--{xform_name(member, '-')}" for member in shape.required_members}
    assert required <= set(rest) or not any(word.startswith("--") for word in rest)


def mentioned(pattern: str) -> list[tuple[str, str]]:
    found = {(path.name, match) for path in PAGES for match in re.findall(pattern, path.read_text("utf-8"))}
    assert found
    return sorted(found)


@pytest.mark.parametrize(("page", "key"), mentioned(r"data-tier:([a-z_]+(?:\.[a-z_<>]+)*)"))
def test_the_settings_key_exists(page: str, key: str) -> None:
    section: Any = Settings
    for part in key.split("."):
        if section in (dict[str, CacheSection], dict[str, ReplicaSection]):
            section = section.__args__[1]
            continue
        assert isinstance(section, type), f"{key}: nothing is below {section}"
        assert issubclass(section, Section), f"{key}: nothing is below {section}"
        fields = {field.alias or name: field.annotation for name, field in section.model_fields.items()}
        assert part in fields, f"{page}: {key}: {section.__name__} has {', '.join(fields)}"
        section = _below(fields[part])


def _below(annotation: Any) -> Any:
    """The section under a key; entries with names of the user's own as `dict[str, Section]`."""
    for entry in (CacheSection, ReplicaSection):
        if entry in getattr(annotation, "__args__", ()):
            return dict[str, entry]  # type: ignore[valid-type]
    optional = [
        each for each in getattr(annotation, "__args__", ()) if isinstance(each, type) and issubclass(each, Section)
    ]
    return optional[0] if optional else annotation


def test_the_examples_are_prod_as_it_is() -> None:
    prod = defaults("prod")
    assert set(PostgresSection.model_fields) >= set(prod["postgres"]) - {"class"}
    assert {"standby", "reporting"} == set(prod["postgres"]["replicas"])
    assert (prod["cache_port"], prod["redis"]["main"]["replicas"]) == (6379, 2)
    assert (cache_defaults() | prod["redis"]["main"])["eviction"] == "volatile-lru"
    assert prod["redis"]["queue"]["eviction"] == "noeviction"
    assert prod["postgres"]["apply_immediately"] is False
    databases = {name.partition("_")[0]: space.get("database", 0) for name, space in ACCESS["keyspaces"].items()}
    assert {name: at for name, at in databases.items() if at} == {"cache": 1, "queue": 2}


@pytest.mark.parametrize("name", ["max_wal_size", "max_slot_wal_keep_size", "max_standby_streaming_delay", "work_mem"])
def test_parameters_said_to_be_dynamic_are(name: str) -> None:
    assert not any(catalogue[name].static for catalogue in CATALOGUE.values())


def test_parameters_that_differ_by_version() -> None:
    assert [CATALOGUE[version]["autovacuum_max_workers"].static for version in (15, 16, 17, 18)] == [True] * 3 + [False]
    assert ["reserved_connections" in CATALOGUE[version] for version in (15, 16, 17, 18)] == [False] + [True] * 3
    assert "rds.rds_superuser_reserved_connections" in CATALOGUE[15]
    assert {"reserved-memory-percent", "slowlog-log-slower-than", "timeout"} <= set(REDIS_CATALOGUE)
