"""What is wrong with the keys that were counted, each with what mends it."""

from __future__ import annotations

from collections.abc import Iterator

from bootstrap.access.keyspaces import glob_of
from knowledge.thresholds.keys import (
    BIG_COLLECTION,
    BIG_KEY,
    LONGER_TTL,
    UNDECLARED,
    WITHOUT_TTL,
    WRONG_DATABASE,
    WRONG_TYPE,
)
from knowledge.thresholds.threshold import Status
from observe.keys.allowed import INVENTORY
from observe.keys.group import Group
from observe.keys.names import quoted, shown
from observe.keys.tally import Tally
from observe.observation import Finding, judged

_SHOWN = 20
"""Patterns outside of all key spaces that are findings of their own."""
_WORST = (Status.CRITICAL, Status.WARN, Status.SKIPPED)


def judge(tally: Tally) -> tuple[Finding, ...]:
    """Everything that is not as it should be, worst first."""
    found = [*_spaces(tally), *_elsewhere(tally), *_big(tally), *_undeclared(tally), *_refused(tally)]
    wrong = [each for each in found if each.status is not Status.OK]
    return tuple(sorted(wrong, key=lambda each: _WORST.index(each.status)))


def _spaces(tally: Tally) -> Iterator[Finding]:
    for name, space in tally.spaces.declared.items():
        group = tally.declared.get(name)
        if group is None:
            continue
        if space.ttl:
            example = f"EXPIRE {quoted(group.forever)} {space.ttl} NX" if group.forever is not None else ""
            yield judged(
                WITHOUT_TTL,
                group.without_ttl,
                f"{_some(group.without_ttl, group)} of `{name}` have no TTL, {space.ttl} s are declared",
                object=name,
                mend=f"{example} (and so for each that SCAN 0 MATCH {glob_of(space)} finds), and set it where they are "
                "written",
            )
            yield judged(
                LONGER_TTL,
                group.longer,
                f"{_some(group.longer, group)} of `{name}` live longer than the {space.ttl} s that are declared, up to "
                f"{(group.longest or 0) // 1000} s",
                object=name,
                mend=f"set {space.ttl} s where they are written, or correct `keyspaces.{name}.ttl` in access.yaml",
            )
        if space.type != "any":
            others = {kind: count for kind, count in group.types.items() if kind != space.type}
            yield judged(
                WRONG_TYPE,
                sum(others.values()),
                f"{_some(sum(others.values()), group)} of `{name}` are {' and '.join(sorted(others))}, "
                f"{space.type} is declared",
                object=name,
                mend=f"correct the writer, or `keyspaces.{name}.type` in access.yaml",
            )


def _elsewhere(tally: Tally) -> Iterator[Finding]:
    for (name, database), group in sorted(tally.elsewhere.items()):
        yield judged(
            WRONG_DATABASE,
            group.keys,
            f"{group.keys} keys with names of `{name}` are in database {database}; it is declared in "
            f"{tally.spaces.database(name)}",
            object=f"{name}/{database}",
            mend=f"correct the database of the writer's URL, or `keyspaces.{name}.database` in access.yaml",
        )


def _big(tally: Tally) -> Iterator[Finding]:
    for record in tally.biggest:
        # A collection is long before it is large, except for where ElastiCache would not move it.
        if record.type == "string" or BIG_KEY.judge(record.size) is Status.CRITICAL:
            yield judged(
                BIG_KEY,
                record.size,
                f"`{shown(record.key)}` in database {record.database}, a {record.type}, takes {record.size} bytes",
                object=shown(record.key),
                mend=f"part it or read it in parts (GETRANGE); if nobody needs it: UNLINK {quoted(record.key)}",
            )
    for record in tally.longest:
        yield judged(
            BIG_COLLECTION,
            record.elements or 0,
            f"`{shown(record.key)}` in database {record.database}, a {record.type}, has {record.elements} elements",
            object=shown(record.key),
            mend=f"bound it or part it; if nobody needs it: UNLINK {quoted(record.key)}",
        )


def _undeclared(tally: Tally) -> Iterator[Finding]:
    if not tally.spaces.declared:
        return
    found = [
        (database, pattern, group)
        for database, patterns in tally.undeclared.items()
        for pattern, group in patterns.items()
    ]
    found.sort(key=lambda each: (-each[2].size, each[0], each[1]))
    for database, pattern, group in found[:_SHOWN]:
        yield judged(
            UNDECLARED,
            group.keys,
            f"{group.keys} keys `{shown(pattern)}` in database {database} are in no key space, {group.size} bytes",
            object=shown(pattern),
            mend=_declaration(tally, database, pattern, group),
        )
    if rest := found[_SHOWN:]:
        keys = sum(group.keys for _, _, group in rest)
        yield judged(UNDECLARED, keys, f"{keys} keys of {len(rest)} more patterns are in no key space", object="others")


def _declaration(tally: Tally, database: int, pattern: bytes, group: Group) -> str:
    """The line of access.yaml that declares a pattern."""
    kind = next(iter(group.types)) if len(group.types) == 1 else "any"
    ttl = "none" if group.without_ttl or group.longest is None else f"{-(-group.longest // 1000)}s"
    where = f"database: {database}, " if database else ""
    return (
        f'declare it in access.yaml: keyspaces: {{NAME: {{pattern: "{shown(pattern).replace("*", "{id}")}", '
        f"cache: {tally.spaces.cache}, {where}type: {kind}, ttl: {ttl}, purpose: WHY}}}}"
    )


def _refused(tally: Tally) -> Iterator[Finding]:
    for database, keys in sorted(tally.refused.items()):
        yield Finding(
            check="keys-refused",
            status=Status.SKIPPED,
            message=f"{keys} keys of database {database} were seen by name, and whoever logged in may not look at them",
            object=str(database),
            value=keys,
            mend=f"{INVENTORY} sees them",
        )


def _some(keys: int, group: Group) -> str:
    return f"{keys} of {group.keys} keys"
