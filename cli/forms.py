"""An identity's addresses as each library reads them: libpq, URL, SQLAlchemy, Prisma, Go, Redis.

Each form is a list of `KEY=value` lines. Without the credential a value that is one secret is the reference that ECS
takes in `valueFrom`; inside a URL it is CloudFormation's dynamic reference, which may stand within a text
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from bootstrap.access import load_access
from bootstrap.access.model import Access
from bootstrap.manifest import CacheTarget, Endpoint, Manifest, PostgresTarget
from bootstrap.postgres.pools import Pool
from bootstrap.secrets import Credential
from bootstrap.secrets.logins import RDS_BUNDLE
from cli.errors import InputError

SYSTEM = "system"
"""libpq's word for the system's certificate authorities (PostgreSQL 16, libpq-connect, sslrootcert)."""
# Where no bundle is named and none is shipped: what AWS calls it.
_BUNDLE = "global-bundle.pem"


@dataclass(frozen=True, kw_only=True)
class Client:
    """Who connects, to what, with which pool."""

    manifest: Manifest
    identity: str
    found: Credential | None
    """None: references in place of names and passwords."""
    pool: Pool

    @property
    def access(self) -> Access:
        return load_access(self.manifest.access)

    def value(self, key: str) -> str:
        """A field of the secret, or its reference."""
        if self.found is None:
            return f"{self.manifest.secrets[self.identity]}:{key}::"
        return str(self.found.content().get(key, ""))

    def quoted(self, key: str) -> str:
        """The same inside a URL."""
        if self.found is None:
            return f"{{{{resolve:secretsmanager:{self.manifest.secrets[self.identity]}:SecretString:{key}}}}}"
        return quote(self.value(key), safe="")

    @property
    def server(self) -> Endpoint:
        """Where it connects: the proxy where that serves it by password, else the primary."""
        return pooled(self.manifest.postgres, self.identity) or self.manifest.postgres.primary

    @property
    def root(self) -> str:
        """Path of the CA bundle; a proxy's certificate is of Amazon's public authority, which every system knows."""
        if pooled(self.manifest.postgres, self.identity):
            return SYSTEM
        return self.manifest.postgres.sslrootcert or (str(RDS_BUNDLE) if RDS_BUNDLE.is_file() else _BUNDLE)


def libpq(client: Client) -> list[str]:
    """What psql, psycopg and everything else on libpq reads by itself."""
    postgres = _postgres(client)
    lines = [
        f"PGHOST={client.server.host}",
        f"PGPORT={client.server.port}",
        f"PGDATABASE={postgres.database}",
        f"PGUSER={client.value('username')}",
        f"PGPASSWORD={client.value('password')}",
        f"PGSSLMODE={postgres.sslmode}",
    ]
    return lines + ([] if postgres.sslmode == "disable" else [f"PGSSLROOTCERT={client.root}"])


def url(client: Client) -> list[str]:
    """libpq's URL, which most drivers take."""
    return [f"DATABASE_URL={_url(client, 'postgresql', _libpq_tls(client))}"]


def sqlalchemy(client: Client) -> list[str]:
    """SQLAlchemy 2 with psycopg 3; the pool is create_engine's keyword arguments (its guide, Connection Pooling)."""
    pool = client.pool
    options = {
        "pool_size": pool.idle,
        "max_overflow": pool.open - pool.idle,
        "pool_recycle": pool.lifetime,
        "pool_timeout": pool.wait,
        "pool_pre_ping": True,
    }
    return [
        f"SQLALCHEMY_DATABASE_URL={_url(client, 'postgresql+psycopg', _libpq_tls(client))}",
        f"SQLALCHEMY_ENGINE_OPTIONS={json.dumps(options)}",
    ]


def prisma(client: Client) -> list[str]:
    """Prisma's own engine: it knows `disable`, `prefer` and `require`, and takes verify-full for prefer (prisma#10833).

    `sslaccept=strict` verifies chain and host name, `sslcert` is the CA bundle.
    """
    query: dict[str, str | int] = {"sslmode": "disable"}
    if _postgres(client).sslmode != "disable":
        query = {"sslmode": "require", "sslaccept": "strict"}
        query |= {} if client.root == SYSTEM else {"sslcert": client.root}
    query |= {"connection_limit": client.pool.open, "pool_timeout": client.pool.wait}
    return [f"DATABASE_URL={_url(client, 'postgresql', query)}"]


