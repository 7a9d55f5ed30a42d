"""What a difference is, and the comparison of objects that are their own text. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from bootstrap.schema import statements as sql

Severity = Literal["ERROR", "WARN", "INFO"]


@dataclass(frozen=True, kw_only=True)
class SchemaDifference:
    """One thing that is not as defined."""

    severity: Severity
    """ERROR: missing or different. WARN: there, but not in the definition. INFO: this server cannot have it."""
    kind: str
    object: str
    what: str
    """`missing`, `extra`, or what differs."""
    expected: str | None = None
    found: str | None = None
    sql: str | None = None
    """Statements that mend it, parted by semicolons; CONCURRENTLY ones need to run outside a transaction."""

    def __str__(self) -> str:
        mend = f"; mend: {self.sql}" if self.sql else ""
        return f"{self.kind} {self.object}: {self.what}{mend}"


def difference(
    kind: str, title: str, expected: str | None, found: str | None, mends: Iterable[str], what: str = "definition"
) -> SchemaDifference:
    """A difference whose severity and words follow from which side has nothing."""
    return SchemaDifference(
        severity="WARN" if expected is None else "ERROR",
        kind=kind,
        object=title,
        what="extra" if expected is None else "missing" if found is None else what,
        expected=expected,
        found=found,
        sql=";\n".join(mends),
    )


def named(
    kind: str,
    expected: Mapping[str, str],
    found: Mapping[str, str],
    *,
    make: Callable[[str, str], Iterable[str]],
    drop: Callable[[str, str], str],
    change: Callable[[str, str, str], Iterable[str]] | None = None,
    prefix: str = "",
) -> Iterator[SchemaDifference]:
    """Compare objects by name. One that differs is changed, by default dropped and made again."""
    if expected == found:
        return
    for title in sorted({*expected, *found}):
        wanted, has = expected.get(title), found.get(title)
        if wanted == has or (wanted is not None and has is not None and _same(wanted, has)):
            continue
        mends: Iterable[str] = []
        if wanted is not None and has is not None:
            mends = change(title, wanted, has) if change else [drop(title, has), *make(title, wanted)]
        elif wanted is not None:
            mends = make(title, wanted)
        elif has is not None:
            mends = [drop(title, has)]
        yield difference(kind, f"{prefix}{title}", wanted, has, mends)


def comment(keyword: str, title: str, quoted: str, wanted: str | None, has: str | None) -> Iterator[SchemaDifference]:
    """Compare the comment on an object that is there; `quoted` is its name in SQL."""
    if wanted != has:
        yield difference("comment", title, wanted, has, [sql.comment(keyword, quoted, wanted)], "comment")


# `varchar_column IN ('a', 'b')` is printed as a cast of the whole array, which, read again, is printed as an array of
# casts: whoever restores a dump or runs a mending statement has the second form for good.
_CAST = re.compile(r"\(ARRAY\[((?:'(?:[^']|'')*'::[\w ]+(?:, )?)+)\]\)::text\[\]")
_ELEMENT = re.compile(r"'(?:[^']|'')*'::[\w ]+")


def _same(one: str, other: str) -> bool:
    return _canonical(one) == _canonical(other)


def _canonical(text: str) -> str:
    return _CAST.sub(
        lambda match: f"ARRAY[{', '.join(f'({each})::text' for each in _ELEMENT.findall(match[1]))}]", text
    )
