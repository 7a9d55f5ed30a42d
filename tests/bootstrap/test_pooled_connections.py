"""docs/pools.md: what a pool in transaction mode leaves to the next client, on a database that the bootstrap seeded."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import own_database
import psycopg
import pytest
from own_database import PASSWORD, Database
from pooler import pgbouncer
from real_servers import Postgres

pytestmark = pytest.mark.server

MINE = "NULLIF(current_setting('app.user_id', true), '') = owner"


@dataclass
class Pooled:
    """One connection to the server for all clients."""

    database: Database
    port: int

    def connect(self, **more: Any) -> psycopg.Connection[Any]:
        for _ in range(100):
            try:
                return psycopg.connect(
                    host="127.0.0.1",
                    port=self.port,
                    dbname=self.database.n,
                    user=f"{self.database.n}_app_a",
                    autocommit=True,
                    sslmode="disable",
                    **more,
                )
            except psycopg.OperationalError as error:
                if "unsupported" in str(error):
                    raise
                time.sleep(0.05)
        raise AssertionError("pgbouncer does not answer")


@pytest.fixture(scope="module")
def pooled(postgres_of: Callable[[str], Postgres]) -> Iterator[Pooled]:
    database = own_database.make(postgres_of("18"))
    rules = {"mine": {"roles": ["{n}_app"], "using": MINE, "check": MINE}}
    access = database.access(policies=[{"table": "notes", "rules": rules}])
    database.apply(access)
    database.execute("CREATE TABLE notes (owner text); INSERT INTO notes VALUES ('ann'), ('')", as_role="{n}_owner")
    database.execute(f"ALTER ROLE {{n}}_app_a PASSWORD '{PASSWORD}'")
    database.apply(access)
    # auth_type any logs in to the server as one user, whoever asks.
    user = f"{database.n}_app_a"
    line = f"{database.n} = user={user} password={PASSWORD} host=127.0.0.1 port={database.server.port}"
    settings = ("auth_type = any", "pool_mode = transaction", "default_pool_size = 1")
    with pgbouncer(line, f'"{user}" "{PASSWORD}"', *settings) as port:
        yield Pooled(database, port)
    own_database.remove(database.server, database.n)


def ask(conn: psycopg.Connection[Any], sql: str) -> Any:
    row = conn.execute(sql.encode(), prepare=False).fetchone()
    return row and row[0]


def test_a_setting_of_a_session_is_the_next_clients_and_so_are_its_rows(pooled: Pooled) -> None:
    with pooled.connect() as one, pooled.connect() as other:
        assert ask(other, "SELECT count(*) FROM notes") == 0
        one.execute("SET app.user_id = 'ann'")
        assert ask(other, "SELECT count(*) FROM notes") == 1
        one.execute("RESET app.user_id")
        with one.transaction():
            one.execute("SELECT set_config('app.user_id', 'ann', true)")
            assert ask(one, "SELECT count(*) FROM notes") == 1
        # '' afterwards, and nobody.
        assert (ask(other, "SELECT current_setting('app.user_id')"), ask(other, "SELECT count(*) FROM notes")) == (
            "",
            0,
        )


def test_without_a_transaction_a_setting_for_one_is_none(pooled: Pooled) -> None:
    with pooled.connect() as one:
        told: list[str] = []
        one.add_notice_handler(lambda notice: told.append(notice.message_primary or ""))
        one.execute("SELECT set_config('app.user_id', 'ann', true)")
        assert (ask(one, "SELECT count(*) FROM notes"), told) == (0, [])
        one.execute("SET LOCAL app.user_id = 'ann'")
        assert ask(one, "SELECT count(*) FROM notes") == 0
        assert told == ["SET LOCAL can only be used in transaction blocks"]
        with pytest.raises(psycopg.errors.SyntaxError):
            one.execute("SET LOCAL app.user_id = %s", ["ann"])


def test_a_login_acts_as_its_identity_until_somebody_says_otherwise_for_all(pooled: Pooled) -> None:
    n = pooled.database.n
    with pooled.connect() as one, pooled.connect() as other:
        assert ask(other, "SELECT current_user") == f"{n}_app"
        one.execute("SET ROLE NONE")
        one.execute("RESET ALL")
        assert ask(other, "SELECT current_user") == f"{n}_app_a"
        one.execute("DISCARD ALL")
        assert ask(other, "SELECT current_user") == f"{n}_app"


def test_what_psycopg_prepares_collides_at_the_sixth_time_unless_it_prepares_nothing(pooled: Pooled) -> None:
    def often(**more: Any) -> str:
        with ExitStack() as opened:
            both = [opened.enter_context(pooled.connect(**more)) for _ in range(2)]
            for number in range(1, 9):
                for conn in both:
                    try:
                        conn.execute("SELECT %s::int", [number])
                    except psycopg.Error as error:
                        return f"{error.sqlstate} at {number}"
        return ""

    assert often(prepare_threshold=None) == ""
    assert often() == "42P05 at 6"


def test_options_are_refused(pooled: Pooled) -> None:
    with pytest.raises(psycopg.OperationalError, match="unsupported startup parameter: options"):
        pooled.connect(options="-c search_path=public")
