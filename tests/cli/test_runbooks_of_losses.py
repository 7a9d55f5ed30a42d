"""Each page that tells of a loss, walked in its order on a tier of another application, with rows that are lost."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from project_folder import Project
from psycopg.sql import SQL, Identifier
from shop import Folder

# The runbooks as data are in the folder of the documents' tests.
sys.path.append(str(Path(__file__).parents[1] / "docs"))

from in_process import Said
from pages import Command, commands

from bootstrap.postgres import master
from bootstrap.secrets import AwsStore
from local.estate import LocalEstate
from local.postgres.roles import ADMIN as SUPERUSER
from local.scratch import throwaway
from local.state import StateDir
from local.valkey.config import ADMIN
from local.valkey.scratch import scratch

pytestmark = pytest.mark.server

KEPT = ("backup", "drill", "snapshot")
PROVED = "bootstrap"
"""What most of these pages end with."""
PLACE = "copies-of-losses"
WALKED = ("postgres-corruption.md", "postgres-down.md", "redis-down.md", "lost-region.md", "backups.md")
PLAYED = ("pitr", "deletion", "primary")
"""Drills that test_drill_on_a_tier carries out as the pages name them, without an option: here their plan will do."""
DELETED = "accidental-deletion.md"
LOST = "name LIKE 'lost %'"


def of(page: str) -> list[Command]:
    """The commands of a page that change something or are about copies, each as often as it is there."""
    return [
        each
        for each in commands()
        if each.page == page
        and each.words[0] == "datatier"
        and ((len(each.words) > 2 and each.words[1] in (*KEPT, PROVED)) or "<copy>" in " ".join(each.words))
    ]


@contextmanager
def opened(live: Folder) -> Iterator[psycopg.Connection[Any]]:
    """The database, as the owner of its tables."""
    manifest = live.manifest("live")
    with master.look(manifest.postgres, AwsStore(manifest.region, manifest.aws_endpoint)).conn as conn:
        conn.execute(SQL("SET ROLE {}").format(Identifier("shop_owner")))
        yield conn


@pytest.fixture(scope="module")
def tier(live: Folder) -> Iterator[Folder]:
    """With rows that will be lost, a second region, and the manifest that the pages name."""
    manifest = live.manifest("live")
    (live.path / "prod.json").write_text(manifest.model_dump_json())
    with opened(live) as conn:
        conn.execute(
            "INSERT INTO users (email, name) SELECT n || '@lost.example', 'lost ' || n FROM generate_series(1, 9) n"
        )
    with live.never_kept("live"), live.second_region("live"):
        yield live
    with opened(live) as conn:
        conn.execute(f"DELETE FROM users WHERE {LOST}")
    (live.path / "prod.json").unlink()
    live.forget_copies(PLACE)


@pytest.fixture(scope="module")
def backup(tier: Folder) -> str:
    return str(tier.call("backup", "create", "--to", PLACE, "-s", "live", "--json").json["id"])


@pytest.fixture
def walked(tier: Folder, backup: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Command], Said]]:
    """Run a command of a page with the values that somebody who is on call would put in."""
    manifest = tier.manifest("live")
    entered = master.look(manifest.postgres, AwsStore(manifest.region, manifest.aws_endpoint))
    entered.conn.close()
    assert entered.password
    monkeypatch.setenv("PGPASSWORD", entered.password.reveal())
    primary = manifest.postgres.primary
    server = f"postgresql://{entered.user}@{primary.host}:{primary.port}"
    values = {
        **{"<backup>": backup, "ID": backup, "<place>": PLACE, "<table>": "public.users", "<copy>": "none yet"},
        **{"<damaged>": f"{server}/shop", "<restored>": f"{server}/shop"},
        **{"queue": "main", "prod": "live"},  # `live` has one cache
    }

    def moment() -> str:
        found = LocalEstate(StateDir(tier.path, "live")).restorable("shop-live")
        assert found is not None
        return found[1].isoformat()

    def run(command: Command) -> Said:
        words = [values.get(word, word) for word in command.words[1:]]
        words = [moment() if word == "<moment>" else word.replace("<copy>", values["<copy>"]) for word in words]
        kind, name = words[0], words[1]
        if kind not in ("psql", PROVED) and not any(word.endswith("-url") for word in words):
            # Of the tier of this computer, as the pages' own index has it.
            words = [word for word in words if word not in ("-m", "prod.json")] + ["-s", "live"]
        if kind == "drill" and name in PLAYED and len(words) == len(["drill", name, "-s", "live"]):
            words.append("--dry-run")
        if kind == "backup" and name not in ("merge", "schedule") and "--from" not in words:
            words += ["--to" if name == "create" else "--from", PLACE]
        if ({"merge", "--replace"} & {*words} and "--dry-run" not in words) or words[:2] == ["snapshot", "restore"]:
            words.append("--yes")
        if words[:2] == ["backup", "restore"]:
            words.append("--json")
        if name == "restore" and "--database-url" in words:
            with throwaway(18, ["pg_stat_statements"]) as another, monkeypatch.context() as here:
                here.setenv("PGPASSWORD", another.admin_password)
                words[words.index("--database-url") + 1] = f"postgresql://{SUPERUSER}@127.0.0.1:{another.port}/shop"
                return tier.call(*words)
        if "--redis-url" in words:
            with scratch() as node:
                url = f"redis://{ADMIN}:{node.admin_password}@127.0.0.1:{node.port}"
                words[words.index("--redis-url") + 1] = url
                return tier.call(*words)
        if kind == "psql":  # which becomes another program
            answer = Project(tier.path).run(*words)
            return Said(answer.code, answer.out, answer.err)
        said = tier.call(*words)
        if words[:2] == ["backup", "restore"] and said.code == 0 and not {"--replace", "--table"} & {*words}:
            values["<copy>"] = said.json["database"]
        return said

    yield run
    for each in tier.call("snapshot", "list", "live", "--json").json:
        assert tier.call("snapshot", "delete", each["name"], "-s", "live").code == 0
    tier.forget_copies()


@pytest.mark.parametrize("page", WALKED)
def test_each_command_of_a_page_does_what_it_says(page: str, walked: Callable[[Command], Said]) -> None:
    asked = of(page)
    assert asked
    for command in dict.fromkeys(asked):
        said = walked(command)
        assert said.code == 0, f"{command}\n{said.all}"


def test_rows_that_were_deleted_by_mistake_come_back(tier: Folder, walked: Callable[[Command], Said]) -> None:
    def lost() -> int:
        with opened(tier) as conn:
            (found,) = conn.execute(f"SELECT count(*) FROM users WHERE {LOST}").fetchone() or (0,)
            return int(found)

    assert lost() == 9
    with opened(tier) as conn:
        conn.execute(f"DELETE FROM users WHERE {LOST}")
    seen = []
    for command in of(DELETED):
        said = walked(command)
        seen.append((" ".join(command.words[1:3]), "--dry-run" in command.words, said.code, lost()))
        assert said.code in (0, 3), f"{command}\n{said.all}"
    merges = [each for each in seen if each[0] == "backup merge"]
    assert merges == [
        ("backup merge", True, 3, 0),  # what would come back
        ("backup merge", False, 0, 9),
        ("backup merge", True, 0, 9),  # nothing is missing any more
    ]
    assert [each for each in seen if each[2] and each[0] != "backup merge"] == []
    assert "psql master" in {each[0] for each in seen}, "the copy is dropped"


def test_no_page_with_such_a_command_was_forgotten() -> None:
    pages = {each.page for each in commands() if len(each.words) > 2 and each.words[1] in KEPT}
    assert pages == {*WALKED, DELETED}
