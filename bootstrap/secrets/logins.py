"""Logging in: the door through which credentials reach the engines."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bootstrap.errors import BootstrapError
from bootstrap.secrets.secret import Secret
from bootstrap.secrets.tls import Place
from bootstrap.secrets.tokens import postgres_token

if TYPE_CHECKING:
    import psycopg
    import redis

    from bootstrap.manifest import CacheTarget, Endpoint, PostgresTarget

RDS_BUNDLE = Path(__file__).parents[1] / "rds-global-bundle.pem"
TIMEOUT = 10
BOOTSTRAP, PROBES = "datatier-bootstrap", "datatier-probes"
"""application_name of sessions; that of probes marks what they are refused, in the server's log among others."""
# What PostgreSQL answers whatever the password is (53300 too_many_connections, 57P03 cannot_connect_now, 57P01):
# at another moment it lets the same login in. libpq gives no SQLSTATE of a login.
# libpq on the first byte that no PostgreSQL sends (fe-connect.c): MySQL greets first, Redis and HTTP answer in text.
_NO_POSTGRES = re.compile(r"expected authentication request from server|invalid response to SSL negotiation")

_NOT_NOW = re.compile(
    r"too many (clients|connections)|connection slots are reserved|is (starting up|shutting down|in recovery mode)"
    r"|not (yet )?accepting connections|terminating connection"
)

# libpq's own words where `require_auth` stops it: the password was not sent.
_WANTS_TOKEN = "server requested a cleartext password"  # noqa: S105 no password


class LoginError(BootstrapError):
    """An engine could not be reached or refused a login."""

    def __init__(self, message: str, *, refused: bool, wants_token: bool = False) -> None:
        super().__init__(message)
        self.wants_token = wants_token
        """Whether a password was offered where only a token of AWS is taken."""
        self.refused = refused
        """Whether the engine answered and said no, as opposed to not answering or not being ready."""


def postgres_password(target: PostgresTarget, endpoint: Endpoint, user: str, password: Secret | None) -> Secret:
    """Return what `user` sends as its password: a token of AWS where it has none; raise LoginError without either."""
    if password is not None:
        return password
    if target.iam_region is None:
        raise LoginError(f"the secret of {user} holds no password: `datatier bootstrap` makes it", refused=False)
    return postgres_token(endpoint.host, endpoint.port, user, endpoint.region or target.iam_region)


def open_postgres(
    target: PostgresTarget,
    endpoint: Endpoint,
    user: str,
    password: Secret | None,
    *,
    database: str | None = None,
    application: str = BOOTSTRAP,
    seconds: int = TIMEOUT,
) -> psycopg.Connection[tuple[Any, ...]]:
    """Return an autocommit connection, or raise LoginError; without a password by a token of AWS."""
    import psycopg

    sent = postgres_password(target, endpoint, user, password)
    roots = root_certificates(target)
    try:
        return psycopg.connect(
            host=endpoint.host,
            hostaddr="",  # else PGHOSTADDR of the environment would be where it goes
            port=endpoint.port,
            user=user,
            password=sent.reveal(),
            dbname=database or target.database,
            sslmode=target.sslmode,
            sslrootcert=roots,
            connect_timeout=seconds,
            # A server that trusts everybody would prove nothing.
            # RDS hands a token to PAM, for which PostgreSQL asks for it in the clear (within TLS).
            require_auth="scram-sha-256,md5" if password else "password",
            application_name=application,
            client_encoding="UTF8",  # a database or a role may set one that lacks what is in it
            autocommit=True,
        )
    except psycopg.OperationalError as error:
        place = Place(
            engine="postgres",
            host=endpoint.host,
            port=endpoint.port,
            roots=roots,
            trust="`sslrootcert` in the manifest",
            tls=target.sslmode != "disable",
        )
        where = f"{endpoint.name} ({endpoint.host}:{endpoint.port})"
        if password and _WANTS_TOKEN in str(error):
            raise LoginError(
                f"{user} cannot log in to PostgreSQL {where}: it takes no password of a member of rds_iam, by way of "
                f'another role too; declare `auth: iam`, or as the master: REVOKE rds_iam FROM "{user}"',
                refused=True,
                wants_token=True,
            ) from None
        raise postgres_refusal(f"{user} cannot log in to PostgreSQL {where}", error, place) from None


def postgres_refusal(what: str, error: psycopg.OperationalError, place: Place | None) -> LoginError:
    """Return why libpq got no connection, with what is wrong with the server's TLS in place of libpq's hint at it."""
    from bootstrap.secrets.handshake import explain

    text = " ".join(str(error).split())
    reason = explain(text, place) if place else None
    if _NO_POSTGRES.search(text):
        reason = "what answers there is no PostgreSQL: check host and port"
    refused = "FATAL:" in text and not _NOT_NOW.search(text)
    return LoginError(f"{what}: {reason or text}", refused=refused)


def root_certificates(target: PostgresTarget) -> str | None:
    """Path of the certificate authorities to trust, None where no TLS is spoken; raise LoginError without one."""
    if target.sslmode == "disable":
        return None
    root = Path(target.sslrootcert) if target.sslrootcert else RDS_BUNDLE
    if not root.is_file():
        raise LoginError(
            f"no CA bundle at {root}: put https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem there, or "
            "name one as `sslrootcert` in the manifest",
            refused=False,
        )
    return str(root)


def open_redis(
    cache: CacheTarget,
    endpoint: Endpoint,
    user: str | None,
    password: Secret,
    *,
    seconds: float = TIMEOUT,
    ready: bool = True,
) -> redis.Redis:
    """Return a client that is logged in over one connection, or raise LoginError.

    :param ready: whether a server that serves nobody's keys yet counts as not reached.
    """
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    client = redis.Redis(
        host=endpoint.host,
        port=endpoint.port,
        username=user,
        password=password.reveal(),
        ssl=cache.tls,
        ssl_cert_reqs="required",
        ssl_check_hostname=True,
        socket_timeout=seconds,
        socket_connect_timeout=seconds,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
        decode_responses=True,
        single_connection_client=False,
    )
    place = Place(
        engine="redis",
        host=endpoint.host,
        port=endpoint.port,
        roots=None,
        trust="SSL_CERT_FILE in the environment",
        tls=cache.tls,
    )
    name, where = user or "default", f"Redis {endpoint.name} ({endpoint.host}:{endpoint.port})"
    return logged_in(client, f"{name} cannot log in to {where}", f"{name} cannot reach {where}", place, ready=ready)


def logged_in(
    client: redis.Redis, denied: str, unreached: str, place: Place | None, *, ready: bool = True
) -> redis.Redis:
    """Return the client once it has proved its login; close it and raise LoginError otherwise."""
    import redis

    from bootstrap.secrets.handshake import explain

    try:
        client.ping()
    except redis.exceptions.NoPermissionError:
        pass  # logged in; only PING is not among its commands
    except (redis.exceptions.BusyLoadingError, redis.exceptions.MasterDownError) as error:
        # LOADING and MASTERDOWN come after the login: AUTH and INFO are served meanwhile, PING is not.
        if ready:
            client.close()
            raise LoginError(f"{unreached}: {error}", refused=False) from None
    except (redis.exceptions.AuthenticationError, redis.exceptions.ResponseError) as error:
        client.close()
        raise LoginError(f"{denied}: {error}", refused=True) from None
    except redis.exceptions.RedisError as error:
        client.close()
        reason = explain(str(error), place) if place else None
        raise LoginError(f"{unreached}: {reason or error}", refused=False) from None
    return client
