"""A tier that is up: status, environment, sessions, logs, migrations, reset."""

import re
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from clinic_project import CLINIC
from open_to_others import open_to_others

from bootstrap.migrate import Source
from local.handlers import cache
from local.handlers.base import node
from local.state import StateDir

pytestmark = pytest.mark.server
LAST = max(Source.load(CLINIC / "migrations").versions)


def environment(tier: Any, *words: str) -> dict[str, str]:
    lines = tier.ok("env", "local", *words).out.splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("# "))


def test_status_has_the_stable_shape(tier: Any) -> None:
    data = tier.ok("status", "--json").json
    assert data["stack"] == "local"
    assert data["postgres"]["primary"]["database"] == "clinic"
    assert data["postgres"]["migration"] == {"version": LAST, "dirty": False}
    (replica,) = data["postgres"]["replicas"]
    assert replica["name"] == "standby"
    assert replica["lag_seconds"] < 5
    roles = {name: sorted(node["role"] for node in cache["nodes"]) for name, cache in data["redis"].items()}
    assert roles == {"main": ["master", "replica"], "queue": ["master"]}
    assert data["drift"] == []
    assert data["access"]["failed"] == 0
    assert data["access"]["allowed"] > 50
    assert data["access"]["refused"] > 100
    assert all(node["host"] == "127.0.0.1" for cache in data["redis"].values() for node in cache["nodes"])


def test_up_again_changes_nothing_and_says_so(tier: Any) -> None:
    before = [process["pid"] for process in tier.ok("status", "--json").json["processes"]]
    assert "nothing to do: servers, roles, privileges and the users of the caches are as declared" in tier.ok("up").out
    refreshed = tier.ok("up", "--refresh", "--json").json
    assert refreshed["changed"] == []
    assert [process["pid"] for process in refreshed["processes"]] == before


def test_another_name_of_the_database_is_asked_for_with_what_is_in_it_before_anything_is_made(tier: Any) -> None:
    path = tier.folder / "Pulumi.local.yaml"
    before = path.read_text()
    path.write_text(f"{before}  data-tier:postgres: {{database: ward}}\n")
    try:
        answer = tier.run("up")
    finally:
        path.write_text(before)
    said = " ".join(answer.err.split())
    beside = r"A new, empty database `ward` is made beside `clinic`, which stays with \d+ kB and about \d+ rows,"
    assert (answer.code, re.search(beside, said) is not None) == (2, True), said
    assert said.endswith("Nobody can be asked here: say --yes.")
    assert tier.ok("psql", "master", "--", "-Atc", "SELECT 1 FROM pg_database WHERE datname = 'ward'").out == ""


@pytest.mark.parametrize(
    ("by_hand", "undone", "says"),
    [
        (
            ("psql", "clinic_migrator", "--", "-qc", "REVOKE DELETE ON users FROM clinic_app"),
            None,
            'GRANT DELETE ON TABLE public.users TO "clinic_app"',
        ),
        (("psql", "clinic_migrator", "--", "-qc", "GRANT SELECT ON users TO PUBLIC"), None, "REVOKE SELECT ON TABLE"),
        (("redis", "ACL", "SETUSER", "clinic_cache", "+flushall"), None, "may no longer: flushall"),
        (("redis", "ACL", "DELUSER", "clinic_cache"), None, "created: on "),
        (("redis", "ACL", "SETUSER", "by_hand", "on", "nopass", "+ping"), ("ACL", "DELUSER", "by_hand"), "by_hand"),
    ],
)
def test_up_again_says_what_somebody_changed_by_hand(
    tier: Any, by_hand: tuple[str, ...], undone: tuple[str, ...] | None, says: str
) -> None:
    run_by_hand(tier, by_hand)
    again, data = tier.run("up"), tier.run("up", "--json")
    if undone:
        run_by_hand(tier, ("redis", *undone))
    tier.ok("bootstrap")
    assert (again.code, data.code) == (3, 3)
    assert "nothing to do" not in again.out
    assert "nothing was changed, and the engines have 1 difference: " in again.out
    assert says in again.out
    assert data.json["changed"] == []
    assert tier.run("up").code == 0


