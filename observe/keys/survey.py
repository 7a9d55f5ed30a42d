"""The keys of a whole cache: every database of every shard in turn, in parts that can fail or go on later."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

import redis

from bootstrap.secrets import LoginError
from observe.errors import QuestionError
from observe.keys.allowed import Allowed
from observe.keys.pace import Pace
from observe.keys.places import NowhereError, Shard
from observe.keys.scan import RefusedError, baseline, lacking, pages
from observe.keys.spaces import Spaces
from observe.keys.tally import Tally
from observe.keys.wire import ReplyError, Wire, WireError

if TYPE_CHECKING:
    from observe.node import RedisNode

ATTEMPTS = 3
"""Nodes or connections that are tried for one part before it is given up."""
_BROKEN = (WireError, ReplyError, LoginError, redis.RedisError)


@dataclass(kw_only=True)
class Part:
    """A database of a shard that is being scanned."""

    shard: str
    database: int
    node: str
    """Where, `HOST:PORT`."""
    run: str
    """The node's run_id: a cursor is good for that run of that node, and nowhere else."""
    cursor: bytes
    tally: Tally
    seen: int = 0
    """Keys that SCAN named."""
    resumed: bool = False
    """Whether it was begun by another process."""


class StaleCursorError(QuestionError):
    """The node that a scan was interrupted on is not there any more, or not in the same run."""

    def __init__(self, node: str) -> None:
        super().__init__(
            f"the scan was interrupted on {node}, which has been restarted since or does not answer: a cursor is worth "
            "nothing anywhere else; begin again without --resume"
        )


class Progress(NamedTuple):
    """How far it is."""

    seen: int
    keys: int
    """That there are, by INFO."""
    node: str


