"""A cache copied as the file of its own BGSAVE: all keys of one moment, from a server whose disk is this computer's.

The server forks for it, which holds it up for as long as its page tables take to copy: measured 217 ms at 400 MB.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import redis

from bootstrap.secrets import LoginError
from keep.errors import AskedError, KeepError
from keep.manifest import CacheCopy, StoredObject
from keep.place.place import Sink
from keep.place.sealed import CHUNK, seal
from keep.redis.keys import BESIDE
from keep.redis.proof import added, written
from keep.redis.server import Server, clock, look
from observe.keys.places import NowhereError, shards
from observe.keys.rdb import RdbError, Snapshot, snapshot
from observe.keys.spaces import Spaces
from observe.node import RedisNode

_POLL = 0.1
_LONGEST = 3600.0
"""Seconds that a save may take."""


@dataclass(frozen=True, kw_only=True)
class FileSource:
    """Implements `CacheSource`."""

    name: str
    nodes: tuple[RedisNode, ...]
    """Nodes that are known, each with who logs in: somebody who may BGSAVE and CONFIG GET."""
    spaces: Spaces

    def copy(self, place: Sink, backup: str) -> tuple[CacheCopy, tuple[StoredObject, ...]]:
        """Have the server save itself and write that file and its proof. Raise KeepError or AskedError."""
        with self._saved() as (server, began, taken, file):
            stored = seal(place, backup, f"cache-{self.name}.rdb.zst", pieces(file))
            proof = added((file,), self.spaces, int(1000 * taken.timestamp())).proof()
            beside = seal(place, backup, f"cache-{self.name}.proof.zst", [written(proof)])
            copy = CacheCopy(
                form="rdb",
                server=server.title,
                rdb_version=file.version,
                began_at=began,
                taken_at=taken,
                keys=proof.keys,
                memory=server.dataset,
                size=len(file.data),
                objects=(stored.name,),
                proof=beside.name,
                left_out=BESIDE,
            )
        return copy, (stored, beside)

    @contextmanager
    def _saved(self) -> Iterator[tuple[Server, datetime, datetime, Snapshot]]:
        try:
            found = shards(self.nodes, primary=False)
            if found[0].slots is not None:
                raise AskedError(
                    f"{self.name} is in cluster mode, whose nodes have a file each: leave out `--form rdb`"
                )
            with found[0].nodes[0].session() as client:
                server = look(client)
                began, taken, path = _save(client, self.name)
        except (NowhereError, LoginError, redis.RedisError) as error:
            raise KeepError(f"the cache {self.name} could not save itself: {error}") from None
        try:
            with snapshot(path) as file:
                made = file.created or 0
                if not int(began.timestamp()) <= made <= int(taken.timestamp()) + 1:
                    raise KeepError(f"{path} is not what {self.name} has just saved: is its disk this computer's?")
                yield server, began, taken, file
        except OSError as error:
            raise KeepError(
                f"the file of {self.name} cannot be read: {path}: {error.strerror}; where its disk is another "
                "computer's, leave out `--form rdb`"
            ) from None
        except RdbError as error:
            raise KeepError(f"what {self.name} has saved is not whole: {error}") from None


def _save(client: redis.Redis, name: str) -> tuple[datetime, datetime, Path]:
    """Have it save; return the server's clock before and after its fork, and where the file is."""
    _rest(client, name)
    began = clock(client)
    client.bgsave()
    taken = clock(client)
    found = _rest(client, name)
    if found["rdb_last_bgsave_status"] != "ok" or int(found["rdb_last_save_time"]) < int(began.timestamp()):
        raise KeepError(f"{name} could not save itself (BGSAVE): its log says why; often its disk is full")
    folder, file = (str(client.config_get(each)[each]) for each in ("dir", "dbfilename"))
    return began, taken, Path(folder) / file


def _rest(client: redis.Redis, name: str) -> dict[str, Any]:
    """Wait until no save is under way; return INFO's section about them."""
    until = time.monotonic() + _LONGEST
    while True:
        found: dict[str, Any] = client.info("persistence")
        if not found["rdb_bgsave_in_progress"]:
            return found
        if time.monotonic() > until:
            raise KeepError(f"{name} has been saving itself for an hour")
        time.sleep(_POLL)


def pieces(file: Snapshot) -> Iterator[bytes]:
    """The bytes of a file."""
    for begin in range(0, len(file.data), CHUNK):
        yield file.data[begin : begin + CHUNK]
