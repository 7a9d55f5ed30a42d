"""The whole substrate with real servers: first run, second run, kill -9 of each process, changes, down."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import psutil
import psycopg
import pytest
import redis
from local_stack import Stack, declare
from open_to_others import open_to_others

from local.down import down
from local.handlers.base import node, server
from local.logs import logs
from local.orphans import orphans
from local.ports import PortTakenError, forget
from local.postgres.replica import drop_slot, slot
from local.status import healthy, status

pytestmark = pytest.mark.server

SERVERS = ("emulator", "t-primary", "t-replica", "t-cache-001", "t-cache-002")


def master(stack: Stack) -> psycopg.Connection[tuple[object, ...]]:
    state = stack.state
    return psycopg.connect(
        host="127.0.0.1",
        port=state.ports["t-primary"],
        user="t_admin",
        password=next(e["outputs"]["result"] for e in state.resources.values() if e["name"] == "password"),
        dbname="hub",
        sslmode="disable",
        autocommit=True,
    )


def ask(connection: psycopg.Connection[tuple[object, ...]], question: str) -> object:
    row = connection.execute(question).fetchone()
    return row and row[0]


def test_it_is_up_and_a_second_run_changes_nothing(stack: Stack) -> None:
    assert healthy(stack.state) == []
    assert set(stack.pids()) == set(SERVERS)
    before = stack.pids()
    outcomes = stack.up()
    assert {name for name, outcome in outcomes.items() if outcome != "unchanged"} == {"vpc"}
    assert stack.cloud is not None
    assert not stack.cloud.changed()
    assert stack.pids() == before
    assert stack.removed == []


def test_outputs_are_what_dependants_ask_for(stack: Stack) -> None:
    stack.up()
    ports = stack.state.ports
    primary, cache = stack.made["primary"].outputs, stack.made["cache"].outputs
    assert primary["address"] == "127.0.0.1"
    assert primary["endpoint"] == f"127.0.0.1:{ports['t-primary']}"
    assert primary["port"] == ports["t-primary"]
    assert primary["arn"] == "arn:aws:rds:eu-west-1:000000000000:db:t-primary"
    assert cache["memberClusters"] == ["t-cache-001", "t-cache-002"]
    assert (cache["primaryEndpointAddress"], cache["port"]) == ("127.0.0.1", ports["t-cache-001"])


def test_the_master_user_is_that_of_rds(stack: Stack) -> None:
    with master(stack) as connection:
        assert ask(connection, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
        assert ask(connection, "SELECT pg_has_role('rds_superuser', 'member')") is True
        assert ask(connection, "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'hub'") == "t_admin"
        connection.execute("CREATE ROLE probe")
        connection.execute("GRANT pg_monitor TO probe")
        connection.execute("CREATE EXTENSION citext")
        connection.execute("DROP EXTENSION citext")
        connection.execute("DROP ROLE probe")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("ALTER SYSTEM SET work_mem = '1MB'")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE ROLE probe REPLICATION")


def test_the_parameter_group_configures_the_servers(stack: Stack) -> None:
    with master(stack) as connection:
        assert ask(connection, "SHOW max_connections") == "60"
        assert ask(connection, "SHOW log_min_duration_statement") == "500ms"
        assert ask(connection, "SHOW fsync") == "on"
        assert ask(connection, "SHOW shared_preload_libraries") == "pg_stat_statements"
    with node(stack.state, "t-cache", "t-cache-001", cluster=False).client() as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "allkeys-lru"}
    listed = " ".join(stack.state.kept["differences"])
    for part in (
        "rds.force_ssl",
        "reserved-memory-percent",
        "recorded only, nothing runs: ec2.Vpc",
    ):
        assert part in listed


def test_nobody_enters_a_server_without_a_password(stack: Stack) -> None:
    ports = stack.state.ports
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(
            host="127.0.0.1", port=ports["t-primary"], user="rdsadmin", dbname="postgres", sslmode="disable"
        )
    with redis.Redis(port=ports["t-cache-001"]) as client, pytest.raises(redis.AuthenticationError):
        client.ping()


def test_every_server_listens_on_loopback_alone(stack: Stack) -> None:
    for pid in stack.pids().values():
        listening = [c.laddr.ip for c in psutil.Process(pid).net_connections() if c.status == psutil.CONN_LISTEN]
        assert listening
        assert set(listening) == {"127.0.0.1"}


def test_files_are_private(stack: Stack) -> None:
    assert open_to_others(stack.state.path) == []


def test_status(stack: Stack) -> None:
    ports = stack.state.ports
    found = status(stack.state)
    assert found["stack"] == "test"
    assert found["up"]
    assert found["postgres"]["primary"] == {"host": "127.0.0.1", "port": ports["t-primary"], "database": "hub"}
    assert found["postgres"]["replicas"] == [
        {"name": "t-replica", "host": "127.0.0.1", "port": ports["t-replica"], "lag_seconds": 0.0}
    ]
    assert found["postgres"]["migration"] == {"version": None, "dirty": False}
    assert [(n["port"], n["role"]) for n in found["redis"]["t-cache"]["nodes"]] == [
        (ports["t-cache-001"], "master"),
        (ports["t-cache-002"], "replica"),
    ]
    assert {"allowed", "refused", "failed"} == found["access"].keys()


def test_logs(stack: Stack) -> None:
    with master(stack) as connection, pytest.raises(psycopg.errors.UndefinedTable):
        connection.execute("SELECT FROM nowhere_to_be_seen")
    found = [line.text for line in logs(stack.state, "primary", match="NOWHERE_to")]
    assert any('relation "nowhere_to_be_seen" does not exist' in text for text in found)


@pytest.mark.parametrize("victim", SERVERS)
def test_kill_9_is_repaired_by_the_next_run(stack: Stack, victim: str) -> None:
    with master(stack) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
        connection.execute("INSERT INTO kept VALUES (1)")
    with master(stack) as session:  # a backend that outlives the postmaster for a moment
        stack.kill(victim)
        assert [sentence for sentence in healthy(stack.state) if victim in sentence]
        outcomes = stack.up()
        del session
    assert healthy(stack.state) == []
    replica = server(stack.state, "t-replica")
    with master(stack) as connection:
        rows = ask(connection, "SELECT count(*) FROM kept")
        position = ask(connection, "SELECT pg_current_wal_lsn()")
    with replica.connect("hub") as connection:
        _until(lambda: ask(connection, f"SELECT pg_last_wal_replay_lsn() >= '{position}'") is True)
        assert ask(connection, "SELECT count(*) FROM kept") == rows
    touched = {name for name, outcome in outcomes.items() if outcome in ("created", "updated")}
    expected = {
        "emulator": set(),
        "t-primary": {"primary"},
        "t-replica": {"t-replica"},
        "t-cache-001": {"cache"},
        "t-cache-002": {"cache"},
    }
    assert touched == expected[victim]


def test_a_replica_without_its_slot_is_copied_anew(stack: Stack) -> None:
    replica, primary = server(stack.state, "t-replica"), server(stack.state, "t-primary")
    replica.stop()
    drop_slot(primary, "t-replica")
    assert stack.up()["t-replica"] == "updated"
    with primary.connect() as connection:
        assert (
            ask(connection, f"SELECT active FROM pg_replication_slots WHERE slot_name = '{slot('t-replica')}'") is True
        )


def test_a_replica_that_is_no_longer_declared_goes_with_slot_and_data(stack: Stack) -> None:
    stack.replicas = ("t-replica", "t-second")
    try:
        assert stack.up()["t-second"] == "created"
    finally:
        stack.replicas = ("t-replica",)
    outcomes = stack.up()
    assert stack.removed == ["urn:pulumi:test::data-tier::aws:rds/instance:Instance::t-second"]
    assert "t-second" not in outcomes
    assert not (stack.state.path / "postgres" / "t-second").exists()
    assert "t-second" not in stack.pids()
    with server(stack.state, "t-primary").connect() as connection:
        assert ask(connection, "SELECT count(*) FROM pg_replication_slots") == 1


def test_a_changed_parameter_restarts_the_servers_with_it(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    import local_stack

    changed = [
        *local_stack.POSTGRES_PARAMETERS,
        {"name": "deadlock_timeout", "value": "2000"},
        {"name": "backend_flush_after", "value": "9999"},
    ]
    with monkeypatch.context() as patch:
        patch.setattr(local_stack, "POSTGRES_PARAMETERS", changed)
        stack.up()
        with master(stack) as connection:
            assert ask(connection, "SHOW deadlock_timeout") == "2s"
            # a value that the server refuses is left out and listed, not fatal
            assert ask(connection, "SHOW backend_flush_after") == "0"
        assert any(
            "without local meaning" in text and "backend_flush_after" in text
            for text in stack.state.kept["differences"]
        )
    stack.up()
    with master(stack) as connection:
        assert ask(connection, "SHOW deadlock_timeout") == "1s"


def test_a_port_in_other_hands_is_named(stack: Stack) -> None:
    port = stack.state.ports["t-cache-002"]
    node(stack.state, "t-cache", "t-cache-002", cluster=False).stop()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        with pytest.raises(
            PortTakenError, match=rf"^port {port} of cache node t-cache-002 is held by .*pid {os.getpid()}"
        ):
            stack.up()
    stack.up()
    assert healthy(stack.state) == []


def test_down_leaves_nothing_but_the_data(stack: Stack) -> None:
    before = {path.name for path in stack.state.path.iterdir()}
    pids = [pid for pid in stack.pids().values() if pid is not None]
    family = [p for pid in pids for p in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True))]
    with master(stack) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
    assert stack.down(delete=False) == ["emulator", "t-cache-001", "t-cache-002", "t-replica", "t-primary"]
    assert [p for p in family if p.is_running() and p.status() != psutil.STATUS_ZOMBIE] == []
    left = {path.name for path in stack.state.path.iterdir()}
    assert left == {"backups", "cache", "emulator", "postgres", "state.json"} | (before & {"snapshots"})
    assert not status(stack.state)["up"]
    assert stack.down(delete=False) == []
    stack.up()
    assert healthy(stack.state) == []
    with master(stack) as connection:
        assert ask(connection, "SELECT to_regclass('kept') IS NOT NULL") is True


def test_new_ports_keep_the_data(stack: Stack) -> None:
    with master(stack) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
    before = stack.state.ports
    # another program takes one of the ports while the stack is down
    down(stack.project, stack.name)
    state = stack.state
    with state.lock():
        forget(state)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", before["t-primary"]))
        other.listen()
        stack.up()
        assert stack.state.ports["t-primary"] != before["t-primary"]
    assert healthy(stack.state) == []
    with master(stack) as connection:
        assert ask(connection, "SELECT to_regclass('kept') IS NOT NULL") is True


def test_down_ends_servers_whose_pid_files_are_lost(tmp_path: Path) -> None:
    stack = Stack(tmp_path)
    stack.up([declare("aws:sns/topic:Topic", "topic", {"name": "x"})])
    (stack.state.path / "run" / "emulator.pid").unlink()
    assert len(orphans(stack.state.path)) == 1
    stack.down()
    assert orphans(tmp_path) == []


def test_down_delete_takes_the_data_too(tmp_path: Path) -> None:
    stack = Stack(tmp_path)
    stack.up([declare("aws:sns/topic:Topic", "topic", {"name": "x"})])
    (stack.state.path / "state.json").write_text("broken")
    assert down(tmp_path, "test", delete=True) == ["emulator"]
    assert not (tmp_path / ".local" / "test").exists()


def test_a_server_whose_pid_file_is_lost_is_taken_back(stack: Stack) -> None:
    for path in (stack.state.path / "run").iterdir():
        path.unlink()
    stack.up()
    assert healthy(stack.state) == []
    running = {pid for pid in stack.pids().values() if pid is not None}
    heads = {p.pid for p in orphans(stack.state.path)} - {c.pid for h in running for c in psutil.Process(h).children()}
    assert heads == running


def _until(ready: object, seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not ready():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.02)
