"""What somebody on call looks for: each trouble is made on a tier of another application, found by the command and by
the metric that should, and gone after the mend that the command says.

The data are those of `examples.load`. Everything runs in this process, as the commands that people type.
"""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from threading import Thread
from time import monotonic
from typing import Any

import psycopg
import pytest
from shop import Folder

from bootstrap.access import Access, load_access
from bootstrap.manifest import Manifest
from bootstrap.secrets import LoginError
from examples.load import __main__ as load
from knowledge.thresholds.postgres_storage import UNUSED_INDEX
from observe.ask import ask
from observe.metrics.exporter import Exporter
from observe.metrics.own.together import read_together
from observe.metrics.sources import Watched, sources
from observe.metrics.text import render
from observe.nodes import postgres_nodes
from observe.postgres.index_usage import INDEX_USAGE, unused

pytestmark = pytest.mark.server
ROWS, KEYS = 30_000, 600
"""A table of so many rows has dead ones enough to be judged by; keys of all key spaces together."""
PRIMARY, STANDBY = "shop-live/primary", "shop-live/standby"
Labels = dict[str, str]
Values = Callable[..., dict[str, float]]
Short = tuple[str, str, str]
"""Status, object and mend of a finding."""


@dataclass(frozen=True)
class Shop:
    """The tier, and what the load script needs to know of it."""

    folder: Folder
    manifest: Manifest
    access: Access

    def json(self, *words: str) -> Any:
        said = self.folder.call(*words, "--json")
        assert said.code == 0, said.all
        return said.json

    def findings(self, *words: str, about: str = "") -> list[Short]:
        """What a question finds, of one object where that is said; what is well is left out."""
        found = self.json(*words)["findings"]
        return [
            (each["status"], each["object"], each["mend"])
            for each in found
            if each["status"] != "ok" and about in each["object"]
        ]

    def health(self) -> Any:
        """A computer that is busy is given time."""
        said = self.folder.call("health", "live", "--timeout", "5", "--json")
        assert said.code == (0 if said.json["ok"] else 1)
        return said.json

    def checks(self, check: str, node: str) -> list[Short]:
        """What `datatier health` says of one check of a server, where it is not well."""
        return [
            (each["status"], each["object"], each["mend"])
            for each in self.health()["checks"]
            if (each["id"], each["node"]) == (check, node) and each["status"] != "ok"
        ]

    def metrics(self, seconds: float = 60) -> Values:
        """What `datatier metrics print` gives now; it waits longer than that, for a computer that is busy."""
        watched = Watched(postgres=self.manifest, redis=self.manifest)
        return scraped(Exporter(sources(watched, migrations=self.folder.path / "migrations"), watched.prefix), seconds)

    def mend(self, words: str) -> None:
        """Run a mend that is a command of ours."""
        program, *rest = shlex.split(words)
        assert program == "datatier"
        said = self.folder.call(*rest, "--yes")
        assert said.code == 0, said.all

    def as_owner(self) -> Any:
        """Who migrates, acting as the owner."""
        return load.as_migrator(self.manifest, self.access)

    def as_(self, who: str) -> psycopg.Connection[Any]:
        """A session of an identity."""
        (node, *_) = postgres_nodes(self.manifest, who)
        return node.connect(5)


def scraped(exporter: Exporter, seconds: float) -> Values:
    try:
        return parsed(exporter.text(seconds))
    finally:
        exporter.close(1)


def parsed(text: str) -> Values:
    """Values of a metric by the label `of` of its series, of those that have some other labels."""
    series: dict[str, list[tuple[Labels, float]]] = {}
    for line in text.splitlines():
        if found := re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line):
            labels = {name: value.encode().decode("unicode_escape") for name, value in _LABEL.findall(found[2] or "")}
            series.setdefault(found[1], []).append((labels, float(found[3])))

    def values(name: str, of: str, **wanted: str) -> dict[str, float]:
        return {labels[of]: value for labels, value in series.get(name, []) if wanted.items() <= labels.items()}

    return values


_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def eventually(is_so: Callable[[], bool]) -> None:
    for _ in range(200):
        if is_so():
            return
        time.sleep(0.1)
    raise AssertionError(is_so)


@pytest.fixture(scope="module")
def shop(live: Folder) -> Iterator[Shop]:
    """`live` with the load script's data; afterwards without."""
    manifest = live.manifest("live")
    made = Shop(live, manifest, load_access(manifest.access))
    load.fill(made.manifest, made.access, ROWS, KEYS)
    yield made
    load.clean(made.manifest, made.access)
    assert live.call("access", "plan").out == "nothing differs\n"


