"""Existing tiers under the genuine engine: what the report says is what the engine does, and the way back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest
from adopted import Adopted, adopt
from cache_shapes import SHAPES
from database_shapes import SHAPES as EVERY_DATABASE
from database_shapes import DatabaseShape
from genuine import Genuine, genuine
from test_cache_shapes import estate as caches
from tiers import tier

from graph.resource import Resource
from graph.types import SECURITY_GROUP
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
    it = adopt(account, "live", tier())
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
    (detached,) = (number for number, step in enumerate(way) if "unprotect" in step.command)
    it.follow(way[:detached])
    left = it.account()
    # Nobody has noticed anything: not what was there, nor what lets somebody into it.
    assert {key: left[key] for key in there} == {key: deployed[key] for key in there}
    assert keys(parts.used) <= left.keys()
    assert not keys(parts.gone) & left.keys()

    it.follow(way[detached:])
    ended = it.account()
    assert {key: ended[key] for key in there} == {key: deployed[key] for key in there}
    assert {key for key in ended if key.startswith(SECURITY_GROUP)} <= there.keys()
    assert it.engine.resources() == []
    assert it.way_back() == ()


def agree(it: Adopted) -> None:
    """The engine does what the report says, and so says the preflight over the engine's state: in place, or new."""
    assert it.planned() == it.foretold
    assert set(it.foretold.values()) == {"create", "update"}
    told = {(each.type, each.name) for each in it.told().impacts}
    assert told == {key for key, operation in it.foretold.items() if operation == "update"}


def keys(resources: Iterable[Resource]) -> set[str]:
    """Where the plugin's account has them; ids of random values are not unique."""
    return {f"{each.type}|{each.id}" for each in resources if each.type.startswith("aws:")}
