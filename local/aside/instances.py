"""RDS's calls: instances restored to a time or from a snapshot, promoted, removed."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from bootstrap.manifest import Endpoint
from graph.replica import replica_source
from keep.errors import AskedError, EstateError
from keep.estate.estate import Instance, Snapshot, Status
from local import orphans
from local.aside.records import Records, abandoned, explained, is_making, making
from local.backups import recovery
from local.backups.archive import Window
from local.backups.copying import copy
from local.disk import taken
from local.handlers import rds
from local.handlers.base import archive, archived, parameters, replication_password, server
from local.postgres import replica as replication
from local.postgres.server import PostgresServer
from local.privileges import account
from local.process import end
from local.state import Entry, StateDir

_SETTINGS = {
    "instance class": "instanceClass",
    "parameter group": "parameterGroupName",
    "security groups": "vpcSecurityGroupIds",
    "subnet group": "dbSubnetGroupName",
}
"""What a copy has in common with its source: as an estate calls it -> Pulumi's input."""


class LocalInstances:
    """The part of `Estate` that RDS plays."""

    def __init__(self, state: StateDir) -> None:
        self._state = state
        self._records = Records(state)

    def instance(self, identifier: str) -> Instance | None:
        self._state.load()
        made = self._records.find("instance", identifier)
        entry = self._declared(made["like"] if made else identifier)
        if entry is None:
            return None
        found = server(self._state, identifier)
        status = _status(found, aside=made is not None)
        source = made["source"] if made else replica_source(entry["inputs"])
        shown = Instance(
            identifier=identifier,
            status=status,
            endpoint=Endpoint(name=identifier, host="127.0.0.1", port=found.port),
            replica_of=source if _is_standby(found) else None,
            settings=tuple((name, str(entry["inputs"].get(key) or "")) for name, key in _SETTINGS.items()),
        )
        windows = self._windows(found, running=status == "available")
        if not windows:
            return shown
        latest = max(each.latest for each in windows if each.latest)
        return replace(shown, earliest=windows[0].base.ended, latest=latest)

    def restorable(self, source: str) -> tuple[datetime, datetime] | None:
        found = self.instance(source)
        return (found.earliest, found.latest) if found and found.earliest and found.latest else None

    def restore_to_point_in_time(
        self, source: str, target: str, at: datetime, *, made_by: str, replicated: bool = False
    ) -> None:
        del replicated  # anything can have a replica here
        if at > datetime.now(UTC):
            raise AskedError(f"{source} cannot be restored to {at.isoformat()}: that is in the future")
        with explained(), self._state.lock():
            entry, kept = self._source(source), archive(self._state, source)
            origin = server(self._state, source)
            windows = kept.windows(origin.binaries)
            if not any(each.holds(at) for each in windows):
                windows = self._windows(origin, running=origin.daemon.alive)
            chosen = recovery.window(windows, at, source)
            made = self._reserve(target, origin, entry, made_by)
        with explained(), making(made.folder):
            recovery.prepare(made, kept, chosen.base)
            made.begin(parameters(self._state, rds.PARAMETER_GROUP, entry["inputs"]), recovery.settings(made, at))

    def restore_from_snapshot(self, snapshot: str, target: str, *, like: str, made_by: str) -> None:
        with explained(), self._state.lock():
            if self._records.find("snapshot", snapshot) is None or not (self._folder(snapshot) / "data").is_dir():
                raise AskedError(f"stack {self._state.stack} has no snapshot {snapshot}")
            entry = self._source(like)
            made = self._reserve(target, server(self._state, like), entry, made_by)
        with explained(), making(made.folder):
            made.account.give(made.folder)
            copy(self._folder(snapshot) / "data", made.data)
            made.begin(parameters(self._state, rds.PARAMETER_GROUP, entry["inputs"]))

    def create_snapshot(self, source: str, snapshot: str, *, made_by: str) -> None:
        with explained(), self._state.lock():
            self._source(source)
            self._records.reserve("snapshot", snapshot, source=source, like=source, made_by=made_by)
            origin, password = server(self._state, source), replication_password(self._state)
            folder = self._state.folder("backups", "snapshots", snapshot)
            account(folder.parent)  # which lets the server's account pass
            origin.account.give(folder)
        with explained(), making(folder):
            fresh = replication.base_backup(folder / "data.new", origin, password, "--wal-method=stream")
            fresh.rename(folder / "data")

    def snapshots(self, source: str) -> Sequence[Snapshot]:
        self._state.load()
        return [
            self._snapshot(each["identifier"], source, each["made_at"])
            for each in self._records.every("snapshot")
            if each["source"] == source
        ]

    def create_read_replica(self, source: str, target: str, *, made_by: str) -> None:
        """CreateDBInstanceReadReplica, into the groups and class of its source."""
        with explained(), self._state.lock():
            found = self._records.find("instance", source)
            entry, origin = self._source(found["like"] if found else source), server(self._state, source)
            made, password = self._reserve(target, origin, entry, made_by), replication_password(self._state)
        with explained(), making(made.folder):
            replication.start(made, origin, parameters(self._state, rds.PARAMETER_GROUP, entry["inputs"]), password)

    def promote_read_replica(self, identifier: str) -> None:
        with explained(), self._state.lock():
            found = server(self._state, identifier)
            made = self._records.find("instance", identifier)
            entry = self._source(made["like"] if made else identifier)
            source = made["source"] if made else replica_source(entry["inputs"])
            if source is None or not _is_standby(found):
                raise EstateError(f"{identifier} is not a read replica: there is nothing to promote")
            if not made:  # `up` would copy the source over it
                self._records.reserve("promotion", identifier, source=source, like=identifier, made_by="")
            with found.connect() as connection:
                connection.execute("SELECT pg_promote(true, 60)")
            origin = server(self._state, source)
            if origin.daemon.alive:
                replication.drop_slot(origin, identifier)
            found = archived(self._state, found)
            found.start(parameters(self._state, rds.PARAMETER_GROUP, entry["inputs"]))  # RDS restarts it too
            archive(self._state, identifier).back_up(found, replication_password(self._state), "promotion")

    def lose_instance(self, identifier: str) -> None:
        with explained(), self._state.lock():
            self._records.of_a_drill("instance", identifier)
            if (process := server(self._state, identifier).daemon.process()) is not None:
                # All at once: what a session has told nobody yet, it never will.
                end([process, *process.children(recursive=True)], signal.SIGKILL)

    def delete_instance(self, identifier: str) -> None:
        with explained(), self._state.lock():
            made, found = self._records.of_a_drill("instance", identifier), server(self._state, identifier)
            source = self._followed(made["source"]) if _is_standby(found) else None
            if abandoned(found.folder):
                orphans.end_all(found.folder)
            found.remove()
            shutil.rmtree(archive(self._state, identifier).folder, ignore_errors=True)
            if source and source.daemon.alive:
                replication.drop_slot(source, identifier)
            self._state.ports.pop(identifier, None)
            self._records.forget("instance", identifier)

    def _followed(self, source: str) -> PostgresServer | None:
        """The server of a replica's source; None where that was removed before: to ask for it would make its folder."""
        there = self._records.find("instance", source) or self._declared(source)
        return server(self._state, source) if there else None

    def delete_snapshot(self, snapshot: str) -> None:
        with explained(), self._state.lock():
            self._records.of_a_drill("snapshot", snapshot)
            if abandoned(self._folder(snapshot)):
                orphans.end_all(self._folder(snapshot))
            shutil.rmtree(self._folder(snapshot), ignore_errors=True)
            self._records.forget("snapshot", snapshot)

    def _windows(self, found: PostgresServer, *, running: bool) -> list[Window]:
        """What it can be restored to, with everything that is committed now where it runs."""
        kept = archive(self._state, found.name)
        if running and kept.bases():
            with explained():
                kept.flush(found)
        return [each for each in kept.windows(found.binaries) if each.whole]

    def _declared(self, identifier: str) -> Entry | None:
        found = (e for e in self._state.of_type(rds.TYPE) if e["outputs"]["identifier"] == identifier)
        return next(found, None)

    def _source(self, identifier: str) -> Entry:
        entry = self._declared(identifier)
        if entry is None:
            known = ", ".join(e["outputs"]["identifier"] for e in self._state.of_type(rds.TYPE))
            raise AskedError(f"stack {self._state.stack} has no instance {identifier}: {known or 'it is not up'}")
        return entry

    def _reserve(self, target: str, source: PostgresServer, entry: Entry, made_by: str) -> PostgresServer:
        if self._declared(target):
            raise AskedError(f"the instance {target} is there already: choose another name")
        like = entry["outputs"]["identifier"]
        self._records.reserve("instance", target, source=source.name, like=like, made_by=made_by)
        return replace(server(self._state, target), binaries=source.binaries)

    def _folder(self, snapshot: str) -> Path:
        return self._state.path / "backups" / "snapshots" / snapshot

    def _snapshot(self, snapshot: str, source: str, at: str) -> Snapshot:
        folder = self._folder(snapshot)
        done = (folder / "data").is_dir()
        status: Status = "available" if done else "creating" if is_making(folder) else "failed"
        bytes_ = taken(folder) if done else None
        return Snapshot(
            identifier=snapshot, source=source, status=status, taken_at=datetime.fromisoformat(at), size=bytes_
        )


def _is_standby(found: PostgresServer) -> bool:
    return (found.data / "standby.signal").exists()


def _status(found: PostgresServer, *, aside: bool) -> Status:
    """What RDS would say of it. A copy is being made as long as it recovers."""
    if aside and is_making(found.folder):
        return "creating"
    if abandoned(found.folder) or not found.daemon.alive:
        return "failed"
    try:
        with found.connect(seconds=2):
            return "available"  # a recovery takes no sessions: `hot_standby` is off then
    except psycopg.Error:
        return "creating" if aside else "changing"
