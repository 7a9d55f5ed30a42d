"""Logging in by URL, for servers that no stack describes: what `DATABASE_URL` and `REDIS_URL` name."""

from __future__ import annotations

import ipaddress
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bootstrap.errors import BootstrapError
from bootstrap.secrets.logins import TIMEOUT, logged_in, postgres_refusal
from bootstrap.secrets.secret import Secret
from bootstrap.secrets.tls import Place

if TYPE_CHECKING:
    import psycopg
    import redis


class UrlError(BootstrapError, ValueError):
    """A URL that cannot be read. The message never repeats it: it may hold a password."""


def open_database_url(
    url: Secret, *, database: str | None = None, application: str = "datatier", seconds: int = TIMEOUT
) -> psycopg.Connection[tuple[Any, ...]]:
    """Return an autocommit connection by a libpq URL or key=value string; raise UrlError or LoginError.

    `database` takes the place of the one that the URL names. What the URL leaves out comes from libpq's environment
    (`PGPASSWORD`, `PGSSLROOTCERT`, `~/.pgpass`).
    """
    import psycopg
    from psycopg.conninfo import make_conninfo

    parts = _database(url)
    usual: dict[str, Any] = {"connect_timeout": seconds, "application_name": application}
    if not (_near(_setting(parts, "host")) and _near(_setting(parts, "hostaddr"))):
        # libpq's own default, `prefer`, takes any certificate and no TLS at all.
        usual["sslmode"] = os.environ.get("PGSSLMODE", "verify-full")
    # A database or a role may set an encoding for its clients that lacks what is in it.
    wanted = usual | parts | ({"dbname": database} if database else {}) | {"client_encoding": "UTF8"}
    try:
        return psycopg.connect(make_conninfo(**wanted), autocommit=True)
    except psycopg.OperationalError as error:
        # Said by libpq before it connects: `invalid sslmode value: "x"`, `invalid integer value "x" for connection
        # option "keepalives"`.
        if option := re.search(
            r'invalid (\w+) value: |invalid integer value .* for connection option "(\w+)"', str(error)
        ):
            raise UrlError(f"the database URL has a wrong `{option[1] or option[2]}`: {_DATABASE_FORM}") from None
        raise postgres_refusal("cannot log in to the database of the URL", error, _place(wanted)) from None


def check_urls(database: Secret | None, cache: Secret | None) -> None:
    """Raise UrlError for a URL that no server can be opened by, before anything is opened."""
    if database:
        _database(database)
    if cache:
        _client(cache, TIMEOUT).close()


def place_of(url: Secret) -> str:
    """Return which server a URL means, `HOST:PORT/DATABASE`, as far as that is certain.

    Of a URL with a special character that is not encoded any part may be a password's.
    """
    from psycopg import Error
    from psycopg.conninfo import conninfo_to_dict

    text = url.reveal()
    if text.startswith(("redis:", "rediss:", "unix:")):
        parts = urlsplit(text)
        if "@" in parts.path + parts.query + parts.fragment:
            return "one that cannot be read"
        found: dict[str, Any] = {"host": parts.hostname, "dbname": parts.path.strip("/")}
        if parts.netloc.rpartition("@")[2].rpartition(":")[2].isdecimal():
            found["port"] = str(parts.port)
    else:
        try:
            found = dict(conninfo_to_dict(text))
            _possible(found)
        except (Error, UrlError):
            return "one that cannot be read"
    host = str(found.get("host") or found.get("hostaddr") or "this computer")
    port, database = str(found.get("port") or ""), str(found.get("dbname") or "")
    if not re.fullmatch(r"[\w.,:%/\[\]-]+|this computer", host) or not re.fullmatch(r"[\w.$-]*", database):
        return "one that cannot be read"
    return host + (f":{port}" if port else "") + (f"/{database}" if database else "")


_DATABASE_FORM = (
    "write postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full, special characters of the password "
    "percent-encoded"
)
_REDIS_FORM = (
    "write rediss://USER:PASSWORD@HOST:PORT/0 (redis:// without TLS), special characters of the password "
    "percent-encoded"
)


