"""What a cache holds, by key space, and what is wrong with it: pure, from the records of any source.

A scan, a file or a test gives records (`observe.keys.record`); `report_of` counts them in one go, and whoever counts in
parts (shards, databases, samples) merges tallies (`observe.keys.tally`) and asks `report`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from observe.keys.group import Group
from observe.keys.judge import judge
from observe.keys.record import Record
from observe.keys.spaces import Spaces
from observe.keys.tally import Tally
from observe.observation import Finding


@dataclass(frozen=True, kw_only=True)
class SpaceRow:
    """A declared key space, or what has its names in another database."""

    name: str
    pattern: str
    database: int
    """The one it was found in."""
    ttl: int | None
    """Seconds that are declared."""
    group: Group


@dataclass(frozen=True, kw_only=True)
class PatternRow:
    """What is in no key space."""

    pattern: bytes
    database: int
    group: Group


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a cache holds."""

    keys: int
    """All that were counted, refused ones too."""
    size: int
    """Bytes of all of them but the refused ones."""
    spaces: tuple[SpaceRow, ...]
    """Every declared one, in the order of declaration, also where it is empty."""
    elsewhere: tuple[SpaceRow, ...]
    """What has the names of a key space and is in another database."""
    undeclared: tuple[PatternRow, ...]
    """Most bytes first."""
    refused: Mapping[int, int]
    """Database -> keys whose names were seen and that whoever looked may not look at."""
    biggest: tuple[Record, ...]
    longest: tuple[Record, ...]
    hottest: tuple[Record, ...]
    findings: tuple[Finding, ...]
    """Worst first."""


def report_of(records: Iterable[Record], spaces: Spaces) -> Report:
    """Count records of all databases of a cache, each key once, and judge them."""
    tally = Tally(spaces)
    tally.add_all(records)
    return report(tally)


def report(tally: Tally) -> Report:
    """Judge what was counted. The tally's patterns are folded by it; it can be counted on."""
    tally.fold()
    spaces = tally.spaces
    declared = tuple(
        _row(spaces, name, spaces.database(name), tally.declared.get(name) or Group()) for name in spaces.declared
    )
    elsewhere = tuple(_row(spaces, name, at, group) for (name, at), group in sorted(tally.elsewhere.items()))
    undeclared = sorted(
        (
            PatternRow(pattern=pattern, database=database, group=group)
            for database, patterns in tally.undeclared.items()
            for pattern, group in patterns.items()
        ),
        key=lambda row: (-row.group.size, row.database, row.pattern),
    )
    return Report(
        keys=tally.keys,
        size=sum(group.size for group in tally.groups()),
        spaces=declared,
        elsewhere=elsewhere,
        undeclared=tuple(undeclared),
        refused=dict(sorted(tally.refused.items())),
        biggest=tuple(tally.biggest),
        longest=tuple(tally.longest),
        hottest=tuple(tally.hottest),
        findings=judge(tally),
    )


def _row(spaces: Spaces, name: str, database: int, group: Group) -> SpaceRow:
    space = spaces.declared[name]
    return SpaceRow(name=name, pattern=space.pattern, database=database, ttl=space.ttl, group=group)
