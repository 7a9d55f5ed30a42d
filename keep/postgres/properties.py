"""What belongs to a database as a whole: how it is made, its settings, its comment, who may connect.

Only `pg_restore --create` brings them back, and only under the name that the database had: here it has another one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
from psycopg.sql import SQL

from bootstrap.postgres.change import ident
from keep.errors import KeepError
from keep.postgres.archive import Entry

OF_DATABASE = frozenset({"DATABASE", "DATABASE PROPERTIES"})
_HOW = re.compile(r"CREATE DATABASE .+ WITH (TEMPLATE = template0 .*)")


def made(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entry that makes the database."""
    return [each for each in entries if each.kind == "DATABASE"]


def others(entries: Iterable[Entry]) -> list[Entry]:
    """Return its settings, comment, labels and privileges."""
    about = ("COMMENT", "ACL", "SECURITY LABEL")
    return [
        each
        for each in entries
        if each.kind == "DATABASE PROPERTIES" or (each.kind in about and each.rest.startswith("- DATABASE "))
    ]


def of_database(entries: Iterable[Entry]) -> list[Entry]:
    """Return all of these."""
    entries = list(entries)
    return [*made(entries), *others(entries)]


def creation(statements: Iterable[str]) -> str:
    """Return how the database is made: encoding, provider and locale as they were. Raise KeepError."""
    found = next((found for each in statements if (found := _HOW.fullmatch(each))), None)
    if found is None:
        raise KeepError("the archive does not say how its database was made: it is not one of `datatier backup create`")
    return found[1]


def apply(door: psycopg.Connection[Any], statements: Sequence[str], was: str, name: str) -> tuple[str, ...]:
    """Give the database `name` what `was` had; return the settings that whoever is logged in may not make.

    Raise KeepError with what else the server refuses: a database that more people may enter than before is not it.
    """
    refused: list[str] = []
    for statement in statements:
        if _HOW.fullmatch(statement):  # pg_restore writes it whatever the list says
            continue
        try:
            door.execute(SQL(renamed(statement, was, name)))
        except psycopg.errors.InsufficientPrivilege as error:
            if not (setting := re.fullmatch(r"(ALTER .+ SET .+?) (?:TO|=) .*", statement, re.DOTALL)):
                raise KeepError(f"{statement} is refused: {error.diag.message_primary}") from None
            refused.append(f"not brought: {setting[1]}, which needs more rights: {error.diag.message_primary}")
        except psycopg.Error as error:
            raise KeepError(f"the database's own settings do not come back: {error.diag.message_primary}") from None
    return tuple(refused)


def renamed(statement: str, was: str, name: str) -> str:
    """Return one of pg_dump's statements about a database as one about another database."""
    named = rf"(?:{re.escape(was)}|{re.escape(ident(was))})"
    start = (
        r"(?:ALTER|COMMENT ON) DATABASE |ALTER ROLE .+? IN DATABASE |(?:GRANT|REVOKE) .+? ON DATABASE "
        r"|SECURITY LABEL FOR .+? ON DATABASE "
    )
    return re.sub(rf"\A({start}){named}(?= )", lambda found: f"{found[1]}{ident(name)}", statement)
