"""Drills on a tier of another application: what scripts read, and what a killed one leaves.

`DATATIER_KILLS=100` for so many random moments of each drill, `DATATIER_SEED` for others.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from project_folder import DATATIER
from psycopg.sql import SQL, Identifier
from shop import Folder

sys.path.append(str(Path(__file__).parents[1] / "keep" / "drill"))

from reports import report

from bootstrap.postgres import master
from bootstrap.secrets import AwsStore
from keep.drill import run
from keep.drill.books import Books
from keep.drill.report import DrillReport
from keep.place.folder import FolderPlace
from keep.postgres import proof
from local.estate import LocalEstate
from local.orphans import orphans
from local.state import StateDir

pytestmark = pytest.mark.server
KILLS = int(os.environ.get("DATATIER_KILLS", "0"))
SEED = int(os.environ.get("DATATIER_SEED", "1"))
USUAL = {"pitr": 8.0, "snapshot": 8.0, "region": 8.0, "redis": 6.0, "deletion": 12.0, "primary": 12.0}
"""Seconds within which a drill is killed: about as long as it takes here."""
FEW = ["pitr", "primary"]
"""Those that are killed once where nobody asks for more: with one copy, and with three of which two are written to."""


def databases(folder: Folder) -> list[str]:
    with _master(folder) as conn:
        return [name for (name,) in conn.execute("SELECT datname FROM pg_database ORDER BY 1")]


def rows(folder: Folder) -> proof.Proof:
    """What every table of the source holds."""
    with _master(folder) as conn, conn.transaction():
        conn.execute(SQL("SET LOCAL ROLE {}").format(Identifier("shop_owner")))
        return proof.prove(conn)


def made(folder: Folder) -> list[tuple[str, str, str]]:
    return list(LocalEstate(StateDir(folder.path, "live")).made())


def _master(folder: Folder) -> master.psycopg.Connection[tuple[object, ...]]:
    manifest = folder.manifest("live")
    return master.look(manifest.postgres, AwsStore(manifest.region, manifest.aws_endpoint)).conn


@pytest.fixture(scope="module")
def tier(live: Folder) -> Iterator[Folder]:
    """With some rows, as long as these tests need them."""

    def change(statement: str) -> None:
        with _master(live) as conn:
            conn.execute(SQL("SET ROLE {}").format(Identifier("shop_owner")))
            conn.execute(statement.encode())

    change("INSERT INTO users (email, name) SELECT n || '@drill.example', n FROM generate_series(1, 50) n")
    with live.never_kept("live"):
        yield live
    change("DELETE FROM users WHERE email LIKE '%@drill.example'")


@pytest.fixture
def untouched(tier: Folder) -> Iterator[None]:
    """The source has the same rows, databases and processes afterwards, and nothing is left of a drill."""
    before = (databases(tier), rows(tier), servers(tier), kept(tier))
    yield
    assert (databases(tier), rows(tier), servers(tier), kept(tier), made(tier)) == (*before, [])


def kept(folder: Folder) -> tuple[list[str], list[str]]:
    """What has a folder or a port of its own in the tier."""
    state = StateDir(folder.path, "live")
    state.load()
    folders = [
        str(each.relative_to(state.path)) for name in ("postgres", "cache") for each in state.path.glob(f"{name}/*")
    ]
    return sorted(folders), sorted(state.ports)


def servers(folder: Folder) -> list[str]:
    """The folders in which servers of this tier run, whichever command began them."""
    where = set()
    for process in orphans(folder.path):
        with suppress(psutil.Error):  # a session that has ended
            where.add(process.cwd())
    return sorted(where)


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("drill", ["pitr", "snapshot"])
def test_a_drill_passes_and_says_what_scripts_read(tier: Folder, drill: str, tmp_path: Path) -> None:
    said = tier.call("drill", drill, "live", "--json", "--keep", str(tmp_path))
    assert said.code == 0, said.all
    found = said.json
    assert (found["verdict"], found["objective"]) == ("passed", {"rto_seconds": 1800.0, "rpo_seconds": 900.0})
    assert found["rto_seconds"] > found["rpo_seconds"] >= 0
    assert [each["name"] for each in found["phases"]] == [
        *("detect", "restore", "warm", "statistics", "prove", "serve", "destroy"),
    ]
    assert all(each["ok"] for each in found["checks"])
    assert {"heartbeat", "application", "settings", "schema and rows", "destroyed"} <= {
        c["name"] for c in found["checks"]
    }
    kept = tier.path / ".local" / "live" / "drills" / "live"
    assert f"{kept / found['id']}.html" == found["report"]
    assert DrillReport.model_validate_json((kept / f"{found['id']}.json").read_bytes()).verdict == "passed"
    assert re.search(r"<svg .*</svg>", (kept / f"{found['id']}.html").read_text())
    listed = tier.call("drill", "report", "-s", "live", "--json").json
    assert found["id"] in [each["id"] for each in listed]
    assert tier.call("drill", "report", found["id"], "-s", "live").out.startswith(f"# Drill {drill} of live: passed\n")
    for where in ((), ("--from", str(tmp_path))):
        assert tier.call("drill", "report", "-s", "live", "--check", "--json", *where).json["ok"] is True
    unwritable = tier.call("drill", drill, "live", "--keep", "/proc/nowhere")
    assert (unwritable.code, "the folder /proc/nowhere" in unwritable.err) == (1, True), unwritable.all
    nothing = tier.call("drill", "report", "-s", "live", "--from", str(tmp_path / "nothing"))
    assert (nothing.code, "has no report: a drill puts copies there with `--keep" in nothing.err) == (2, True)


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("drill", "phases"),
    [
        ("deletion", ["detect", "restore", "merge", "prove", "serve", "destroy"]),
        ("primary", ["detect", "restore", "serve", "prove", "rejoin", "destroy"]),
        ("redis", ["detect", "restore", "prove", "serve", "destroy"]),
        ("region", ["detect", "restore", "warm", "statistics", "prove", "serve", "destroy"]),
    ],
)
def test_a_loss_is_played_and_made_good(tier: Folder, drill: str, phases: list[str]) -> None:
    with tier.second_region("live"):
        said = tier.call("drill", drill, "live", "--json")
    assert (said.code, said.json["verdict"]) == (0, "passed"), said.all
    assert [each["name"] for each in said.json["phases"]] == phases


@pytest.mark.usefixtures("untouched")
def test_a_loss_that_cannot_be_played_is_refused_before_anything_is_made(tier: Folder) -> None:
    for words, says in (
        (["region"], "has no second region for its backups: add to its file `data-tier:backup:"),
        (["deletion", "--table", "nowhere"], "the database has no table `nowhere`"),
        (["redis", "--cache", "attic"], "has no cache `attic`"),
    ):
        said = tier.call("drill", words[0], "live", *words[1:])
        assert (said.code, says in said.err) == (2, True), said.all


@pytest.mark.usefixtures("untouched")
def test_a_backup_is_restored_and_proved_and_a_damaged_one_fails(tier: Folder, tmp_path: Path) -> None:
    made = tier.call("backup", "create", "--to", str(tmp_path), "-s", "live", "--json").json["id"]
    said = tier.call("drill", "snapshot", "live", "--from", str(tmp_path), "--json")
    assert (said.code, said.json["verdict"], said.json["facts"]["restored from"]) == (0, "passed", made), said.all
    checks = {each["name"]: each["detail"] for each in said.json["checks"]}
    assert re.fullmatch(r"[0-9]+ rows in [0-9]+ tables, each as it was", checks["rows"])
    assert "every identity has logged in with a new password" in checks["application"]
    archive = tmp_path / made / "postgres.dump.zst"
    data = bytearray(archive.read_bytes())
    data[len(data) // 2] ^= 1
    archive.write_bytes(data)
    said = tier.call("drill", "snapshot", "live", "--from", str(tmp_path), "--backup", made, "--json")
    assert (said.code, said.json["verdict"]) == (1, "failed"), said.all
    assert f"{archive} is damaged" in said.json["reason"]
    said = tier.call("drill", "snapshot", "live", "--from", str(tmp_path), "--backup", "20200101T000000000Z-000000")
    assert (said.code, "has no backup" in said.err) == (2, True), said.all


@pytest.mark.parametrize(("days", "status"), [(3, "ok"), (40, "warn")])
def test_health_says_how_old_the_last_drill_is(tier: Folder, days: int, status: str) -> None:
    began = datetime.now(UTC) - timedelta(days=days)
    with tier.never_kept("live"):
        books = Books(FolderPlace(tier.path / ".local" / "live" / "drills"), "live")
        books.append(report(stack="live", began_at=began))
        said = {each["id"]: each for each in tier.call("health", "live", "--json", "--timeout", "20").json["checks"]}
    assert {each: said[each]["status"] for each in ("drill", "drill-result", "backup")} == {
        "drill": status,
        "drill-result": "ok",
        "backup": "skipped",
    }
    assert said["drill"]["message"] == f"the last drill is {days} d old"


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("to", "says"),
    [
        ((datetime.now(UTC) + timedelta(days=1)).isoformat(), "is in the future: shop-live can be restored to any"),
        ("2020-01-01T00:00:00Z", "is before the oldest backup: shop-live can be restored to any moment from"),
        ("2020-01-01T00:00:00", "says no time zone: write 2020-01-01T00:00:00Z for UTC"),
        ("yesterday", "is not a moment: write it as 2026-11-29T10:00:00Z"),
    ],
    ids=["future", "before the oldest", "no zone", "no moment"],
)
def test_a_moment_that_cannot_be_restored_to_is_refused_before_anything_is_made(
    tier: Folder, to: str, says: str
) -> None:
    for more in ((), ("--dry-run",)):
        said = tier.call("drill", "pitr", "live", "--to", to, *more)
        assert (said.code, says in said.err) == (2, True), said.all


@pytest.mark.usefixtures("untouched")
def test_a_plan_makes_nothing(tier: Folder) -> None:
    said = tier.call("drill", "snapshot", "live", "--dry-run", "--json").json
    assert re.fullmatch(r"instance shop-live-drill-[0-9a-f]{6}", said["makes"][0])
    assert "does" in tier.call("drill", "pitr", "live", "--dry-run").out


def test_an_interrupted_drill_says_how_it_goes_on(tier: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "carry_out", interrupted)
    said = tier.call("drill", "pitr", "live")
    assert (said.code, said.out) == (130, "")
    assert "the same command with --resume goes on with it; `datatier drill clean live`" in said.err


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("drill", "number"),
    [(drill, number) for number in range(max(KILLS, 1)) for drill in (USUAL if KILLS else FEW)],
)
def test_a_killed_drill_leaves_nothing_that_the_next_does_not_find(tier: Folder, drill: str, number: int) -> None:
    chance = random.Random(f"{SEED} {drill} {number}")
    moment, goes_on = chance.uniform(0.8, USUAL[drill]), chance.random() < 0.5
    where = f"{drill} killed after {moment:.2f} s"
    with tier.second_region("live"):
        process = subprocess.Popen(
            [DATATIER, "drill", drill, "live"], cwd=tier.path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if goes_on and (tier.path / ".local" / "live" / "drills" / "live" / "RUNNING.json").exists():
            said = tier.call("drill", drill, "live", "--resume", "--json")
            # What a killed primary's writers have seen is gone with them: the one moment that cannot be gone on from.
            unseen = drill == "primary" and "the run was killed while its primary was lost" in said.json["reason"]
            assert said.json["verdict"] == ("error" if unseen else "passed"), (where, said.all)
        cleaned = tier.call("drill", "clean", "live")
    assert cleaned.code == 0, (where, cleaned.all)
    assert made(tier) == [], where
    checked = tier.call("drill", "report", "-s", "live", "--check", "--json")
    assert (checked.code, checked.json["differences"]) == (0, []), where


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("drill", "module", "function"),
    [("pitr", "local.backups.recovery", "prepare"), ("redis", "local.aside.caches", "replicate")],
    ids=["before its server runs", "when its nodes answer"],
)
def test_a_killed_drill_goes_on_and_makes_again_what_it_was_killed_over(
    tier: Folder, drill: str, module: str, function: str
) -> None:
    program = [sys.executable, Path(__file__).with_name("killed_in.py"), module, function]
    killed = subprocess.run([*program, "drill", drill, "live"], cwd=tier.path, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    left = json.loads((tier.path / ".local" / "live" / "drills" / "live" / "RUNNING.json").read_text())
    assert left["running"] == "restore"
    said = tier.call("drill", drill, "live", "--resume", "--json")
    assert (said.code, said.json["id"], said.json["verdict"]) == (0, left["id"], "passed"), said.all
    assert said.json["facts"]["made again"] == f"shop-live-drill-{left['id'][-6:]}"
    assert "resumed" in said.json["facts"]
