"""The tests that a new application begins with: its migrations, and what its identities may do in what they make."""

from __future__ import annotations

from scaffold.application import Application

_MAY = {"readwrite": ("SELECT", "INSERT", "UPDATE", "DELETE"), "readonly": ("SELECT",), "monitoring": ()}
"""Privileges of an identity -> what it may do in every table; other identities may what their grants say."""


def files(application: Application) -> dict[str, str]:
    """File name -> Python."""
    made = {"conftest.py": _CONFTEST, f"test_{application.plain}_migrations.py": _MIGRATIONS}
    if may := _expected(application):
        lines = "".join(f"    {_text(role)}: {_list(rights)},\n" for role, rights in may.items())
        made[f"test_{application.plain}_access.py"] = _ACCESS.replace("    EXPECTED\n", lines)
    return made


def _expected(application: Application) -> dict[str, tuple[str, ...]]:
    """Identity -> what it may do, of those whose privileges say it for every table in `public`."""
    identities, schemas = application.access.get("identities"), application.access.get("schemas", ["public"])
    if not isinstance(identities, dict) or not isinstance(schemas, list) or "public" not in schemas:
        return {}
    found = {}
    for name, identity in identities.items():
        postgres = identity.get("postgres") if isinstance(identity, dict) else None
        privileges = postgres.get("privileges") if isinstance(postgres, dict) else postgres
        grants = isinstance(postgres, dict) and "grants" in postgres
        if isinstance(privileges, str) and privileges in _MAY and not grants:
            found[name] = _MAY[privileges]
    return found


def _text(word: str) -> str:
    return f'"{word}"'


def _list(words: tuple[str, ...]) -> str:
    return f"[{', '.join(map(_text, words))}]"


_CONFTEST = '''"""The application whose folder this is, on real servers."""

from __future__ import annotations

import pytest
from application_server import (
    Application,
    acting,
    application_server_of,
    dispensable,
    empty,
    filled,
    filled_of,
    servers,
)

__all__ = ["acting", "application_server_of", "dispensable", "empty", "filled", "filled_of", "servers"]


@pytest.fixture(scope="session")
def application() -> Application:
    return Application.around(__file__)


@pytest.fixture(scope="session")
def content() -> str:
    """What is in the migrated database of the tests: INSERT statements."""
    return ""
'''

_MIGRATIONS = '''"""Each migration is undone by its other half, and together they make what schema/schema.json says."""

from __future__ import annotations

import pytest
from application_server import Application, ApplicationServer, Connection, catalog

from bootstrap import schema

pytestmark = pytest.mark.server


def test_each_is_undone_and_redone(servers: ApplicationServer, empty: Connection) -> None:
    runner = servers.runner(empty)
    for version in runner.source.versions:
        before = catalog(empty)
        runner.up(1)
        after = catalog(empty)
        runner.down(1)
        assert catalog(empty) == before, f"down of {version} does not undo its up"
        runner.up(1)
        assert catalog(empty) == after, f"{version} makes something else the second time"


def test_they_make_what_is_defined(application: Application, filled: Connection) -> None:
    """`datatier schema dump` writes the definition again."""
    found = schema.compare(application.definition, schema.read(filled))
    assert [each for each in found if each.severity != "INFO"] == []


def test_the_page_is_that_of_the_definition(application: Application) -> None:
    """`datatier schema docs > docs/schema.md` writes it again."""
    page = application.folder / "docs" / "schema.md"
    assert page.read_text("utf-8") == schema.document(application.definition)
'''

_ACCESS = '''"""What the identities may do in the table that the next migration makes."""

from __future__ import annotations

import pytest
from application_server import Acting, Application

pytestmark = pytest.mark.server

MAY = {
    EXPECTED
}
"""Identity -> what it may do."""


def test_a_new_table_is_open_to_whom_access_yaml_names(application: Application, acting: Acting) -> None:
    connection = acting(application.access.owner)
    connection.execute("CREATE TABLE public.made_by_a_test (id bigint)")
    asked = "SELECT has_table_privilege(%s, 'public.made_by_a_test', %s)"
    found = {
        role: [
            privilege
            for privilege in ("SELECT", "INSERT", "UPDATE", "DELETE")
            if connection.execute(asked, (role, privilege)).fetchone() == (True,)
        ]
        for role in MAY
    }
    assert found == MAY
'''
