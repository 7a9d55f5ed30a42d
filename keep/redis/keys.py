"""A cache copied key by key: works on any server that lets one read it, across versions, and says what each key is in.

All keys go into one file of the snapshot format, whatever databases and shards they come from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import redis

from bootstrap.secrets import LoginError
from keep.errors import KeepError
from keep.manifest import CacheCopy, StoredObject
from keep.place.place import Sink
from keep.place.sealed import CHUNK, seal
from keep.redis import rdb
from keep.redis.dumped import Dumped, Gone, dumped
from keep.redis.fits import READ_HERE, written_by
from keep.redis.hurry import Hurry
from keep.redis.proof import Adder, CacheProof
from keep.redis.proof import written as as_object
from keep.redis.seen import Seen
from keep.redis.server import Server, clock, look
from observe.keys.pace import Pace
from observe.keys.places import NowhereError, Shard, shards
from observe.keys.scan import baseline
from observe.keys.spaces import Spaces
from observe.keys.wire import ReplyError, Wire, WireError, command
from observe.node import RedisNode

ATTEMPTS = 3
"""Nodes or connections that are tried for one database of a shard."""
ANSWER = 60.0
"""Seconds that one answer may take: a server serves nobody else while it puts together a value of hundreds of MB."""
BESIDE = ("users and configuration: `datatier access apply` and the stack's parameters bring them, with new passwords",)
"""What no copy of a cache has."""
_BROKEN = (WireError, ReplyError, LoginError, redis.RedisError)


@dataclass(frozen=True, kw_only=True)
class KeysSource:
    """Implements `CacheSource`."""

    name: str
    nodes: tuple[RedisNode, ...]
    """Nodes that are known, each with who logs in: somebody who may read every key."""
    spaces: Spaces

    def copy(self, place: Sink, backup: str) -> tuple[CacheCopy, tuple[StoredObject, ...]]:
        """Write the keys and their proof. Raise KeepError where a key may not be read, or a shard does not answer."""
        copying = Copying(self.name, self.nodes, self.spaces)
        stored = seal(place, backup, f"cache-{self.name}.rdb.zst", copying.stream())
        proof = copying.proof()
        beside = seal(place, backup, f"cache-{self.name}.proof.zst", [as_object(proof)])
        return copying.described(stored, beside, proof), (stored, beside)


@dataclass
class Copying:
    """One pass over a cache."""

    name: str
    nodes: tuple[RedisNode, ...]
    spaces: Spaces
    primary: bool = False
    """Whether the primary is asked where there are replicas."""
    paced: bool = True
    """Whether somebody uses it meanwhile, who must not feel it."""
    began: datetime = field(init=False)
    ended: datetime = field(init=False)
    server: Server = field(init=False)
    version: int | None = field(default=None, init=False)
    gone: int = field(default=0, init=False)
    memory: int = field(default=0, init=False)
    size: int = field(default=0, init=False)
    _adder: Adder = field(init=False)

    def stream(self) -> Iterator[bytes]:
        """The file, piece by piece. Raise KeepError."""
        for piece in self._pieces():
            self.size += len(piece)
            yield piece

    def proof(self) -> CacheProof:
        """What was copied, once the stream has ended."""
        return self._adder.proof()

    def living(self, at: int) -> tuple[CacheProof, int]:
        """The same of the keys that are there some time after `at`, and how many are not."""
        return self._adder.living(at)

    def _pieces(self) -> Iterator[bytes]:
        database = 0
        begun = False
        for at, each in self.every():
            if not begun:
                yield rdb.head(rdb.version_of(each.payload), self.server.title, self.began)
                begun = True
            if at != database:
                yield rdb.selected(at)
                database = at
            payload = each.payload
            yield rdb.before_value(each.key, payload[0], expires=each.expires, idle=each.idle, frequency=each.frequency)
            value = len(payload) - rdb.FOOTER
            for begin in range(1, value, CHUNK):
                yield payload[begin : min(begin + CHUNK, value)]
        if not begun:
            yield rdb.head(written_by(self.server.title), self.server.title, self.began)
        yield rdb.tail()

    def every(self) -> Iterator[tuple[int, Dumped]]:
        """Every key once, with its database; they are added up on the way."""
        before = self._shards()
        with before[0].nodes[0].session() as client:
            self.server, self.began = look(client), clock(client)
        self._adder = Adder(self.spaces, int(1000 * self.began.timestamp()))
        for shard in before:
            yield from self._shard(shard)
        after = self._shards()
        if [(each.name, each.slots) for each in after] != [(each.name, each.slots) for each in before]:
            raise KeepError(f"slots of the cache {self.name} have moved during the copy: make it again")
        with after[0].nodes[0].session() as client:
            self.ended = clock(client)

    def _shards(self) -> Sequence[Shard]:
        try:
            return shards(self.nodes, primary=self.primary)
        except (NowhereError, *_BROKEN) as error:
            raise KeepError(f"the cache {self.name} does not answer: {error}") from None

    def _shard(self, shard: Shard) -> Iterator[tuple[int, Dumped]]:
        done: set[int] = set()
        seen: Seen | None = None
        failed: list[str] = []
        for _ in range(ATTEMPTS):
            for node in shard.nodes:
                try:
                    with node.session(seconds=ANSWER) as client:
                        server = look(client)
                        seen = seen or Seen(server.keys)
                        wire = self._wire(client, shard)
                        pace = Pace(baseline(wire)) if server.keys and self.paced else Hurry()
                        for database in sorted(server.databases.keys() - done):
                            wire.ask(b"SELECT", b"%d" % database)
                            for each in dumped(wire, pace, usage=server.usage, slots=shard.slots):
                                if isinstance(each, Gone):
                                    self.gone += 1
                                elif seen.new(database, each.key):
                                    self._take(node, database, each)
                                    yield database, each
                            done.add(database)
                except _BROKEN as error:
                    failed.append(f"{node.name}: {error}")
                else:
                    return
        of = f"shard {shard.name} of " if shard.name else ""
        raise KeepError(f"{of}the cache {self.name} could not be read: {'; '.join(failed)}")

    @staticmethod
    def _wire(client: redis.Redis, shard: Shard) -> Wire:
        wire = Wire(client)
        if shard.slots is not None:
            wire.ask(b"READONLY")
        # Where accesses are counted, a copy would make every key a recent one (Valkey, Redis 7.2: CLIENT NO-TOUCH).
        wire.ask_one(command(b"CLIENT", b"NO-TOUCH", b"ON"))
        return wire

    def _take(self, node: RedisNode, database: int, each: Dumped) -> None:
        payload = each.payload
        version = rdb.version_of(payload)
        if version not in READ_HERE:
            raise KeepError(
                f"{self.server.title} writes version {version} of the snapshot format, which is not read here: take a "
                "copy with its own tools"
            )
        if self.version not in {None, version}:
            raise KeepError(
                f"the nodes of the cache {self.name} are of different versions ({node.name} writes version {version} "
                f"of the snapshot format, others {self.version}): make the copy when all are of one"
            )
        self.version = version
        self.memory += each.memory
        self._adder.add(database, each.key, each.expires, payload[0], payload, 1)

    def described(self, stored: StoredObject, beside: StoredObject, proof: CacheProof) -> CacheCopy:
        """What the manifest says."""
        functions = [f"{self.server.libraries} libraries of functions"] if self.server.libraries else []
        return CacheCopy(
            form="keys",
            server=self.server.title,
            rdb_version=self.version or written_by(self.server.title),
            began_at=self.began,
            taken_at=self.ended,
            keys=proof.keys,
            gone=self.gone,
            memory=self.memory,
            size=self.size,
            objects=(stored.name,),
            proof=beside.name,
            left_out=(*functions, *BESIDE),
        )
