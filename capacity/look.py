"""The whole of `datatier capacity`: look, read what was kept, ask CloudWatch, and work out what runs out when."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import replace

from bootstrap.manifest import PRIMARY, Manifest
from bootstrap.secrets import LoginError, Secret
from capacity import store
from capacity.assess import assess
from capacity.cloudwatch import history, source
from capacity.errors import CapacityError
from capacity.names import unit_of
from capacity.report import CapacityReport, Source
from capacity.room import CacheRoom, DatabaseRoom
from capacity.samples import Sample
from capacity.sampling import Look, take
from capacity.series import Series, merged
from capacity.volume import grown
from observe.deadline import SilentError
from observe.errors import UnansweredError
from observe.nodes import postgres_nodes
from observe.observation import Row
from observe.postgres.statements import SLOW


def report(
    target: Manifest | Secret,
    databases: Sequence[DatabaseRoom] = (),
    caches: Sequence[CacheRoom] = (),
    *,
    redis: Secret | None = None,
    look: Look | None = None,
) -> CapacityReport:
    """What runs out when. What could not be had of a history is in `sources`, and the rest goes on without it.

    :param databases: what the servers have room for, where a stack or this computer says so.
    :param redis: the URL of a cache, where `target` is one of a database.
    :param look: one that was taken before, such as to be kept.
    """
    now = look or take(target, redis)
    kept, lack = _kept(target, now.at)
    databases, volumes = grown(databases)
    clouded, sources = history(databases, caches, now.at)
    present = [_series(each, now) for each in now.samples]
    rooms = {each.node: each for each in databases}, {each.node: each for each in caches}
    nodes = dict.fromkeys(each.node for each in now.observed)
    for node in nodes:
        engine = next(each.observation.engine for each in now.observed if each.node == node)
        if engine == "postgres":
            rooms[0].setdefault(node, DatabaseRoom(node=node))
        else:
            rooms[1].setdefault(node, CacheRoom(node=node))
    return assess(
        merged((*kept, *clouded, *present)),
        rooms[0].values(),
        rooms[1].values(),
        now.at,
        statements=_statements(now),
        sources=(*_sources(nodes, kept, lack), *sources, *volumes),
        missing=now.missing,
    )


def _kept(target: Manifest | Secret, at: datetime.datetime) -> tuple[tuple[Series, ...], str]:
    """What the database keeps, and why that is nothing."""
    primary = postgres_nodes(target)[0]
    try:
        with primary.asked() as conn:
            found = store.read(conn, at)
    except (LoginError, SilentError, UnansweredError, CapacityError) as error:
        return (), str(error)
    if isinstance(target, Secret):  # what a stack kept of its primary, seen by a URL
        found = tuple(replace(each, node=primary.name) for each in found if each.node == PRIMARY)
    return found, "" if found else "nothing was ever kept: `datatier capacity --sample`, once a day or more often"


def _statements(now: Look) -> Sequence[Row]:
    """Of the primary, which is asked first."""
    return next((each.rows for each in now.observed if each.observation is SLOW), ())


def _series(sample: Sample, now: Look) -> Series:
    return Series(name=sample.name, node=sample.node, unit=unit_of(sample.name), times=[now.at], values=[sample.value])


def _sources(nodes: Iterable[str], kept: Sequence[Series], lack: str) -> tuple[Source, ...]:
    return tuple(source("samples", node, [each for each in kept if each.node == node], lack) for node in nodes)
