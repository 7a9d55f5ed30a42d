"""A tier of another application whose stack is not called as its profile: names, protection, and files that change."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from project_folder import Project
from prometheus_run import MINUTE, PROGRAM, Prometheus, eventually, prometheus, serving
from shop import FOREIGN, Folder
from test_named_otherwise import OFFLINE

from boards.changed import paced
from boards.expression import Metric, promql, walk
from boards.panels.catalogue import BOARDS
from boards.rules.catalogue import rules
from cli.main import COMMANDS
from observe.metrics.exporter import Exporter
from observe.metrics.sources import Watched, sources
from observe.nodes import postgres_nodes
from upgrade import queries
from upgrade.run.database import Database


@pytest.fixture(scope="module")
def tier(live: Folder) -> Iterator[Folder]:
    """`live` is up; tests leave its declaration as it was."""
    before = {*live.path.iterdir()}
    yield live
    for path in {*live.path.iterdir()} - before:  # what commands were asked to write, and what they read
        shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.fixture
def declare(tier: Folder) -> Iterator[Callable[[Any], None]]:
    """Change access.yaml; afterwards it is as it was, in the engines too."""
    yield tier.declare
    tier.declare()
    assert tier.call("access", "apply", "--yes", "--allow-revoke", "--allow-drop").code == 0
    assert tier.call("access", "plan").out == "nothing differs\n"


# On the tier `live`: words, exit code
RUNNING: list[tuple[list[str], int]] = [
    (["status", "live", "--json"], 0),
    (["status"], 0),
    (["health", "live", "--json", "--timeout", "20"], 0),
    (["health", "--all", "--timeout", "20"], 0),
    (["doctor"], 0),
    (["upgrade", "rehearse", "live", "--to", "postgres.version=17"], 2),
    (["env", "live"], 0),
    (["env", "live", "--format", "go"], 0),
    (["pools", "live", "--json"], 0),
    (["access", "plan", "--stack", "live"], 0),
    (["access", "verify", "--stack", "live", "--json"], 0),
    (["access", "explain", "shop_app", "--stack", "live"], 0),
    (["access", "apply", "--yes", "--stack", "live", "--json"], 0),
    (["access", "import", "--stack", "live"], 0),
    (["access", "rotate", "shop_app", "--dry-run", "--stack", "live"], 0),
    (["drift", "live", "--prove", "--json"], 0),
    (["migrate", "status", "--stack", "live"], 0),
    (["migrate", "version", "--stack", "live"], 0),
    (["migrate", "validate", "--stack", "live"], 0),
    (["migrate", "up", "--dry-run", "--stack", "live"], 0),
    (["schema", "check", "--stack", "live"], 0),
    (["alarms", "list", "live", "--json"], 0),
    (["logs", "standby", "--stack", "live", "--lines", "1"], 0),
    (["bootstrap", "--stack", "live", "--json"], 0),
    (["health", "live", "--json"], 0),
    (["queries", "sessions", "--stack", "live"], 0),
    (["keys", "main", "--stack", "live"], 0),
    (["metrics", "files", "build", "--stack", "live"], 0),
    (["dashboard", "live", "--listen", "0.0.0.0:9188"], 2),
    (["backup", "create", "--to", "kept", "--stack", "live"], 0),
    (["backup", "list", "--from", "kept"], 0),
    (["backup", "list", "--stack", "live"], 2),
    (["backup", "prune", "--from", "kept", "--stack", "live", "--yes"], 0),
    (["backup", "schedule", "live"], 0),
    (["maintain", "schedule", "live"], 0),
    (["capacity", "live", "--sample"], 0),
    (["capacity", "live", "--instances", "2", "--json"], 0),
    (["maintain", "run", "live", "--yes", "--json", "--budget", "1m"], 0),
    (["maintain", "run", "live", "--table", "nothing", "--yes"], 2),
    (["maintain", "report", "live"], 0),
    (["drill", "report", "--stack", "live", "--check"], 0),
    (["snapshot", "list", "live"], 0),
    (["snapshot", "restore", "nothing", "live"], 2),
    (["status", "prod"], 1),
    (["access", "plan", "--stack", "prod"], 1),
]


@pytest.mark.server
@pytest.mark.parametrize(("words", "code"), RUNNING, ids=[" ".join(words) for words, _ in RUNNING])
def test_on_a_tier_nothing_of_another_stack_is_said(tier: Folder, words: list[str], code: int) -> None:
    said = tier.call(*words)
    assert said.code == code, said.all
    assert "a fault of datatier" not in said.err
    if "prod" in words:
        assert "`datatier up prod`" in said.err
    else:
        assert not FOREIGN["live"].search(said.out.replace(str(tier.path), "")), said.all


def test_no_command_was_forgotten() -> None:
    """`up` and `down` make and end the tier; `reset` empties it."""
    tried = {words[0] for words, _ in (*OFFLINE, *RUNNING)}
    assert tried >= set(COMMANDS) - {"up"}


@pytest.mark.server
def test_a_protected_stack_keeps_what_is_taken_away_until_it_is_allowed(tier: Folder) -> None:
    """`live` has profile prod; its name says nothing."""

    def weaker(declaration: dict[str, Any]) -> None:
        declaration["identities"]["shop_reporting"]["postgres"]["privileges"] = "monitoring"

    tier.declare(weaker)
    planned = tier.call("access", "plan", "--json")
    assert planned.code == 3
    assert any(change["takes_away"] for change in planned.json["changes"])
    kept = tier.call("access", "apply", "--yes", "--json")
    assert (kept.code, bool(kept.json["skipped"])) == (3, True)
    assert all(change["takes_away"] for change in kept.json["skipped"])
    tier.declare()
    assert tier.call("access", "apply", "--yes", "--allow-revoke").code == 0
    assert tier.call("access", "plan").out == "nothing differs\n"


def _worker(declaration: dict[str, Any]) -> None:
    declaration["identities"]["shop_worker"] = {
        "postgres": {"privileges": "readwrite", "limits": {"connection_limit": 3}},
        "redis": {"main": {"keys": ["session:*"], "commands": ["@read"]}},
    }


@pytest.mark.server
def test_an_identity_written_into_access_yaml_is_planned_and_applied(
    tier: Folder, declare: Callable[[Any], None]
) -> None:
    """The README's three steps, for an identity that no deployment has seen."""
    declare(_worker)
    assert tier.call("status", "--json").json["changed_since_up"] == ["access.yaml"]
    for words in (["env", "--identity", "shop_worker"], ["psql", "shop_worker"]):
        said = tier.call(*words)
        assert (said.code, "changed since the last `datatier up live`" in said.err) == (2, True), said.all
    unproven = tier.call("access", "verify")
    assert (unproven.code, "no credential yet for shop_worker: `datatier access apply`" in unproven.err) == (1, True)
    drifted = tier.call("drift", "--json")
    assert drifted.code == 3
    planned = tier.call("access", "plan", "--out", "plan.json", "--json")
    assert planned.code == 3
    assert {change["subject"] for change in planned.json["changes"]} >= {"secret of shop_worker", "user shop_worker"}
    applied = tier.call("access", "apply", "--plan", "plan.json", "--json")
    assert applied.code == 0, applied.all
    assert applied.json["notes"][0] == "shop_worker: secret made"
    assert tier.call("access", "plan").out == "nothing differs\n"
    assert tier.call("drift").code == 0
    checks = tier.call("access", "verify", "--json").json["checks"]
    assert all(check["ok"] for check in checks if check["identity"] == "shop_worker")
    assert sum(check["identity"] == "shop_worker" for check in checks) > 10
    assert tier.call("env", "--identity", "shop_worker", "--reveal").code == 0
    again = tier.call("status", "--json").json
    assert again["changed_since_up"] == [], "apply has taken the file in"


