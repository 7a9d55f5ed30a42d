"""A database comes back from a backup whole and proved, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich_database import DATABASE, SUPERUSER, Library

from bootstrap.secrets import Secret, open_database_url
from keep.backup.create import Sources, create
from keep.backup.restore import Wish, restore
from keep.manifest import BackupManifest
from keep.place.folder import FolderPlace
from keep.postgres.source import PostgresSource
from keep.postgres.target import TargetServer
from local.postgres.binaries import client

pytestmark = pytest.mark.server


def backup(server: Library, place: FolderPlace, database: str = DATABASE, user: str = SUPERUSER) -> BackupManifest:
    url = Secret(server.url(user, database))
    return create(
        Sources(postgres=PostgresSource(connect=lambda: open_database_url(url), owner=None, programs=client)), place
    )


def target(server: Library, user: str = SUPERUSER) -> TargetServer:
    url = Secret(server.url(user, "postgres"))
    return TargetServer(connect=lambda name: open_database_url(url, database=name), programs=client)


def test_it_comes_back(each_library: Library, tmp_path: Path) -> None:
    place = FolderPlace(tmp_path)
    made = backup(each_library, place)
    done = restore(place, made, Wish(server=target(each_library), name="came_back"))
    assert done == 1
