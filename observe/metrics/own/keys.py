"""The sizes of a cache's key spaces: an estimate from a sample, taken now and then at the pace of `datatier keys`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from bootstrap.errors import BootstrapError
from bootstrap.manifest import Manifest
from observe.keys.allowed import INVENTORY
from observe.keys.entry import Entry, NobodyError, of_stack
from observe.keys.places import shards
from observe.keys.report import Report, report
from observe.keys.survey import Survey
from observe.metrics.family import Family, Sample
from observe.metrics.own.part import Part
from observe.metrics.own.source import Group, OwnSource
from observe.metrics.source import Refused

EVERY = 900.0
"""Seconds between two samples."""
SAMPLE = 10_000
"""Keys of one: a third of a second, and right to about a hundredth for a key space of half of them."""
KEYS, BYTES, WITHOUT_TTL = "datatier_keyspace_keys", "datatier_keyspace_bytes", "datatier_keyspace_without_ttl"
_NAMES = (KEYS, BYTES, WITHOUT_TTL)
UNDECLARED = "(undeclared)"
"""In the place of a key space: what is in none."""


def keys_source(manifest: Manifest, cache: str) -> OwnSource[Entry | None]:
    """What the exporter reads of one cache; who may look at its keys is found at each round."""
    return OwnSource(cache, partial(_entry, manifest, cache), [Group("keyspaces", EVERY, _NAMES, read_keys)])


@contextmanager
def _entry(manifest: Manifest, cache: str) -> Iterator[Entry | None]:
    try:
        found = of_stack(manifest, cache)
    except NobodyError:
        found = None
    yield found


def read_keys(entry: Entry | None, *, sample: int = SAMPLE) -> Part:
    """Take one sample. Raise BootstrapError."""
    if entry is None:
        return Part(refused=[Refused(name, "nobody may look at the keys of this cache", INVENTORY) for name in _NAMES])
    survey = Survey(spaces=entry.spaces, allowed=entry.allowed)
    survey.take(lambda: shards(entry.nodes, primary=False), sample=sample)
    if survey.failures:
        raise BootstrapError("; ".join(survey.failures))
    found = report(survey.result())
    return Part(
        families=tuple(families(found)),
        refused=[
            Refused(name, f"{sum(found.refused.values())} keys may not be looked at", INVENTORY) for name in _NAMES
        ]
        if any(found.refused.values())
        else (),
    )


def families(found: Report) -> Iterator[Family]:
    """The metrics of a report. Keys without a TTL only of the key spaces that declare one."""
    undeclared = [row.group for row in found.undeclared] + [row.group for row in found.elsewhere]
    groups = {row.name: (row.group.keys, row.group.size) for row in found.spaces}
    groups[UNDECLARED] = (sum(each.keys for each in undeclared), sum(each.size for each in undeclared))
    lasting = {row.name: row.group.without_ttl for row in found.spaces if row.ttl}
    yield Family(
        KEYS, "gauge", "Keys of a key space, estimated.", [Sample(_space(n), keys) for n, (keys, _) in groups.items()]
    )
    yield Family(
        BYTES,
        "gauge",
        "Memory of a key space's keys, estimated.",
        [Sample(_space(name), size) for name, (_, size) in groups.items()],
    )
    yield Family(
        WITHOUT_TTL,
        "gauge",
        "Keys without a TTL in a key space that declares one, estimated.",
        [Sample(_space(name), keys) for name, keys in lasting.items()],
    )


def _space(name: str) -> tuple[tuple[str, str], ...]:
    return (("space", name),)