def run_by_hand(tier: Any, words: tuple[str, ...]) -> None:
    if words[0] == "psql":
        tier.ok(*words)
        return
    state = StateDir(tier.folder, "local")
    for entry in state.resources.values():
        if entry["type"] == cache.TYPE and "-main" in entry["id"]:
            for name in entry["outputs"]["memberClusters"][:1]:  # ACLs do not replicate
                with node(state, entry["id"], name, False).client() as client:
                    client.execute_command(*words[1:])


def test_environment_opens_both_engines(tier: Any) -> None:
    env = environment(tier, "--identity", "clinic_app", "--reveal")
    with psycopg.connect(
        host=env["POSTGRES_HOST"],
        port=int(env["POSTGRES_PORT"]),
        dbname=env["POSTGRES_DB"],
        user=env["POSTGRES_USER"],
        password=env["POSTGRES_PASSWORD"],
        sslmode=env["POSTGRES_SSLMODE"],
    ) as connection:
        assert connection.execute("SELECT count(*) FROM users").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE public.mine (id int)")
    for prefix in ("", "QUEUE_"):
        with redis.Redis(
            host=env[f"{prefix}REDIS_HOST"],
            port=int(env[f"{prefix}REDIS_PORT"]),
            username=env[f"{prefix}REDIS_USER"],
            password=env[f"{prefix}REDIS_PASSWORD"],
        ) as client:
            assert client.set("lock:test:1", "x", ex=1)
            with pytest.raises(redis.exceptions.NoPermissionError):
                client.flushall()
    assert {env["REDIS_TLS"], env["QUEUE_REDIS_TLS"]} == {"false"}


def test_environment_holds_references_unless_told(tier: Any) -> None:
    shown = environment(tier)
    assert shown["POSTGRES_PASSWORD"].startswith("arn:aws:secretsmanager:")
    assert shown["POSTGRES_PASSWORD"].endswith(":password::")
    secrets = {v for k, v in environment(tier, "--reveal").items() if k.endswith("PASSWORD")}
    for words in (("status",), ("status", "--json"), ("env", "local"), ("up", "--refresh"), ("logs",), ("doctor",)):
        answer = tier.run(*words)
        assert not any(secret in answer.out + answer.err for secret in secrets), words


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("psql", "clinic_app", "--", "-Atc", "SELECT current_setting('is_superuser')"), "off"),
        (("psql", "master", "--", "-Atc", "SELECT current_user"), "clinic_admin"),
        (("psql", "--", "-Atc", "SELECT current_user"), "clinic_app"),
        (("psql", "clinic_reporting", "--replica", "standby", "--", "-Atc", "SELECT pg_is_in_recovery()"), "t"),
        (("redis-cli", "clinic_app", "main", "--", "ACL", "WHOAMI"), ""),
        (("migrate", "version"), str(LAST)),
    ],
)
def test_sessions(tier: Any, words: tuple[str, ...], expected: str) -> None:
    answer = tier.run(*words)
    assert expected in answer.out.strip()


@pytest.mark.parametrize(
    "there", [{}, {"psql": "psql (PostgreSQL) 15.18", "redis-cli": "redis-cli 5.0.14"}], ids=["nothing", "older ones"]
)
@pytest.mark.parametrize("home", ["", "/nonexistent"])
def test_sessions_need_no_program_on_the_path(tier: Any, tmp_path: Path, there: dict[str, str], home: str) -> None:
    """As on a fresh machine, and as on one whose system brings older programs than the server's."""
    for name, says in there.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n[ \"$1\" = --version ] && echo '{says}' || echo older\n")
        (tmp_path / name).chmod(0o755)
    env = {"PATH": str(tmp_path), "HOME": home}
    psql = tier.ok("psql", "clinic_app", "--", "-XAtc", "SHOW server_version_num", "-c", r"\echo :VERSION_NUM", env=env)
    server, client = psql.out.split()
    assert int(client) // 10000 == int(server) // 10000
    assert tier.ok("redis-cli", "clinic_app", "main", "--", "GET", "cache:nothing", env=env).out == "(nil)\n"


