"""A server that no schema can be read from, or not all of it, is a sentence that says what mends it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import psycopg
import pytest
from real_servers import SUPERUSER_PASSWORD, Postgres
from round_trips import empty

from bootstrap import schema
from bootstrap.schema.read import UnreadableError, supported
from bootstrap.secrets import Secret, open_database_url
from bootstrap.secrets.logins import LoginError


@pytest.fixture
def answering(request: pytest.FixtureRequest) -> Iterator[int]:
    """A port where something answers with these bytes, to the first word or before it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            conn, _ = listening.accept()
            with conn:
                conn.sendall(request.param)
                conn.recv(1000)

        threading.Thread(target=answer, daemon=True).start()
        yield listening.getsockname()[1]


@pytest.mark.parametrize(
    "answering",
    [b"J\x00\x00\x00\x0a8.0.30\x00" + b"x" * 60, b"-ERR unknown command\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n"],
    ids=["MySQL", "Redis", "HTTP"],
    indirect=True,
)
def test_another_engine_is_said_to_be_no_postgresql(answering: int) -> None:
    url = Secret(f"postgres://shop:secret@127.0.0.1:{answering}/shop?sslmode=disable")
    with pytest.raises(LoginError, match=r"what answers there is no PostgreSQL: check host and port$"):
        open_database_url(url)


def test_a_server_that_is_too_old_is_named() -> None:
    supported(150000)
    with pytest.raises(
        UnreadableError, match=r"^this server is PostgreSQL 14, and a schema is read from PostgreSQL 15"
    ):
        supported(140012)


@pytest.mark.server
def test_who_may_not_read_the_books_is_told_the_grant(schema_server: Postgres) -> None:
    with empty(schema_server, "unread") as connection:
        connection.execute("CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL)")
        connection.execute("INSERT INTO schema_migrations VALUES (7, false)")
        connection.execute(f"CREATE ROLE \"a clerk\" LOGIN PASSWORD '{SUPERUSER_PASSWORD}'".encode())
        try:
            with psycopg.connect(
                host="127.0.0.1", port=schema_server.port, dbname="unread", user="a clerk", password=SUPERUSER_PASSWORD
            ) as clerk:
                said = schema.read(clerk).unread
                connection.execute('GRANT SELECT ON public.schema_migrations TO "a clerk"')
                clerk.rollback()
                live = schema.read(clerk)
        finally:
            connection.execute('REVOKE ALL ON public.schema_migrations FROM "a clerk"')
            connection.execute('DROP ROLE "a clerk"')
    assert said == (
        "a clerk may not read public.schema_migrations, which says at which migration the database is: "
        'GRANT SELECT ON public.schema_migrations TO "a clerk"'
    )
    assert (live.unread, live.schema["version"]) == ("", 7)
