"""`datatier adopt --database-url`: what is inside the engines becomes the application of the project."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import clinic_project
import own_database
import pytest
import yaml
from described_cache import running, user
from in_process import Said, call
from own_database import PASSWORD, Database
from real_servers import Postgres, postgres, postgres_binaries, postgres_ends
from tiers import tier

pytestmark = pytest.mark.server

LIVE = """
SET ROLE {n}_master;
CREATE ROLE {n}_web LOGIN PASSWORD 'only-the-application-has-it' CONNECTION LIMIT 7;
CREATE TABLE orders (id int PRIMARY KEY, note text);
GRANT SELECT, INSERT, UPDATE, DELETE ON orders TO {n}_web;
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    newest = postgres_ends()[0]
    with (
        tempfile.TemporaryDirectory(prefix="dt-pg-", dir="/tmp") as folder,
        postgres(postgres_binaries()[newest], Path(folder), int(newest)) as found,
    ):
        yield found


@pytest.fixture
def database(server: Postgres) -> Iterator[Database]:
    made = own_database.make(server)
    made.execute("REVOKE CONNECT ON DATABASE {n} FROM PUBLIC")  # roles of other tests are on the server
    made.execute(LIVE)
    yield made
    own_database.clear()


@pytest.fixture
def adopt(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Said]:
    """The command in an application's folder, over a tier that AWS has described with one cache and its users."""
    clinic_project.copy(tmp_path)
    cache = running(users=(user("u-17", f"{database.n}_web", "on ~cart:* resetchannels -@all +get"),))
    there = replace(tier(), caches={"main": cache})
    monkeypatch.setattr("cli.adopt.estate_of", lambda *_: there)
    monkeypatch.setenv("ORDERS", database.url)

    def run(*more: str) -> Said:
        return call(
            tmp_path, "adopt", "live", "--instance", "orders", "--region", "eu-west-1", "--database-url", "ORDERS",
            *more,
        )  # fmt: skip

    return run


def own(folder: Path) -> dict[str, str]:
    """What the application says of itself."""
    paths = [folder / "access.yaml", *(folder / "schema").glob("*"), *(folder / "migrations").glob("*")]
    return {str(path.relative_to(folder)): path.read_text() for path in paths if path.is_file()}


def test_an_application_of_its_own_stands_and_is_compared(
    adopt: Callable[..., Said], database: Database, tmp_path: Path
) -> None:
    before = own(tmp_path)
    said = adopt("--json")
    assert (said.code, own(tmp_path)) == (3, before), said.all
    differences = "\n".join(said.json["differences"])
    assert f"access.yaml: {database.n}_web" in differences
    assert "schema: table orders: extra" in differences


def test_what_belongs_to_the_master_gets_an_owner_first(
    adopt: Callable[..., Said], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    master = f"{database.n}_master"
    there = tier(MasterUsername=master)
    monkeypatch.setattr("cli.adopt.estate_of", lambda *_: there)
    refused = adopt("--replace")
    assert (refused.code, "belongs to" in refused.err) == (2, True), refused.all
    statements = " ".join(refused.err.split()).partition(f"as {master}: ")[2].partition("; which")[0]
    with database.master() as conn:
        conn.execute(statements.encode())
    said = adopt("--replace", "--json")
    assert said.code == 0, said.all
    with database.master() as conn:
        conn.execute("INSERT INTO orders VALUES (1)")  # it goes on as before


def test_it_becomes_what_is_live(adopt: Callable[..., Said], database: Database, tmp_path: Path) -> None:
    said = adopt("--json", "--replace")
    assert said.code == 0, said.all
    assert {"access.yaml", "schema/schema.json"} <= {*said.json["files"]}
    access: dict[str, Any] = yaml.safe_load((tmp_path / "access.yaml").read_text())
    entry = access["identities"][f"{database.n}_web"]
    assert (entry["postgres"]["login"], entry["redis"]["main"]["present"]) == ("present", "u-17")
    assert PASSWORD not in (tmp_path / "access.yaml").read_text() + said.all
    again = adopt("--json")
    assert (again.code, again.json["differences"]) == (0, [])
