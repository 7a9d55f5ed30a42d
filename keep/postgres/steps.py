"""In which runs of pg_restore an archive comes back. Pure.

One run of several jobs does not do where there are partitioned tables. A trigger of one may be made before its
partitions have their rows, and then fires on them: pg_restore lets what comes after the data wait for the data of its
own table, and a partitioned table has none (pg_backup_archiver.c, repoint_table_dependencies). And a foreign key of one
locks all its partitions, of which pg_restore knows nothing (identify_locking_dependencies): two jobs deadlock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from keep.postgres.archive import Entry

SECTIONS = ("pre-data", "data", "post-data")
_BUILT = frozenset({"INDEX", "CONSTRAINT"})
"""What takes long and locks its own table alone, a partition's too."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One run of pg_restore."""

    entries: tuple[Entry, ...]
    side_by_side: bool
    """Whether several jobs may do it."""


def steps(entries: Sequence[Entry], sections: Mapping[int, str]) -> tuple[Step, ...]:
    """Return the runs, in order, those without an entry left out; `sections` has the section of each entry's number."""
    parted = frozenset[int]().union(*(each.needs for each in entries if each.kind == "TABLE ATTACH"))
    of_section: dict[str, list[Entry]] = {section: [] for section in SECTIONS}
    for each in entries:  # encoding and the like are in no section, and nothing to restore
        of_section[sections.get(each.number, SECTIONS[0])].append(each)
    before, rows, after = of_section.values()
    built = [each for each in after if each.kind in _BUILT]
    others = {each.number: each for each in after if each.kind not in _BUILT}
    alone = {number for number, each in others.items() if each.needs & parted}
    while more := {need for number in alone for need in others[number].needs & others.keys()} - alone:
        alone |= more
    of_parted = [each for number, each in others.items() if number in alone]
    rest = [each for number, each in others.items() if number not in alone]
    # Rows and indexes in one run: what is built of a table waits for its rows alone, and no job for another's.
    found = ((before, False), ([*rows, *built], True), (of_parted, False), (rest, True))
    return tuple(Step(entries=tuple(of), side_by_side=many) for of, many in found if of)
