"""The brewery taken through major upgrades for real, as `datatier upgrade rehearse` does it: 17 and 16 to 18."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from brewery import DATABASE, Brewery
from in_process import Said, call

pytestmark = pytest.mark.server
_ASIDE = (
    "as committed; left aside: {}; extensions are the server's: a bootstrap makes those that it can and names those "
    "that are missing"
)


@pytest.fixture
def away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files are; a server's socket has a short path."""
    with tempfile.TemporaryDirectory(prefix="dt-away-", dir="/tmp") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


def rehearse(folder: Path, *words: str) -> Said:
    return call(folder, "upgrade", "rehearse", "--to", "postgres.version=18", *words, "--json")


def checks(way: dict[str, Any]) -> dict[str, tuple[bool | None, str]]:
    return {each["name"]: (each["ok"], each["detail"]) for each in way["checks"]}


def nothing_left(away: Path) -> bool:
    running = [each for each in psutil.process_iter(["cwd"]) if str(away) in str(each.info["cwd"])]
    return not running and list(away.iterdir()) == []


def test_17_to_18_in_both_ways_with_a_plan_that_changes(
    brewery_of: Callable[[int], Brewery], away: Path, tmp_path: Path
) -> None:
    at = brewery_of(17)
    at.backup(tmp_path / "kept", stack=True)
    words = ["--from", str(tmp_path / "kept"), "--database-url", at.url(), "--path", str(at.migrations)]
    said = rehearse(tmp_path, *words, "--report", str(tmp_path / "reports"))
    assert (said.code, said.err) == (0, "")
    found = said.json
    assert (found["verdict"], found["was"], found["wanted"]) == ("passed", "PostgreSQL 17.10", "PostgreSQL 18")
    assert [(way["way"], way["ok"], way["refused"]) for way in found["ways"]] == [
        ("pg_upgrade", True, ""),
        ("dump", True, ""),
    ]
    common = {
        "rows": (True, "7,003 rows in 4 tables and 2 sequences, each as it was"),
        "access": (True, "applied; 3 identities tried"),
        "collations": (True, "no index of text is sorted by a library: none has to be built again"),
        "migrations": (True, "at version 2, as before; the pending 000003_notes ran"),
    }
    by_pg_upgrade, by_dump = map(checks, found["ways"])
    assert by_pg_upgrade == {
        **common,
        "statistics": (None, by_pg_upgrade["statistics"][1]),
        "extensions": (
            None,
            "updated pg_stat_statements 1.11 -> 1.12 (the source has 1.10); not there: pgcrypto",
        ),
        "schema": (True, _ASIDE.format("extension pg_stat_statements")),
    }
    assert re.fullmatch(
        r"of (\d+) columns with statistics \1 came along, of 1 extended ones 0: ANALYZE before the application comes "
        r"back",
        by_pg_upgrade["statistics"][1],
    )
    assert by_dump == {
        **common,
        "extensions": (True, "each is at the version that this server brings"),
        "schema": (True, _ASIDE.format("extension pg_stat_statements, extension pgcrypto")),
    }
    assert {each["name"] for each in found["ways"][0]["phases"]} >= {"check", "schema", "files", "start", "analyze"}
    assert all(way["downtime"]["seconds"] > 0 for way in found["ways"])
    plans = {each["query"]: (each["changed"], each["before"], each["after"]) for each in found["statements"]}
    assert plans["SELECT one.beer FROM cask one JOIN cask other USING (id) WHERE other.litres = $1"] == (
        True, "Hash Join(Seq Scan cask, Hash(Seq Scan cask))", "Seq Scan cask",
    )  # fmt: skip
    assert plans["SELECT count(*) FROM tasting WHERE at = $1"][0] is False
    (gone,) = found["obstacles"]
    assert (gone["check"], gone["stops"]) == ("statements", [])
    assert gone["what"].endswith("cannot plan it: SELECT count(*) FROM cask, pg_stat_wal WHERE wal_write >= $1")
    assert found["notes"] == [
        "pg_upgrade was rehearsed without pgcrypto: not both servers of this computer have it among their own libraries"
    ]
    # Kept in every form, and nothing else is left.
    assert sorted(path.name.partition(".")[2] for path in (tmp_path / "reports").iterdir()) == ["html", "json", "md"]
    (page,) = (tmp_path / "reports").glob("*.json")
    assert json.loads(page.read_text()) == found
    assert nothing_left(away)


