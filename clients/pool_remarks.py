"""What a pool leaves in a connection, and what drivers prepare: comments of `datatier env`. See docs/pools.md."""

from __future__ import annotations

_TRANSACTION = (
    "# Row-level security by a setting: set_config(NAME, VALUE, true) inside a transaction. Under autocommit it does "
    "nothing, and no row is found."
)
_KEPT = "# SET without LOCAL stays in a connection for who gets it next."
_BEHIND = "# Behind PgBouncer in transaction mode, or RDS Proxy (docs/pools.md): "

_OF_FORM = {
    "libpq": (
        _TRANSACTION,
        _BEHIND + "psycopg prepares at the sixth execution: prepare_threshold=None. No PGOPTIONS through PgBouncer.",
    ),
    "url": (
        _TRANSACTION,
        _BEHIND + "asyncpg statement_cache_size=0, node-pg queries without `name`, JDBC prepareThreshold=0.",
    ),
    "sqlalchemy": (_TRANSACTION, _KEPT, _BEHIND + 'connect_args={"prepare_threshold": None}.'),
    "prisma": (_TRANSACTION, _KEPT, _BEHIND + "pgbouncer=true in the URL."),
    "go": (_TRANSACTION, _KEPT, _BEHIND + "default_query_exec_mode=exec in PGXPOOL_URL."),
}


def pool_remarks(form: str) -> tuple[str, ...]:
    """Return what concerns the drivers that read a form; none for a form of another engine, or of no driver."""
    return _OF_FORM.get(form, ())
