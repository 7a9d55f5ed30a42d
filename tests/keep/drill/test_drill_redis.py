"""The drill `redis` on real servers: what has to come back does, what need not is shown to be refillable."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_caches import FakeCaches
from fake_estate import Kind
from killed import carry_out_killed, dying
from real_servers import ADMIN_PASSWORD, Valkey, valkey
from small_stack import Orchard

from bootstrap.manifest import CacheTarget, Endpoint, Manifest
from bootstrap.run import run
from bootstrap.secrets import Credential, Secret
from keep.drill.lost_cache import LostCache
from keep.drill.run import carry_out, clean, planned
from keep.drill.scene import Scene
from keep.errors import AskedError

pytestmark = pytest.mark.server

RULES = {"keys": ["crate:*", "price:*"], "commands": ["@read", "@write"]}
KEYSPACES: dict[str, Any] = {
    "crate": {"pattern": "crate:{id}", "cache": "cellar", "type": "string", "ttl": "none", "purpose": "what is stored"},
    "price": {"pattern": "price:{kind}", "cache": "stall", "type": "string", "ttl": "1h", "purpose": "today's prices"},
}
PREFIX = "farm-orchard1"


@pytest.fixture(scope="module")
def caches() -> Iterator[dict[str, Valkey]]:
    """`cellar`, whose keys stay, and `stall`, whose keys go by themselves."""
    with (
        tempfile.TemporaryDirectory(prefix="dt-valkey-", dir="/tmp") as one,
        tempfile.TemporaryDirectory(prefix="dt-valkey-", dir="/tmp") as other,
        valkey(Path(one)) as cellar,
        valkey(Path(other)) as stall,
    ):
        yield {"cellar": cellar, "stall": stall}


@pytest.fixture(scope="module")
def market(small_stack: Orchard, caches: dict[str, Valkey]) -> Manifest:
    """The orchard with the two caches, deployed; `picker1` may use both."""
    stack, store = small_stack.manifest, small_stack.store
    store.promote(
        "arn:acl",
        store.put_pending("arn:acl", Credential(redis_username="acl-admin", redis_password=Secret(ADMIN_PASSWORD))),
    )
    access = dict(stack.access)
    picker = {"postgres": "readwrite", "redis": dict.fromkeys(caches, RULES)}
    access = {**access, "identities": {**access["identities"], "picker1": picker}, "keyspaces": KEYSPACES}
    made = stack.model_copy(
        update={"access": access, "caches": {name: _target(server) for name, server in caches.items()}}
    )
    assert run(made, migrations=small_stack.migrations, store=store).ok
    with caches["cellar"].admin() as admin:
        admin.mset({f"crate:{n}": "apples" for n in range(300)})
    with caches["stall"].admin() as admin:
        for n in range(20):
            admin.set(f"price:{n}", n, ex=3000)
    return made


def _target(server: Valkey) -> CacheTarget:
    node = Endpoint(name="primary", host="127.0.0.1", port=server.port)
    return CacheTarget(endpoint=node, nodes=(node,), tls=False, admin_secret="arn:acl")


@pytest.fixture
def scene(scene_of: Callable[..., Scene], market: Manifest, caches: dict[str, Valkey]) -> Iterator[Scene]:
    with FakeCaches(PREFIX, valkeys={f"{PREFIX}-{name}": server for name, server in caches.items()}) as estate:
        yield replace(scene_of(), stack=market, estate=estate)


def test_what_must_stay_comes_back_key_by_key(scene: Scene, caches: dict[str, Valkey]) -> None:
    report = carry_out(LostCache(), scene)
    assert report.verdict == "passed", report
    assert [phase.name for phase in report.phases] == ["detect", "restore", "prove", "serve", "destroy"]
    checks = {check.name: check.detail for check in report.checks}
    assert checks["keys"] == "300 keys, each as at the source"
    assert report.facts["cache"] == "cellar"
    assert report.rpo_seconds is not None
    assert (checks["heartbeat"].endswith(" came back"), "RPO by" in report.facts) == (True, False)
    assert scene.estate.made() == []
    with caches["cellar"].admin() as admin:
        assert admin.dbsize() == 300


def test_what_goes_by_itself_is_refilled_and_its_users_are_there(scene: Scene, caches: dict[str, Valkey]) -> None:
    report = carry_out(LostCache(cache="stall"), scene)
    assert report.verdict == "passed", report
    assert [phase.detail for phase in report.phases if phase.name in ("prove", "serve")] == [
        "20 keys were lost, all of key spaces that are declared to expire: the application refills them",
        "picker1 logged in",
    ]
    assert report.rpo_seconds is None
    with caches["stall"].admin() as admin:
        assert admin.dbsize() == 20


@pytest.mark.parametrize(
    ("loses", "reason"),
    [
        ("crate:*", "keys: no key came back of crate"),
        ("crate:7", "keys: 299 of 300 keys came back of crate, and nobody has written to it meanwhile"),
        ("datatier:*", "heartbeat: none came back"),
    ],
)
def test_a_copy_that_lacks_keys_fails(scene: Scene, loses: str, reason: str) -> None:
    assert isinstance(scene.estate, FakeCaches)
    scene.estate.loses = loses
    report = carry_out(LostCache(), scene)
    assert (report.verdict, report.reason) == ("failed", reason)


def test_a_heartbeat_that_a_killed_run_has_left_is_removed(scene: Scene, caches: dict[str, Valkey]) -> None:
    assert isinstance(scene.estate, FakeCaches)
    with dying(scene.estate, "create_cache_snapshot", "cache snapshot"):
        carry_out_killed(LostCache(), scene)
    with caches["cellar"].admin() as admin:
        assert len(admin.keys("datatier:canary:*")) == 1
        clean(scene)
        assert admin.dbsize() == 300


@pytest.mark.parametrize(
    ("call", "kind", "deletes"),
    [
        ("create_cache_snapshot", "cache snapshot", "delete_cache_snapshot"),
        ("create_cache", "cache", "delete_cache"),
    ],
)
def test_what_it_was_killed_over_is_made_again(scene: Scene, call: str, kind: Kind, deletes: str) -> None:
    assert isinstance(scene.estate, FakeCaches)
    with dying(scene.estate, call, kind):
        carry_out_killed(LostCache(), scene)
    before = len(scene.estate.calls)
    report = carry_out(LostCache(), scene, resume=True)
    assert report.verdict == "passed", report
    assert scene.estate.calls[before : before + 2] == [deletes, call]
    assert report.facts["made again"].startswith(f"{PREFIX}-drill-")
    assert scene.estate.made() == []


def test_a_write_in_between_is_no_loss(scene: Scene, caches: dict[str, Valkey]) -> None:
    assert isinstance(scene.estate, FakeCaches)
    scene.estate.create_cache_snapshot(f"{PREFIX}-cellar", "of-yesterday", made_by="somebody")
    with caches["cellar"].admin() as admin:
        admin.set("crate:0", "pears")
        report = carry_out(LostCache(snapshot="newest"), scene)
        admin.set("crate:0", "apples")
    assert report.verdict == "passed", report
    assert report.facts["restored from"] == "of-yesterday"
    assert [check.detail for check in report.checks if check.name == "keys"] == [
        "the source has been written to since: the key space crate has its 300 keys, and not all with the content or "
        "the expiry that they had"
    ]


def test_what_cannot_be_is_refused_before_anything_is_made(scene: Scene, scene_of: Callable[..., Scene]) -> None:
    for drill, of, sentence in (
        (LostCache(cache="shed"), scene, "the stack orchard1 has no cache `shed`: cellar, stall"),
        (LostCache(snapshot="newest"), scene, f"{PREFIX}-cellar has no snapshot: leave --snapshot out, and the drill"),
        (LostCache(snapshot="x"), scene, f"{PREFIX}-cellar has no snapshot `x`; it has: none"),
        (LostCache(), scene_of(real=False), "the stack orchard1 has no cache: it has nothing for this drill to lose"),
    ):
        with pytest.raises(AskedError, match=sentence):
            planned(drill, of)
    assert scene.estate.made() == []