@pytest.mark.server
def test_the_next_up_goes_on_with_the_secret_that_apply_has_made(tier: Folder, declare: Callable[[Any], None]) -> None:
    declare(_worker)
    assert tier.call("access", "apply", "--yes").code == 0
    before = tier.call("env", "--identity", "shop_worker", "--reveal", "--format", "libpq").out
    Project(tier.path).ok("up", "live")
    assert tier.call("env", "--identity", "shop_worker", "--reveal", "--format", "libpq").out == before
    assert tier.call("access", "plan").out == "nothing differs\n"


BROKEN = [
    "owner: [",
    "",
    "- owner",
    "owner: shop_owner\nidentities: {a: {postgres: readwrit}}\n",
    "owner: shop_owner\nidentities: {pg_a: {postgres: readwrite}}\n",
    "owner: shop_owner\nidentities:\n  a: {postgres: readwrite}\n  a: {postgres: readonly}\n",
    "owner: shop_owner\nidentities: {true: {postgres: readwrite}}\n",
    None,
]


@pytest.mark.server
@pytest.mark.parametrize("text", BROKEN, ids=[str(number) for number in range(len(BROKEN))])
def test_a_broken_access_yaml_is_wrong_input_for_whoever_compares_with_it(tier: Folder, text: str | None) -> None:
    path = tier.path / "access.yaml"
    path.unlink() if text is None else path.write_text(text)
    try:
        for words in (
            ["access", "plan"],
            ["access", "apply", "--yes"],
            ["access", "verify"],
            ["access", "explain", "shop_app"],
            ["drift"],
            ["bootstrap"],
            ["reset", "--yes"],
        ):
            said = tier.call(*words)
            assert (said.code, said.out) == (2, ""), (words, said.all)
            assert "access" in said.err
        # Whoever only wants in, gets in, and is told.
        said = tier.call("env", "live")
        assert (said.code, "access.yaml" in said.err) == (0, True)
    finally:
        tier.declare()


