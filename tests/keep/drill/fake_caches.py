"""ElastiCache's half of the fake estate on one Valkey: snapshots are its files, copies are servers that load them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from fake_estate import FakeEstate, Kind
from real_servers import Valkey, valkey

from bootstrap.manifest import Endpoint
from keep.errors import EstateError
from keep.estate.estate import Cache, Snapshot


@dataclass
class FakeCaches(FakeEstate):
    """Implements `Estate` with caches."""

    valkeys: dict[str, Valkey] = field(default_factory=dict)
    """Identifier -> the server behind it."""
    loses: str | None = None
    """Pattern of the keys without which a copy comes up."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._folder = Path(tempfile.mkdtemp(prefix="dt-caches-", dir="/tmp"))
        self._caches: dict[str, Cache] = {}
        self._of: dict[str, Snapshot] = {}

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        shutil.rmtree(self._folder)

    def cache(self, identifier: str) -> Cache | None:
        if identifier in self.valkeys:
            return _cache(identifier, self.valkeys[identifier].port)
        return self._caches.get(identifier)

    def create_cache_snapshot(self, source: str, snapshot: str, *, made_by: str) -> None:
        self._call("create_cache_snapshot")
        server = self.valkeys[source]
        with server.admin() as admin:
            admin.execute_command("SAVE")
            admin.execute_command("ACL", "SAVE")
        shutil.copy(server.aclfile.parent / "dump.rdb", self._folder / snapshot)
        self.left[snapshot] = ("cache snapshot", made_by)
        self._of[snapshot] = Snapshot(
            identifier=snapshot, source=source, status="available", taken_at=datetime.now(UTC)
        )

    def cache_snapshots(self, source: str) -> Sequence[Snapshot]:
        return [each for each in self._of.values() if each.source == source]

    def create_cache(self, snapshot: str, target: str, *, like: str, made_by: str) -> None:
        self._call("create_cache")
        if snapshot not in self._of:
            raise EstateError(f"there is no snapshot {snapshot}")
        assert target not in self._caches, "asked for twice"
        stack = self._open[target] = ExitStack()
        folder = Path(tempfile.mkdtemp(prefix="dt-cache-", dir="/tmp"))
        stack.callback(shutil.rmtree, folder)
        shutil.copy(self._folder / snapshot, folder / "dump.rdb")
        made = stack.enter_context(valkey(folder))
        with made.admin() as admin:
            made.aclfile.write_text(self.valkeys[like].aclfile.read_text())
            admin.execute_command("ACL", "LOAD")
            for key in admin.keys(self.loses) if self.loses else ():
                admin.delete(key)
        self.left[target] = ("cache", made_by)
        self._caches[target] = _cache(target, made.port)

    def half_made(self, kind: Kind, identifier: str, made_by: str) -> None:
        self.left[identifier] = (kind, made_by)
        if kind == "cache":
            self._caches[identifier] = Cache(identifier=identifier, status="failed", endpoint=None)
        else:
            (source, *_) = self.valkeys
            self._of[identifier] = Snapshot(identifier=identifier, source=source, status="failed", taken_at=None)

    def delete_cache(self, identifier: str) -> None:
        self._call("delete_cache")
        assert self.left.pop(identifier)[0] == "cache"
        del self._caches[identifier]
        if identifier in self._open:
            self._open.pop(identifier).close()

    def delete_cache_snapshot(self, snapshot: str) -> None:
        self._call("delete_cache_snapshot")
        assert self.left.pop(snapshot)[0] == "cache snapshot"
        del self._of[snapshot]


def _cache(identifier: str, port: int) -> Cache:
    where = Endpoint(name="primary", host="127.0.0.1", port=port)
    return Cache(identifier=identifier, status="available", endpoint=where, nodes=(where,))
