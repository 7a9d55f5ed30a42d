"""Servers that are shared by all tests of this folder; each test gets names of its own on them."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

# The bootstrap's own tests have the servers and the stack in miniature.
sys.path.insert(0, str(Path(__file__).parents[1] / "bootstrap"))
# And those of backups a source that needs no server.
sys.path.append(str(Path(__file__).parents[1] / "keep"))

from mortal import folder
from real_servers import Postgres, Valkey, emulator, postgres, postgres_binaries, valkey
from tier import REGION, Tier, cache
from victims import Host, host

from bootstrap.aws import aws_client

_numbers = itertools.count(1)
FIRST = """
CREATE TABLE users (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), email text NOT NULL);
CREATE TABLE events (id bigserial PRIMARY KEY, user_id uuid REFERENCES users, what text NOT NULL DEFAULT '');
CREATE VIEW recent AS SELECT * FROM events;
CREATE FUNCTION answer() RETURNS int LANGUAGE sql AS 'SELECT 42';
"""
FIRST_DOWN = "DROP VIEW recent; DROP TABLE events, users; DROP FUNCTION answer;"


@pytest.fixture(scope="session")
def aws() -> Iterator[str]:
    with folder() as place, emulator(place, REGION) as url:
        yield url


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    with folder() as place, postgres(postgres_binaries()["18"], place, 18) as made:
        yield made


@pytest.fixture(scope="session")
def main_cache() -> Iterator[Valkey]:
    with folder() as place, valkey(place) as made:
        yield made


@pytest.fixture(scope="session")
def victims(aws: str) -> Iterator[Host]:
    with host(aws, REGION) as made:
        yield made


@pytest.fixture(scope="session")
def make_tier(aws: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Tier]:
    """Makes a stack on the given servers, with one migration."""

    def make(server: Postgres, main: Valkey | None = None, name: str = "", **more: Any) -> Tier:
        name = name or f"r{next(_numbers)}"
        migrations = tmp_path_factory.mktemp("migrations")
        (migrations / "000001_first.up.sql").write_text(FIRST)
        (migrations / "000001_first.down.sql").write_text(FIRST_DOWN)
        if more.get("user_group"):
            aws_client("elasticache", REGION, aws).create_user_group(UserGroupId=more["user_group"], Engine="valkey")
        caches = {"main": cache(main, aws, name, **more)} if main else {}
        return Tier(name, server, aws, migrations, caches)

    return make
