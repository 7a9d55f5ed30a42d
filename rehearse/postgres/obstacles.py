"""What is in the way of a major upgrade, asked of the source itself: a copy by dump has no slots, no prepared
transactions, and columns that a dump makes again.

What RDS looks for: RDS User Guide, USER_UpgradeDBInstance.PostgreSQL.MajorVersion.Process. What pg_upgrade looks for
from 15 on: PostgreSQL 18's src/bin/pg_upgrade/check.c; its checks for what ended before (`abstime`, `WITH OIDS`,
`unknown`, `sql_identifier`, postfix operators) find nothing on the versions that are rehearsed here, and run with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from knowledge.postgres.extensions import EXTENSIONS, extension_problem
from rehearse.report import Obstacle, Way
from upgrade.queries import BROKEN, PREPARED, REG, SLOTS_KEPT, columns_of


@dataclass(frozen=True, kw_only=True)
class _Question:
    check: str
    sql: str
    """Columns: the object, and what mends it."""
    what: str
    stops: tuple[Way, ...] = ("pg_upgrade",)
    applies: Callable[[int, int], bool] = lambda _was, _wanted: True
    """From which major to which."""


_QUESTIONS: tuple[_Question, ...] = (
    _Question(
        check="prepared transactions",
        sql=PREPARED.statement,
        what="pg_upgrade refuses a server with a prepared transaction, and a dump does not have it",
        stops=("pg_upgrade", "dump"),
    ),
    _Question(
        check="logical replication slots",
        sql="SELECT slot_name::text, format('SELECT pg_drop_replication_slot(%L), and make it again afterwards', "
        "slot_name) FROM pg_replication_slots WHERE slot_type = 'logical' AND NOT temporary ORDER BY 1",
        what="RDS refuses the upgrade while it is there, and pg_upgrade loses it: slots are kept from 17 on",
        applies=lambda was, _: was < SLOTS_KEPT,
    ),
    _Question(
        check="logical replication slots",
        sql="SELECT slot_name::text, 'let its reader catch up, or drop it' FROM pg_replication_slots "
        "WHERE slot_type = 'logical' AND NOT temporary ORDER BY 1",
        what="it is kept only if its reader has everything when the server goes down (pg_upgrade, "
        '"Prepare for publisher upgrades")',
        stops=(),
        applies=lambda was, _: was >= SLOTS_KEPT,
    ),
    _Question(
        check="databases that take no connection",
        sql=BROKEN.statement,
        what="pg_upgrade has to log in to every database; a limit of -2 is what an interrupted DROP DATABASE leaves",
    ),
    _Question(
        check="columns of reg* types",
        sql=REG.statement,
        what="it holds OIDs of the catalog that the new cluster does not have",
    ),
    _Question(
        check="columns of aclitem",
        sql=columns_of("t.oid = 'pg_catalog.aclitem'::regtype"),
        what="its form on disk changed with 16",
        applies=lambda was, wanted: was < 16 <= wanted,
    ),
    _Question(
        check="NOT NULL of children",
        sql="SELECT format('%I.%I.%I', n.nspname, c.relname, a.attname), "
        "format('ALTER TABLE %I.%I ALTER COLUMN %I SET NOT NULL', n.nspname, c.relname, a.attname) "
        "FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
        "JOIN pg_attribute a ON a.attrelid = i.inhrelid AND NOT a.attisdropped "
        "JOIN pg_attribute p ON p.attrelid = i.inhparent AND p.attname = a.attname AND p.attnum > 0 "
        "WHERE p.attnotnull AND NOT a.attnotnull ORDER BY 1",
        what="its parent's column is NOT NULL and its own is not, which 18 does not take back",
        applies=lambda was, wanted: was < 18 <= wanted,
    ),
    _Question(
        check="roles with MD5 passwords",
        sql="SELECT rolname::text, format('set its password again: \\password %I', rolname) FROM pg_authid "
        "WHERE rolpassword LIKE 'md5%' ORDER BY 1",
        what="18 warns at each of its logins: MD5 will be removed",
        stops=(),
        applies=lambda _, wanted: wanted >= 18,
    ),
)


def asked(conn: psycopg.Connection[Any], wanted: int) -> tuple[tuple[Obstacle, ...], tuple[str, ...]]:
    """Return what is in the way, and a sentence for each question that the login may not ask."""
    was = conn.info.server_version // 10000
    found: list[Obstacle] = []
    refused: list[str] = []
    for question in (each for each in _QUESTIONS if each.applies(was, wanted)):
        try:
            with conn.transaction(), conn.cursor(row_factory=tuple_row) as cursor:
                # format() has the % signs: without parameters psycopg leaves them alone.
                rows = cursor.execute(question.sql.encode()).fetchall()
        except psycopg.errors.InsufficientPrivilege as error:
            refused.append(f"{question.check} could not be looked at: {error.diag.message_primary}")
            continue
        found += [
            Obstacle(check=question.check, object=thing, what=question.what, mend=mend, stops=question.stops)
            for thing, mend in rows
        ]
    return tuple(found), tuple(refused)


def not_offered(names: Iterable[str], was: int, wanted: int, *, on_rds: bool) -> tuple[Obstacle, ...]:
    """The extensions that RDS has for the old version and not for the new one. Pure."""
    known = [name for name in sorted(names) if was in EXTENSIONS and name in EXTENSIONS[was]]
    return tuple(
        Obstacle(
            check="extensions",
            object=name,
            what=problem,
            mend=f"DROP EXTENSION {name}, and what uses it",
            stops=("pg_upgrade", "dump") if on_rds else (),
        )
        for name in known
        if (problem := extension_problem(name, wanted))
    )
