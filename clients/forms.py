"""An identity's addresses as each library reads them: libpq, URL, SQLAlchemy, Prisma, Go, Redis.

Each form is a list of `KEY=value` lines. Without the credential a value that is one secret is the reference that ECS
takes in `valueFrom`; inside a URL it is CloudFormation's dynamic reference, which may stand within a text
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from bootstrap.access import load_access
from bootstrap.access.model import Access
from bootstrap.credentials import token_users
from bootstrap.manifest import CacheTarget, Endpoint, Manifest, PostgresTarget
from bootstrap.postgres.pools import Pool
from bootstrap.secrets import Credential
from bootstrap.secrets.logins import RDS_BUNDLE
from clients.errors import NoLoginError

SYSTEM = "system"
"""libpq's word for the system's certificate authorities (PostgreSQL 16, libpq-connect, sslrootcert)."""
# Where no bundle is named and none is shipped: what AWS calls it.
_BUNDLE = "global-bundle.pem"


@dataclass(frozen=True)
class Text:
    """A value that is known."""

    text: str

    @property
    def line(self) -> str:
        """As it is written after `KEY=`."""
        return self.text

    @property
    def quoted(self) -> str:
        """As it is written inside a URL."""
        return quote(self.text, safe="")


@dataclass(frozen=True)
class Reference:
    """A value that the starter of the application looks up: a key of a secret."""

    secret: str
    key: str

    @property
    def line(self) -> str:
        """As ECS takes it in `valueFrom`."""
        return f"{self.secret}:{self.key}::"

    @property
    def quoted(self) -> str:
        """As it is written inside a URL."""
        return f"{{{{resolve:secretsmanager:{self.secret}:SecretString:{self.key}}}}}"


@dataclass(frozen=True, kw_only=True)
class Login:
    """What a client passes to an engine when it logs in."""

    user: Text | Reference | None
    """None where the engine knows no users."""
    password: Text | Reference | None
    """None where a program makes a token of AWS in its place."""

    @property
    def authority(self) -> str:
        """As a URL has it before the host: `user:password@`."""
        user, password = (each.quoted if each else "" for each in (self.user, self.password))
        return f"{user}:{password}@" if password else f"{user}@"


def _field(secret: str, key: str, found: Credential | None) -> Text | Reference:
    return Reference(secret, key) if found is None else Text(str(found.content().get(key, "")))


@dataclass(frozen=True, kw_only=True)
class Client:
    """Who connects, to what, with which pool."""

    manifest: Manifest
    identity: str
    found: Credential | None
    """None: references in place of names and passwords."""
    pool: Pool = field(default_factory=Pool)
    caches: Mapping[str, Credential] = field(default_factory=dict)
    """Cache -> what opens it, where that was found and is not the identity's own."""

    @property
    def access(self) -> Access:
        return load_access(self.manifest.access)

    @property
    def postgres(self) -> Login:
        """How it logs in to PostgreSQL. Raise `NoLoginError` where it does not."""
        if not self.access.logins(self.identity):
            raise NoLoginError(f"`{self.identity}` has no PostgreSQL login.")
        by_token = self.manifest.postgres.iam_region and self.identity in self.access.by_token
        return Login(
            user=self._own("username"), password=None if by_token and not self.found else self._own("password")
        )

    def redis(self, cache: str) -> Login:
        """How it logs in to a cache: as itself, by the AUTH token that all share, or as the user of its tokens."""
        target, found = self.manifest.caches[cache], self.caches.get(cache)
        if target.auth_secret:
            return Login(user=None, password=_field(target.auth_secret, "redis_password", found))
        if user := token_users(self.manifest, self.access, cache).get(self.identity):
            password = found.redis_password if found else None
            return Login(user=Text(user), password=Text(password.reveal()) if password else None)
        return Login(user=self._own("redis_username"), password=self._own("redis_password"))

    def _own(self, key: str) -> Text | Reference:
        return _field(self.manifest.secrets[self.identity], key, self.found)

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
    """The environment variables that psql, psycopg and everything else on libpq reads."""
    postgres, login = client.manifest.postgres, client.postgres
    fields = {
        "PGHOST": client.server.host,
        "PGPORT": client.server.port,
        "PGDATABASE": postgres.database,
        "PGUSER": login.user.line if login.user else None,
        "PGPASSWORD": login.password.line if login.password else None,
        "PGSSLMODE": postgres.sslmode,
        "PGSSLROOTCERT": None if postgres.sslmode == "disable" else client.root,
    }
    return [f"{key}={value}" for key, value in fields.items() if value is not None]


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
    if client.manifest.postgres.sslmode != "disable":
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
                where = f"{client.redis(name).authority}{cache.endpoint.host}:{cache.endpoint.port}/{database}"
                lines.append(f"{key}={'rediss' if cache.tls else 'redis'}://{where}")
    if not lines:
        raise NoLoginError(f"`{client.identity}` has no Redis login.")
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
    """The prefix of REDIS_ in the variables of a cache: empty for `main`."""
    return "" if cache == "main" else f"{cache.upper().replace('-', '_')}_"


def _libpq_tls(client: Client) -> dict[str, str]:
    mode = client.manifest.postgres.sslmode
    return {"sslmode": mode} if mode == "disable" else {"sslmode": mode, "sslrootcert": client.root}


def _go_tls(client: Client) -> dict[str, str]:
    """Go's own TLS takes the system's authorities where none are named, and knows no word for them."""
    return {key: value for key, value in _libpq_tls(client).items() if value != SYSTEM}


def _url(client: Client, scheme: str, parameters: Mapping[str, str | int]) -> str:
    where = client.server
    # quote, because libpq does not take `+` for a space.
    query = urlencode(parameters, quote_via=quote)
    database = quote(client.manifest.postgres.database, safe="")
    return f"{scheme}://{client.postgres.authority}{where.host}:{where.port}/{database}?{query}"


def _databases(access: Access, name: str, cache: CacheTarget) -> list[int]:
    if cache.cluster_mode:
        return [0]
    return sorted({0, *(space.database for space in access.keyspaces.values() if space.cache == name)})
