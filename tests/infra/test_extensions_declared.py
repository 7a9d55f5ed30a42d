"""Extensions of the application in a stack's settings: refused where RDS lacks them, preloaded where they must be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from clinic_project import CLINIC

from infra.instances import instances
from infra.load import declared_extensions, load_settings, load_stack
from infra.settings.problems import SettingsError, SettingsProblem
from infra.settings.stackfile import stacks
from knowledge.postgres.catalogue import DEFAULT_MAJOR

ROOT = Path(__file__).parents[2]
CONFIG: dict[str, Any] = {"aws:region": "ca-central-1", "data-tier:profile": "staging", "data-tier:name": "shop"}


def load(*extensions: str, **postgres: Any) -> Any:
    config = {**CONFIG, "data-tier:postgres": {"database": "orders", **postgres}}
    settings = load_settings(config, stack="live", source="Pulumi.live.yaml", extensions=extensions)
    return instances("live", settings, "ca-central-1", extensions=extensions)


def test_every_server_of_a_stack_preloads_what_the_application_declares() -> None:
    tier = load("pg_cron", "citext")
    for server in tier.databases:
        made = {each.name: each.value for each in server.parameters}
        assert made["shared_preload_libraries"] == "pg_stat_statements,pg_cron"
        assert made["cron.database_name"] == "orders"


def test_all_that_rds_lacks_is_said_at_once_beside_other_problems() -> None:
    with pytest.raises(SettingsError) as caught:
        load("citex", "plrust", "citext", version="18", parameters={"work_memm": 1})
    assert "data-tier:postgres.parameters" in {problem.key for problem in caught.value.problems}
    assert [problem for problem in caught.value.problems if "schema.json" in problem.key] == [
        SettingsProblem(
            "schema/schema.json: extensions",
            "citex: RDS does not have this extension for PostgreSQL 18; did you mean 'citext'?",
        ),
        SettingsProblem("schema/schema.json: extensions", "plrust: RDS has it for PostgreSQL 15, 16, 17, not for 18."),
    ]


def test_the_version_decides() -> None:
    assert load("plrust", version="17").primary.major == 17


def test_the_committed_stacks_run_the_default_major_and_declare_what_their_application_does() -> None:
    found = {stack: load_stack(CLINIC, stack).instances.primary for stack in stacks(CLINIC)}
    assert set(found) == {"dev", "local", "prod", "staging"}
    assert {server.major for server in found.values()} == {DEFAULT_MAJOR}
    assert {server.extensions for server in found.values()} == {declared_extensions(CLINIC)}
    assert declared_extensions(CLINIC) == ("citext", "pg_stat_statements", "pg_trgm")
