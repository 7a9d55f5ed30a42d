"""Whether a cache that came back could take its source's place: its keys by key space, its users by their logins."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import redis

from bootstrap.manifest import Manifest
from bootstrap.report import Check
from bootstrap.secrets import Credential, LoginError
from bootstrap.verify import redis as probes
from clients.credentials import default_identity
from clients.errors import NoLoginError
from keep.drill.cache_beat import CacheBeat, clock_of, taken_out
from keep.drill.cache_choice import Chosen
from keep.drill.cache_lost import lost
from keep.drill.drill import NotWholeError
from keep.drill.scene import Stage
from keep.errors import KeepError
from keep.estate.estate import Cache
from keep.redis.entry import declared
from keep.redis.keys import Copying
from keep.redis.proof import differences, read, written
from keep.redis.server import look
from observe.administered import administered
from observe.node import RedisNode
from observe.nodes import redis_nodes

CACHE = "cache"
"""Fact of a report: which one it is about."""
_BEFORE = "keys before the snapshot"
"""What is remembered of the source: its proof, or how many keys it had where nobody may read them."""
_BEATS = "heartbeats in"
"""Remembered too: the cache that has a heartbeat."""


def beats(cache: Chosen) -> bool:
    """Whether heartbeats are written: where somebody may, and something of the cache would be missed."""
    return cache.target.admin_secret is not None and not cache.refillable


def beat(stage: Stage, cache: Chosen) -> None:
    """Let heartbeats be written to the source until the stage is closed, and note that they are."""
    if beats(cache):
        stage.notes.memory = {**stage.notes.memory, _BEATS: cache.name}
        stage.scene.books.note(stage.notes)
        made = CacheBeat(_administered(stage, cache, stage.scene.stack), stage.notes.id, stage.scene.interval)
        stage.closing.callback(made.stop)
        made.start()


def swept(stage: Stage) -> None:
    """Take what is left of the heartbeats of a run out of the source. Raise KeepError or AskedError."""
    name = stage.notes.memory.get(_BEATS)
    if name is not None:
        taken_out(administered(stage.scene.stack, name, stage.scene.store), stage.notes.id)


def clock(stage: Stage, cache: Chosen) -> datetime:
    """Return the time by the source's clock, where somebody may ask for it, else by this computer's."""
    if not beats(cache):
        return stage.scene.now()
    return clock_of(_administered(stage, cache, stage.scene.stack), stage.notes.id)


def remember(stage: Stage, cache: Chosen) -> None:
    """Note the source's keys before its snapshot is taken: what was there then and is there later has to come back."""
    if cache.target.admin_secret is not None:
        found = _read(stage, cache, stage.scene.stack)
        said = written(found.living(_after(found))[0]).decode()
    else:
        try:
            said = str(_keys(_watched(stage.scene.stack, cache)))
        except NoLoginError:
            return
    stage.notes.memory = {**stage.notes.memory, _BEFORE: said}


def compared(stage: Stage, cache: Chosen, found: Cache) -> str:
    """Note whether its keys are those of the source, and say how many there are."""
    notes = stage.notes
    if cache.target.admin_secret is None:
        return _counted(stage, cache, found)
    _heartbeat(stage, cache, found)
    source, copy = _read(stage, cache, stage.scene.stack), _read(stage, cache, _at(stage, cache, found))
    moment = max(_after(each) for each in (source, copy))
    expected, _ = source.living(moment)
    actual, _ = copy.living(moment)
    other = differences(expected, actual)
    if not other:
        notes.check("keys", True, f"{actual.keys} keys, each as at the source")
        return f"{actual.keys} keys are as at the source"
    before = read(notes.memory[_BEFORE].encode(), "the proof of before") if _BEFORE in notes.memory else None
    stays = {name for name, each in stage.scene.access.keyspaces.items() if each.ttl is None}
    missed = lost(before, expected, actual, stays)
    said = "; ".join(missed) or f"the source has been written to since: {'; '.join(other)}"
    notes.check("keys", not missed, said)
    return f"{actual.keys} keys came back, and the source has {expected.keys}"


def _heartbeat(stage: Stage, cache: Chosen, found: Cache) -> None:
    """Take it out of both sides, and note how much was lost by what came back of it."""
    notes = stage.notes
    stage.closing.close()
    taken_out(_administered(stage, cache, stage.scene.stack), notes.id)
    kept = taken_out(_administered(stage, cache, _at(stage, cache, found)), notes.id)
    if _BEFORE not in notes.memory:
        return  # the snapshot was there before the drill
    notes.check(
        "heartbeat", kept is not None, f"that of {kept:%H:%M:%S.%f} UTC came back" if kept else "none came back"
    )
    if kept is not None:
        notes.lost_since(kept)


def emptied(stage: Stage, cache: Chosen, found: Cache) -> str:
    """Remove the copy's keys and note that none is left: what the application finds after the loss."""
    if cache.target.admin_secret is None:
        return _counted(stage, cache, found)
    nodes = _administered(stage, cache, _at(stage, cache, found))
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


def _counted(stage: Stage, cache: Chosen, found: Cache) -> str:
    """Where nobody may read every key (ElastiCache): their number, by whoever may watch."""
    try:
        source, copy = (_keys(_watched(manifest, cache)) for manifest in (stage.scene.stack, _at(stage, cache, found)))
    except NoLoginError as error:
        stage.notes.check("keys", True, f"not counted: {error}")
        return "nobody may count its keys"
    before = int(stage.notes.memory.get(_BEFORE, source))
    missed = (source > 0 and not copy) or 2 * copy < min(source, before)
    stage.notes.check("keys", not missed, f"{copy} keys came back, and the source has {source}")
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


def _administered(stage: Stage, cache: Chosen, manifest: Manifest) -> tuple[RedisNode, ...]:
    return administered(manifest, cache.name, stage.scene.store)


def _after(found: Copying) -> int:
    """A moment after it was read, in milliseconds since 1970."""
    return int(1000 * found.ended.timestamp()) + 1


def _read(stage: Stage, cache: Chosen, manifest: Manifest) -> Copying:
    reading = Copying(cache.name, _administered(stage, cache, manifest), declared(manifest, cache.name), primary=True)
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
