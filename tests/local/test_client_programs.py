"""Which psql is started: the server's own, never an older one that happens to be on the PATH."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.errors import CloudError
from local.postgres import binaries
from local.valkey import binaries as valkey


def program(folder: Path, name: str, says: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n[ \"$1\" = --version ] && echo '{says}'\n")
    (folder / name).chmod(0o755)


def installation(folder: Path, version: str, *more: str) -> Path:
    for name in (*binaries.NEEDED, *more):
        program(folder, name, f"{name} (PostgreSQL) {version}")
    return folder


@pytest.mark.parametrize(
    ("shipped", "named", "path", "expected"),
    [
        ("18.4", None, None, "shipped"),
        ("18.4", None, "15.18", "shipped"),
        ("18.4", None, "18.1", "shipped"),
        ("18.4", None, "19beta1", "shipped"),
        ("18.4", "15.18", "16.2", "named"),
        # A folder of the server alone: the next psql that is not older than it.
        ("18.4", "17.2 without", "15.18", "shipped"),
        ("18.4", "19.0 without", "19.1", "path"),
        (None, None, "17.2", "path"),
    ],
)
def test_the_servers_own_comes_first_and_an_older_one_never(
    shipped: str | None,
    named: str | None,
    path: str | None,
    expected: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    binaries.find.cache_clear()
    made = installation(tmp_path / "shipped", shipped, "psql") if shipped else None
    monkeypatch.setattr(binaries, "_shipped", lambda: made)
    monkeypatch.delenv(binaries.VARIABLE, raising=False)
    if named:
        version, *without = named.split()
        folder = installation(tmp_path / "named", version, *([] if without else ["psql"]))
        monkeypatch.setenv(binaries.VARIABLE, str(folder))
    if path:
        program(tmp_path / "path", "psql", f"psql (PostgreSQL) {path} (Debian {path}-1)")
    # The stand-ins need their shell, which has a path of its own.
    monkeypatch.setenv("PATH", str(tmp_path / "path") if path else "/nonexistent")
    try:
        assert binaries.client("psql") == str(tmp_path / expected / "psql")
    finally:
        binaries.find.cache_clear()


@pytest.mark.parametrize(
    ("named", "says"), [("16.1 without", "no psql of PostgreSQL 16 or newer"), (None, "no psql: run")]
)
def test_where_there_is_none_it_says_what_mends_it(
    named: str | None, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    binaries.find.cache_clear()
    monkeypatch.setattr(binaries, "_shipped", lambda: None)
    monkeypatch.delenv(binaries.VARIABLE, raising=False)
    if named:
        monkeypatch.setenv(binaries.VARIABLE, str(installation(tmp_path / "named", named.split()[0])))
        program(tmp_path / "path", "psql", "psql (PostgreSQL) 15.18")
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    try:
        with pytest.raises(CloudError, match=f"there is {says}.*`make up`.*{binaries.VARIABLE}"):
            binaries.client("psql")
    finally:
        binaries.find.cache_clear()


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ({}, None),
        ({"redis-cli": "redis-cli 7.0.15"}, "redis-cli"),
        ({"redis-cli": "redis-cli 7.0.15", "valkey-cli": "valkey-cli 9.1.2"}, "valkey-cli"),
        # Without --user: our own session takes its place.
        ({"redis-cli": "redis-cli 5.0.14"}, None),
        ({"redis-cli": "redis-cli 6.0.16 (git:0)", "valkey-cli": "broken"}, "redis-cli"),
    ],
)
def test_a_redis_cli_must_know_users(
    there: dict[str, str], expected: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, says in there.items():
        program(tmp_path, name, says)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert valkey.client() == (expected and str(tmp_path / expected))
