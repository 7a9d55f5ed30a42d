"""Whether a cache that came back could take its source's place: its keys by key space, its users by their logins."""

from __future__ import annotations

from collections.abc import Iterator

import redis

from bootstrap.manifest import Manifest
from bootstrap.report import Check
from bootstrap.secrets import Credential, LoginError
from bootstrap.verify import redis as probes
from clients.credentials import default_identity
from clients.errors import NoLoginError
from keep.drill.cache_choice import Chosen
from keep.drill.drill import NotWholeError
from keep.drill.scene import Stage
from keep.errors import KeepError
from keep.estate.estate import Cache
from keep.redis.entry import declared
from keep.redis.keys import Copying
from keep.redis.proof import CacheProof, differences
from keep.redis.server import look
from observe.administered import administered
from observe.node import RedisNode
from observe.nodes import redis_nodes


def compared(stage: Stage, cache: Chosen, found: Cache) -> str:
    """Note whether its keys are those of the source, and say how many there are."""
    if cache.target.admin_secret is None:
        return _counted(stage, cache, found)
    source, copy = _read(stage, cache, stage.scene.stack), _read(stage, cache, _at(stage, cache, found))
    now = max(each.ended for each in (source, copy))
    moment = int(1000 * now.timestamp()) + 1
    expected, _ = source.living(moment)
    actual, _ = copy.living(moment)
    other = differences(expected, actual)
    if not other:
        stage.notes.check("keys", True, f"{actual.keys} keys, each as at the source")
        return f"{actual.keys} keys are as at the source"
    lost = list(_lost(stage, expected, actual))
    said = "; ".join(lost) or f"the source has been written to since: {'; '.join(other)}"
    stage.notes.check("keys", not lost, said)
    return f"{actual.keys} keys came back, and the source has {expected.keys}"


def emptied(stage: Stage, cache: Chosen, found: Cache) -> str:
    """Remove the copy's keys and note that none is left: what the application finds after the loss."""
    if cache.target.admin_secret is None:
        return _counted(stage, cache, found)
    nodes = administered(_at(stage, cache, found), cache.name, stage.scene.store)
    removed = _keys(nodes)
    for each in nodes:
        with each.session() as client:
            if client.info("replication")["role"] == "master":
                client.flushall()
    left = _keys(nodes)
    stage.notes.check("keys", not left, f"{left} keys are left" if left else "none, as after a loss")
    return f"{removed} keys were lost, all of key spaces that are declared to expire: the application refills them"


def serve(stage: Stage, cache: Chosen, found: Cache) -> str:
    """Log in as every identity of the cache, note what any of them may and should not, and say who got in."""
    checks = list(_probed(stage, cache, found))
    wrong = [f"{each.identity}: {each.action}: {each.outcome}" for each in checks if not each.ok]
    stage.notes.check("users", not wrong, "; ".join(wrong) or f"{len(checks)} probes of their rights, all as declared")
    names = sorted({each.identity for each in checks if each.expected == "allowed"})
    if not names:
        raise NotWholeError(f"nobody may log in to {found.identifier}")
    first = default_identity(stage.scene.access)
    who = first if first in names else names[0]
    return f"{who} and {len(names) - 1} others logged in" if len(names) > 1 else f"{who} logged in"


def _probed(stage: Stage, cache: Chosen, found: Cache) -> Iterator[Check]:
    scene = stage.scene
    target = _at(stage, cache, found)
    credentials: dict[str, Credential] = {}
    for name, arn in scene.stack.secrets.items():
        version = scene.store.get(arn)
        credentials[name] = version.credential if version else Credential()
    for job in probes.jobs(target, scene.access, credentials, scene.store):
        yield from job()


def _lost(stage: Stage, expected: CacheProof, actual: CacheProof) -> Iterator[str]:
    """Key spaces that have keys at the source, which are to stay, and none in the copy."""
    there = {(each.database, each.space) for each in actual.spaces if each.keys}
    declared_ = stage.scene.access.keyspaces
    for each in expected.spaces:
        stays = each.space is None or declared_[each.space].ttl is None
        if each.keys and stays and (each.database, each.space) not in there:
            yield f"no key came back of {each.space or f'database {each.database}, outside of every key space'}"


def _counted(stage: Stage, cache: Chosen, found: Cache) -> str:
    """Where nobody may read every key (ElastiCache): their number, by whoever may watch."""
    try:
        source, copy = (_keys(_watched(manifest, cache)) for manifest in (stage.scene.stack, _at(stage, cache, found)))
    except NoLoginError as error:
        stage.notes.check("keys", True, f"not counted: {error}")
        return "nobody may count its keys"
    lost = source > 0 and not copy
    stage.notes.check("keys", not lost, f"{copy} keys came back, and the source has {source}")
    return f"{copy} keys came back, and the source has {source}"


def _watched(manifest: Manifest, cache: Chosen) -> tuple[RedisNode, ...]:
    return tuple(each for each in redis_nodes(manifest) if each.cache == cache.name)


def _keys(nodes: tuple[RedisNode, ...]) -> int:
    """Keys of all primaries."""
    total = 0
    try:
        for each in nodes:
            with each.session() as client:
                if client.info("replication")["role"] == "master":
                    total += look(client).keys
    except (redis.RedisError, LoginError) as error:
        raise KeepError(f"the keys of {nodes[0].cache} could not be counted: {error}") from None
    return total


def _read(stage: Stage, cache: Chosen, manifest: Manifest) -> Copying:
    nodes = administered(manifest, cache.name, stage.scene.store)
    reading = Copying(cache.name, nodes, declared(manifest, cache.name), primary=True)
    for _ in reading.every():
        pass
    return reading


def _at(stage: Stage, cache: Chosen, found: Cache) -> Manifest:
    """The stack, with the copy in place of the cache and no other."""
    assert found.endpoint is not None  # noqa: S101 of one that is available it is known
    target = cache.target.model_copy(
        update={"endpoint": found.endpoint, "reader": None, "nodes": found.nodes if cache.target.nodes else ()}
    )
    return stage.scene.stack.model_copy(update={"caches": {cache.name: target}})