def test_16_to_18_by_pg_upgrade(brewery_of: Callable[[int], Brewery], away: Path, tmp_path: Path) -> None:
    at = brewery_of(16)
    said = rehearse(tmp_path, "--database-url", at.url(), "--by", "pg_upgrade", "--path", str(at.migrations))
    assert (said.code, said.err) == (0, "")
    found = said.json
    (way,) = found["ways"]
    assert (found["verdict"], found["ran"][0].partition(".")[0], way["way"]) == ("passed", "16", "pg_upgrade")
    assert checks(way)["rows"] == (True, "7,003 rows in 4 tables and 2 sequences, each as it was")
    assert checks(way)["migrations"] == (True, "at version 2, as before; the pending 000003_notes ran")
    assert found["settings"] == [
        {"name": "old_snapshot_threshold", "value": "60",
         "what": "PostgreSQL 18 does not have it; 16 was the last to have it"}
    ]  # fmt: skip
    assert found["notes"] == ["no plans are compared: this server has no extension pg_stat_statements"]
    assert nothing_left(away)


def test_what_stops_each_way_is_told_with_what_ends_it(
    brewery_of: Callable[[int], Brewery], away: Path, tmp_path: Path
) -> None:
    """pg_upgrade at a column of its list, which hides from it the view at which both ways fail."""
    at = brewery_of(16)
    with at.connect("postgres") as conn:
        conn.execute("CREATE DATABASE stuck")
    try:
        with at.connect("stuck") as conn:
            conn.execute("CREATE TABLE step (run regproc)")
            conn.execute("CREATE VIEW checkpoints AS SELECT checkpoints_timed FROM pg_stat_bgwriter")
        at.backup(tmp_path / "kept", "stuck")
        said = rehearse(tmp_path, "--from", str(tmp_path / "kept"))
    finally:
        with at.connect("postgres") as conn:
            conn.execute("DROP DATABASE stuck")
    assert said.code == 1
    found = said.json
    assert (found["verdict"], [(way["way"], way["ok"]) for way in found["ways"]]) == (
        "failed", [("pg_upgrade", False), ("dump", False)],
    )  # fmt: skip
    refused = [way["refused"] for way in found["ways"]]
    assert refused[0].startswith("Data type checks failed: Your installation contains one of the reg* data types")
    assert refused[0].endswith("; public.step.run")
    assert refused[1] == 'pg_restore failed: column "checkpoints_timed" does not exist'
    (view,) = found["obstacles"]
    assert (view["check"], view["object"], view["stops"]) == (
        "views on the catalog", "public.checkpoints", ["pg_upgrade", "dump"],
    )  # fmt: skip
    assert "pg_catalog.pg_stat_bgwriter.checkpoints_timed, which 18 does not have" in view["what"]
    assert found["notes"][-1].startswith("a backup knows nothing of the server's slots, prepared transactions")
    assert nothing_left(away)


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("postgres.version=17", "the source runs 17.10, and 17 is no other major version"),
        ("postgres.version=16", "postgres.version: 17.10 -> 16: RDS never goes back"),
        ("postgres.version=99", "postgres.version: 17.10 -> 99: RDS offers 15, 16, 17, 18"),
        ("postgres.version=new", "`new` is not a PostgreSQL version"),
        ("postgres.class=db.r7g.large", "postgres.class is not rehearsed: postgres.version=18 is"),
        ("postgres", "`postgres`: write TARGET.KEY=VALUE"),
    ],
)
def test_what_cannot_be_asked(
    brewery_of: Callable[[int], Brewery], away: Path, tmp_path: Path, to: str, said: str
) -> None:
    done = call(tmp_path, "upgrade", "rehearse", "--to", to, "--database-url", brewery_of(17).url())
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert nothing_left(away)


def test_a_backup_and_another_server_are_not_one_source(
    brewery_of: Callable[[int], Brewery], away: Path, tmp_path: Path
) -> None:
    brewery_of(16).backup(tmp_path / "kept", "defined")
    said = rehearse(tmp_path, "--from", str(tmp_path / "kept"), "--database-url", brewery_of(17).url())
    assert (said.code, said.out) == (2, "")
    assert "the server runs 17.10 and the backup" in said.err
    assert nothing_left(away)


def test_a_place_without_a_backup_and_a_folder_without_a_tier(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    none = rehearse(tmp_path, "--from", str(tmp_path / "kept"))
    assert (none.code, "has no backup with a database" in none.err) == (2, True)
    down = rehearse(tmp_path)
    assert (down.code, "nothing is up" in down.err) == (1, True)
    assert DATABASE == "brewery"
