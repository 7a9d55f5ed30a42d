"""Logging in by URL, for servers that no stack describes: what `DATABASE_URL` and `REDIS_URL` name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bootstrap.errors import BootstrapError
from bootstrap.secrets.logins import TIMEOUT, LoginError
from bootstrap.secrets.secret import Secret

if TYPE_CHECKING:
    import psycopg
    import redis


class UrlError(BootstrapError, ValueError):
    """A URL that cannot be read. The message never repeats it: it may hold a password."""


def open_database_url(url: Secret) -> psycopg.Connection[tuple[Any, ...]]:
    """Return an autocommit connection by a libpq URL or key=value string; raise UrlError or LoginError.

    What the URL leaves out comes from libpq's environment (`PGPASSWORD`, `PGSSLROOTCERT`, `~/.pgpass`).
    """
    import psycopg
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    try:
        parts = conninfo_to_dict(url.reveal())
    except psycopg.Error:
        raise UrlError(
            "the database URL cannot be read: write postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full, "
            "special characters of the password percent-encoded"
        ) from None
    usual: dict[str, Any] = {"connect_timeout": TIMEOUT, "application_name": "datatier"}
    try:
        return psycopg.connect(make_conninfo(**(usual | parts)), autocommit=True)
    except psycopg.OperationalError as error:
        text = " ".join(str(error).split())
        raise LoginError(f"cannot log in to the database of the URL: {text}", refused="FATAL:" in text) from None


def open_redis_url(url: Secret) -> redis.Redis:
    """Return a client that is logged in, by `redis://` or `rediss://` (verified); raise UrlError or LoginError."""
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    try:
        client = redis.Redis.from_url(
            url.reveal(),
            socket_timeout=TIMEOUT,
            socket_connect_timeout=TIMEOUT,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
            decode_responses=True,
        )
    except ValueError:
        raise UrlError(
            "the Redis URL cannot be read: write rediss://USER:PASSWORD@HOST:PORT/0 (redis:// without TLS), "
            "special characters of the password percent-encoded"
        ) from None
    try:
        client.ping()
    except redis.exceptions.NoPermissionError:
        return client
    except (redis.exceptions.AuthenticationError, redis.exceptions.ResponseError) as error:
        client.close()
        raise LoginError(f"cannot log in to the Redis of the URL: {error}", refused=True) from None
    except redis.exceptions.RedisError as error:
        client.close()
        raise LoginError(f"cannot reach the Redis of the URL: {error}", refused=False) from None
    return client
