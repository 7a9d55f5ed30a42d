"""How long the application would wait, carried over from what was measured here to the size of the source. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from rehearse.report import Downtime, RehearsedPhase

# What grows with the bytes; the rest grows with the number of objects, of which the copy has as many.
_BY_BYTES = frozenset({"files", "analyze", "dump", "restore"})
_OTHERWISE = (
    "on this computer's processor and disk, with nothing else running: another server is faster or slower by as much "
    "as it is"
)
_ON_RDS = (
    "RDS takes a snapshot before and after besides, and names no time (AWS re:Post, rds-postgresql-upgrade-downtime)"
)


def by_pg_upgrade(phases: Sequence[RehearsedPhase], *, source: int, here: int) -> Downtime:
    """Of files copied; hard links (--link) or clones take no time for them."""
    made = _estimated(phases, source=source, here=here)
    files = sum(each.seconds for each in phases if each.name == "files") * _ratio(source, here)
    basis = f"{made.basis}; {files:.1f} s of it copy files, which --link, --clone and --swap do not; {_ON_RDS}"
    return Downtime(seconds=made.seconds, basis=basis)


def by_dump(phases: Sequence[RehearsedPhase], *, source: int, here: int | None) -> Downtime:
    """Of writers kept away from the dump on until the new server has all of it."""
    made = _estimated(phases, source=source, here=here or source)
    return Downtime(seconds=made.seconds, basis=f"{made.basis}; writers wait from the beginning of the dump")


def _estimated(phases: Sequence[RehearsedPhase], *, source: int, here: int) -> Downtime:
    ratio = _ratio(source, here)
    fixed = sum(each.seconds for each in phases if each.offline and each.name not in _BY_BYTES)
    moving = sum(each.seconds for each in phases if each.offline and each.name in _BY_BYTES)
    basis = (
        f"{fixed:.1f} s whatever the size, {moving:.1f} s for {here / 2**20:,.0f} MiB here, of which the source has "
        f"{source / 2**20:,.0f}; {_OTHERWISE}"
    )
    return Downtime(seconds=round(fixed + moving * ratio, 1), basis=basis)


def _ratio(source: int, here: int) -> float:
    """A copy has no bloat: it is smaller than its source, never a reason to wait less than it took here."""
    return max(1.0, source / here) if here else 1.0
