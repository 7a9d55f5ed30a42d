"""Existing tiers under the genuine engine: what the report says is what the engine does, and the way back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import pytest
from adopted import Adopted, adopt
from cache_shapes import SHAPES
from database_shapes import SHAPES as EVERY_DATABASE
from database_shapes import DatabaseShape
from described_around import route_table, secret
from genuine import Genuine, genuine
from test_cache_shapes import SECRETS, SUBNETS
from test_cache_shapes import estate as caches
from tiers import replicas, tier

from adopt.estate import Estate
from adopt.undo.steps import Step
from graph.resource import Resource
from graph.types import CACHE, INSTANCE, SECURITY_GROUP
from preview.impact.effect import Effect

DATABASES = [
    each
    for each in EVERY_DATABASE
    if {what for what, _, _ in each.refused} <= {replica.identifier for replica in each.estate.replicas.values()}
]
"""All of which something can be taken: a replica that cannot stops nothing else."""


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory, _pulumi: None) -> Iterator[Genuine]:
    with genuine(tmp_path_factory.mktemp("adopted"), "nobody") as engine:
        yield engine


def test_every_cache_at_once(account: Genuine) -> None:
    agree(adopt(account, "caches", caches(*SHAPES)))


@pytest.mark.parametrize("shape", DATABASES, ids=lambda shape: shape.name)
def test_every_database(account: Genuine, shape: DatabaseShape) -> None:
    agree(adopt(account, shape.name, shape.estate, computed=shape.computed))


def test_from_the_import_to_nothing_left(account: Genuine) -> None:
    """One test, as each step stands on the one before it: import, up, and the way back."""
    it = adopt(account, "live", grown())
    there = it.account()
    agree(it)
    assert {each.effect for each in it.told().impacts} == {Effect.IN_PLACE}

    it.engine.up()
    assert it.planned() == {}
    assert it.told().impacts == ()
    deployed = it.account()
    assert there.keys() <= deployed.keys()

    parts, way = it.apart(), it.way_back()
    assert keys(parts.adopted) == there.keys() & keys((*parts.adopted, *parts.used, *parts.gone))
    assert servers(parts.adopted) == {"cache": 6, "instance": 4}
    forgotten, ending = (at(way, each) for each in ("state delete", "state unprotect"))
    for number, step in enumerate(way):
        it.follow([step])
        left = it.account()
        # Nobody has noticed anything: not what was there, nor what lets somebody into it.
        assert {key: left[key] for key in there} == {key: deployed[key] for key in there}
        if number < ending:
            assert keys(parts.used) <= left.keys()
        # Whoever stops here and asks again goes on: the same commands once more, or those that are left.
        assert it.way_back() == (way if number < forgotten else way[ending:] if step != way[-1] else ())
        if number < len(way) - 1 and number != forgotten:
            it.follow([step])

    ended = it.account()
    # What Pulumi retains stays: the key that final snapshots would be encrypted by.
    assert keys(each for each in parts.gone if not each.retain_on_delete) & ended.keys() == set()
    assert {key for key in ended if key.startswith(SECURITY_GROUP)} <= there.keys()
    assert it.engine.resources() == []


def agree(it: Adopted) -> None:
    """The engine does what the report says, and so says the preflight over the engine's state: in place, or new."""
    assert it.planned() == it.foretold
    assert set(it.foretold.values()) == {"create", "update"}
    told = it.told().impacts
    assert {(each.type, each.name) for each in told} == {key for key, each in it.foretold.items() if each == "update"}
    said = [impact for each in it.made.report.entries for impact in each.impacts]
    assert sorted(map(repr, told)) == sorted(map(repr, said))


def grown() -> Estate:
    """The base tier with a third replica, in another region, and six caches, each with something of its own.

    Its network has no NAT: the endpoints that the stack makes answer everybody in it, as long as the stack is there.
    """
    named = ("base", "shards", "token", "default-group", "logged", "shared")
    (far,) = (each.estate.replicas for each in DATABASES if each.name == "replica-elsewhere-of-another-class")
    around = {
        "subnet_groups": SUBNETS,
        "secrets": (secret(), *SECRETS),
        "route_tables": (route_table(out="GatewayId", to="igw-0a1b2c3d"),),
    }
    found = tier(replicas={**replicas(), **far}, around=around)
    return replace(found, caches={each.cache.name: each.cache for each in SHAPES if each.cache.name in named})


def servers(resources: Iterable[Resource]) -> dict[str, int]:
    """How many there are, by kind."""
    return {kind: sum(each.type == of for each in resources) for kind, of in (("cache", CACHE), ("instance", INSTANCE))}


def at(way: Iterable[Step], verb: str) -> int:
    """The place of the command in it."""
    (found,) = (number for number, step in enumerate(way) if f"pulumi {verb} " in step.command)
    return found


def keys(resources: Iterable[Resource]) -> set[str]:
    """Where the plugin's account has them; ids of random values are not unique."""
    return {f"{each.type}|{each.id}" for each in resources if each.type.startswith("aws:")}
