"""Cases of upgrades: what is asked for, the steps in order, or why there is no way."""

from typing import Any

import pytest

from infra.load import load_settings
from infra.settings import Settings
from upgrade.plan import plan
from upgrade.step import PlanError


def settings(profile: str, **more: Any) -> Settings:
    config = {"data-tier:profile": profile, **{f"data-tier:{key}": value for key, value in more.items()}}
    return load_settings(config, stack=profile, source="test")


BIG = {"storage": {"allocated": 300, "max": 350}}
MAJOR = ["Look for", "Rehearse"]
AFTER = ["Collect statistics", "Update the extensions", "Prove access"]
# profile, settings, --to, --from, beginnings of the steps
STEPS: list[tuple[str, dict[str, Any], str, str, list[str]]] = [
    ("prod", {"postgres": {"version": "17.9"}}, "postgres.version=17.10", "",
     ["Upgrade the replica standby", "Upgrade the replica reporting", "Upgrade the primary", "Update the extensions"]),
    ("dev", {"postgres": {"version": "17.9"}}, "postgres.version=17.10", "",
     ["Upgrade the primary", "Update the extensions"]),
    ("prod", {}, "postgres.version=18", "",
     [*MAJOR, "Upgrade the primary and its replicas (standby, reporting)", *AFTER]),
    ("dev", {}, "postgres.version=18", "", [*MAJOR, "Turn logical", "Make the green copy", "Switch over", *AFTER]),
    ("dev", {}, "postgres.version=18.4", "postgres.version=16",
     [*MAJOR, "Turn logical", "Make the green copy on 18", "Switch over", *AFTER]),
    ("dev", {}, "postgres.version=17", "", []),
    ("prod", {}, "postgres.class=db.r7g.xlarge", "", ["Move to db.r7g.xlarge", "Restart replicas first"]),
    ("prod", {"postgres": {"class": "db.r7g.xlarge"}}, "postgres.class=db.r7g.large", "",
     ["Move to db.r7g.large", "Restart the primary first"]),
    ("dev", {}, "postgres.class=db.m7g.large", "", ["Move to db.m7g.large"]),
    ("prod", {"postgres": BIG}, "postgres.storage=400", "", ["Grow to 400"]),
    ("prod", {"redis": {"main": {"engine": "redis", "version": "7.1", "replicas": 1}}}, "main.engine=valkey", "",
     ["Take a snapshot", "Change the engine"]),
    ("dev", {"redis": {"main": {"engine": "redis", "version": "7.1"}}}, "main.engine=valkey", "",
     ["Add a replica", "Take a snapshot", "Change the engine"]),
    ("prod", {}, "main.version=8.2", "", ["Take a snapshot", "Upgrade to 8.2"]),
    ("prod", {}, "main.version=9.0", "",
     ["Take a snapshot", "Upgrade to 9.0, with the parameter group of valkey9 in the same deployment"]),
    ("prod", {}, "main.class=cache.r7g.xlarge", "", ["Move to cache.r7g.xlarge"]),
    ("dev", {}, "main.class=cache.m7g.large", "", ["Add a replica", "Move to cache.m7g.large"]),
    ("dev", {}, "main.auth=rbac", "main.auth=token", ["Make the users", "Swap the token"]),
    ("dev", {}, "main.tls=required", "main.tls=none", ["Take both", "Move every client", "Require TLS"]),
    ("dev", {}, "main.tls=required", "main.tls=preferred", ["Move every client", "Require TLS"]),
    ("dev", {}, "main.tls=required", "", []),
]  # fmt: skip
REFUSED: list[tuple[str, str, str, str]] = [
    ("dev", "postgres.version=16", "", "never goes back"),
    ("dev", "postgres.version=17.7", "postgres.version=17.9", "never goes back"),
    ("dev", "postgres.version=12", "", "15, 16, 17, 18"),
    ("dev", "postgres.version=17.8", "", "RDS offers 17.5"),
    ("dev", "postgres.version=latest", "", "no PostgreSQL version"),
    ("prod", "postgres.storage=50", "", "never shrinks"),
    ("prod", "postgres.storage=105", "", "at least 110"),
    ("prod", "postgres.storage=1T", "", "a number of GiB"),
    ("prod", "postgres.class=db.r7g.larg", "", "db.r7g.large"),
    ("dev", "main.engine=redis", "", "only the way from redis to valkey"),
    ("dev", "main.version=7.2", "", "no way back in place"),
    ("dev", "main.version=8.9", "", "valkey has"),
    ("dev", "main.auth=token", "", "users are the better way"),
    ("dev", "main.tls=none", "", "require TLS"),
    ("dev", "other.version=8.2", "", "no cache `other`"),
    ("dev", "postgres.port=1", "", "can be planned"),
    ("dev", "postgres", "", "TARGET.KEY=VALUE"),
]


@pytest.mark.parametrize(
    ("profile", "more", "to", "deployed", "expected"), STEPS, ids=[f"{s[0]}-{s[2]}" for s in STEPS]
)
def test_the_steps(profile: str, more: dict[str, Any], to: str, deployed: str, expected: list[str]) -> None:
    (made,) = plan(settings(profile, **more), [to], [deployed] if deployed else [])
    assert len(made.steps) == len(expected), [step.what for step in made.steps]
    for step, beginning in zip(made.steps, expected, strict=True):
        assert step.what.startswith(beginning)
        assert step.how
        assert step.users.endswith(".")
        assert step.after


@pytest.mark.parametrize(("profile", "to", "deployed", "says"), REFUSED, ids=[r[1] for r in REFUSED])
def test_there_is_no_way(profile: str, to: str, deployed: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        plan(settings(profile), [to], [deployed] if deployed else [])
    assert isinstance(caught.value, PlanError) or "class" in to


def test_lines_for_the_stack_file_are_settings() -> None:
    """Whatever a plan tells to write is taken by the settings."""
    import yaml

    for profile, more, to, deployed, _ in STEPS:
        (made,) = plan(settings(profile, **more), [to], [deployed] if deployed else [])
        for step in made.steps:
            for text in step.how:
                if text.startswith("data-tier:"):
                    key, _, value = text.partition(": ")
                    load_settings(
                        {"data-tier:profile": profile, key: yaml.safe_load(value)}, stack=profile, source="plan"
                    )


def test_replicas_are_not_waited_for_where_there_are_none() -> None:
    (made,) = plan(settings("dev"), ["postgres.class=db.m7g.large"])
    assert "Down for some minutes" in made.steps[0].users
    (made,) = plan(settings("prod"), ["postgres.class=db.r7g.xlarge"])
    assert "failover" in made.steps[0].users
    assert made.steps[1].how[-1].endswith("tmi-prod"), "the primary is the last when values rise"
