"""Copies whose maker was killed on the way: they have failed, nothing goes on with them, and the name is free."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
import pytest
from estate_suite import BY
from local_stack import Stack

from keep.estate.estate import Cache, Instance, Snapshot
from local import orphans
from local.aside import caches, instances
from local.estate import LocalEstate
from local.postgres.server import PostgresServer


class KilledError(BaseException):
    """Stands for the end of the process that makes something: what it holds is let go, and nothing is undone."""


@pytest.fixture(scope="module")
def estate(stack: Stack) -> Iterator[LocalEstate]:
    found = LocalEstate(stack.state)
    found.create_cache_snapshot("t-cache", "t-whole", made_by=BY)
    yield found
    found.delete_cache_snapshot("t-whole")


def latest(estate: LocalEstate) -> datetime:
    source = estate.instance("t-primary")
    assert source is not None
    assert source.latest is not None
    return source.latest


def snapshot(estate: LocalEstate) -> Snapshot | None:
    return next((each for each in estate.snapshots("t-primary") if each.identifier == "t-half"), None)


def instance(estate: LocalEstate) -> Instance | None:
    return estate.instance("t-half")


def cache(estate: LocalEstate) -> Cache | None:
    return estate.cache("t-half")


def restore(estate: LocalEstate) -> None:
    estate.restore_to_point_in_time("t-primary", "t-half", latest(estate), made_by=BY)


def make_cache(estate: LocalEstate) -> None:
    estate.create_cache("t-whole", "t-half", like="t-cache", made_by=BY)


@pytest.mark.server
@pytest.mark.parametrize(
    ("where", "what", "make", "look", "delete"),
    [
        (instances.recovery, "prepare", restore, instance, LocalEstate.delete_instance),
        (PostgresServer, "begin", restore, instance, LocalEstate.delete_instance),
        (
            instances.replication,
            "base_backup",
            lambda estate: estate.create_snapshot("t-primary", "t-half", made_by=BY),
            snapshot,
            LocalEstate.delete_snapshot,
        ),
        (caches.shutil, "copyfile", make_cache, cache, LocalEstate.delete_cache),
        (caches, "replicate", make_cache, cache, LocalEstate.delete_cache),
    ],
    ids=["before its server", "after its server", "snapshot", "before its nodes", "between its nodes"],
)
def test_what_was_not_made_to_its_end_has_failed_and_is_made_again(
    estate: LocalEstate,
    monkeypatch: pytest.MonkeyPatch,
    where: Any,
    what: str,
    make: Callable[[LocalEstate], None],
    look: Callable[[LocalEstate], Instance | Snapshot | Cache | None],
    delete: Callable[[LocalEstate, str], None],
) -> None:
    real = getattr(where, what)

    def killed(*words: Any, **more: Any) -> None:
        real(*words, **more)
        found = look(estate)
        assert found is not None
        assert found.status == "creating"
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(where, what, killed)
        with pytest.raises(KilledError):
            make(estate)
    found = look(estate)
    assert found is not None
    assert found.status == "failed"
    delete(estate, "t-half")
    assert look(estate) is None
    make(estate)
    try:
        while (again := look(estate)) is None or again.status == "creating":
            pass
        assert again.status == "available"
    finally:
        delete(estate, "t-half")


def test_what_a_killed_command_has_left_to_copy_is_ended_there_and_nowhere_else(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "endless")  # without a writer, cp waits
    folder, beside = tmp_path / "t-half", tmp_path / "t-half-2"
    folder.mkdir()
    with ExitStack() as running:

        def copier(*target: Path | str) -> subprocess.Popen[bytes]:
            made = subprocess.Popen(["cp", str(tmp_path / "endless"), *map(str, target)])
            running.callback(made.wait)
            running.callback(made.kill)
            return made

        inside, option, other = copier(folder / "data.new"), copier(f"--target-directory={folder}"), copier(beside)
        for each in (inside, option, other):
            while psutil.Process(each.pid).name() != "cp":
                pass
        orphans.end_all(folder)
        assert (inside.poll(), option.poll(), other.poll()) == (-9, -9, None)
