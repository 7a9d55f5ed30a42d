"""PostgreSQL's refusals to keep the books, as sentences that say what mends them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psycopg
from psycopg import errors as pg

from bootstrap.migrate.errors import LedgerError

_GOLANG_MIGRATE = {"version": "bigint", "dirty": "boolean"}


def check_table(table: str, columns: Mapping[str, str]) -> None:
    """Refuse a table of this name that is not golang-migrate's; additional columns do no harm."""
    if _GOLANG_MIGRATE.items() <= columns.items():
        return
    tool = "dbmate or Rails" if columns.get("version", "").startswith("character varying") else "another tool"
    layout = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    raise LedgerError(
        f"{table} ({layout}) belongs to {tool}, not to golang-migrate",
        f"once that tool is out of use: ALTER TABLE {table} RENAME TO {table.rsplit('.', maxsplit=1)[-1]}_before; "
        "then datatier migrate force V, with the version that the schema is at",
    )


@contextmanager
def explained(what: str, fix: str = "") -> Iterator[None]:
    """Turn an error of PostgreSQL into one that says what was being done; `fix` mends a missing privilege."""
    try:
        yield
    except pg.InsufficientPrivilege as error:
        raise LedgerError(f"{what}: {error.diag.message_primary}", fix) from error
    except (pg.InvalidParameterValue, pg.UndefinedObject) as error:
        raise LedgerError(f"{what}: {error.diag.message_primary}", "make the role first: datatier bootstrap") from error
    except pg.ReadOnlySqlTransaction as error:
        raise LedgerError(f"{what}: this server is read-only", "connect to the primary") from error
    except psycopg.OperationalError as error:
        first = str(error).splitlines()[0]
        raise LedgerError(f"{what}: {first}", "see that the server is up, then run the command again") from error
    except psycopg.Error as error:
        first = error.diag.message_primary or str(error).splitlines()[0]
        raise LedgerError(f"{what}: {first}", "mend that, then run the command again") from error