def test_redis_session_reads_commands(tier: Any) -> None:
    answer = tier.run(
        "redis-cli", "clinic_cache", "main", stdin="SET cache:user:1 hello EX 5\nGET cache:user:1\nKEYS *\n"
    )
    assert "hello" in answer.out
    assert "no permissions" in answer.out + answer.err


def test_migrations_go_down_and_up(tier: Any) -> None:
    assert [step["direction"] for step in tier.ok("migrate", "down", "1", "--json").json] == ["down"]
    assert tier.ok("migrate", "version", "--json").json == {"version": LAST - 1, "dirty": False}
    assert tier.ok("status", "--json").json["postgres"]["migration"] == {"version": LAST - 1, "dirty": False}
    tier.ok("migrate", "up")
    assert tier.ok("migrate", "up").out.strip() == "no change"
    assert {row["state"] for row in tier.ok("migrate", "status", "--json").json} == {"applied"}


def test_bootstrap_again_changes_nothing(tier: Any) -> None:
    report = tier.ok("bootstrap", "--json").json
    assert (report["changed"], report["ok"]) == (0, True)


def test_reset_returns_to_the_seeded_state(tier: Any) -> None:
    tier.ok("psql", "clinic_app", "--", "-c", "INSERT INTO users (email, name) VALUES ('a@example.org', 'A')")
    tier.ok("redis-cli", "clinic_app", "main", "--", "SET", "cache:user:1", "x")
    tier.ok("reset", "--yes")
    assert tier.ok("psql", "clinic_app", "--", "-Atc", "SELECT count(*) FROM users").out.strip() == "0"
    assert "x" not in tier.ok("redis-cli", "clinic_app", "main", "--", "GET", "cache:user:1").out
    assert tier.ok("status", "--json").json["access"]["failed"] == 0


def test_logs_are_found_by_part_of_a_name(tier: Any) -> None:
    assert "ready to accept" in tier.ok("logs", "standby", "--grep", "ready to accept").out
    answer = tier.run("logs", "nobody")
    assert (answer.code, "no server `nobody`" in answer.err) == (2, True)


def test_pgpass_and_env_formats(tier: Any) -> None:
    lines = tier.ok("status", "--format", "pgpass").out.splitlines()
    count, parts = len(lines), {len(line.split(":")) for line in lines}  # they hold passwords: not to be shown
    assert (count, parts) == (10, {5})  # five logins on the primary and the replica
    assert "POSTGRES_HOST=127.0.0.1" in tier.ok("status", "--format", "env").out


