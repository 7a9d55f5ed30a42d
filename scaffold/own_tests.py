"""The tests that a new application begins with: its migrations, and what its identities may do."""

from __future__ import annotations

from scaffold.application import Application


def files(application: Application) -> dict[str, str]:
    """File name -> Python."""
    return {
        "conftest.py": _CONFTEST,
        f"test_{application.plain}_migrations.py": _MIGRATIONS,
    }


_CONFTEST = '''"""The application whose folder this is, on real servers."""

from __future__ import annotations

import pytest
from application_server import Application, acting, application_server_of, filled, filled_of, servers

__all__ = ["acting", "application_server_of", "filled", "filled_of", "servers"]


@pytest.fixture(scope="session")
def application() -> Application:
    return Application.around(__file__)


@pytest.fixture(scope="session")
def rows() -> str:
    """SQL that fills the migrated database for the tests."""
    return "SELECT"
'''

_MIGRATIONS = '''"""The migrations make what schema/schema.json says."""

from __future__ import annotations

import pytest
from application_server import Application, Connection

from bootstrap import schema

pytestmark = pytest.mark.server


def test_they_make_what_is_defined(application: Application, filled: Connection) -> None:
    found = schema.compare(application.definition, schema.read(filled))
    assert [each for each in found if each.severity != "INFO"] == []
'''
