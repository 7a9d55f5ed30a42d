"""Statements that change PostgreSQL: as actions of a plan, and the quoting of what stands in them."""

from __future__ import annotations

from collections.abc import Iterable

from bootstrap.action import Action, Sql


def statement(verb: Sql, subject: str, sql: str, *, takes_away: bool = False) -> Action:
    """Return an action by its statement; `bootstrap.postgres.plan` adds the database and whom it is about."""
    return Action(engine="postgres", verb=verb, subject=subject, text=sql, takes_away=takes_away)


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
