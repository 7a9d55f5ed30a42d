"""A rehearsal of a major upgrade from its copy to its report."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from keep.drill.words import new_run
from keep.errors import AskedError, KeepError
from local.postgres import packages
from local.postgres.binaries import Binaries, of_major
from rehearse.postgres import obstacles
from rehearse.postgres.servers import Bench, bench
from rehearse.postgres.source import settings
from rehearse.postgres.statements import differences
from rehearse.postgres.ways import Before, Tried, by_dump, by_pg_upgrade, lacking, old_server
from rehearse.postgres.work import MajorUpgrade
from rehearse.report import Obstacle, RehearsedWay, StatementPlan, UpgradeRehearsal, Way


def rehearse(work: MajorUpgrade) -> UpgradeRehearsal:
    """Take the copy through the upgrade. Raise AskedError where this computer has no server of a version."""
    began, clock = datetime.now(UTC), time.monotonic()
    new = of_major(work.major)
    old, notes = _old(work)
    asked = [*(work.facts.obstacles if work.facts else ()), *_extensions(work, new)]
    checksums = work.facts.checksums if work.facts else True
    with bench(old or new, new, checksums=checksums, size=work.copy.size) as made:
        tried, statements, lost, more = _tried(made, work, old)
        refused = made.refused(work.facts.settings) if work.facts else frozenset()
    notes += more
    notes += _unasked(work, statements)
    there = frozenset(new.settings)
    changed = settings(work.facts.settings, there, refused, work.major) if work.facts else ()
    found = tuple(dict.fromkeys([*asked, *(one for each in tried for one in each.obstacles), *lost]))
    ways = tuple(each.way for each in tried)
    why = reason(ways, found)
    return UpgradeRehearsal(
        id=new_run(began),
        target="postgres",
        source=str(work.manifest.source),
        was=f"PostgreSQL {work.copy.server_version}",
        wanted=f"PostgreSQL {work.major}",
        ran=(old.version if old else "-", new.version),
        bytes=work.copy.size,
        verdict="failed" if why else "passed",
        reason=why or _passed(work, [each.way for each in ways]),
        began_at=began,
        seconds=round(time.monotonic() - clock, 3),
        obstacles=found,
        ways=ways,
        statements=statements,
        settings=changed,
        notes=tuple(notes),
    )


def _old(work: MajorUpgrade) -> tuple[Binaries | None, list[str]]:
    """The server of the old version; None where only a dump can be rehearsed."""
    try:
        return of_major(work.copy.major), []
    except AskedError as error:
        if "pg_upgrade" in work.ways and "dump" not in work.ways:
            raise
        return None, [f"{error}; pg_upgrade needs it, and plans are not compared without it"]


def _tried(
    made: Bench, work: MajorUpgrade, old: Binaries | None
) -> tuple[list[Tried], tuple[StatementPlan, ...], tuple[Obstacle, ...], list[str]]:
    statements = work.facts.statements if work.facts else ()
    notes: list[str] = []
    before: Before | None = None
    tried: list[Tried] = []
    if old is not None:
        work.say(f"bringing the copy into PostgreSQL {old.version}")
        try:
            before = old_server(made, work, statements)
        except KeepError as error:
            if isinstance(error, AskedError) and "dump" not in work.ways:
                raise
            notes.append(f"the copy could not be brought into PostgreSQL {old.version} of this computer: {error}")
    if before is not None and before.without:
        notes.append(
            f"pg_upgrade was rehearsed without {', '.join(sorted(before.without))}: not both servers of this computer "
            "have it among their own libraries"
        )
    if "pg_upgrade" in work.ways and before is not None:
        work.say("pg_upgrade")
        tried.append(by_pg_upgrade(made, work, before, statements))
    if "dump" in work.ways:
        work.say("dump and restore")
        tried.append(by_dump(made, work, before, statements))
    after = next((each.plans for each in tried if each.way.ok), None)
    if before is None or after is None:
        return tried, (), (), notes
    return tried, *differences(statements, before.plans, after), notes


def _passed(work: MajorUpgrade, ways: list[Way]) -> str:
    said = f"the data went through: {' and '.join(ways)}"
    left = " and ".join(each for each in work.ways if each not in ways)
    return f"{said}; {left} could not be rehearsed here" if left else said


def _extensions(work: MajorUpgrade, new: Binaries) -> list[Obstacle]:
    on_rds = work.manifest.stack is not None
    found = list(obstacles.not_offered(work.copy.extensions, work.copy.major, work.major, on_rds=on_rds))
    for name in sorted(lacking(work, new)):
        target = packages.adding(name, new.package)
        mend = f"`make {target}` installs it" if target else "on RDS: SHOW rds.extensions says whether it is there"
        what = f"PostgreSQL {new.version} of this computer does not have it: both ways are rehearsed without it"
        found.append(Obstacle(check="extensions", object=name, what=what, mend=mend))
    return found


def _unasked(work: MajorUpgrade, statements: tuple[StatementPlan, ...]) -> list[str]:
    if work.facts is None:
        return [
            "a backup knows nothing of the server's slots, prepared transactions, other databases, parameters and "
            "statements: they were not looked at; rehearse from the server itself, or with --database-url, to have them"
        ]
    if work.facts.statements and not statements:
        return [*work.facts.notes, "none of the slowest statements could be planned on both servers"]
    return list(work.facts.notes)


def reason(ways: Sequence[RehearsedWay], found: Sequence[Obstacle]) -> str:
    """Why the upgrade would fail; empty where it would not."""
    said = []
    for each in ways:
        stopped = [f"{o.check}: {o.object}" for o in found if each.way in o.stops]
        wrong = [f"{check.name}: {check.detail}" for check in each.checks if check.ok is False]
        if why := [*([each.refused] if each.refused else []), *stopped, *wrong]:
            said.append(f"{each.way} would fail: {'; '.join(why)}")
    if not ways:
        return "neither way could be rehearsed"
    return ". ".join(said)
