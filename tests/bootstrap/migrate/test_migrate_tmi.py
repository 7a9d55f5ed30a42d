"""TMI's migrations on a real server, run as the data tier runs them."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from migrate_server import MIGRATIONS

from bootstrap.migrate import PostgresLedger, Runner, Source

pytestmark = pytest.mark.server


def test_up(connection: psycopg.Connection[Any]) -> None:
    runner = Runner(Source.load(MIGRATIONS), PostgresLedger(connection), role="tmi_owner")
    assert [a.version for a in runner.up()] == list(range(1, 9))
    assert runner.up() == []
    assert [a.version for a in runner.down(None)] == list(range(8, 0, -1))
