"""What was read, as the files of an application: declaration, stacks, comments where a person has to look."""

from __future__ import annotations

from typing import Any

import pytest

from bootstrap.access import load_access
from observe.keys.group import Group
from scaffold.files import files
from scaffold.live import postgres_stack
from scaffold.live.application import live_application
from scaffold.live.baseline import baseline
from scaffold.live.cache import LiveCache
from scaffold.live.cache_stack import caches_of
from scaffold.live.database import LiveDatabase
from scaffold.live.facts import ServerFacts
from scaffold.live.keyspaces import Seen
from scaffold.live.recognised import Recognised

GIB = 1024**3
DECLARED: dict[str, Any] = {"owner": "boss", "identities": {"web": {"postgres": {"privileges": "readwrite"}}}}


def facts(**more: Any) -> ServerFacts:
    usual: dict[str, Any] = {
        "major": 18,
        "size": GIB,
        "connections": 3,
        "max_connections": 100,
        "shared_buffers": 128 << 20,
        "parameters": {},
        "extensions": {},
    }
    return ServerFacts(**{**usual, **more})


def database(declaration: dict[str, Any]) -> LiveDatabase:
    made = baseline({"tables": {"public.t": {"columns": {"id": {"type": "integer"}}}}}, 18, {})
    return LiveDatabase(name="d", baseline=made, declaration=declaration, facts=facts(), notes=())


def cache(name: str, **more: Any) -> LiveCache:
    usual = {"product": "valkey", "version": "8.0.3", "eviction": "volatile-lru", "events": "", "shards": 0, "peak": 10}
    return LiveCache(**{"name": name, **usual, **more})


def seen(*patterns: str) -> tuple[Seen, ...]:
    made = []
    for pattern in patterns:
        group = Group()
        group.add(["string"] * 20, [5000] * 20, [10] * 20, float("inf"))
        made.append(Seen(pattern=pattern, database=0, group=group))
    return tuple(made)


def test_without_a_migrator_one_is_added_and_said() -> None:
    found = live_application("demo-eu", "eu-west-1", database(DECLARED), ())
    access: Any = found.application.access
    assert access["identities"]["demo_eu_migrator"] == {"postgres": {"privileges": "migrator"}}
    assert [note.at for note in found.notes] == [
        ("identities", "demo_eu_migrator"),
        ("identities", "demo_eu_monitoring"),
    ]
    load_access(dict(access))


def test_where_everybody_is_default_identities_are_proposed_by_the_keys() -> None:
    clients = (Recognised(client="bullmq", prefix="bull"),)
    jobs = cache("jobs", eviction="noeviction", open=True, clients=clients, seen=seen("bull:mail:meta", "lock:*"))
    main = cache("main", open=True, seen=seen("session:*", "page:*:part", "*"))
    found = live_application("demo", "eu-west-1", None, (main, jobs))
    access: Any = found.application.access
    assert access["identities"]["demo_worker"] == {"redis": {"jobs": {"client": "bullmq", "prefix": "bull"}}}
    assert access["identities"]["demo_app"]["redis"] == {
        "main": {"keys": ["page:*", "session:*"], "commands": ["@read", "@write", "@pubsub", "@transaction"]},
        "jobs": {"keys": ["lock:*"], "commands": ["@read", "@write", "@pubsub", "@transaction"]},
    }
    assert list(access["keyspaces"]) == ["page_part", "session", "bull", "lock"]
    assert {entry["owner"] for entry in access["keyspaces"].values()} == {"demo_app", "demo_worker"}
    proposed = [note.text for note in found.notes if "is proposed for" in note.text]
    assert len(proposed) == 3
    assert "# demo_worker is proposed for jobs: on the live server everybody is `default`; the keys" in (
        next(text for path, text in files(found.application).items() if path.name == "access.yaml")
    )
    load_access(dict(access))


def test_a_user_whose_keys_are_a_clients_keeps_its_rules_and_is_offered_the_clients() -> None:
    rules = {"rules": "~q:* resetchannels +@all -@dangerous"}
    jobs = cache(
        "jobs", users={"runner": rules}, clients=(Recognised(client="bullmq", prefix="q"),), seen=seen("q:m:id")
    )
    found = live_application("demo", "eu-west-1", None, (jobs,))
    access: Any = found.application.access
    assert access["identities"]["runner"] == {"redis": {"jobs": rules}}
    (note,) = [note for note in found.notes if note.at == ("identities", "runner")]
    assert note.proposal == "redis: {jobs: {client: bullmq, prefix: q}}"


def test_notes_of_stacks_are_one_proposal_in_prods_file() -> None:
    live = database(DECLARED)
    big = LiveDatabase(
        name="d",
        baseline=live.baseline,
        declaration=live.declaration,
        facts=facts(shared_buffers=32 * GIB, parameters={"random_page_cost": "1.1", "port": "5433"}),
        notes=(),
    )
    text = next(
        text
        for path, text in files(live_application("demo", "eu-west-1", big, ()).application).items()
        if path.name == "Pulumi.prod.yaml"
    )
    assert (
        '  # data-tier:postgres:\n  #   class: db.m7g.8xlarge\n  #   parameters:\n  #     random_page_cost: "1.1"\n'
    ) in text


# (facts, profile, what the stack's file says)
POSTGRES: list[tuple[ServerFacts, str, dict[str, Any]]] = [
    (facts(), "prod", {}),
    (facts(major=16), "dev", {"version": "16"}),
    (facts(major=19), "dev", {}),
    (facts(size=21 * GIB), "dev", {"storage": {"allocated": 50, "max": 250}}),
    (facts(size=21 * GIB), "prod", {}),
    (facts(size=300 * GIB), "prod", {"storage": {"allocated": 600, "max": 3000}}),
]


@pytest.mark.parametrize(("found", "profile", "settings"), POSTGRES)
def test_version_and_storage(found: ServerFacts, profile: str, settings: dict[str, Any]) -> None:
    assert postgres_stack.settings(found, profile) == settings


# (the cache, profile, its entry)
CACHES: list[tuple[LiveCache, str, dict[str, Any]]] = [
    (cache("main"), "dev", {}),
    (cache("jobs", eviction="noeviction"), "dev", {"eviction": "noeviction"}),
    (cache("other", version="9.1.2", events="Ex"), "dev", {"version": "9.1", "keyspace_events": "Ex"}),
    (cache("other", product="redis", version="7.0.15"), "dev", {"engine": "redis", "version": "7.0"}),
    (cache("other", product="redis", version="7.4.1"), "dev", {}),
    (cache("other", product="elasticache-redis", version="7.1.0"), "dev", {"engine": "redis", "version": "7.1"}),
    (cache("jobs", eviction="noeviction", shards=3), "prod",
     {"class": "cache.m7g.large", "replicas": 1, "multi_az": True, "eviction": "noeviction", "shards": 3}),
]  # fmt: skip


@pytest.mark.parametrize(("live", "profile", "entry"), CACHES)
def test_caches(live: LiveCache, profile: str, entry: dict[str, Any]) -> None:
    assert caches_of(profile, [live]) == {live.name: entry}
