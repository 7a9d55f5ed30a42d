"""The servers that a copy's keys are brought into: what they are asked first, and RESTORE in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace as with_

from keep.errors import AskedError, KeepError
from keep.manifest import CacheCopy
from keep.redis import rdb
from keep.redis.fits import unfit
from keep.redis.keys import ANSWER
from keep.redis.replies import RefusalError, Replies
from keep.redis.server import Server, clock, look
from observe.keys.patterns import shown
from observe.keys.places import Shard, shards
from observe.keys.rdb import Snapshot
from observe.keys.rdb_entries import Entry, entries
from observe.keys.scan import slot_of
from observe.keys.wire import ReplyError, Wire, command
from observe.node import RedisNode

BATCH, MOST = 1 << 20, 200
"""Bytes and keys that are sent at once."""
LONGEST = 512 << 20
"""Bytes of an argument that a server takes by default (`proto-max-bulk-len`)."""
_CHUNK = 1 << 20
_PART = "what is there by now is a part: run it again with --replace"
RIGHTS = "+info +time +select +restore +flushall, and ~* for these"


class Target:
    """The primary of every shard. Raise NowhereError where one does not answer."""

    def __init__(self, cache: str, nodes: Sequence[RedisNode]) -> None:
        self._cache = cache
        self._shards: Sequence[Shard] = shards(nodes, primary=True)
        self.now = 0
        """The servers' clock when they were asked, in milliseconds since 1970."""

    def asked(self, copy: CacheCopy, *, replace: bool) -> Server:
        """Look whether the copy may go there; return what a node says, with the keys of all. Raise AskedError."""
        found: list[Server] = []
        for shard in self._shards:
            with shard.nodes[0].session() as client:
                found.append(look(client))
                self.now = int(1000 * clock(client).timestamp())
        for each in found:
            if copy.rdb_version is not None and (reason := unfit(copy.rdb_version, copy.server, each.title)):
                raise AskedError(reason)
        keys = sum(each.keys for each in found)
        if keys and not replace:
            raise AskedError(f"the cache {self._cache} has {keys} keys: `--replace` removes them for those of the copy")
        self._room(copy, found)
        return with_(found[0], databases={0: keys} if keys else {})

    def takes(self, entry: Entry) -> None:
        """Look at one key. Raise AskedError for one that no RESTORE brings there."""
        if entry.end - entry.begin + rdb.FOOTER >= LONGEST:
            raise AskedError(
                f"the value of a key like {shown(entry.key)} has {entry.end - entry.begin} bytes, more than RESTORE "
                "takes (proto-max-bulk-len, 512 MB): load the file itself, by a server's `dbfilename` or ElastiCache"
            )

    def _room(self, copy: CacheCopy, found: Sequence[Server]) -> None:
        room = sum(max(0, each.maxmemory - each.bare) for each in found)
        if copy.memory is not None and all(each.maxmemory for each in found) and room < copy.memory:
            raise AskedError(
                f"the keys took {copy.memory} bytes, and {self._cache} has room for {room} (maxmemory, less what it "
                "takes without a key): restore into a larger one"
            )

    def has(self, database: int, *, clustered: bool) -> None:
        """Look whether there is such a database. Raise AskedError."""
        if clustered and database:
            raise AskedError(
                f"the copy has keys in database {database}, and {self._cache} is in cluster mode, which has database 0 "
                "only: restore into a cache that is not"
            )
        with self._shards[0].nodes[0].session() as client:
            try:
                Wire(client).ask(b"SELECT", b"%d" % database)
            except ReplyError as error:
                raise AskedError(f"{self._cache} has no database {database}, as the copy has: {error}") from None

    def flush(self) -> None:
        """Remove every key."""
        for shard in self._shards:
            with shard.nodes[0].session(seconds=600) as client:
                client.execute_command("FLUSHALL")  # type: ignore[no-untyped-call]

    def fill(self, files: Sequence[Snapshot]) -> None:
        """Bring every key that has not expired into its shard. Raise KeepError where one is refused, or goes again."""
        before = self._evicted()
        with ExitStack() as stack:
            fillers = [
                (shard.slots, _Filler(self._cache, Wire(stack.enter_context(shard.nodes[0].session(seconds=ANSWER)))))
                for shard in self._shards
            ]
            for file in files:
                for each in entries(file):
                    if each.expires is None or each.expires > self.now:
                        self._of(each, fillers).add(file, each)
            for _, filler in fillers:
                filler.send()
        if gone := self._evicted() - before:
            raise KeepError(
                f"{self._cache} is too small (maxmemory): it has evicted {gone} keys to take others in; restore into a "
                f"larger cache; {_PART}"
            )

    def _evicted(self) -> int:
        found = 0
        for shard in self._shards:
            with shard.nodes[0].session() as client:
                found += look(client).evicted
        return found

    def _of(self, entry: Entry, fillers: Sequence[tuple[bytes | None, _Filler]]) -> _Filler:
        if fillers[0][0] is None:
            return fillers[0][1]
        slot = slot_of(entry.key)
        found = next((filler for slots, filler in fillers if slots and slots[slot]), None)
        if found is None:
            raise KeepError(f"no node of {self._cache} serves slot {slot}: mend the cluster, then run it again")
        return found


