"""The migrations: each is undone by its other half, and all of them make what schema/schema.json says."""

from __future__ import annotations

import pytest
from application_server import Application, ApplicationServer, Connection, catalog

from bootstrap import schema
from bootstrap.application import DEFINITION

pytestmark = pytest.mark.server

ROWS_ONLY = {14, 18}
NEEDS = {12: "vector"}
"""Version -> the extension without which it makes nothing."""


def test_each_is_undone_and_redone(servers: ApplicationServer, empty: Connection) -> None:
    """Up, down and up again of each: everything is what it was before, down to comments."""
    runner, extensions = servers.runner(empty), catalog(empty).get("extensions", {})
    for version in runner.source.versions:
        before = catalog(empty)
        runner.up(1)
        after = catalog(empty)
        nothing = version in ROWS_ONLY or NEEDS.get(version, "plpgsql") not in {"plpgsql", *extensions}
        assert (after == before) is nothing, version
        runner.down(1)
        assert catalog(empty) == before, f"down of {version} does not undo its up"
        runner.up(1)
        assert catalog(empty) == after, f"{version} gives something else the second time"
    full = catalog(empty)
    runner.down(None)
    assert "tables" not in catalog(empty)
    runner.up()
    assert catalog(empty) == full


def test_they_make_what_is_defined(application: Application, filled: Connection) -> None:
    """Apart from what this server does not ship."""
    found = schema.compare(application.definition, schema.read(filled))
    assert [each for each in found if each.severity != "INFO"] == []


def test_the_file_is_what_a_server_gives(application: Application, filled: Connection) -> None:
    live = schema.read(filled)
    if live.server < 160000 or live.schema.get("extensions", {}).keys() != application.definition["extensions"].keys():
        pytest.skip("taken from a server from 16 on that ships what the definition declares")
    text = (application.folder / DEFINITION).read_text("utf-8")
    assert text == schema.dump(schema.definition_of(live, application.access.upkeep)), (
        "datatier schema dump writes it again"
    )


def test_the_page_is_that_of_the_file(application: Application) -> None:
    page = application.folder / "docs" / "schema.md"
    assert page.read_text("utf-8") == schema.document(application.definition), (
        "datatier schema docs > docs/schema.md writes it again"
    )