@pytest.mark.server
def test_a_deployed_stacks_manifest_is_used_and_another_file_is_told_of(
    tier: Folder, declare: Callable[[Any], None]
) -> None:
    kept = json.loads((tier.path / ".local" / "live" / "state.json").read_text())["kept"]["manifest"]
    (tier.path / "m.json").write_text(json.dumps(kept))
    assert tier.call("access", "plan", "--manifest", "m.json").err == ""
    declare(_worker)
    for words in (["access", "plan"], ["access", "verify"], ["drift"], ["env"]):
        said = tier.call(*words, "--manifest", "m.json")
        assert (said.code, "`pulumi up -s live` deploys the file" in said.err) == (0, True), said.all
    refused = tier.call("access", "apply", "--yes", "--manifest", "m.json", "--file", "access.yaml")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == (
        "error: shop_worker has no secret yet, and nothing was changed: deploy this access.yaml first, "
        "`pulumi up -s live` makes it and brings the identity in.\n"
    )
    looked = tier.call("access", "plan", "--manifest", "m.json", "--file", "access.yaml")
    assert (looked.code, looked.err) == (3, "")


@pytest.mark.server
def test_other_files_that_have_changed_are_told_by_every_command(tier: Folder) -> None:
    path = tier.path / "Pulumi.live.yaml"
    before = path.read_text()
    path.write_text(f"{before}# a comment\n")
    try:
        for words in (["access", "plan"], ["drift"], ["env"], ["pools"], ["migrate", "version"]):
            said = tier.call(*words)
            assert (said.code, "which takes it in: Pulumi.live.yaml" in said.err) == (0, True), said.all
        assert "which takes it in: Pulumi.live.yaml" in tier.call("status").out
    finally:
        path.write_text(before)


@pytest.mark.server
def test_health_of_a_whole_tier(tier: Folder) -> None:
    with tier.never_kept("live"):
        said = tier.call("health", "live", "--json", "--timeout", "20")
        line = tier.call("health", "live", "--line", "--timeout", "20").out
    assert said.code == 0, said.all
    nodes = [(each["name"].partition("/")[0], each["engine"], each["role"], each["up"]) for each in said.json["nodes"]]
    assert nodes == [
        ("primary", "postgres", "primary", True),
        ("standby", "postgres", "replica", True),
        ("main", "redis", "primary", True),
        ("main", "redis", "replica", True),
    ]
    checks = {(each["node"], each["id"]): each for each in said.json["checks"]}
    # Who watches may read where the migrations are.
    assert checks["primary", "migration"]["status"] == "ok"
    assert checks["standby", "replica-lag"]["status"] == "ok"
    assert [checks["", each]["status"] for each in ("schema", "access", "backup", "drill")] == [
        *("ok", "ok", "skipped", "skipped"),
    ]
    keys = {"id", "node", "status", "value", "threshold", "source", "object", "message", "mend", "runbook"}
    assert all(each.keys() == keys for each in said.json["checks"])
    # A computer that is busy with other tests may answer slowly.
    assert re.fullmatch(r"OK 4 nodes\n|WARN .* answers in .*\n", line)


@pytest.mark.server
def test_what_was_proved_before_the_declaration_changed_is_stale(tier: Folder, declare: Callable[[Any], None]) -> None:
    declare(lambda declaration: declaration["limits"].update(connection_limit=59))
    stale = [
        each for each in tier.call("health", "--json", "--timeout", "20").json["checks"] if each["status"] == "stale"
    ]
    assert [each["id"] for each in stale] == ["schema", "access"]
    assert all("access.yaml changed since" in each["message"] for each in stale)