def test_a_blocked_session(shop: Shop) -> None:
    """As many as the alarm takes: how long one waits is judged too, but from half a minute on."""

    def wait() -> None:
        with load.as_application(shop.manifest, shop.access) as conn:
            conn.execute("SET lock_timeout = 0")
            conn.execute("UPDATE load_customer SET city = 'waits' WHERE id = 1")

    def waiting() -> list[Any]:
        return [row for row in shop.json("queries", "blocked", "-s", "live")["rows"] if row["blocked_by"]]

    waiters = [Thread(target=wait) for _ in range(4)]
    with load.as_application(shop.manifest, shop.access) as holder:
        holder.execute("BEGIN; UPDATE load_customer SET city = 'held' WHERE id = 1")
        for each in waiters:
            each.start()
        eventually(lambda: len(waiting()) == len(waiters))
        kill = f"datatier queries kill {holder.info.backend_pid} -s live"
        assert ("warn", "", kill) in shop.findings("queries", "blocked", "-s", "live")
        status = shop.metrics()("datatier_check_status", "check", instance=PRIMARY)
        assert status["blocked-sessions"] == 1
        shop.mend(kill)
        for each in waiters:
            each.join()
        with pytest.raises(psycopg.OperationalError):
            holder.execute("COMMIT")
    assert shop.findings("queries", "blocked", "-s", "live") == []
    assert shop.metrics()("datatier_check_value", "check", instance=PRIMARY)["blocked-sessions"] == 0


def test_a_table_without_vacuum(shop: Shop) -> None:
    table = "public.load_queue"
    mend = f"ALTER TABLE {table} RESET (autovacuum_enabled); VACUUM (ANALYZE) {table}"
    assert shop.findings("queries", "vacuum", about=table) == [("warn", table, mend)]
    assert shop.metrics()("datatier_check_status", "object", check="autovacuum-off") == {table: 1}
    with shop.as_owner() as conn:
        for each in mend.split("; "):
            conn.execute(each.encode())
        # The standby says every ten seconds which rows it may still read (wal_receiver_status_interval): until then the
        # finding asks for another VACUUM, rightly.
        until = monotonic() + 40
        while (found := shop.findings("queries", "vacuum", about=table)) and monotonic() < until:
            assert found == [("warn", table, f"VACUUM (ANALYZE) {table}")]
            conn.execute(f"VACUUM (ANALYZE) {table}".encode())
    assert found == []
    assert shop.metrics()("datatier_check_status", "object", check="autovacuum-off") == {}


def test_a_duplicate_index(shop: Shop) -> None:
    index = "public.load_order_at_again"
    mend = f"DROP INDEX CONCURRENTLY {index}"
    assert shop.findings("queries", "indexes", about=index) == [("warn", index, mend)]
    assert shop.metrics()("datatier_check_status", "object", check="duplicate-index") == {index: 1}
    with shop.as_owner() as conn:
        conn.execute(mend.encode())
    assert shop.findings("queries", "indexes", about=index) == []
    assert shop.metrics()("datatier_check_status", "object", check="duplicate-index") == {}


def test_an_unused_index(shop: Shop) -> None:
    """Judged as of today and from any size on: 35 days of counting are not to be had in a test."""
    index = "public.load_order_note_unused"
    question = replace(INDEX_USAGE, together=lambda rows: unused(rows, replace(UNUSED_INDEX, warn=1000), days=0))

    def found() -> list[Short]:
        answers = ask(postgres_nodes(shop.manifest), [question])
        return [(each.status, each.object, each.mend) for answer in answers for each in answer.findings]

    def of_exporter() -> dict[str, float]:
        primary, *replicas = postgres_nodes(shop.manifest)
        with primary.session() as conn:
            part = read_together(conn, node="primary", observation=question, others=lambda: replicas)
        return parsed(render([(None, part.families)]))("datatier_check_status", "object", check="unused-index")

    mend = f"DROP INDEX CONCURRENTLY {index}"
    assert ("warn", index, mend) in found()
    assert of_exporter()[index] == 1
    with shop.as_owner() as conn:
        conn.execute(mend.encode())
    assert index not in {each[1] for each in found()}
    assert index not in of_exporter()


