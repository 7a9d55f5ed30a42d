"""ElastiCache's calls: snapshots of a group, groups that begin with one, removed again."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from bootstrap.manifest import Endpoint
from keep.errors import AskedError
from keep.estate.estate import Cache, Snapshot, Status
from local import orphans
from local.aside.records import Records, abandoned, explained, is_making, making
from local.disk import size
from local.handlers import cache
from local.handlers.base import node, parameters
from local.privileges import account
from local.state import Entry, StateDir
from local.valkey import saved
from local.valkey.group import Topology, each, form, replicate
from local.valkey.node import FIRST_USERS, USERS, Node

_DONE = "files"
"""Folder of a snapshot's files; it has that name when they are all there."""
_SECRETS = ("admin", "replication")


class LocalCaches:
    """The part of `Estate` that ElastiCache plays."""

    def __init__(self, state: StateDir) -> None:
        self._state = state
        self._records = Records(state)

    def cache(self, identifier: str) -> Cache | None:
        self._state.load()
        made = self._records.find("cache", identifier)
        entry = self._group(made["like"] if made else identifier)
        if entry is None:
            return None
        nodes = self._nodes(identifier, cache.topology(entry["inputs"]))
        endpoints = tuple(Endpoint(name=each.name, host="127.0.0.1", port=each.port) for each in nodes)
        status = self._status(identifier, nodes)
        return Cache(identifier=identifier, status=status, endpoint=endpoints[0], nodes=endpoints)

    def create_cache_snapshot(self, source: str, snapshot: str, *, made_by: str) -> None:
        with explained(), self._state.lock():
            entry = self._cache_source(source)
            self._records.reserve("cache snapshot", snapshot, source=source, like=source, made_by=made_by)
            shape = cache.topology(entry["inputs"])
            nodes = self._nodes(source, shape)
            folder = self._state.folder("backups", "cache", snapshot)
        with explained(), making(folder):
            fresh = self._state.folder("backups", "cache", snapshot, f"{_DONE}.new")
            saved.save(nodes, shape, fresh)
            fresh.rename(folder / _DONE)

    def cache_snapshots(self, source: str) -> Sequence[Snapshot]:
        self._state.load()
        entries = [each for each in self._records.every("cache snapshot") if each["source"] == source]
        return [self._shown(each["identifier"], source, each["made_at"]) for each in entries]

    def create_cache(self, snapshot: str, target: str, *, like: str, made_by: str) -> None:
        with explained(), self._state.lock():
            files = self._snapshot_folder(snapshot) / _DONE
            if self._records.find("cache snapshot", snapshot) is None or not files.is_dir():
                raise AskedError(f"stack {self._state.stack} has no cache snapshot {snapshot}")
            entry = self._cache_source(like)
            if self._group(target):
                raise AskedError(f"the cache {target} is there already: choose another name")
            self._records.reserve("cache", target, source=snapshot, like=like, made_by=made_by)
            for use in _SECRETS:  # the users come from the source's ACL file, these two among them
                self._state.secrets[f"{target}-{use}"] = self._state.secrets[f"{like}-{use}"]
            shape = cache.topology(entry["inputs"])
            nodes, model = self._nodes(target, shape), self._nodes(like, shape)[0]
            self._state.save()
        with explained(), making(self._folder_of(target)):
            self._begin(entry, nodes, shape, files, model)

    def delete_cache(self, identifier: str) -> None:
        with explained(), self._state.lock():
            made = self._records.of_a_drill("cache", identifier)
            like = self._group(made["like"])
            if abandoned(self._folder_of(identifier)):
                orphans.end_all(self._folder_of(identifier))
            for each in self._nodes(identifier, cache.topology(like["inputs"])) if like else ():
                each.remove()
                cache.forget_ports(self._state, each.name)
            shutil.rmtree(self._folder_of(identifier), ignore_errors=True)
            for use in _SECRETS:
                self._state.secrets.pop(f"{identifier}-{use}", None)
            self._records.forget("cache", identifier)

    def delete_cache_snapshot(self, snapshot: str) -> None:
        with explained(), self._state.lock():
            self._records.of_a_drill("cache snapshot", snapshot)
            shutil.rmtree(self._snapshot_folder(snapshot), ignore_errors=True)
            self._records.forget("cache snapshot", snapshot)

    def _begin(self, entry: Entry, nodes: list[Node], shape: Topology, files: Path, model: Node) -> None:
        wanted = parameters(self._state, cache.PARAMETER_GROUP, entry["inputs"])
        memory, accounts = cache.memory_of(entry["inputs"]), (model.folder / FIRST_USERS).read_text()
        for member in nodes:
            for name in (USERS, FIRST_USERS):
                shutil.copyfile(model.folder / name, member.folder / name)
        leaders = nodes[:: shape.per_shard]
        if not shape.cluster:
            self._load(leaders[0], files / saved.file(0))
        each(nodes, lambda member: member.start(wanted, memory, accounts)[0])
        if not shape.cluster:
            replicate(nodes)
            return
        # A node that begins with keys would claim their slots one by one: first the cluster, then the keys.
        form(nodes, shape)
        for shard, leader in enumerate(leaders):
            leader.daemon.stop(saved.WITHOUT_SAVING)
            self._load(leader, files / saved.file(shard))
        each(leaders, lambda leader: leader.start(wanted, memory, accounts)[0])
        form(nodes, shape)

    def _load(self, member: Node, file: Path) -> None:
        shutil.copyfile(file, member.folder / saved.RDB)
        (member.folder / saved.RDB).chmod(0o600)
        account(member.binary.path.parent, member.folder.parent).give(member.folder / saved.RDB)

    def _status(self, group: str, nodes: list[Node]) -> Status:
        """Of a cache that is not whole every node may answer, without a key."""
        folder = self._folder_of(group)
        if is_making(folder):
            return "creating"
        return "failed" if abandoned(folder) or any(each.role() is None for each in nodes) else "available"

    def _nodes(self, group: str, shape: Topology) -> list[Node]:
        return [node(self._state, group, name, shape.cluster) for name in shape.names(group)]

    def _group(self, identifier: str) -> Entry | None:
        return next((e for e in self._state.of_type(cache.TYPE) if e["id"] == identifier), None)

    def _cache_source(self, identifier: str) -> Entry:
        entry = self._group(identifier)
        if entry is None:
            known = ", ".join(e["id"] for e in self._state.of_type(cache.TYPE))
            raise AskedError(f"stack {self._state.stack} has no cache {identifier}: {known or 'it is not up'}")
        return entry

    def _folder_of(self, group: str) -> Path:
        return self._state.path / "cache" / group

    def _snapshot_folder(self, snapshot: str) -> Path:
        return self._state.path / "backups" / "cache" / snapshot

    def _shown(self, snapshot: str, source: str, at: str) -> Snapshot:
        folder = self._snapshot_folder(snapshot)
        files = folder / _DONE
        bytes_ = size(files) if files.is_dir() else None
        status: Status = "available" if bytes_ is not None else "creating" if is_making(folder) else "failed"
        at_time = datetime.fromisoformat(at)
        return Snapshot(identifier=snapshot, source=source, status=status, taken_at=at_time, size=bytes_)
