"""An estate on one PostgreSQL server, in memory: what is restored is a copy by base backup, made when it is asked for.

It keeps no WAL: a copy is of the moment of the call, whatever moment was asked for. What it was not made for raises.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from real_servers import Postgres, restored_from

from bootstrap.manifest import Endpoint
from keep.errors import EstateError
from keep.estate.estate import Cache, Instance, Snapshot

Kind = Literal["instance", "snapshot", "cache", "cache snapshot"]


@dataclass
class FakeEstate:
    """Implements `Estate` for a source of that identifier; close it (`with`) and the copies' servers end."""

    source: str
    server: Postgres | None = None
    """None: copies are of no server, for what is decided about them."""
    keeps: bool = True
    """Whether the source keeps automated backups."""
    settings: tuple[tuple[str, str], ...] = (("parameter group", "library"),)
    calls: list[str] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    """Name of a call -> what it is refused with."""
    comes_up: int = 0
    """How many looks a copy is `creating` for."""
    busy: dict[str, int] = field(default_factory=dict)
    """Name of a call -> how many times it is refused, as what is throttled or still being made."""
    left: dict[str, tuple[Kind, str]] = field(default_factory=dict)
    """Identifier -> kind and `made_by`."""

    def __post_init__(self) -> None:
        self._open: dict[str, ExitStack] = {}
        self._instances: dict[str, Instance] = {}
        self._looks: dict[str, int] = {}
        self._snapshots: dict[str, Snapshot] = {}
        self.began = datetime.now(UTC) - timedelta(hours=1)

    def __enter__(self) -> FakeEstate:
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._open.values():
            each.close()

    def instance(self, identifier: str) -> Instance | None:
        self._busy("instance")
        if identifier == self.source:
            earliest, latest = (self.began, datetime.now(UTC)) if self.keeps else (None, None)
            return Instance(
                identifier=identifier,
                status="available",
                endpoint=self._endpoint(self.server.port) if self.server else None,
                earliest=earliest,
                latest=latest,
                settings=self.settings,
            )
        found = self._instances.get(identifier)
        if found and found.status == "creating":
            self._looks[identifier] = self._looks.get(identifier, 0) + 1
            if self._looks[identifier] > self.comes_up:
                self._instances[identifier] = found = replace(found, status="available")
        return found

    def restorable(self, source: str) -> tuple[datetime, datetime] | None:
        assert source == self.source
        return (self.began, datetime.now(UTC)) if self.keeps else None

    def restore_to_point_in_time(
        self, source: str, target: str, at: datetime, *, made_by: str, replicated: bool = False
    ) -> None:
        self._call("restore_to_point_in_time")
        assert source == self.source
        assert at.tzinfo
        self._make(target, made_by)

    def restore_from_snapshot(self, snapshot: str, target: str, *, like: str, made_by: str) -> None:
        self._call("restore_from_snapshot")
        assert like == self.source
        if snapshot not in self._snapshots:
            raise EstateError(f"there is no snapshot {snapshot}")
        self._make(target, made_by)

    def create_snapshot(self, source: str, snapshot: str, *, made_by: str) -> None:
        self._call("create_snapshot")
        assert source == self.source
        self.left[snapshot] = ("snapshot", made_by)
        self._snapshots[snapshot] = Snapshot(
            identifier=snapshot, source=source, status="available", taken_at=datetime.now(UTC)
        )

    def snapshots(self, source: str) -> Sequence[Snapshot]:
        return [each for each in self._snapshots.values() if each.source == source]

    def create_read_replica(self, source: str, target: str, *, made_by: str) -> None:
        raise AssertionError(target)

    def lose_instance(self, identifier: str) -> None:
        raise AssertionError(identifier)

    def promote_read_replica(self, identifier: str) -> None:
        raise AssertionError(identifier)

    def delete_instance(self, identifier: str) -> None:
        self._call("delete_instance")
        assert self.left.pop(identifier)[0] == "instance"
        del self._instances[identifier]
        if identifier in self._open:
            self._open.pop(identifier).close()

    def delete_snapshot(self, snapshot: str) -> None:
        self._call("delete_snapshot")
        assert self.left.pop(snapshot)[0] == "snapshot"
        del self._snapshots[snapshot]

    def cache(self, identifier: str) -> Cache | None:
        raise AssertionError(identifier)

    def create_cache_snapshot(self, source: str, snapshot: str, *, made_by: str) -> None:
        raise AssertionError(snapshot)

    def cache_snapshots(self, source: str) -> Sequence[Snapshot]:
        raise AssertionError(source)

    def create_cache(self, snapshot: str, target: str, *, like: str, made_by: str) -> None:
        raise AssertionError(target)

    def delete_cache(self, identifier: str) -> None:
        raise AssertionError(identifier)

    def delete_cache_snapshot(self, snapshot: str) -> None:
        raise AssertionError(snapshot)

    def half_made(self, kind: Kind, identifier: str, made_by: str) -> None:
        """What this computer has of a copy whose maker was killed."""
        self.left[identifier] = (kind, made_by)
        if kind == "instance":
            self._instances[identifier] = Instance(identifier=identifier, status="failed", endpoint=None)
        else:
            self._snapshots[identifier] = Snapshot(
                identifier=identifier, source=self.source, status="failed", taken_at=None
            )

    def made(self) -> Sequence[tuple[Kind, str, str]]:
        return [(kind, identifier, by) for identifier, (kind, by) in self.left.items()]

    def _make(self, target: str, made_by: str) -> None:
        assert target not in self._instances, "asked for twice"
        self.left[target] = ("instance", made_by)
        port = 1
        if self.server:
            stack = self._open[target] = ExitStack()
            folder = Path(tempfile.mkdtemp(prefix="dt-drill-", dir="/tmp"))
            stack.callback(shutil.rmtree, folder)
            port = stack.enter_context(restored_from(self.server, folder)).port
        self._instances[target] = Instance(
            identifier=target, status="creating", endpoint=self._endpoint(port), settings=self.settings
        )

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if name in self.refuses:
            raise EstateError(self.refuses[name])
        self._busy(name)

    def _busy(self, name: str) -> None:
        if self.busy.get(name, 0):
            self.busy[name] -= 1
            raise EstateError(f"{name}: not now", passing=True)

    def _endpoint(self, port: int) -> Endpoint:
        return Endpoint(name="copy", host="127.0.0.1", port=port)
