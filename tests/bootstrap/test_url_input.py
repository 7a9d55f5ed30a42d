"""URLs of servers that are wrong in every way: wrong input, told without any part of the password."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bootstrap.secrets import LoginError, Secret, UrlError, open_database_url, open_redis_url, place_of

PASSWORD = "hidden1f"
AT = "127.0.0.1:1"
NOWHERE = f"u:{PASSWORD}@{AT}"

# What cannot be a URL of PostgreSQL -> what is said of it
DATABASE: list[tuple[str, str]] = [
    *((f"{scheme}{NOWHERE}/d", "cannot be read") for scheme in
      ("mysql://", "postgresql+psycopg://", "jdbc:postgresql://", "postgres:/", "http://", "//", "")),
    (f"postgres://{NOWHERE}/d?schema=public", "libpq has no parameter `schema`, leave it out"),
    (f"postgres://{NOWHERE}/d?connection_limit=5&pool_timeout=2", "libpq has no parameter `connection_limit`"),
    (f"postgres://{NOWHERE}/d?sslmode=banana", "wrong `sslmode`"),
    (f"postgres://{NOWHERE}/d?connect_timeout=soon", "wrong `connect_timeout`"),
    (f"postgres://{NOWHERE}/d?keepalives=x", "wrong `keepalives`"),
    (f"postgres://{NOWHERE}/d?target_session_attrs=any2", "wrong `target_session_attrs`"),
    *((f"postgres://u:{PASSWORD}@127.0.0.1:{port}/d", "wrong `port`") for port in ("abc", "99999", "-1", "0", "1;")),
    (f"host=127.0.0.1 port=x password={PASSWORD}", "wrong `port`"),
    (f"host=127.0.0.1 port=1 password='{PASSWORD}", "cannot be read"),
    # Passwords with characters that a URL takes for its own.
    (f"postgres://u:{PASSWORD}@{PASSWORD}@{AT}/d", "wrong `host`"),
    (f"postgres://u:{PASSWORD}/{PASSWORD}@{AT}/d", "wrong `port`"),
    (f"postgres://u:{PASSWORD}%zz@{AT}/d", "cannot be read"),
    (f"postgres://u:{PASSWORD}\n@{AT}/d", "line break"),
    (f"postgres://u:{PASSWORD}\x00@{AT}/d", "line break"),
    (f"postgres://u:{PASSWORD}\ud800@{AT}/d", "line break"),
    (f"postgres://u:{PASSWORD}@[::1/d", "cannot be read"),
    (PASSWORD, "cannot be read"),
]  # fmt: skip
REDIS: list[str] = [
    *(f"{scheme}{NOWHERE}/0" for scheme in ("http://", "redis+sentinel://", "redis:/", "valkey://", "//", "")),
    *(f"redis://{NOWHERE}/{database}" for database in ("x", "-1", "0/1", "1.5")),
    *(f"redis://u:{PASSWORD}@127.0.0.1:{port}/0" for port in ("abc", "99999", "1,127.0.0.1:2")),
    *(f"redis://{NOWHERE}/0?{query}" for query in
      ("foo=bar", "db=x", "timeout=20", "socket_timeout=x", "connection_class=x", "retry=3", "protocol=9",
       "max_connections=x", "health_check_interval=x", "ssl_min_version=x", "credential_provider=x")),
    f"rediss://{NOWHERE}/0?ssl_cert_reqs=banana",
    f"redis://u:{PASSWORD}/{PASSWORD}@{AT}/0",
    f"redis://u:{PASSWORD}#{PASSWORD}@{AT}/0",
    f"redis://:12/34{PASSWORD}@h/0",
    f"redis://u:{PASSWORD}\n@{AT}",
    f"redis://u:{PASSWORD}\ud800@{AT}",
    "redis://[::1/0",
    "redis:",
    "",
    PASSWORD,
]  # fmt: skip


@pytest.mark.parametrize(("url", "says"), DATABASE, ids=[str(number) for number in range(len(DATABASE))])
def test_a_database_url_that_cannot_be_is_wrong_input(url: str, says: str) -> None:
    with pytest.raises(UrlError) as caught:
        open_database_url(Secret(url))
    assert says in str(caught.value)
    assert PASSWORD not in str(caught.value)
    assert "percent-encoded" in str(caught.value)


@pytest.mark.parametrize("url", REDIS, ids=[str(number) for number in range(len(REDIS))])
def test_a_redis_url_that_cannot_be_is_wrong_input(url: str) -> None:
    with pytest.raises(UrlError, match="percent-encoded") as caught:
        open_redis_url(Secret(url))
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        f"postgres://{NOWHERE}/d?sslmode=disable",
        f"postgresql://{NOWHERE},127.0.0.1:2/d?application_name=x",
        f"host=127.0.0.1 port=1 user=u password={PASSWORD}",
        f"postgres://u:{PASSWORD}%40%2F%23@{AT}/d?connect_timeout=1",
    ],
)
def test_a_database_url_that_can_be_reaches_for_its_server(url: str) -> None:
    with pytest.raises(LoginError, match="Connection refused") as caught:
        open_database_url(Secret(url))
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        f"redis://{NOWHERE}",
        f"redis://{NOWHERE}/",
        f"rediss://{NOWHERE}/15?ssl_cert_reqs=required&client_name=a",
        f"redis://u:{PASSWORD}@with@{AT}/0",
        f"redis://:{PASSWORD}%40@{AT}/0?db=2&socket_timeout=1",
        "unix:///nonexistent/socket?db=1",
    ],
)
def test_a_redis_url_that_can_be_reaches_for_its_server(url: str) -> None:
    with pytest.raises(LoginError) as caught:
        open_redis_url(Secret(url))
    assert PASSWORD not in str(caught.value)


PIECES = st.sampled_from(
    ["postgres://", "postgresql://", "redis://", "rediss://", "unix://", f"u:{PASSWORD}", "@", "127.0.0.1", ":", "1",
     "/", "?", "&", "=", "db", "sslmode", "disable", "port", "%", "%4", "%00", " ", "'", ",", "[", "]", "::1", "é",
     "\t", "-"]
)  # fmt: skip


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(pieces=st.lists(PIECES, max_size=9))
def test_whatever_stands_in_for_a_url_ends_in_one_of_the_two(pieces: list[str]) -> None:
    """At port 1 of this computer nobody listens; names are never looked up, for a piece is none."""
    url = "".join(["redis://" if "redis" in "".join(pieces[:1]) else "postgres://", NOWHERE, *pieces])
    for opened in (open_database_url, open_redis_url):
        with pytest.raises((UrlError, LoginError)) as caught:
            opened(Secret(url))
        assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("postgres://shop:s3cret@db.example.org:6432/shop?sslmode=verify-full", "db.example.org:6432/shop"),
        ("postgresql://db.example.org/shop", "db.example.org/shop"),
        ("host=db.example.org port=5433 dbname=shop password=s3cret", "db.example.org:5433/shop"),
        ("postgres://u:p@a,b:5433/shop", "a,b:,5433/shop"),
        ("postgres://[::1]:5432/shop", "::1:5432/shop"),
        ("postgres:///shop?host=/var/run/postgresql", "/var/run/postgresql/shop"),
        ("postgres://", "this computer"),
        ("redis://app:s3cret@cache.example.org:6379/1", "cache.example.org:6379/1"),
        ("rediss://:s3cret@cache.example.org", "cache.example.org"),
        # What is not encoded may be a part of the password.
        ("postgres://shop:12/s3cret@db.example.org/shop", "one that cannot be read"),
        ("postgres://shop:s3/cret@db.example.org/shop", "one that cannot be read"),
        ("postgres://shop:s3@cret@db.example.org/shop", "one that cannot be read"),
        ("redis://app:s3/cret@cache.example.org:6379/0", "one that cannot be read"),
        ("redis://app:12#s3cret@cache.example.org", "one that cannot be read"),
        ("s3cret", "one that cannot be read"),
    ],
)
def test_a_url_is_told_by_its_place_alone(url: str, place: str) -> None:
    assert place_of(Secret(url)) == place