def test_env_forms_connect(tier: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    url = tier.ok("env", "--format", "url", "--reveal", "--json").json["DATABASE_URL"]
    for key, text in tier.ok("env", "--format", "libpq", "--reveal", "--json").json.items():
        monkeypatch.setenv(key, text)
    for conninfo in (url, ""):  # the URL's and the environment's
        with psycopg.connect(conninfo) as conn:
            assert conn.execute("SELECT current_user::text, current_database()").fetchone() == ("clinic_app", "clinic")
    for key, text in tier.ok("env", "--format", "redis", "--reveal", "--json").json.items():
        with redis.Redis.from_url(text) as client:
            assert (key, client.get("lock:nothing")) == (key, None)
    assert tier.ok("env", "--format", "json").json == environment(tier)
    lines = tier.ok("env", "--format", "pgpass", "--reveal", "-i", "clinic_reporting").out.splitlines()
    assert set(lines) < set(tier.ok("status", "--format", "pgpass").out.splitlines())
    assert [line.split(":")[3] for line in lines] == ["clinic_reporting_a"] * 2


@pytest.mark.parametrize(
    "words",
    [
        ("psql", "master", "--", "-Atc", f"SELECT {LAST}"),
        ("migrate", "version"),
        ("access", "plan"),
        ("drift",),
        ("status",),
    ],
)
def test_nothing_of_the_environment_leads_elsewhere(tier: Any, words: tuple[str, ...]) -> None:
    """libpq goes to PGHOSTADDR whatever the host is called, and PGSERVICE is stronger than PGHOST."""
    answer = tier.run(*words, env={"PGHOSTADDR": "127.0.0.9", "PGHOST": "127.0.0.8", "PGPORT": "1"})
    assert (answer.code, answer.err) == (0, "")
    assert words[0] in ("access", "drift") or str(LAST) in answer.out


def test_psql_goes_to_the_tier_whatever_service_is_named(tier: Any, tmp_path: Path) -> None:
    (tmp_path / "services").write_text("[elsewhere]\nhost=127.0.0.9\nport=1\n")
    away = {"PGSERVICE": "elsewhere", "PGSERVICEFILE": str(tmp_path / "services")}
    assert tier.ok("psql", "master", "--", "-Atc", "SELECT 19", env=away).out == "19\n"


def test_pools_are_worked_out_from_the_server(tier: Any) -> None:
    advice = tier.ok("pools", "--instances", "2", "--json").json
    assert (advice["login"], advice["instances"], advice["limit"], advice["budget"]) == ("clinic_app_a", 2, 60, 58)
    assert advice["others"] == {
        "clinic_maintainer_a": 4,
        "clinic_migrator_a": 5,
        "clinic_monitoring_a": 10,
        "clinic_reporting_a": 10,
    }
    assert advice["pool"] == {"open": 25, "idle": 5, "lifetime": 300, "wait": 10}
    assert advice["parameters"]["prisma"] == "connection_limit=25&pool_timeout=10"
    assert "14 for each instance fit" in tier.ok("pools", "-n", "4").out
    url = tier.ok("env", "-i", "clinic_reporting", "-f", "url", "--reveal", "--json").json["DATABASE_URL"]
    by_url = tier.ok("pools", "--json", env={"DATABASE_URL": url}).json
    assert (by_url["login"], by_url["pool"]["open"], by_url["usable"]) == ("clinic_reporting_a", 8, advice["usable"])


def test_files_are_private(tier: Any) -> None:
    assert open_to_others(tier.folder / ".local") == []


def test_no_secret_on_a_command_line(tier: Any, servers: Any) -> None:
    running = servers(tier.folder)
    assert len(running) >= 6
    secrets = {v for k, v in environment(tier, "--reveal").items() if k.endswith("PASSWORD")}
    assert not any(secret in line for secret in secrets for line in running)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("psql", "clinic_ap"), 2, "Did you mean `clinic_app`?"),
        (("psql", "clinic_app", "--replica", "stanby"), 2, "Did you mean `standby`?"),
        (("psql", "clinic_cache"), 2, "no PostgreSQL login"),
        (("redis-cli", "clinic_app", "mian"), 2, "Did you mean `main`?"),
        (("redis-cli", "clinic_reporting"), 2, "no Redis login"),
        (("env", "local", "--identity", "nobody"), 2, "no identity `nobody`"),
        (("env", "prod"), 1, "stack `prod` was not brought up"),
        (("status", "--format", "xml"), 2, "one of table, json"),
        (("env", "--format", "prism"), 2, "Did you mean `prisma`?"),
        (("env", "--format", "pgpass"), 2, "ask for it with --reveal"),
        (("env", "--format", "url", "-i", "clinic_cache"), 2, "`clinic_cache` has no PostgreSQL login"),
        (("pools", "-i", "clinic_cache"), 2, "`clinic_cache` has no PostgreSQL login"),
        (("pools", "-n", "0"), 2, "--instances"),
        (("migrate", "down"), 2, "say how many"),
        (("migrate", "up", "--path", "/nonexistent"), 2, "/nonexistent"),
        (("bootstrap", "--manifest", "/nonexistent"), 2, "/nonexistent"),
        (("up", "--new-ports"), 1, "datatier down local"),
        (("down", "prdo"), 2, "Did you mean `prod`?"),
    ],
)
def test_wrong_input_is_one_sentence(tier: Any, words: tuple[str, ...], code: int, says: str) -> None:
    answer = tier.run(*words)
    assert answer.code == code, answer.err
    assert says in answer.err
    assert "Traceback" not in answer.err
