"""TLS against real servers: a good certificate passes by both doors, everything else is refused with what it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from authority import DAY, EXPIRED, NOW
from tls_servers import PASSWORD, Certificates, PostgresTls, RedisTls

from bootstrap.manifest import CacheTarget, Endpoint, PostgresTarget
from bootstrap.secrets import LoginError, Secret, logins, open_database_url, open_postgres, open_redis, open_redis_url

pytestmark = pytest.mark.server

FLAWS = {
    "wrong CA": "its certificate is signed by an authority that is not in {roots}: if the server is the right one, put "
    "its authority into a file and name that as {trust}",
    "wrong host": "its certificate is for `other.example` and `third.example`, not for `localhost`: connect by a name "
    "that it is for",
    "expired": f"its certificate expired on {EXPIRED:%Y-%m-%d %H:%M} UTC: renew it on the server; if it has not, set "
    "this computer's clock",
    "not yet valid": f"its certificate is not valid before {NOW + DAY:%Y-%m-%d %H:%M} UTC: set this computer's clock, "
    "or the certificate's dates",
}
PLAIN = {
    "postgres": "it does not speak TLS: turn that on there (`ssl = on`); on loopback alone sslmode=disable does "
    "without",
    "redis": "it does not speak TLS: turn that on there (`tls-port`); on loopback alone redis:// does without",
}
TRUST = {
    "postgres manifest": "`sslrootcert` in the manifest",
    "postgres url": "sslrootcert=FILE in the URL, or PGSSLROOTCERT",
    "redis manifest": "SSL_CERT_FILE in the environment",
    "redis url": "?ssl_ca_certs=FILE in the URL, or SSL_CERT_FILE in the environment",
}
Door = Callable[[], Any]


def said(door: Door) -> str:
    """What a refused login says; the server was not asked about the login itself, and nothing holds the password."""
    with pytest.raises(LoginError) as caught:
        door().close()
    assert not caught.value.refused
    assert PASSWORD not in str(caught.value)
    assert caught.value.__cause__ is None
    return str(caught.value)


def postgres_doors(port: int, roots: Path, user: str = "postgres") -> dict[str, Door]:
    endpoint = Endpoint(name="primary", host="localhost", port=port)
    target = PostgresTarget(primary=endpoint, database="postgres", master_secret="arn", sslrootcert=str(roots))
    url = f"postgres://{user}:{PASSWORD}@localhost:{port}/postgres?sslmode=verify-full&sslrootcert={roots}"
    return {
        f"{user} cannot log in to PostgreSQL primary (localhost:{port})": lambda: open_postgres(
            target, endpoint, user, Secret(PASSWORD)
        ),
        "cannot log in to the database of the URL": lambda: open_database_url(Secret(url)),
    }


def redis_doors(port: int, roots: Path) -> dict[str, Door]:
    endpoint = Endpoint(name="main", host="localhost", port=port)
    url = f"rediss://:{PASSWORD}@localhost:{port}/0?ssl_ca_certs={roots}"
    return {
        f"default cannot reach Redis main (localhost:{port})": lambda: open_redis(
            CacheTarget(endpoint=endpoint), endpoint, None, Secret(PASSWORD)
        ),
        "cannot reach the Redis of the URL": lambda: open_redis_url(Secret(url)),
    }


def test_postgres_with_a_good_certificate(postgres: PostgresTls, certificates: Certificates) -> None:
    postgres.show(certificates.pairs["good"])
    for door in postgres_doors(postgres.port, certificates.roots).values():
        with door() as conn:
            assert conn.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetchone() == (True,)


@pytest.mark.parametrize("flaw", [*FLAWS, "plaintext"])
def test_postgres_refused(flaw: str, postgres: PostgresTls, certificates: Certificates) -> None:
    postgres.show(certificates.pairs.get(flaw))
    doors = postgres_doors(postgres.port, certificates.roots)
    expected = [
        f"{door}: " + FLAWS.get(flaw, PLAIN["postgres"]).format(roots=certificates.roots, trust=trust)
        for door, trust in zip(doors, (TRUST["postgres manifest"], TRUST["postgres url"]), strict=True)
    ]
    assert [said(door) for door in doors.values()] == expected


def test_redis_with_a_good_certificate(
    cache: RedisTls, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.roots))
    cache.show(certificates.pairs["good"])
    for door in redis_doors(cache.port, certificates.roots).values():
        with door() as client:
            assert client.ping()


@pytest.mark.parametrize("flaw", [*FLAWS, "plaintext"])
def test_redis_refused(flaw: str, cache: RedisTls, certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.roots))
    monkeypatch.setattr(logins, "TIMEOUT", 0.5)  # a Redis without TLS says nothing to a handshake
    monkeypatch.setattr("bootstrap.secrets.urls.TIMEOUT", 0.5)
    monkeypatch.setattr("bootstrap.secrets.handshake.LOOK", 0.5)
    if flaw in FLAWS:
        cache.show(certificates.pairs[flaw])
    doors = redis_doors(cache.port if flaw in FLAWS else cache.plain, certificates.roots)
    systems = ("the system's bundle", certificates.roots)
    expected = [
        f"{door}: " + FLAWS.get(flaw, PLAIN["redis"]).format(roots=roots, trust=trust)
        for door, roots, trust in zip(doors, systems, (TRUST["redis manifest"], TRUST["redis url"]), strict=True)
    ]
    assert [said(door) for door in doors.values()] == expected


def test_a_server_that_takes_tls_only(postgres: PostgresTls, cache: RedisTls, certificates: Certificates) -> None:
    postgres.show(certificates.pairs["good"])
    url = f"postgres://app:{PASSWORD}@localhost:{postgres.port}/postgres?sslmode=disable"
    with pytest.raises(LoginError, match=r"it takes TLS only: say sslmode=verify-full$") as caught:
        open_database_url(Secret(url))
    assert caught.value.refused  # the server itself said no
    assert said(lambda: open_redis_url(Secret(f"redis://:{PASSWORD}@localhost:{cache.port}/0"))) == (
        "cannot reach the Redis of the URL: it takes TLS only: say rediss:// in place of redis://"
    )


def test_a_missing_or_empty_bundle(postgres: PostgresTls, certificates: Certificates, tmp_path: Path) -> None:
    postgres.show(certificates.pairs["good"])
    missing, empty = tmp_path / "none.pem", tmp_path / "empty.pem"
    empty.write_text("nothing")
    by_url = f"there are no certificate authorities at {{}}: name a file of them (PEM) as {TRUST['postgres url']}"
    for roots in (missing, empty):
        manifest, url = postgres_doors(postgres.port, roots).values()
        assert said(url) == "cannot log in to the database of the URL: " + by_url.format(roots)
        assert re.search(
            r"(no CA bundle|no certificate authorities) at .*`sslrootcert` in the manifest", said(manifest)
        )


def test_a_wrong_password_is_still_that(postgres: PostgresTls, cache: RedisTls, certificates: Certificates) -> None:
    postgres.show(certificates.pairs["good"])
    cache.show(certificates.pairs["good"])
    roots = certificates.roots
    urls = (
        (open_database_url, f"postgres://postgres:wrong@localhost:{postgres.port}/postgres?sslrootcert={roots}"),
        (open_redis_url, f"rediss://:wrong@localhost:{cache.port}/0?ssl_ca_certs={roots}"),
    )
    for opened, url in urls:
        with pytest.raises(LoginError, match="password") as caught:
            opened(Secret(url))
        assert caught.value.refused


@pytest.mark.parametrize(
    ("url", "environment", "expected"),
    [
        ("postgres://a@db.example/x", {}, "verify-full"),
        ("postgres://a@db.example/x?sslmode=require", {}, "require"),
        ("postgres://a@db.example/x", {"PGSSLMODE": "verify-ca"}, "verify-ca"),
        ("postgres://a@localhost/x", {}, None),
        ("postgres://a@127.0.0.1/x", {}, None),
        ("postgres://a@127.0.0.1,db.example/x", {}, "verify-full"),
        ("postgres://a@127.0.0.1.example/x", {}, "verify-full"),
        ("postgres://a@[::1]/x", {}, None),
        ("dbname=x hostaddr=10.0.0.5", {}, "verify-full"),
        ("postgres:///x?host=/run/postgresql", {}, None),
        ("dbname=x", {"PGHOST": "db.example"}, "verify-full"),
    ],
)
def test_verified_everywhere_but_on_loopback(
    url: str, environment: dict[str, str], expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    asked: list[Any] = []

    def connect(conninfo: str, **_: Any) -> None:
        asked.append(conninfo_to_dict(conninfo).get("sslmode"))

    monkeypatch.setattr(psycopg, "connect", connect)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    open_database_url(Secret(url))
    assert asked == [expected]