@dataclass(kw_only=True)
class Survey:
    """What was seen of a cache so far."""

    spaces: Spaces
    allowed: Allowed
    tally: Tally = field(init=False)
    """Of the parts that are complete; a sampled one stands for all of its keys."""
    complete: dict[tuple[str, int], int] = field(default_factory=dict)
    """Shard and database of those parts -> keys that SCAN named."""
    part: Part | None = None
    """The one under way."""
    nodes: list[str] = field(default_factory=list)
    """Where it was looked, in order."""
    failures: list[str] = field(default_factory=list)
    """What could not be read, a sentence each."""
    estimated: bool = False
    """Whether some numbers stand for more keys than were seen."""

    def __post_init__(self) -> None:
        self.tally = Tally(self.spaces)

    @property
    def seen(self) -> int:
        """Keys that SCAN named."""
        return sum(self.complete.values()) + (self.part.seen if self.part else 0)

    def result(self) -> Tally:
        """All that was counted, the part under way as far as it is."""
        made = Tally(self.spaces)
        for each in (self.tally, *([self.part.tally] if self.part else [])):
            made.merge(each)
        return made

    def take(
        self,
        shards: Callable[[], Sequence[Shard]],
        *,
        sample: int | None = None,
        stopped: Callable[[], bool] = lambda: False,
        progress: Callable[[Progress], None] = lambda _: None,
    ) -> bool:
        """Look at all that is not complete yet; return whether it came to the end, and was not stopped.

        Raise NowhereError where nothing answers at the beginning, RefusedError where whoever logged in may not look.

        :param shards: asks the cache for them; asked again when a node goes away.
        :param sample: about how many keys are enough.
        """
        known = {shard.name: shard for shard in shards()}
        sizes = {shard.name: self._sizes(shard) for shard in known.values()}
        keys = sum(sum(found.values()) for found in sizes.values())
        for name, databases in sizes.items():
            for database, size in databases.items():
                if (name, database) in self.complete:
                    continue
                quota = ceil(sample * size / keys) if sample is not None and keys > sample else None

                def told(node: str) -> None:
                    progress(Progress(self.seen, keys, node))

                if not self._part(known, name, database, size, quota, shards, stopped, told):
                    return False
        return True

    def _sizes(self, shard: Shard) -> dict[int, int]:
        """Database -> keys (INFO keyspace). A shard that does not answer is a failure."""
        failed = []
        for node in shard.nodes:
            try:
                with node.session() as client:
                    found = client.info("keyspace")
            except _BROKEN as error:
                failed.append(f"{node.name}: {error}")
                continue
            return {int(name.removeprefix("db")): int(fields["keys"]) for name, fields in found.items()}
        self._failed(shard.name, None, failed)
        return {}

    def _failed(self, shard: str, database: int | None, reasons: Sequence[str]) -> None:
        what = " of ".join(
            [*([f"database {database}"] if database is not None else []), f"shard {shard}" if shard else "the cache"]
        )
        self.failures.append(f"{what} was not read: {'; '.join(reasons) or 'no node is there'}")

    def _part(
        self,
        known: dict[str, Shard],
        name: str,
        database: int,
        size: int,
        quota: int | None,
        shards: Callable[[], Sequence[Shard]],
        stopped: Callable[[], bool],
        progress: Callable[[str], None],
    ) -> bool:
        failed: list[str] = []
        for _ in range(ATTEMPTS):
            shard = known.get(name)
            nodes = list(shard.nodes) if shard else []
            # Where a cursor is, first.
            if self.part is not None:
                at = self.part.node
                nodes.sort(key=lambda node: node.address != at)
            if not shard or not nodes:
                break
            node = nodes[0]
            try:
                if not self._scan(shard, node, database, quota, stopped, progress):
                    return False
            except _BROKEN as error:
                if isinstance(error, ReplyError) and error.denied:
                    self._denied(error, name, database, size)
                    return True
                if self.part is not None and self.part.resumed:
                    raise StaleCursorError(self.part.node) from None
                failed.append(f"{node.name}: {error}")
                known.update(self._again(shards))
                if name in known:
                    # The one that broke last; a part that has begun there goes on there if it is the same run still.
                    known[name] = _last(known[name], node)
                continue
            self._finish(name, database, size, quota)
            return True
        self.part = None
        self._failed(name, database, failed)
        return True

    def _denied(self, error: ReplyError, name: str, database: int, size: int) -> None:
        """Count a database that may not be entered as refused. Raise RefusedError where it is SCAN that may not be."""
        if "'scan'" in str(error):
            raise RefusedError(lacking(str(error)))
        self.tally.refuse(database, size)
        self.complete[name, database] = size
        self.part = None

    def _again(self, shards: Callable[[], Sequence[Shard]]) -> dict[str, Shard]:
        try:
            return {shard.name: shard for shard in shards()}
        except NowhereError:
            return {}

    def _scan(
        self,
        shard: Shard,
        node: RedisNode,
        database: int,
        quota: int | None,
        stopped: Callable[[], bool],
        progress: Callable[[str], None],
    ) -> bool:
        with _wire(node, shard, database) as (wire, run, frequency):
            part = self.part
            here = (shard.name, database, node.address, run)
            if part is None or (part.shard, part.database, part.node, part.run) != here:
                if part is not None and part.resumed:
                    raise StaleCursorError(part.node)
                part = self.part = Part(
                    shard=shard.name,
                    database=database,
                    node=node.address,
                    run=run,
                    cursor=b"0",
                    tally=Tally(self.spaces),
                )
            if node.name not in self.nodes:
                self.nodes.append(node.name)
            pace = Pace(baseline(wire))
            for page in pages(
                wire, database, self.allowed, pace, cursor=part.cursor, frequency=frequency, slots=shard.slots
            ):
                part.tally.add_all(page.records)
                part.tally.refuse(database, page.refused)
                part.seen += page.seen
                part.cursor = page.cursor
                progress(node.name)
                if quota is not None and part.seen >= quota:
                    return True
                if page.cursor != b"0" and stopped():
                    return False
        return True

    def _finish(self, name: str, database: int, size: int, quota: int | None) -> None:
        assert self.part is not None  # noqa: S101 it was scanned
        factor = 1.0
        if quota is not None and self.part.cursor != b"0":
            factor = max(1.0, size / max(1, self.part.seen))
            self.estimated = True
        self.tally.merge(self.part.tally, factor)
        self.complete[name, database] = self.part.seen
        self.part = None


def _last(shard: Shard, node: RedisNode) -> Shard:
    nodes = sorted(shard.nodes, key=lambda each: each.address == node.address)
    return Shard(name=shard.name, nodes=tuple(nodes), slots=shard.slots)


@contextmanager
def _wire(node: RedisNode, shard: Shard, database: int) -> Iterator[tuple[Wire, str, bool]]:
    """A connection for a scan, the node's run_id, and whether its policy counts accesses."""
    with node.session() as client:
        run = str(client.info("server")["run_id"])
        policy = str(client.info("memory").get("maxmemory_policy", ""))
        wire = Wire(client)
        if shard.slots is not None:
            wire.ask(b"READONLY")
        wire.ask(b"SELECT", b"%d" % database)
        yield wire, run, policy.endswith("-lfu")