def _database(url: Secret) -> dict[str, Any]:
    """What a database URL says. Raise UrlError."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    _writable(url, _DATABASE_FORM)
    try:
        parts = conninfo_to_dict(url.reveal())
    except psycopg.Error as error:
        unknown = re.search(r'invalid (?:URI query parameter: |connection option )"(\w+)"', str(error))
        reported = f": libpq has no parameter `{unknown[1]}`, leave it out" if unknown else ""
        raise UrlError(f"the database URL cannot be read{reported}: {_DATABASE_FORM}") from None
    _possible(parts)
    return dict(parts)


def _writable(url: Secret, form: str) -> None:
    """Refuse what no URL can hold. Raise UrlError."""
    text = url.reveal()
    if any(ord(each) < 32 or ord(each) == 127 or 0xD800 <= ord(each) < 0xE000 for each in text):
        raise UrlError(f"the URL holds a line break or another character that none can have: {form}")


def _possible(parts: dict[str, Any]) -> None:
    """Refuse hosts and numbers that cannot be, before their text, which may be a password's, reaches a message."""
    hosts, ports = str(parts.get("host") or "").split(","), str(parts.get("port") or "").split(",")
    wrong = [
        *(["host"] if any(each.find("@") > 0 or (":" in each and not _is_address(each)) for each in hosts) else []),
        *(["port"] if not all(each == "" or (each.isdecimal() and 0 < int(each) < 65536) for each in ports) else []),
        *(["connect_timeout"] if not re.fullmatch(r"-?\d{1,9}", str(parts.get("connect_timeout", "0"))) else []),
    ]
    if wrong:
        raise UrlError(f"the database URL has a wrong `{wrong[0]}`: {_DATABASE_FORM}")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True


_VARIABLES = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
}


def _setting(parts: dict[str, Any], name: str) -> str:
    return str(parts.get(name) or os.environ.get(_VARIABLES[name], ""))


def _near(hosts: str) -> bool:
    """Whether every host is this computer: a socket's folder, a loopback address or its name."""

    def near(host: str) -> bool:
        if host.startswith(("/", "@")) or host in {"", "localhost"}:
            return True
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False

    return all(map(near, hosts.split(",")))


def _place(parts: dict[str, Any]) -> Place | None:
    """The one server that a connection string names; None where there are several or it is a socket."""
    host, port = _setting(parts, "host") or "localhost", _setting(parts, "port") or "5432"
    if "," in host or host.startswith(("/", "@")) or not port.isdecimal():
        return None
    # libpq's default file, where nothing names one
    roots = _setting(parts, "sslrootcert") or str(Path("~/.postgresql/root.crt").expanduser())
    return Place(
        engine="postgres",
        host=host,
        port=int(port),
        roots=None if roots == "system" else roots,
        trust="sslrootcert=FILE in the URL, or PGSSLROOTCERT",
        tls=_setting(parts, "sslmode") != "disable",
    )


def open_redis_url(url: Secret, *, seconds: float = TIMEOUT, ready: bool = True) -> redis.Redis:
    """Return a client that is logged in, by `redis://` or `rediss://` (verified); raise UrlError or LoginError.

    :param ready: whether a server that serves nobody's keys yet counts as not reached.
    """
    client = _client(url, seconds)
    options = client.connection_pool.connection_kwargs
    place = None if "path" in options else _redis_place(options, tls=url.reveal().startswith("rediss:"))
    denied, unreached = "cannot log in to the Redis of the URL", "cannot reach the Redis of the URL"
    return logged_in(client, denied, unreached, place, ready=ready)


def _client(url: Secret, seconds: float) -> redis.Redis:
    """A client that has not connected yet. Raise UrlError."""
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    _writable(url, _REDIS_FORM)
    wrong = UrlError(f"the Redis URL cannot be read: {_REDIS_FORM}")
    try:
        client = redis.Redis.from_url(
            url.reveal(),
            socket_timeout=seconds,
            socket_connect_timeout=seconds,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
            decode_responses=True,
        )
        # Where redis-py looks at what the URL's parameters say; it connects later.
        client.connection_pool.make_connection()
    except (ValueError, TypeError, AttributeError, redis.RedisError):
        raise wrong from None
    # redis-py takes what is not a number for database 0, and any text for an object of its own.
    database = urlsplit(url.reveal()).path.strip("/")
    objects = client.connection_pool.connection_kwargs
    if (database and not database.isdecimal() and "path" not in objects) or not isinstance(objects["retry"], Retry):
        raise wrong
    return client


def redis_url_at(url: Secret, host: str, port: int) -> Secret:
    """Return the URL of another server with the same login: a node of the same cluster."""
    parts = urlsplit(url.reveal())
    login = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
    name = f"[{host}]" if ":" in host else host
    return Secret(parts._replace(netloc=f"{login}{name}:{port}").geturl())


def redis_user(url: Secret) -> str:
    """Return whom a URL logs in as; raise UrlError."""
    from redis.connection import parse_url

    try:
        return str(parse_url(url.reveal()).get("username") or "default")  # type: ignore[no-untyped-call]
    except ValueError:
        raise UrlError(f"the Redis URL cannot be read: {_REDIS_FORM}") from None


def _redis_place(options: dict[str, Any], *, tls: bool) -> Place:
    return Place(
        engine="redis",
        host=options.get("host", "localhost"),
        port=options.get("port", 6379),
        roots=options.get("ssl_ca_certs"),
        trust="?ssl_ca_certs=FILE in the URL, or SSL_CERT_FILE in the environment",
        tls=tls,
    )
