"""How many connections each instance of an application may hold, worked out from what the server has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

# The pool of the applications behind this project: 25 open, 5 of them kept when idle, replaced after five minutes, so
# that they follow a failover and a rotated password.
OPEN, IDLE, LIFETIME = 25, 5, 300
# Seconds that a request waits for a free connection: Prisma's default of `pool_timeout`.
WAIT = 10
# The bootstrap proves every login and probes as it (bootstrap.run), one session at a time.
OWN_SPARE = 2
# Master's session of the bootstrap and its eight threads (bootstrap.run), and a person who looks what is wrong.
SPARE = 10


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """The server's slots."""

    max_connections: int
    superuser_reserved: int = 0
    """`superuser_reserved_connections`: for superusers alone, which on RDS is AWS itself; 3 unless set."""
    reserved: int = 0
    """`reserved_connections` (PostgreSQL 16): for pg_use_reserved_connections; 0 unless set."""
    rds_reserved: int = 0
    """`rds.rds_superuser_reserved_connections`: for the master user; 2 on RDS, which says so in
    https://aws.amazon.com/premiumsupport/knowledge-center/rds-postgresql-error-connection-slots/."""

    @property
    def usable(self) -> int:
        """What ordinary logins may take together."""
        return self.max_connections - self.superuser_reserved - self.reserved - self.rds_reserved


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Settings of one instance's pool."""

    open: int = OPEN
    """Connections at most."""
    idle: int = IDLE
    """Of these, kept while nobody needs them."""
    lifetime: int = LIFETIME
    """Seconds after which a connection is replaced."""
    wait: int = WAIT
    """Seconds that a request waits for a connection before it fails."""


@dataclass(frozen=True, kw_only=True)
class Advice:
    """A pool, and how it came about."""

    login: str
    instances: int
    capacity: Capacity | None
    """None where the server was not asked."""
    others: Mapping[str, int]
    """Connection limits of the other logins: what they may take at the same time."""
    limit: int | None
    """The login's own connection limit; None without one."""
    budget: int | None
    """Connections for all instances together; None where nothing limits them."""
    pool: Pool
    warnings: tuple[str, ...]


def advise(
    login: str,
    instances: int,
    limits: Mapping[str, int | None],
    capacity: Capacity | None = None,
    proxy_percent: int | None = None,
) -> Advice:
    """Share out what is left to `login` among `instances`; `limits` are the connection limits of all logins.

    Behind a proxy that takes `proxy_percent` of max_connections the budget is what transactions share at any one
    moment: an instance may hold its usual pool, of which most sessions wait without a connection of the server's.
    """
    others = {name: limit for name, limit in sorted(limits.items()) if limit is not None and name != login}
    limit = limits.get(login)
    left = capacity.usable - sum(others.values()) - SPARE if capacity else None
    if capacity and left is not None and proxy_percent is not None:
        left = min(left, capacity.max_connections * proxy_percent // 100)
    own = limit - OWN_SPARE if limit is not None else None
    budget = min((each for each in (left, own) if each is not None), default=None)
    each = OPEN if budget is None or proxy_percent is not None else max(1, min(OPEN, budget // instances))
    pinned = tuple(_pinned(instances, budget)) if proxy_percent is not None else None
    return Advice(
        login=login,
        instances=instances,
        capacity=capacity,
        others=others,
        limit=limit,
        budget=budget,
        pool=Pool(open=each, idle=min(IDLE, each)),
        warnings=tuple(_warnings(login, instances, left, own, each)) if pinned is None else pinned,
    )


def _pinned(instances: int, budget: int | None) -> list[str]:
    """What a proxy does not help with (RDS User Guide, rds-proxy-pinning)."""
    wanted = instances * OPEN
    if budget is None or wanted <= budget:
        return []
    return [
        f"{instances} x {OPEN} = {wanted} sessions share {max(0, budget)} connections of the server: transactions "
        "beyond that wait, and a session that is pinned (SET, PREPARE, LISTEN, temporary tables, nextval(), advisory "
        "locks of the session) keeps its connection until it ends; watch DatabaseConnectionsCurrentlySessionPinned"
    ]


def _warnings(login: str, instances: int, left: int | None, own: int | None, each: int) -> list[str]:
    said = []
    wanted = instances * OPEN
    if left is not None and wanted > left:
        said.append(
            f"{instances} x {OPEN} = {wanted} connections are more than the {max(0, left)} that max_connections leaves "
            f"for it; {_mend(instances, each, left)}, or take a larger class or an RDS Proxy"
        )
    if own is not None and wanted > own:
        said.append(
            f"{instances} x {OPEN} = {wanted} connections are more than the connection limit of {login} allows "
            f"({own + OWN_SPARE}, of which the bootstrap needs {OWN_SPARE}); {_mend(instances, each, own)}, or write "
            f"`connection_limit: {wanted + OWN_SPARE}` in access.yaml"
        )
    return said


def _mend(instances: int, each: int, left: int) -> str:
    return f"{each} for each instance fit" if each * instances <= left else "not even one for each instance fits"


_SETTINGS = {
    "max_connections": "max_connections",
    "superuser_reserved_connections": "superuser_reserved",
    "reserved_connections": "reserved",
    "rds.rds_superuser_reserved_connections": "rds_reserved",
}


def read(conn: psycopg.Connection[Any]) -> tuple[Capacity, dict[str, int | None]]:
    """Return the server's slots and the connection limit of each login, None for no limit. Any login may read them."""
    rows = conn.execute(
        "SELECT name, setting::int FROM pg_settings WHERE name = ANY(%s)", (list(_SETTINGS),)
    ).fetchall()
    roles = "SELECT rolname, nullif(rolconnlimit, -1) FROM pg_roles WHERE rolcanlogin"
    return Capacity(**{_SETTINGS[name]: value for name, value in rows}), dict(conn.execute(roles).fetchall())
