"""What a difference is, as people and programs get it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

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
    statements: tuple[str, ...] = ()
    """What mends it, in order; CONCURRENTLY ones need to run outside a transaction. Those of all differences, one
    after the other, mend everything in one pass."""
    notes: tuple[str, ...] = ()
    """What the statements lock, rewrite or lose; or, where no statement mends it, what does."""

    @property
    def sql(self) -> str:
        """The statements, separated by semicolons."""
        return ";\n".join(self.statements)

    def __str__(self) -> str:
        mend = f"; mend: {self.sql}" if self.statements else ""
        return f"{self.kind} {self.object}: {self.what}{mend}"


# `varchar_column IN ('a', 'b')` is printed as a cast of the whole array, which, read again, is printed as an array of
# casts: whoever restores a dump or runs a mending statement has the second form for good. A view that is no more than
# VALUES is likewise printed with a blank once it was read again.
_CAST = re.compile(r"\(ARRAY\[((?:'(?:[^']|'')*'::[\w ]+(?:, )?)+)\]\)::text\[\]")
_ELEMENT = re.compile(r"'(?:[^']|'')*'::[\w ]+")


def same(one: str | None, other: str | None) -> bool:
    """Whether two texts of the catalog say the same."""
    return one == other or (one is not None and other is not None and _canonical(one) == _canonical(other))


def same_body(one: list[str], other: list[str]) -> bool:
    """Whether two texts of a function do the same.

    A value without a name that PostgreSQL casts to the function's result is printed with that cast, which, read again,
    names the column after the type: `'x'::text AS text`.
    """
    return one == other or _unnamed(one) == _unnamed(other)


_NAMED_CAST = re.compile(r"""(::[\w ]+(?:\([\d,]+\))?(?:\[\])?) AS (?:\w+|"\w+")(?=[,;]?$)""")


def _unnamed(lines: list[str]) -> list[str]:
    at = next((at for at, line in enumerate(lines) if line.startswith("BEGIN ATOMIC")), len(lines))
    return [*lines[:at], *(_NAMED_CAST.sub(r"\1", line) for line in lines[at:])]


def _canonical(text: str) -> str:
    text = _CAST.sub(
        lambda match: f"ARRAY[{', '.join(f'({each})::text' for each in _ELEMENT.findall(match[1]))}]", text
    )
    return text.replace("FROM (VALUES ", "FROM ( VALUES ")
