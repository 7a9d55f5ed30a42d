"""A difference before it is known in which order everything is mended. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from bootstrap.postgres.change import comma
from bootstrap.schema.difference import Severity, same
from bootstrap.schema.statements.names import part_comment

Way = Literal["make", "drop", "alter", "anew", "none"]
"""MAKE what is missing, DROP what is extra, ALTER what is there, drop it and make it ANEW, or NONE that SQL has."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """What differs, and how it can be mended."""

    severity: Severity
    kind: str
    object: str
    what: str
    expected: str | None
    found: str | None
    name: str
    """As a need calls it: `view public.v`, `column public.t.c`, `index public.t.i`."""
    way: Way
    statements: tuple[str, ...] = ()
    """Of ALTER."""
    before: tuple[str, ...] = ()
    """Of ALTER: what lets go of something before anything is made."""
    frees: tuple[str, ...] = ()
    """Of ALTER: names of what the statements are refused for while it is used. Whatever uses it is made anew."""
    needs: frozenset[str] = frozenset()
    """Of ALTER: names of what has to be there before."""
    note: str = ""
    """What follows from the statements, or, of NONE, what people can do."""


def shown(name: str) -> str:
    """A name as people read it: that of the schema `public` goes without saying."""
    return name.removeprefix("public.")


def listed(entries: Iterable[str]) -> str:
    """Options and the like in one text."""
    return comma(entries) or "none"


def missing(kind: str, name: str, object_: str, expected: str) -> Change:
    """Something that is defined and not there."""
    return Change(
        severity="ERROR", kind=kind, object=shown(object_), what="missing", expected=expected, found=None, name=name,
        way="make",
    )  # fmt: skip


def extra(kind: str, name: str, object_: str, found: str, note: str = "") -> Change:
    """Something that is there and not defined."""
    return Change(
        severity="WARN", kind=kind, object=shown(object_), what="extra", expected=None, found=found, name=name,
        way="drop", note=note,
    )  # fmt: skip


def differs(kind: str, name: str, object_: str, what: str, expected: str, found: str) -> Change:
    """Something that is dropped and made anew, since no statement turns one into the other."""
    return Change(
        severity="ERROR", kind=kind, object=shown(object_), what=what, expected=expected, found=found, name=name,
        way="anew",
    )  # fmt: skip


def altered(
    kind: str,
    name: str,
    object_: str,
    what: str,
    expected: str | None,
    found: str | None,
    statements: Iterable[str],
    *,
    before: Iterable[str] = (),
    frees: Iterable[str] = (),
    needs: Iterable[str] = (),
    note: str = "",
) -> Change:
    """Something that statements change where it is; a part that only one side has is missing or extra."""
    return Change(
        severity="WARN" if expected is None else "ERROR",
        kind=kind,
        object=shown(object_),
        what="extra" if expected is None else "missing" if found is None else what,
        expected=expected,
        found=found,
        name=name,
        way="alter",
        statements=tuple(statements),
        before=tuple(before),
        frees=tuple(frees),
        needs=frozenset(needs),
        note=note,
    )


def beyond(kind: str, name: str, object_: str, what: str, expected: str, found: str, note: str) -> Change:
    """Something that no statement mends; `note` says what does."""
    return Change(
        severity="ERROR", kind=kind, object=shown(object_), what=what, expected=expected, found=found, name=name,
        way="none", note=note,
    )  # fmt: skip


def comment(name: str, object_: str, wanted: str | None, found: str | None, sql: str) -> Iterator[Change]:
    """The comment on an object that is there; `sql` is the statement that sets it."""
    if wanted != found:
        yield altered("comment", f"comment on {name}", object_, "comment", wanted, found, [sql], needs=[name])


def part_comments(
    owner: str, wanted: Mapping[str, str], found: Mapping[str, str], there: Callable[[str], bool], on: str | None = None
) -> Iterator[Change]:
    """The comments on what hangs on a relation or domain, where both sides have it: made anew it gets its own.

    `there` tells whether a part, `index i`, is on both sides; `on` is the owner in COMMENT ON where it has a keyword.
    """
    for part in dict.fromkeys([*wanted, *found]):
        kind, _, title = part.partition(" ")
        if there(part):
            sql = part_comment(on or owner, part, wanted.get(part))
            name = f"{kind} {owner}.{title}"
            yield from comment(name, f"{kind} {shown(owner)}.{title}", wanted.get(part), found.get(part), sql)


def parts(
    kind: str,
    owner: str,
    wanted: Mapping[str, str],
    found: Mapping[str, str],
    change: Callable[[str, str, str], Change | None] | None = None,
) -> Iterator[Change]:
    """Compare what hangs on a relation by name; what differs is made anew where `change` knows no better."""
    if wanted == found:
        return
    for title in sorted({*wanted, *found}):
        want, has = wanted.get(title), found.get(title)
        name, object_ = f"{kind} {owner}.{title}", f"{owner}.{title}"
        if has is None and want is not None:
            yield missing(kind, name, object_, want)
        elif want is None and has is not None:
            yield extra(kind, name, object_, has)
        elif want is not None and has is not None and not same(want, has):
            better = change(title, want, has) if change else None
            yield better or differs(kind, name, object_, "definition", want, has)
