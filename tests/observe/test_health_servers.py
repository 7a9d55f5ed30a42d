"""Real servers of a shop, and one fault after another: the rest is still answered, and who is at fault is named."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import psycopg
import pytest
import redis
from postgres_server import free_port
from real_servers import ADMIN_PASSWORD, SUPERUSER_PASSWORD, Postgres, Valkey, postgres_ends, replica_of, valkey

from bootstrap.secrets import LoginError, Secret, open_database_url, open_redis_url
from knowledge.thresholds.threshold import Status
from observe.health.report import Health, HealthReport
from observe.health.take import take
from observe.node import PostgresNode, RedisNode
from observe.observation import Finding
from observe.read_redis import Kept

pytestmark = pytest.mark.server
REDIS = shutil.which("redis-server")
WATCHER = "shop_watch"
PATIENT = 20.0
"""Seconds that a look may take here, where nothing is silent: this computer may be busy."""
SHORT = 4.0
"""Where something is, the others have to answer in it all the same."""


def postgres_url(port: int, user: str = WATCHER, password: str = "watch", database: str = "shop") -> str:
    return f"postgres://{user}:{password}@127.0.0.1:{port}/{database}"


def postgres_node(name: str, url: str, *, replica: bool = False) -> PostgresNode:
    def connect(seconds: int) -> psycopg.Connection[tuple[object, ...]]:
        return open_database_url(Secret(url), seconds=seconds)

    return PostgresNode(name=name, address=name, replica=replica, connect=connect)


def redis_node(name: str, url: str) -> RedisNode:
    return RedisNode(
        name=name,
        cache=name.partition("/")[0],
        address=name,
        connect=lambda seconds: open_redis_url(Secret(url), seconds=seconds),
    )


@dataclass(frozen=True)
class Shop:
    server: Postgres
    replica: int
    cache: Valkey

    @property
    def primary(self) -> PostgresNode:
        return postgres_node("orders", postgres_url(self.server.port))

    @property
    def standby(self) -> PostgresNode:
        return postgres_node("copy", postgres_url(self.replica), replica=True)

    @property
    def basket(self) -> RedisNode:
        return redis_node("basket/1", f"redis://acl-admin:{ADMIN_PASSWORD}@127.0.0.1:{self.cache.port}")

    def look(self, *nodes: PostgresNode | RedisNode, kept: dict[str, Kept] | None = None) -> HealthReport:
        return look(*(nodes or (self.primary, self.standby, self.basket)), kept=kept)


def look(
    *nodes: PostgresNode | RedisNode, kept: dict[str, Kept] | None = None, seconds: float = PATIENT
) -> HealthReport:
    return take(
        [each for each in nodes if isinstance(each, PostgresNode)],
        [each for each in nodes if isinstance(each, RedisNode)],
        kept={} if kept is None else kept,
        seconds=seconds,
    )


@pytest.fixture(scope="module")
def shop(postgres18: Postgres, valkey_server: Valkey) -> Iterator[Shop]:
    with (
        postgres18.superuser() as admin,
        tempfile.TemporaryDirectory(prefix="dt-health-", dir="/tmp") as folder,
    ):
        admin.execute("CREATE DATABASE shop")
        admin.execute(f"CREATE ROLE {WATCHER} LOGIN PASSWORD 'watch'")
        admin.execute(f"GRANT pg_monitor TO {WATCHER}")
        with replica_of(postgres18, Path(folder)) as port:
            yield Shop(postgres18, port, valkey_server)
        admin.execute("DROP DATABASE shop WITH (FORCE)")
        admin.execute(f"DROP ROLE {WATCHER}")


@pytest.fixture
def admin(shop: Shop) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with shop.server.superuser("shop") as made:
        yield made


def node(report: HealthReport, name: str) -> Health:
    return next(each for each in report.nodes if each.name == name)


def found(report: HealthReport, name: str, check: str) -> Finding:
    (one,) = [each for each in node(report, name).findings if each.check == check]
    return one


def wrong(report: HealthReport) -> list[tuple[str, str, str]]:
    """What is wrong with the servers, not with the time that this computer has for them."""
    return [
        (name, each.check, each.status.value)
        for name, each in report.checks
        if each.status in _WRONG and each.check != "response"
    ]


_WRONG = (Status.WARN, Status.CRITICAL)


def test_all_of_a_shop_that_is_well(shop: Shop) -> None:
    report = shop.look()
    assert [(each.name, each.engine, each.role, each.up) for each in report.nodes] == [
        ("orders", "postgres", "primary", True),
        ("copy", "postgres", "replica", True),
        ("basket/1", "redis", "primary", True),
    ]
    assert all(each.ms is not None for each in report.nodes)
    assert wrong(report) == []
    assert {each.check for each in node(report, "orders").findings} == {
        *("response", "role", "support", "read-only", "connections", "transaction-ids", "migration", "failed-logins"),
    }
    assert {each.check for each in node(report, "copy").findings} == {
        *("response", "role", "replication", "replica-lag", "support", "connections"),
    }
    assert {each.check for each in node(report, "basket/1").findings} >= {
        *("response", "support", "clients", "rejected-connections", "failed-logins", "evictions"),
    }
    assert found(report, "orders", "migration").status is Status.SKIPPED


@pytest.mark.parametrize("major", postgres_ends())
def test_each_version_answers_all(postgres_of: Callable[[str], Postgres], major: str) -> None:
    server = postgres_of(major)
    url = postgres_url(server.port, "rdsadmin", SUPERUSER_PASSWORD, "postgres")
    report = look(postgres_node("old", url))
    assert found(report, "old", "support").message.startswith(f"PostgreSQL {major}.")
    assert {each.check for each in node(report, "old").findings if each.status is Status.SKIPPED} == {
        *("migration", "failed-logins"),
    }


@pytest.mark.skipif(REDIS is None, reason="redis-server is not on PATH")
def test_a_redis_of_another_maker_and_version() -> None:
    assert REDIS
    port = free_port()
    words = [REDIS, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--maxmemory", "64mb"]
    with tempfile.TemporaryDirectory(prefix="dt-redis-", dir="/tmp") as folder:
        process = subprocess.Popen([*words, "--dir", folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(200):
                report = look(redis_node("queue", f"redis://127.0.0.1:{port}"))
                if node(report, "queue").up:
                    break
                time.sleep(0.05)
            assert found(report, "queue", "support").message.startswith("Redis ")
            assert {each.check for each in node(report, "queue").findings} == {
                *("response", "support", "memory", "clients", "rejected-connections", "failed-logins", "evictions"),
            }
        finally:
            process.terminate()
            process.wait(20)


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    for each in family:
        os.kill(each.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in family:
            os.kill(each.pid, signal.SIGCONT)


def test_servers_that_accept_and_say_nothing(shop: Shop) -> None:
    with psycopg.connect(postgres_url(shop.replica)) as conn:
        postmaster = psutil.Process(conn.info.backend_pid).ppid()
    with shop.cache.admin() as client:
        cache = int(client.info("server")["process_id"])
    with stopped(postmaster), stopped(cache):
        report = look(shop.primary, shop.standby, shop.basket, seconds=SHORT)
    assert [(each.name, each.role, each.up) for each in report.nodes] == [
        ("orders", "primary", True),
        ("copy", "replica", False),
        ("basket/1", None, False),
    ]
    assert report.line().startswith("CRITICAL copy: no answer in 4 s; basket/1: no answer in 4 s")
    assert all(each.up for each in shop.look().nodes)


def test_a_server_that_falls_silent_after_its_login(shop: Shop) -> None:
    """What it said before counts, and what it did not come to is said."""
    silenced: list[int] = []

    def connect(seconds: int) -> psycopg.Connection[tuple[object, ...]]:
        conn = shop.primary.connect(seconds)
        execute = conn.execute

        def and_stop(*words: object, **more: object) -> object:
            answer = execute(*words, **more)  # type: ignore[call-overload]
            if words[0] == "SELECT 1":
                silenced.append(conn.info.backend_pid)
                os.kill(conn.info.backend_pid, signal.SIGSTOP)
            return answer

        conn.execute = and_stop  # type: ignore[method-assign,assignment]
        return conn

    try:
        report = look(replace(shop.primary, connect=connect), shop.standby, seconds=SHORT)
    finally:
        for pid in silenced:
            os.kill(pid, signal.SIGCONT)
    assert node(report, "orders").up
    assert [each.status.value for each in node(report, "orders").findings if each.check == "response"][1:] == [
        "skipped"
    ]
    assert node(report, "copy").up


def test_servers_that_are_down(shop: Shop) -> None:
    port = free_port()
    gone = postgres_node("gone", postgres_url(port)), redis_node("gone/1", f"redis://127.0.0.1:{port}")
    report = shop.look(*gone, shop.primary, shop.basket)
    assert [(each.name, each.up) for each in report.nodes] == [
        ("gone", False),
        ("orders", True),
        ("gone/1", False),
        ("basket/1", True),
    ]
    assert all("refused" in found(report, name, "up").message.lower() for name in ("gone", "gone/1"))


def test_wrong_passwords(shop: Shop) -> None:
    report = shop.look(
        postgres_node("orders", postgres_url(shop.server.port, password="other")),
        redis_node("basket/1", f"redis://acl-admin:other@127.0.0.1:{shop.cache.port}"),
        shop.standby,
    )
    assert [(each.name, each.up) for each in report.nodes] == [("orders", False), ("copy", True), ("basket/1", False)]
    assert "password authentication failed" in found(report, "orders", "up").message
    assert "other" not in str(report.data())


def test_servers_that_are_not_what_they_were_declared_to_be(shop: Shop) -> None:
    report = shop.look(replace(shop.primary, replica=True), replace(shop.standby, replica=False))
    assert [(each.name, each.role) for each in report.nodes] == [("orders", "primary"), ("copy", "replica")]
    assert wrong(report) == [("orders", "role", "critical"), ("copy", "role", "critical")]


def test_a_replica_that_receives_nothing_and_one_whose_replay_is_paused(shop: Shop) -> None:
    where = {"host": "127.0.0.1", "port": shop.replica, "user": "rdsadmin", "password": SUPERUSER_PASSWORD}
    with psycopg.connect(**where, dbname="postgres", autocommit=True) as conn:  # type: ignore[arg-type]
        conn.execute("SELECT pg_wal_replay_pause()")
        report = shop.look()
        assert wrong(report) == [("copy", "replication", "critical")]
        assert found(report, "copy", "replication").mend == "SELECT pg_wal_replay_resume()"
        conn.execute("SELECT pg_wal_replay_resume()")
        usual = conn.execute("SELECT current_setting('primary_conninfo')").fetchone()
        conn.execute("ALTER SYSTEM SET primary_conninfo = ''")
        conn.execute("SELECT pg_reload_conf()")
        _await(conn, "SELECT NOT EXISTS (SELECT FROM pg_stat_wal_receiver)")
        report = shop.look()
        assert ("copy", "replication", "critical") in wrong(report)
        assert node(report, "orders").up
        assert usual is not None
        conn.execute(psycopg.sql.SQL("ALTER SYSTEM SET primary_conninfo = {}").format(str(usual[0])))
        conn.execute("SELECT pg_reload_conf()")
        _await(conn, "SELECT EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming')")


def _await(conn: psycopg.Connection[tuple[object, ...]], question: str) -> None:
    for _ in range(400):
        row = conn.execute(question.encode()).fetchone()
        if row and row[0]:
            return
        conn.execute("SELECT pg_sleep(0.05)")
    raise AssertionError(question)


def test_a_primary_that_nobody_can_write_to(shop: Shop, admin: psycopg.Connection[tuple[object, ...]]) -> None:
    admin.execute(f"ALTER ROLE {WATCHER} SET default_transaction_read_only = on")
    assert wrong(shop.look()) == []
    admin.execute(f"ALTER ROLE {WATCHER} RESET default_transaction_read_only")
    admin.execute("ALTER DATABASE shop SET default_transaction_read_only = on")
    try:
        assert wrong(shop.look()) == [("orders", "read-only", "warn")]
    finally:
        admin.execute("ALTER DATABASE shop RESET default_transaction_read_only")


def test_a_migration_that_stopped_halfway(shop: Shop, admin: psycopg.Connection[tuple[object, ...]]) -> None:
    admin.execute("CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL)")
    try:
        admin.execute("INSERT INTO schema_migrations VALUES (7, true)")
        hidden = found(shop.look(), "orders", "migration")
        assert (hidden.status, hidden.mend) == (
            Status.SKIPPED,
            f'GRANT SELECT ON public.schema_migrations TO "{WATCHER}"',
        )
        admin.execute(hidden.mend.encode())
        report = shop.look()
        assert wrong(report) == [("orders", "migration", "critical")]
        assert not report.ok
        assert report.line().startswith("CRITICAL orders: migration 7 is dirty: it stopped halfway")
        # Another tool's table of that name is none of ours.
        admin.execute("ALTER TABLE schema_migrations DROP COLUMN dirty")
        assert found(shop.look(), "orders", "migration").status is Status.SKIPPED
    finally:
        admin.execute("DROP TABLE schema_migrations")


def test_a_slot_that_nobody_reads(shop: Shop, admin: psycopg.Connection[tuple[object, ...]]) -> None:
    admin.execute("SELECT pg_create_physical_replication_slot('left_over', true)")
    try:
        seen = [each for each in node(shop.look(), "orders").findings if each.object == "left_over"]
        assert [each.check for each in seen] == ["slot-wal", "slot-inactive"]
    finally:
        admin.execute("SELECT pg_drop_replication_slot('left_over')")


def fill(stack: ExitStack, url: str) -> None:
    for _ in range(60):
        stack.enter_context(psycopg.connect(url))


def test_connections_that_run_out(shop: Shop, admin: psycopg.Connection[tuple[object, ...]]) -> None:
    admin.execute("CREATE ROLE shop_web LOGIN PASSWORD 'web' CONNECTION LIMIT 2")
    try:
        with ExitStack() as stack:
            for _ in range(2):
                stack.enter_context(psycopg.connect(postgres_url(shop.server.port, "shop_web", "web")))
            full = [each for each in node(shop.look(), "orders").findings if each.object == "login shop_web"]
            assert [(each.status.value, each.message) for each in full] == [
                ("critical", "login shop_web uses 2 of 2 connections")
            ]
            # The watcher's own login: it cannot look, and says why.
            stack.enter_context(psycopg.connect(postgres_url(shop.server.port)))
            admin.execute(f"ALTER ROLE {WATCHER} CONNECTION LIMIT 1")
            report = shop.look()
            assert [(each.name, each.up) for each in report.nodes][:2] == [("orders", False), ("copy", True)]
            assert f'too many connections for role "{WATCHER}"' in found(report, "orders", "up").message
            admin.execute(f"ALTER ROLE {WATCHER} CONNECTION LIMIT -1")
            # The server's.
            admin.execute("ALTER ROLE shop_web CONNECTION LIMIT -1")
            with pytest.raises(psycopg.OperationalError):
                fill(stack, postgres_url(shop.server.port, "shop_web", "web"))
            report = shop.look()
            assert [(each.name, each.up) for each in report.nodes] == [
                ("orders", False),
                ("copy", True),
                ("basket/1", True),
            ]
            assert "connection slots are reserved" in found(report, "orders", "up").message
    finally:
        admin.execute(f"ALTER ROLE {WATCHER} CONNECTION LIMIT -1")
        admin.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'shop_web'")
        admin.execute("DROP ROLE shop_web")


def test_a_login_without_pg_monitor(shop: Shop, admin: psycopg.Connection[tuple[object, ...]]) -> None:
    admin.execute("CREATE ROLE shop_clerk LOGIN PASSWORD 'clerk'")
    try:
        report = shop.look(postgres_node("orders", postgres_url(shop.server.port, "shop_clerk", "clerk")))
        hidden = [each for each in node(report, "orders").findings if each.mend.startswith("GRANT")]
        assert [(each.status.value, each.mend) for each in hidden] == [("skipped", 'GRANT pg_monitor TO "shop_clerk"')]
        assert found(report, "orders", "transaction-ids").status is Status.OK
    finally:
        admin.execute("DROP ROLE shop_clerk")


def test_a_user_of_a_cache_that_may_not_ask(shop: Shop) -> None:
    kept: dict[str, Kept] = {}
    blind = redis_node("basket/1", f"redis://shop_blind:blind@127.0.0.1:{shop.cache.port}")
    with shop.cache.admin() as client:
        client.execute_command("ACL", "SETUSER", "shop_blind", "on", ">blind", "+ping")
        client.execute_command("ACL", "LOG", "RESET")
        report = look(blind, kept=kept)
        seen = [each for each in node(report, "basket/1").findings if each.check != "response"]
        assert {each.status for each in seen} == {Status.SKIPPED}
        assert "+info" not in found(report, "basket/1", "memory").message
        assert "monitoring" in found(report, "basket/1", "memory").mend
        entries = len(client.execute_command("ACL", "LOG"))
        for _ in range(3):
            look(blind, kept=kept)
        assert len(client.execute_command("ACL", "LOG")) == entries
        client.execute_command("ACL", "DELUSER", "shop_blind")


def test_what_a_cache_counts_between_two_looks(shop: Shop) -> None:
    kept: dict[str, Kept] = {}
    assert found(shop.look(kept=kept), "basket/1", "failed-logins").status is Status.OK
    assert found(shop.look(kept=kept), "basket/1", "failed-logins").value == 0
    with pytest.raises(LoginError):
        open_redis_url(Secret(f"redis://nobody:wrong@127.0.0.1:{shop.cache.port}"))
    assert found(shop.look(kept=kept), "basket/1", "failed-logins").status is Status.WARN
    assert found(shop.look(kept=kept), "basket/1", "failed-logins").status is Status.OK


def test_a_cache_that_is_full_and_one_that_has_lost_its_primary(shop: Shop) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="dt-full-", dir="/tmp") as folder,
        valkey(Path(folder), "--maxmemory", "4mb", "--replicaof", f"127.0.0.1 {free_port()}") as server,
        server.admin() as client,
    ):
        lost = redis_node("basket/2", f"redis://acl-admin:{ADMIN_PASSWORD}@127.0.0.1:{server.port}")
        report = shop.look(shop.basket, lost)
        assert [(each.name, each.role) for each in report.nodes] == [("basket/1", "primary"), ("basket/2", "replica")]
        assert wrong(report) == [("basket/2", "replication", "critical")]
        client.execute_command("REPLICAOF", "NO", "ONE")
        for number in range(100):
            with suppress(redis.OutOfMemoryError):
                client.set(f"cart:{number}", "x" * 100_000)
        report = shop.look(shop.basket, lost)
        assert wrong(report) == [("basket/2", "memory", "critical"), ("", "primaries", "critical")]
        assert found(report, "basket/2", "memory").mend == "datatier keys basket"


def test_a_secret_that_does_not_come_in_time(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for its store, and the servers that need no secret of it are looked at."""
    never = threading.Event()
    monkeypatch.setattr("observe.health.take.SECRET_SECONDS", 0.5)

    def wait() -> None:
        never.wait()

    report = look(replace(shop.primary, ready=wait), shop.standby, seconds=SHORT)
    never.set()
    assert [(each.name, each.up) for each in report.nodes] == [("orders", False), ("copy", True)]
    assert found(report, "orders", "up").message == ("its secret was not read in 4 s: the secret store does not answer")