def test_a_key_space_without_ttls(shop: Shop) -> None:
    def of_space() -> tuple[float, list[str]]:
        said = shop.json("keys", "main")
        (space,) = [each for each in said["spaces"] if each["name"] == "session"]
        mends = [each["mend"] for each in said["findings"] if each["object"] == "session"]
        return space["without_ttl"], mends

    count, (mend,) = of_space()
    assert count > 1
    assert shop.metrics()("datatier_keyspace_without_ttl", "space")["session"] == count
    with load.as_user(shop.manifest, "main", "shop_app") as client:
        # The command is said for one key of them, and so for each.
        command = shlex.split(mend.partition(" (and so")[0])
        assert client.execute_command(*command) == 1
        eventually(lambda: of_space()[0] == count - 1)  # a replica is asked
        for number in range(KEYS):
            client.execute_command("EXPIRE", re.sub("[0-9]+", str(number), command[1]), *command[2:])
    eventually(lambda: of_space() == (0, []))
    assert shop.metrics()("datatier_keyspace_without_ttl", "space")["session"] == 0


def test_a_full_login(shop: Shop) -> None:
    def seen() -> list[Short]:
        return shop.checks("connections", "primary")

    def metric() -> float | None:
        return shop.metrics()("datatier_check_status", "object", check="connections", instance=PRIMARY).get(login)

    limit = shop.access.identities["shop_reporting"].postgres.limits.connection_limit
    with ExitStack() as sessions:
        first = sessions.enter_context(closing(shop.as_("shop_reporting")))
        login = f"login {first.info.user}"
        for _ in range(limit - 1):
            sessions.enter_context(closing(shop.as_("shop_reporting")))
        with pytest.raises(LoginError, match="too many connections"):
            shop.as_("shop_reporting")
        assert seen() == [("critical", login, "datatier queries sessions")]
        users = [row["user"] for row in shop.json("queries", "sessions")["rows"]]
        assert users.count(first.info.user) == limit
        assert metric() == 2
    eventually(lambda: seen() == [])
    assert metric() in (None, 0)


@pytest.mark.parametrize(
    ("server", "node", "up", "runbook"),
    [
        ("shop-live-standby", "standby", "pg_up", "docs/runbooks/postgres-down.md#down"),
        ("shop-live-main-002", "main/shop-live-main-002", "redis_up", "docs/runbooks/redis-down.md#down"),
    ],
)
def test_a_silent_replica(shop: Shop, server: str, node: str, up: str, runbook: str) -> None:
    def ups() -> dict[str, bool]:
        return {each["name"]: each["up"] for each in shop.health()["nodes"]}

    everybody = ups()
    assert set(everybody.values()) == {True}
    instance = f"shop-live/{node}"
    with shop.folder.silent(server):
        assert ups() == {**everybody, node: False}
        # What it takes to mend a server that says nothing is not one command.
        assert shop.checks("up", node) == [("critical", "", runbook)]
        values = shop.metrics(10)
        said = values("datatier_up", "instance")
        assert {each for each, value in said.items() if not value} == {instance}
        assert values(up, "instance")[instance] == 0
    eventually(lambda: ups() == everybody)
    assert shop.metrics()("datatier_up", "instance") == dict.fromkeys(said, 1)


def test_a_revoked_grant(shop: Shop) -> None:
    """What hides a part of each answer, and what differs from access.yaml: one statement ends both."""
    grant = 'GRANT pg_monitor TO "shop_monitoring"'

    def skipped() -> tuple[set[str], set[str]]:
        """What would end what hides a part, by a question and by the look at all servers."""
        rows = shop.findings("queries", "sessions")
        checks = [each for each in shop.health()["checks"] if each["node"] == "primary"]
        return (
            {mend for status, _, mend in rows if status == "skipped"},
            {each["mend"] for each in checks if each["status"] == "skipped"},
        )

    def seen() -> tuple[bool, float]:
        values = shop.metrics()
        refused = values("datatier_metric_refused", "grant", instance=PRIMARY)
        return grant in refused, values("datatier_access_differences", "instance")[PRIMARY]

    of_rows, of_health = skipped()
    assert (of_rows, grant in of_health, seen()) == (set(), False, (False, 0))
    with closing(shop.as_("master")) as master:
        master.execute("REVOKE pg_monitor FROM shop_monitoring")
        try:
            assert skipped() == ({grant}, of_health | {grant})
            assert seen() == (True, 1)
            assert shop.folder.call("access", "plan").code == 3
        finally:
            master.execute(grant.encode())
    assert (skipped(), seen()) == ((set(), of_health), (False, 0))
