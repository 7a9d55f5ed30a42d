"""RDS's and ElastiCache's calls of `keep.estate` on this computer: what is made are servers beside the stack's."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

import psycopg

from bootstrap.manifest import Endpoint
from graph.errors import CloudError
from graph.replica import replica_source
from keep.errors import AskedError, EstateError
from keep.estate.estate import Instance, Status
from local.backups import recovery
from local.backups.archive import Archive, Window
from local.handlers import rds
from local.handlers.base import archive, parameters, server
from local.postgres.server import PostgresServer
from local.state import Entry, MadeEntry, StateDir

_GROUPS = {
    "parameterGroupName": "DBParameterGroupName",
    "dbSubnetGroupName": "DBSubnetGroupName",
    "vpcSecurityGroupIds": "VpcSecurityGroupIds",
    "instanceClass": "DBInstanceClass",
}
"""What a copy has in common with its source: Pulumi's input -> RDS's name."""


class LocalEstate:
    """Implements `keep.estate.estate.Estate` for one tier. The caller does not hold `state.lock()`."""

    def __init__(self, state: StateDir) -> None:
        self._state = state

    def instance(self, identifier: str) -> Instance | None:
        self._state.load()
        entry, made = self._declared(identifier), self._state.made.get(f"instance {identifier}")
        like = entry or (self._declared(made["like"]) if made else None)
        if like is None:
            return None
        found = server(self._state, identifier)
        status = _status(found, bool(made))
        shown = Instance(
            identifier=identifier,
            status=status,
            endpoint=Endpoint(name=identifier, host="127.0.0.1", port=found.port),
            replica_of=replica_source(entry["inputs"]) if entry else None,
            settings=tuple((name, str(like["inputs"].get(key))) for key, name in sorted(_GROUPS.items())),
        )
        kept = archive(self._state, identifier)
        if not kept.bases():
            return shown
        if status == "available":
            with _explained():
                kept.flush(found)
        windows = [each for each in kept.windows(found.binaries) if each.latest]
        if not windows:
            return shown
        latest = max(each.latest for each in windows if each.latest)
        return replace(shown, earliest=windows[0].base.ended, latest=latest)

    def restore_to_point_in_time(self, source: str, target: str, at: datetime, *, made_by: str) -> None:
        if at > datetime.now(UTC):
            raise AskedError(f"{source} cannot be restored to {at.isoformat()}: that is in the future")
        with _explained(), self._state.lock():
            entry = self._source(source)
            kept = archive(self._state, source)
            chosen = self._window(kept, server(self._state, source), at)
            made = self._reserve("instance", target, source, entry["outputs"]["identifier"], made_by)
        with _explained():
            recovery.prepare(made, chosen.base)
            made.begin(self._parameters(entry), recovery.settings(kept, at))

    def delete_instance(self, identifier: str) -> None:
        with _explained(), self._state.lock():
            self._of_a_drill("instance", identifier)
            server(self._state, identifier).remove()
            shutil.rmtree(archive(self._state, identifier).folder, ignore_errors=True)
            self._forget("instance", identifier)

    def made(self) -> Sequence[tuple[Literal["instance", "snapshot", "cache", "cache snapshot"], str, str]]:
        self._state.load()
        return [(each["kind"], each["identifier"], each["made_by"]) for each in self._state.made.values()]

    def _window(self, kept: Archive, origin: PostgresServer, at: datetime) -> Window:
        windows = kept.windows(origin.binaries)
        if not any(each.holds(at) for each in windows) and origin.daemon.alive and kept.bases():
            kept.flush(origin)
            windows = kept.windows(origin.binaries)
        return recovery.window(windows, at, origin.name)

    def _declared(self, identifier: str) -> Entry | None:
        found = (e for e in self._state.of_type(rds.TYPE) if e["outputs"]["identifier"] == identifier)
        return next(found, None)

    def _source(self, identifier: str) -> Entry:
        entry = self._declared(identifier)
        if entry is None:
            known = ", ".join(e["outputs"]["identifier"] for e in self._state.of_type(rds.TYPE))
            raise AskedError(f"stack {self._state.stack} has no instance {identifier}: {known or 'it is not up'}")
        return entry

    def _parameters(self, entry: Entry) -> list[Any]:
        return parameters(self._state, rds.PARAMETER_GROUP, entry["inputs"].get("parameterGroupName"))

    def _reserve(self, kind: Literal["instance"], target: str, source: str, like: str, made_by: str) -> PostgresServer:
        """Write down what is about to be made, so that a killed run leaves nothing that nobody knows of."""
        if self._declared(target) or f"{kind} {target}" in self._state.made:
            raise AskedError(f"{target} is there already: choose another name")
        self._state.made[f"{kind} {target}"] = MadeEntry(
            kind=kind,
            identifier=target,
            source=source,
            like=like,
            made_by=made_by,
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        made = replace(server(self._state, target), binaries=server(self._state, source).binaries)
        self._state.save()
        return made

    def _of_a_drill(self, kind: str, identifier: str) -> None:
        if f"{kind} {identifier}" not in self._state.made:
            raise EstateError(f"no drill has made the {kind} {identifier}: it is not removed")

    def _forget(self, kind: str, identifier: str) -> None:
        self._state.made.pop(f"{kind} {identifier}", None)
        self._state.ports.pop(identifier, None)
        self._state.save()


def _status(found: PostgresServer, aside: bool) -> Status:
    """What RDS would say of it. A copy is being made as long as it recovers."""
    if not found.daemon.alive:
        return "creating" if aside and not found.initialised else "failed"
    try:
        with found.connect(seconds=2) as connection:
            row = connection.execute("SELECT pg_is_in_recovery()").fetchone()
    except psycopg.Error:
        return "creating" if aside else "changing"
    return "creating" if aside and row and row[0] else "available"


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except CloudError as error:
        raise EstateError(str(error)) from None
    except psycopg.Error as error:
        raise EstateError(str(error).strip().splitlines()[0]) from None
