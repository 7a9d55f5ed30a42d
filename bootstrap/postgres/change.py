"""One statement of a plan, as data that may be printed: it never holds a secret."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Action = Literal[
    "create", "alter", "mark", "own", "join", "leave", "set", "reset", "grant", "revoke", "default", "policy", "drop"
]


@dataclass(frozen=True, kw_only=True)
class Change:
    """A difference between what is declared and what the server has, with the statement that mends it."""

    action: Action
    subject: str
    """What is changed, in words: `role tmi_app_a`."""
    sql: str
    takes_away: bool = False
    """Whether somebody can do less afterwards."""

    def __str__(self) -> str:
        return self.sql


def ident(name: str) -> str:
    """Quote an identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """Quote a string; a backslash makes it an E string, whatever standard_conforming_strings says."""
    quoted = "'" + value.replace("'", "''") + "'"
    return " E" + quoted.replace("\\", "\\\\") if "\\" in value else quoted


def comma(items: Iterable[str]) -> str:
    """Join for a list in SQL."""
    return ", ".join(items)
