"""`datatier access` by URL: plan, save, apply, explain, import, with their exit codes and without a secret shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from postgres_server import binaries, initdb, running

PASSWORD = "never-shown-4c1e"
DECLARATION = """
owner: app_owner
identities:
  app: {postgres: readwrite}
  analyst:
    postgres: {privileges: custom, grants: [{tables: [users], columns: [id], privileges: [select]}]}
"""

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("server")
    initdb(binaries()[18], folder / "data", "boss", PASSWORD)
    with running(binaries()[18], folder / "data", []) as port:
        with psycopg.connect(url("boss", port), autocommit=True) as conn:
            conn.execute(f"CREATE ROLE master LOGIN CREATEROLE CREATEDB PASSWORD '{PASSWORD}'")
            conn.execute("CREATE DATABASE app OWNER master TEMPLATE template0")
        yield port


def url(user: str, port: int, database: str = "postgres") -> str:
    return f"postgres://{user}:{PASSWORD}@127.0.0.1:{port}/{database}"


def test_from_the_first_plan_to_an_import(project: Any, port: int) -> None:
    (project.folder / "access.yaml").write_text(DECLARATION)
    env = {"DATABASE_URL": url("master", port, "app")}
    plan = project.run("access", "plan", "--json", "--out", "plan.json", env=env)
    assert plan.code == 3
    assert set(plan.json) == {"changes", "differences", "fingerprint"}
    assert {frozenset(change) for change in plan.json["changes"]} == {
        frozenset({"engine", "target", "action", "subject", "sql", "takes_away"})
    }
    assert plan.json["differences"] == [
        "identities.analyst.postgres.grants.0.tables: table public.users does not exist yet"
    ]
    unasked = project.run("access", "apply", env=env)
    assert (unasked.code, "--yes" in unasked.err) == (2, True)
    kept = project.run("access", "apply", "--plan", "plan.json", "--protected", "--json", env=env)
    assert kept.code in {1, 3}  # ownership needs a word of its own
    done = project.ok("access", "apply", "--yes", "--json", env=env).json
    assert done["skipped"] == []
    assert done["notes"] == ["passwords are not set: there is no store of secrets behind a URL"]
    with psycopg.connect(url("boss", port, "app"), autocommit=True) as conn:
        conn.execute("SET ROLE app_owner; CREATE TABLE users (id int, secret text)")
    stale = project.run("access", "apply", "--plan", "plan.json", env=env)
    assert (stale.code, "stale" in stale.err) == (1, True)
    assert "GRANT SELECT" in project.run("access", "plan", env=env).out
    project.ok("access", "apply", "--yes", env=env)
    assert project.ok("access", "plan", env=env).out == "nothing differs\n"
    told = project.ok("access", "explain", "analyst", "--json", env=env).json
    assert {"what": "SELECT on columns of public.users", "on": ["id"], "why": "analyst: granted"} in (
        told["access"]["postgres"]
    )
    project.ok("access", "import", "--out", "imported.yaml", env=env)
    again = project.ok("access", "plan", "--file", "imported.yaml", "--json", env=env)
    assert again.json["changes"] == again.json["differences"] == []
    assert set(yaml.safe_load(Path(project.folder / "imported.yaml").read_text())["identities"]) == {"app", "analyst"}


def test_a_protected_server_loses_nothing_without_a_word(project: Any, port: int) -> None:
    (project.folder / "access.yaml").write_text(DECLARATION)
    env = {"DATABASE_URL": url("master", port, "app")}
    project.ok("access", "apply", "--yes", env=env)
    with psycopg.connect(url("boss", port, "app"), autocommit=True) as conn:
        conn.execute("GRANT CREATE ON SCHEMA public TO app")
    (project.folder / "access.yaml").write_text("owner: app_owner\nidentities: {app: {postgres: readwrite}}\n")
    kept = project.run("access", "apply", "--yes", "--protected", "--json", env=env)
    assert kept.code == 3
    assert kept.json["changes"] == []
    assert {change["action"] for change in kept.json["skipped"]} == {"revoke", "drop"}
    revoked = project.run("access", "apply", "--yes", "--protected", "--allow-revoke", "--json", env=env)
    assert [change["sql"] for change in revoked.json["changes"]] == ['REVOKE CREATE ON SCHEMA public FROM "app"']
    dropped = project.ok("access", "apply", "--yes", "--protected", "--allow-drop", "--json", env=env)
    assert dropped.json["changes"][-1]["sql"] == 'DROP ROLE "analyst"'
    assert project.ok("access", "plan", env=env).out == "nothing differs\n"


@pytest.mark.parametrize(
    ("words", "says", "code"),
    [
        (("explain", "nobody"), "no role `nobody`", 2),
        (("plan", "--file", "nowhere.yaml"), "does not exist", 2),
        (("apply", "--plan", "access.yaml"), "is not a plan", 2),
        (("import", "--out", "access.yaml"), "is there already", 2),
    ],
)
def test_wrong_input(project: Any, port: int, words: tuple[str, ...], says: str, code: int) -> None:
    answer = project.run("access", *words, env={"DATABASE_URL": url("master", port, "app")})
    assert (answer.code, says in answer.err) == (code, True), answer.err
    assert PASSWORD not in answer.out + answer.err


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("owner: 2026-13-45\nidentities: {shop: {postgres: readwrite}}", "owner: must be lower-case letters"),
        ("owner: o\nidentities: {shop: {postgres: readwrit}}", "identities.shop.postgres.privileges"),
        ("owner: o\nidentities: {shop: {postgres: {privileges: readwrite, settings: {a b: 1}}}}", "settings.a b"),
        (
            "owner: o\nkeep: [strangers]\nidentities: {shop: {postgres: readwrite}}",
            "exceptions: {postgres: {NAME: [login",
        ),
        (
            "owner: o\nexceptions: {postgres: {intern: [may read]}}\nidentities: {shop: {postgres: readwrite}}",
            "exceptions.postgres.intern.0",
        ),
        ("[1, 2]", "must be a mapping"),
        ("{" * 400, "not valid YAML"),
    ],
)
@pytest.mark.parametrize("words", [("access", "apply", "--yes"), ("drift",), ("status",)])
def test_a_wrong_declaration_is_exit_code_2_and_changes_nothing(
    project: Any, port: int, words: tuple[str, ...], text: str, says: str
) -> None:
    (project.folder / "access.yaml").write_text(text)
    answer = project.run(*words, env={"DATABASE_URL": url("master", port)})
    assert (answer.code, says in " ".join(answer.err.split())) == (2, True), answer.err
    assert "a fault of datatier" not in answer.err
    with psycopg.connect(url("boss", port), autocommit=True) as conn:
        assert conn.execute("SELECT count(*) FROM pg_roles WHERE rolname ~ '^(o|shop)(_[ab])?$'").fetchone() == (0,)


def test_verify_drift_and_status_of_a_server_that_no_stack_describes(project: Any, port: int) -> None:
    (project.folder / "access.yaml").write_text("owner: shop_owner\nidentities: {shop_web: {postgres: readwrite}}\n")
    with psycopg.connect(url("boss", port), autocommit=True) as conn:
        conn.execute("CREATE DATABASE shop OWNER master TEMPLATE template0")
    env = {"DATABASE_URL": url("master", port, "shop")}
    project.ok("access", "apply", "--yes", env=env)
    with psycopg.connect(url("boss", port, "shop"), autocommit=True) as conn:
        conn.execute("SET ROLE shop_owner; CREATE TABLE basket (id int)")
    options = "WITH INHERIT TRUE, SET TRUE"
    with psycopg.connect(url("boss", port, "shop"), autocommit=True) as conn:
        conn.execute(f"GRANT shop_web TO master {options}")
    checks = project.ok("access", "verify", "--json", env=env).json["checks"]
    assert {(each["action"], each["expected"]) for each in checks if each["identity"] == "shop_web"} >= {
        ("act as shop_web", "allowed"),
        ("read basket", "allowed"),
        ("create a table", "refused"),
    }
    status = project.ok("status", "--json", "--database-url", env["DATABASE_URL"]).json
    assert (status["database"], status["migration"]) == ("shop", None)
    assert status["access"] == {"changes": 0, "undeclared": []}

    with psycopg.connect(url("boss", port, "shop"), autocommit=True) as conn:
        conn.execute(f"CREATE ROLE intern LOGIN PASSWORD '{PASSWORD}'; GRANT SELECT ON basket TO intern")
    told = (
        "intern has `SELECT on table public.basket`, which access.yaml does not say: "
        'REVOKE SELECT ON TABLE public.basket FROM "intern"'
    )
    planned = project.run("access", "plan", env=env)
    verified = project.run("access", "verify", env=env)
    drifted = project.run("drift", "--json", env=env)
    stated = project.ok("status", env=env)
    assert (planned.code, verified.code, drifted.code) == (3, 1, 3)
    assert told in [each["what"] for each in drifted.json["found"]]
    for answer in (planned, verified, stated):
        assert "intern has `SELECT on table public.basket`" in " ".join(answer.out.split())
    with psycopg.connect(url("boss", port, "shop"), autocommit=True) as conn:
        conn.execute("DROP OWNED BY intern; DROP ROLE intern")
    assert PASSWORD not in planned.out + verified.out + stated.out
