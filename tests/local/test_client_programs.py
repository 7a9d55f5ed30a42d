"""Which client programs are started: the server's own, never older ones that happen to be on the PATH."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from graph.errors import CloudError
from local.postgres import binaries, packages
from local.valkey import binaries as valkey


def program(folder: Path, name: str, says: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n[ \"$1\" = --version ] && echo '{says}'\n")
    (folder / name).chmod(0o755)


def installation(folder: Path, version: str, *more: str) -> Path:
    for name in (*binaries.NEEDED, *more):
        program(folder / "bin", name, f"{name} (PostgreSQL) {version}")
    return folder / "bin"


@pytest.fixture(autouse=True)
def _nothing_named(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    binaries.find.cache_clear()
    monkeypatch.delenv(binaries.VARIABLE, raising=False)
    yield
    binaries.find.cache_clear()


def ship(monkeypatch: pytest.MonkeyPatch, folder: Path, *versions: str) -> None:
    """Have packages of these versions, in folders that are called as they are."""
    made = [packages.at(installation(folder / each, each, "psql"), int(each.partition(".")[0])) for each in versions]
    monkeypatch.setattr(packages, "found", lambda: tuple(made))


@pytest.mark.parametrize(
    ("shipped", "named", "path", "major", "expected"),
    [
        (("18.6",), None, None, None, "18.6"),
        (("18.6",), None, "15.18", None, "18.6"),
        (("18.6",), None, "19beta1", None, "18.6"),
        (("18.6",), "15.18", "16.2", None, "named"),
        # The server's own, whatever else is here; else the next newer one.
        (("18.6", "16.14"), None, None, 16, "16.14"),
        (("18.6", "17.10", "16.14"), None, None, 17, "17.10"),
        (("18.6", "16.14"), None, "15.18", 17, "18.6"),
        (("18.6", "16.14"), "15.18", None, 16, "16.14"),
        (("18.6", "16.14"), "15.18", None, 15, "named"),
        (("18.6",), None, "19.1", 19, "path"),
        # A folder of the server alone: the next psql that is not older than it.
        (("18.6",), "17.2 without", "15.18", None, "18.6"),
        (("18.6",), "19.0 without", "19.1", None, "path"),
        ((), None, "17.2", None, "path"),
    ],
)
def test_the_servers_own_comes_first_and_an_older_one_never(
    shipped: tuple[str, ...],
    named: str | None,
    path: str | None,
    major: int | None,
    expected: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ship(monkeypatch, tmp_path, *shipped)
    if named:
        version, *without = named.split()
        folder = installation(tmp_path / "named", version, *([] if without else ["psql"]))
        monkeypatch.setenv(binaries.VARIABLE, str(folder))
    if path:
        program(tmp_path / "path", "psql", f"psql (PostgreSQL) {path} (Debian {path}-1)")
    # The stand-ins need their shell, which has a path of its own.
    monkeypatch.setenv("PATH", str(tmp_path / "path") if path else "/nonexistent")
    bin_ = tmp_path / "path" if expected == "path" else tmp_path / expected / "bin"
    assert binaries.client("psql", major) == str(bin_ / "psql")


@pytest.mark.parametrize(
    ("named", "says"), [("16.1 without", "no psql of PostgreSQL 16 or newer"), (None, "no psql: run")]
)
def test_where_there_is_none_it_says_what_mends_it(
    named: str | None, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ship(monkeypatch, tmp_path)
    if named:
        monkeypatch.setenv(binaries.VARIABLE, str(installation(tmp_path / "named", named.split()[0])))
        program(tmp_path / "path", "psql", "psql (PostgreSQL) 15.18")
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    with pytest.raises(CloudError, match=f"there is {says}.*`make up`.*{binaries.VARIABLE}"):
        binaries.client("psql")


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