class _Filler:
    """What is on its way to one node."""

    def __init__(self, cache: str, wire: Wire) -> None:
        self._cache, self._wire, self._replies = cache, wire, Replies(wire)
        self._database = 0
        self._parts: list[bytes] = []
        self._keys: list[bytes | None] = []
        self._size = 0

    def add(self, file: Snapshot, entry: Entry) -> None:
        if entry.database != self._database:
            self._put(command(b"SELECT", b"%d" % entry.database), None)
            self._database = entry.database
        size = 1 + entry.end - entry.begin + rdb.FOOTER
        words = _after(entry)
        begin = b"*%d\r\n" % (4 + len(words)) + command(b"RESTORE", entry.key, b"%d" % (entry.expires or 0))[4:]
        rest = command(*words)[4:] if words else b""
        if size <= BATCH:
            value = bytes([entry.type]) + file.data[entry.begin : entry.end]
            payload = value + rdb.footer(file.version, value)
            self._put(begin + b"$%d\r\n%b\r\n" % (size, payload) + rest, entry.key)
            if self._size >= BATCH or len(self._keys) >= MOST:
                self.send()
            return
        self.send()
        self._wire.send(begin + b"$%d\r\n" % size)
        self._keys.append(entry.key)
        self._large(file, entry)
        self._wire.send(b"\r\n" + rest)
        self.send()

    def _large(self, file: Snapshot, entry: Entry) -> None:
        crc = rdb.Checksum()
        for part in _pieces(file, entry):
            crc.add(part)
            self._wire.send(part)
        self._wire.send(crc.footer(file.version))

    def _put(self, sent: bytes, key: bytes | None) -> None:
        self._parts.append(sent)
        self._keys.append(key)
        self._size += len(sent)

    def send(self) -> None:
        """Send what is held and hear what became of it."""
        if self._parts:
            self._wire.send(b"".join(self._parts))
        for key in self._keys:
            answer = self._replies.next()
            if isinstance(answer, RefusalError):
                raise KeepError(_untaken(self._cache, key, answer))
        self._parts, self._keys, self._size = [], [], 0


def _after(entry: Entry) -> tuple[bytes, ...]:
    """What stands behind the payload. IDLETIME and FREQ exclude each other."""
    life = (b"ABSTTL",) if entry.expires is not None else ()
    if entry.idle is not None:
        return (*life, b"IDLETIME", b"%d" % entry.idle)
    if entry.frequency is not None:
        return (*life, b"FREQ", b"%d" % entry.frequency)
    return life


def _pieces(file: Snapshot, entry: Entry) -> Iterator[bytes]:
    yield bytes([entry.type])
    for begin in range(entry.begin, entry.end, _CHUNK):
        yield file.data[begin : min(begin + _CHUNK, entry.end)]


def _untaken(cache: str, key: bytes | None, answer: RefusalError) -> str:
    said, like = str(answer), shown(key or b"")
    if said.startswith("OOM"):
        return f"{cache} is full (maxmemory): restore into a larger cache; {_PART}"
    if said.startswith("BUSYKEY"):
        return f"somebody else writes to {cache} meanwhile: a key like {like} was there already; stop them, {_PART}"
    if said.startswith("NOPERM"):
        return f"{said}: a restore takes {RIGHTS}"
    return f"{cache} does not take a key like {like}: {said}; {_PART}"