def go(client: Client) -> list[str]:
    """pgxpool reads its pool from the URL (pgxpool.ParseConfig); database/sql must not see those parameters, it has
    SetMaxOpenConns, SetMaxIdleConns and SetConnMaxLifetime."""
    pool = client.pool
    settings: dict[str, str | int] = {
        "pool_max_conns": pool.open,
        "pool_min_conns": pool.idle,
        "pool_max_conn_lifetime": f"{pool.lifetime}s",
        "pool_max_conn_lifetime_jitter": f"{pool.lifetime // 10}s",
    }
    return [
        f"PGXPOOL_URL={_url(client, 'postgres', {**_go_tls(client), **settings})}",
        f"DATABASE_URL={_url(client, 'postgres', _go_tls(client))}",
        f"DB_MAX_OPEN_CONNS={pool.open}",
        f"DB_MAX_IDLE_CONNS={pool.idle}",
        f"DB_CONN_MAX_LIFETIME={pool.lifetime}s",
    ]


def redis(client: Client) -> list[str]:
    """A URL for each cache and logical database in which the identity has key spaces: `REDIS_URL`, `REDIS_URL_1`."""
    declared = client.access.identities[client.identity].redis
    lines = []
    for name, cache in client.manifest.caches.items():
        if name in declared:
            for database in _databases(client.access, name, cache):
                key = f"{prefix(name)}REDIS_URL" + (f"_{database}" if database else "")
                user, password = client.quoted("redis_username"), client.quoted("redis_password")
                where = f"{cache.endpoint.host}:{cache.endpoint.port}/{database}"
                lines.append(f"{key}={'rediss' if cache.tls else 'redis'}://{user}:{password}@{where}")
    if not lines:
        raise InputError(f"`{client.identity}` has no Redis login.")
    return lines


def pooled(target: PostgresTarget, identity: str) -> Endpoint | None:
    """The proxy, where it serves `identity` by password; one that asks for a token of AWS is for programs that make
    one."""
    proxy = target.proxy
    return proxy.endpoint if proxy and identity in proxy.identities and not proxy.iam else None


FORMS: dict[str, Callable[[Client], list[str]]] = {
    "libpq": libpq,
    "url": url,
    "sqlalchemy": sqlalchemy,
    "prisma": prisma,
    "go": go,
    "redis": redis,
}


def prefix(cache: str) -> str:
    """What stands before REDIS_ in the variables of a cache: nothing for `main`."""
    return "" if cache == "main" else f"{cache.upper().replace('-', '_')}_"


def _postgres(client: Client) -> PostgresTarget:
    if client.access.identities[client.identity].postgres is None:
        raise InputError(f"`{client.identity}` has no PostgreSQL login.")
    return client.manifest.postgres


def _libpq_tls(client: Client) -> dict[str, str]:
    mode = _postgres(client).sslmode
    return {"sslmode": mode} if mode == "disable" else {"sslmode": mode, "sslrootcert": client.root}


def _go_tls(client: Client) -> dict[str, str]:
    """Go's own TLS takes the system's authorities where none are named, and knows no word for them."""
    return {key: value for key, value in _libpq_tls(client).items() if value != SYSTEM}


def _url(client: Client, scheme: str, parameters: Mapping[str, str | int]) -> str:
    where = client.server
    login = f"{client.quoted('username')}:{client.quoted('password')}"
    # quote, because libpq does not take `+` for a space.
    query = urlencode(parameters, quote_via=quote)
    database = quote(client.manifest.postgres.database, safe="")
    return f"{scheme}://{login}@{where.host}:{where.port}/{database}?{query}"


def _databases(access: Access, name: str, cache: CacheTarget) -> list[int]:
    if cache.cluster_mode:
        return [0]
    return sorted({0, *(space.database for space in access.keyspaces.values() if space.cache == name)})
