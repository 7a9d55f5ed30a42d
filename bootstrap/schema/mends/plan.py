"""The order in which differences are mended in one pass, and what has to step aside for it. Pure.

First goes, users before what they use, whatever no statement changes while it is used. Then everything is made and
altered in the order of what needs what; last goes what is not defined.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from bootstrap.schema.definition import Schema
from bootstrap.schema.difference import SchemaDifference
from bootstrap.schema.file import DefinitionError
from bootstrap.schema.mends.change import Change
from bootstrap.schema.mends.dropping import dropping, keeps_rows
from bootstrap.schema.mends.effects import notes
from bootstrap.schema.mends.making import hanging_on, holder, making, split
from bootstrap.schema.mends.taken import plain, taken
from bootstrap.schema.order import Step, in_order
from bootstrap.schema.ranks import Rank, rank_of
from bootstrap.schema.statements import tables

Users = Mapping[str, frozenset[str]]
"""What uses something directly, by their names, on the server."""

Piece = tuple[tuple[str, ...], Change | None]
"""Statements, and the difference that is mended when they have run."""

_WITH = "mended by the statements before it"


@dataclass
class _Plan:
    expected: Schema
    found: Schema
    users: Users
    changes: list[Change]
    aside: set[str] = field(default_factory=set)
    """What is dropped first; what of it is defined is made again."""


def planned(changes: Iterable[Change], expected: Schema, found: Schema, users: Users) -> tuple[SchemaDifference, ...]:
    """The differences in an order in which all their statements, one after the other, mend everything."""
    plan = _Plan(expected, found, users, list(changes))
    if not plan.changes:
        return ()
    _step_aside(plan)
    return tuple(_gathered(plan, [*_first(plan), *_made(plan), *_last(plan)]))


def _step_aside(plan: _Plan) -> None:
    """Work out what is dropped first. A change for whose sake rows would be lost is beyond SQL."""
    extra = {change.name for change in plan.changes if change.way == "drop"}
    names = taken((change.name for change in plan.changes if change.way == "make"), plan.expected, plan.found)
    for number, change in enumerate(plan.changes):
        first = change.way == "anew" or (change.way == "drop" and plain(change.name) in names)
        roots = {change.name} if first else set()
        reached = _using(plan.users, change.frees, alter=True) | _using(plan.users, roots, alter=False)
        stuck = sorted(each for each in reached if each not in extra and not keeps_rows(plan.found, each))
        if stuck:
            told = replace(change, way="none", statements=(), before=(), frees=(), note=_stuck(stuck))
            plan.changes[number] = told
        else:
            plan.aside |= reached | roots


def _using(users: Users, names: Iterable[str], *, alter: bool) -> set[str]:
    """Everything that uses these, directly or not, but for what goes, or is altered, along with them by itself."""
    reached: set[str] = set()
    roots = frozenset(names)
    seen = set(roots)
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        for user in users.get(name, ()):
            if user in seen or (alter and name in roots and _follows(user)):
                continue
            seen.add(user)
            waiting.append(user)
            if not _part_of(user, name):
                reached.add(user)
    return reached


def _follows(name: str) -> bool:
    """Whether ALTER TABLE makes it anew by itself when a column that it uses changes."""
    return split(name)[0] in ("index", "constraint", "default", "statistics", "sequence")


def _part_of(name: str, owner: str) -> bool:
    """Whether something hangs on a relation and goes with it."""
    kind, title = split(owner)
    return kind in ("table", "view") and "." in split(name)[1] and holder(split(name)[1])[0] == title


def _stuck(stuck: list[str]) -> str:
    told = ", ".join(stuck[:3]) + " and others" * (len(stuck) > 3)
    return (
        f"no statement changes it while {told} {'use' if len(stuck) > 1 else 'uses'} it: in a migration, make what is "
        "defined under another name, move over what uses the old one, drop that and rename the new one"
    )


def _first(plan: _Plan) -> Iterator[Piece]:
    dropped = {change.name: change for change in plan.changes if change.way == "drop"}
    for name in _backwards(plan, plan.aside):
        if statement := dropping(plan.found, name):
            yield (statement,), dropped.get(name)
    for change in plan.changes:
        if change.before:
            yield change.before, None if change.statements else change


def _last(plan: _Plan) -> Iterator[Piece]:
    dropped = {change.name: change for change in plan.changes if change.way == "drop" and change.name not in plan.aside}
    for name in _backwards(plan, dropped):
        statement = dropping(plan.found, name)
        yield (statement,) if statement else (), dropped.get(name)


def _backwards(plan: _Plan, names: Iterable[str]) -> list[str]:
    """What uses others before them. Tables that refer to each other lose their foreign keys first."""
    listed = {name: _uses_first(plan, name, set(names)) for name in sorted(names)}
    try:
        return _in_order(listed)
    except DefinitionError:
        keys = sorted(
            {user for name in listed for user in plan.users.get(name, ()) if _refers(plan, user)} - set(listed)
        )
        left = {name: needs - _tables(needs) for name, needs in listed.items()}
    try:
        return [*keys, *_in_order(left)]
    except DefinitionError:  # a base type and the functions that it is made of
        return [*keys, *sorted(left, key=lambda name: (-_rank(name), name))]


def _refers(plan: _Plan, name: str) -> bool:
    kind, title = split(name)
    if kind != "constraint":
        return False
    owner, part = holder(title)
    return tables.foreign(plan.found.get("tables", {}).get(owner, {}).get("constraints", {}).get(part, ""))


def _in_order(listed: Mapping[str, set[str]]) -> list[str]:
    steps = [
        Step(name=name, rank=-_rank(name), statements=(), needs=frozenset(needs - {name}))
        for name, needs in listed.items()
    ]
    return [step.name for step in in_order(steps)]


def _uses_first(plan: _Plan, name: str, names: set[str]) -> set[str]:
    """Of what is dropped, that which uses something: itself or as a part."""
    found = set()
    for user in plan.users.get(name, ()):
        found.add(user)
        if "." in split(user)[1]:
            owner = holder(split(user)[1])[0]
            found |= {f"table {owner}", f"view {owner}", f"type {owner}"}
    return found & names - {name}


def _tables(names: Iterable[str]) -> set[str]:
    return {name for name in names if split(name)[0] == "table"}


_RANKS = {
    "schema": Rank.SCHEMA,
    "extension": Rank.EXTENSION,
    "type": Rank.TYPE,
    "sequence": Rank.SEQUENCE,
    "function": Rank.FUNCTION,
    "table": Rank.TABLE,
    "column": Rank.TABLE,
    "view": Rank.VIEW,
    "index": Rank.INDEX,
    "constraint": Rank.FOREIGN_KEY,
    "default": Rank.TABLE,
    "rule": Rank.RULE,
    "trigger": Rank.TRIGGER,
    "policy": Rank.POLICY,
}


def _rank(name: str) -> int:
    kind = split(name)[0]
    return 2 * _RANKS.get(kind, rank_of(kind)) + (kind == "column")


def _made(plan: _Plan) -> Iterator[Piece]:
    anew = [change.name for change in plan.changes if change.way in ("make", "anew")]
    again = sorted(plan.aside)
    again += [
        each for name in again if "." in split(name)[1] for each in hanging_on(plan.expected, *holder(split(name)[1]))
    ]
    steps = {step.name: step for name in [*again, *anew] for step in making(plan.expected, name)}
    owners: dict[str, list[Change]] = {}
    for change in plan.changes:
        if change.way in ("make", "anew"):
            made = making(plan.expected, change.name)
            owners.setdefault(made[-1].name if made else change.name, []).append(change)
        elif change.way == "alter" and (change.statements or not change.before):
            name = change.name
            if name in plan.aside and name in steps:  # made anew as it is defined
                owners.setdefault(name, []).append(change)
                continue
            while name in steps:  # more than one thing is altered
                name += "'"
            owners[name] = [change]
            needs = frozenset(need for need in change.needs if need != name)
            steps[name] = Step(name=name, rank=_when(change), statements=change.statements, needs=needs)
    for step in in_order(_widened(plan, steps)):
        mended = owners.pop(step.name, [])
        yield step.statements, mended[0] if mended else None
        yield from (((), change) for change in mended[1:])
    yield from (((), change) for left in owners.values() for change in left)


def _widened(plan: _Plan, steps: Mapping[str, Step]) -> Iterator[Step]:
    """Let what needs a table need the columns, too, that it gets; what is generated needs the others of its table."""
    parts: dict[str, set[str]] = {}
    for name in steps:
        kind, title = split(name.rstrip("'"))
        if kind in ("column", "nullability of"):
            parts.setdefault(f"table {holder(title)[0]}", set()).add(name)
        elif kind == "place of":
            parts.setdefault(f"table {title}", set()).add(name)
    for step in steps.values():
        kind, title = split(step.name.rstrip("'"))
        own = {part for need in step.needs for part in parts.get(need, ()) if part != step.name}
        if kind in ("column", "nullability of"):
            own = {part for part in own if not _generated(plan, part)} if _generated(plan, step.name) else set()
        yield replace(step, needs=step.needs | own)


def _generated(plan: _Plan, name: str) -> bool:
    kind, title = split(name.rstrip("'"))
    owner, part = holder(title)
    return kind == "column" and "generated" in (
        plan.expected.get("tables", {}).get(owner, {}).get("columns", {}).get(part, {})
    )


def _when(change: Change) -> int:
    """When something is altered, among what does not need it: comments last, as they are of what may be made anew."""
    if change.name.startswith("comment on "):
        return Rank.COMMENT
    return _RANKS.get(split(change.name)[0], Rank.MARK)


def _gathered(plan: _Plan, pieces: Iterable[Piece]) -> Iterator[SchemaDifference]:
    """Each difference with the statements that lead up to it; what is left over goes with the last one."""
    waiting: list[str] = []
    made: list[tuple[Change, list[str]]] = []
    for statements, change in pieces:
        waiting += statements
        if change is not None:
            made.append((change, waiting))
            waiting = []
    if made:
        made[-1][1].extend(waiting)
    for change, mending in made:
        yield _difference(change, mending, change.note if mending else change.note or _WITH)
    yield from (_difference(change, [], change.note) for change in plan.changes if change.way == "none")


def _difference(change: Change, statements: list[str], note: str) -> SchemaDifference:
    return SchemaDifference(
        severity=change.severity,
        kind=change.kind,
        object=change.object,
        what=change.what,
        expected=change.expected,
        found=change.found,
        statements=tuple(statements),
        notes=notes(statements, note),
    )