@pytest.mark.server
def test_a_url_that_leads_to_another_engine_is_wrong_input(tier: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("observe.engine_at.SECONDS", 10)
    ports = {each["name"]: each["port"] for each in tier.call("status", "--json").json["processes"]}
    postgres, cache = (
        ports["shop-live"],
        next(port for name, port in ports.items() if name.startswith("shop-live-main")),
    )
    for option, url, says in (
        ("--database-url", f"postgres://a:b@127.0.0.1:{cache}/x", "is Redis, not PostgreSQL"),
        ("--redis-url", f"redis://127.0.0.1:{postgres}", "is PostgreSQL, not Redis"),
    ):
        said = tier.call("health", option, url)
        assert (said.code, said.out) == (2, "")
        assert says in said.err


STANDBY = "shop-live/standby"
# A check has a value only where it has something to judge; a loaded computer answers late without being at fault.
JUDGED = {"datatier_check_status", "datatier_check_value"}
RULES = tuple(
    rule
    for rule in rules({STANDBY: {"replica-lag": 5.0, "load-high": 8.0}}, {"secret-old": 31 * 86400.0})
    if "response" not in rule.key
)
SILENT = {
    "postgres/logical-slot-wal": "no slot is logical",
    "postgres/sessions-blocked": "nobody waits for a lock",
    "postgres/load-high": "nobody works on the standby",
    "redis/memory-full": "no cache may evict any key",
    "redis/evictions-many": "no cache may evict any key",
    "redis/keyspace-without-ttl": "no key space has been counted",
    "stack/metrics-refused": "nothing is refused that an alarm needs",
    "stack/migration-dirty": "the login that watches may not read it",
}
"""Rule -> why its expression has no value on this tier."""


def without_data(found: Prometheus) -> tuple[set[str], set[str]]:
    """Rules and panels whose expressions have no value now."""
    of_rules = {
        rule.key
        for rule in RULES
        if not JUDGED & {each.name for each in walk(rule.condition) if isinstance(each, Metric)}
        and not found.query(promql(paced(rule.condition.of, MINUTE), recorded=True))
    }
    of_panels = {
        panel.id
        for board in BOARDS
        for panel in board.panels
        for line in panel.lines
        if not found.query(promql(paced(line.expression, MINUTE), window=f"{5 * MINUTE}s"))
    }
    return of_rules, of_panels


@pytest.mark.server
@pytest.mark.skipif(PROGRAM is None, reason="prometheus is not installed")
def test_prometheus_has_data_for_every_rule_and_panel_and_one_alert_for_a_stopped_replica(
    tier: Folder, tmp_path: Path
) -> None:
    manifest = tier.manifest("live")
    watched = Watched(postgres=manifest, redis=manifest)
    empty = {panel.id for board in BOARDS for panel in board.panels if panel.empty and board.id != "statements"}
    client = postgres_nodes(manifest, "shop_app")[0]
    asked = sources(watched, ["stat_statements"], migrations=tier.path / "migrations")
    with (
        client.session() as session,
        serving(Exporter(asked, watched.prefix)) as port,
        prometheus(tmp_path, port, RULES) as found,
    ):
        session.execute("SELECT 1")
        eventually(lambda: without_data(found)[0] <= SILENT.keys(), lambda: without_data(found))
        eventually(lambda: without_data(found)[1] <= empty, lambda: without_data(found)[1] - empty)
        time.sleep(6 * MINUTE)  # what has been wrong from the beginning rings by now
        before = found.firing()
        assert {name for name, _ in before if name.endswith(("Down", "Critical"))} == set()
        with tier.silent("shop-live-standby"):
            eventually(lambda: found.firing() > before, found.firing)
            time.sleep(6 * MINUTE)  # and nothing else does that waits as long
            assert found.firing() - before == {("PostgresDown", STANDBY)}
        eventually(lambda: not found.firing() - before, found.firing)


@pytest.mark.server
def test_what_an_upgrade_asks_is_asked_as_the_master(tier: Folder) -> None:
    """The master of a tier may do no more than that of RDS: tables are analyzed by their owners."""
    database = Database(tier.manifest("live"), "", tier.path / "migrations")
    try:
        for check in (queries.PREPARED, queries.BROKEN, queries.REG, queries.NO_SLOTS, queries.NO_KEY):
            assert database.ask(check.statement) == [], check.says
        # A standby that another test had stopped catches up first.
        eventually(lambda: not database.ask(queries.BEHIND.statement), lambda: queries.BEHIND.says)
        database.execute(
            "DROP TABLE IF EXISTS public.upgraded; CREATE TABLE public.upgraded AS SELECT 1 id", "shop_owner"
        )
        rows = database.ask(queries.ANALYZE)
        assert ("shop_owner", "ANALYZE public.upgraded") in rows
        for role, statement in rows:
            database.execute(str(statement), role)
        assert database.ask(queries.UNKNOWN.statement) == []
        assert any("public.upgraded" in each for each in database.differences())
    finally:
        database.execute("DROP TABLE IF EXISTS public.upgraded", "shop_owner")
        database.close()
