"""Snapshots of a whole tier: what comes back, what is refused, and what a kill in the middle leaves."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from local_stack import Stack
from open_to_others import open_to_others

from graph.errors import CloudError
from keep.errors import AskedError
from local import disk, swap
from local.estate import LocalEstate
from local.handlers.base import archive, node, server
from local.snapshots import kept
from local.snapshots import restore as restoring
from local.snapshots.restore import restore
from local.snapshots.save import save
from local.state import StateDir
from local.status import healthy

pytestmark = pytest.mark.server


def fill(stack: Stack, value: str) -> None:
    with server(stack.state, "t-primary").connect("hub") as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS noted (value text)")
        connection.execute("TRUNCATE noted")
        connection.execute("INSERT INTO noted VALUES (%s)", (value,))
    with node(stack.state, "t-cache", "t-cache-001", cluster=False).client() as client:
        client.set("noted", value)
    assert stack.cloud is not None
    stack.cloud.context.aws("secretsmanager").put_secret_value(SecretId="t/master", SecretString=value)


def held(stack: Stack) -> tuple[str, ...]:
    """What the primary, its replica, the cache and the emulator say."""
    found = []
    for name in ("t-primary", "t-replica"):
        with server(stack.state, name).connect("hub") as connection:
            row = connection.execute("SELECT value FROM noted").fetchone()
            assert row is not None
            found.append(str(row[0]))
    with node(stack.state, "t-cache", "t-cache-001", cluster=False).client() as client:
        found.append(str(client.get("noted")))
    assert stack.cloud is not None
    found.append(stack.cloud.context.aws("secretsmanager").get_secret_value(SecretId="t/master")["SecretString"])
    return tuple(found)


@pytest.fixture(scope="module")
def saved(stack: Stack) -> Iterator[StateDir]:
    """The tier with a snapshot `then`; afterwards the tier is what its declaration says."""
    fill(stack, "then")
    state = stack.state
    with state.lock():
        made = save(state, "then")
    assert (made.name, made.postgres, made.caches) == (
        "then",
        {"t-primary": "18.6", "t-replica": "18.6"},
        {"t-cache": "9.1.2"},
    )
    yield state
    with state.lock():
        for each in kept.every(state):
            kept.delete(state, each.name)
    stack.up()


def test_everything_comes_back_and_answers_and_a_new_archive_begins(stack: Stack, saved: StateDir) -> None:
    ports, estate = dict(saved.ports), LocalEstate(stack.state)
    assert held(stack) == ("then",) * 4
    fill(stack, "now")
    estate.create_snapshot("t-primary", "t-aside", made_by="test")
    before = estate.instance("t-primary")
    assert before is not None
    assert before.latest is not None
    with saved.lock():
        restore(saved, "then")
    assert healthy(stack.state) == []
    assert held(stack) == ("then",) * 4
    assert (stack.state.ports, stack.state.made) == (ports, {})
    assert not (stack.state.path / "restoring").exists()
    (base,) = archive(stack.state, "t-primary").bases()
    assert base.how == "the snapshot then was restored"
    assert open_to_others(stack.state.path) == []
    with pytest.raises(AskedError, match=r"before its oldest base backup, of .* \(the snapshot then was restored\)"):
        estate.restore_to_point_in_time("t-primary", "t-new", before.latest, made_by="test")
    after = estate.instance("t-primary")
    assert after is not None
    assert after.latest is not None
    assert (after.earliest, after.latest > before.latest) == (base.ended, True)
    estate.restore_to_point_in_time("t-primary", "t-new", after.latest, made_by="test")
    deadline = time.monotonic() + 30
    while (copy := estate.instance("t-new")) is None or copy.status == "creating":
        assert time.monotonic() < deadline
    with server(stack.state, "t-new").connect("hub") as connection:
        assert connection.execute("SELECT value FROM noted").fetchall() == [("then",)]
    estate.delete_instance("t-new")
    outcomes = stack.up()
    assert {name for name, outcome in outcomes.items() if outcome not in ("unchanged", "recorded")} == set()


def test_a_crash_is_recovered_from_before_a_snapshot_and_what_a_drill_has_made_runs_on(
    stack: Stack, saved: StateDir
) -> None:
    """Of a primary that was killed the files alone are what its last checkpoint wrote, and no snapshot."""
    estate = LocalEstate(stack.state)
    stack.up()
    estate.create_snapshot("t-primary", "t-aside", made_by="test")
    estate.restore_from_snapshot("t-aside", "t-copy", like="t-primary", made_by="test")
    deadline = time.monotonic() + 30
    while (copy := estate.instance("t-copy")) is None or copy.status != "available":
        assert time.monotonic() < deadline
    pid = server(stack.state, "t-copy").daemon.process()
    fill(stack, "crash")
    stack.kill("t-primary")
    try:
        with saved.lock():
            save(saved, "crashed")
        assert healthy(stack.state) == []
        assert server(stack.state, "t-copy").daemon.process() == pid
        assert not (kept.folder_of(saved, "crashed") / "postgres" / "t-copy").exists()
        with server(stack.state, "t-copy").connect("hub") as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        stack.up()
        fill(stack, "later")
        with saved.lock():
            restore(saved, "crashed")
        stack.up()
        assert held(stack) == ("crash",) * 4
        assert (estate.instance("t-copy"), list(estate.made())) == (None, [])
    finally:
        with saved.lock():
            kept.delete(saved, "crashed")


def test_names_are_checked_and_an_unknown_one_is_answered_with_those_there_are(stack: Stack, saved: StateDir) -> None:
    with saved.lock():
        with pytest.raises(AskedError, match="has no snapshot `them`: did you mean `then`"):
            restore(saved, "them")
        with pytest.raises(AskedError, match="has a snapshot `then` already"):
            save(saved, "then")
        for wrong in ("", "..", "a/b", "A", "-a", "a" * 64):
            with pytest.raises(AskedError, match="cannot be the name of a snapshot"):
                save(saved, wrong)
    assert [each.name for each in kept.every(saved)] == ["then"]
    assert healthy(stack.state) == []


def test_data_of_another_major_version_are_refused_before_anything_is_touched(
    stack: Stack, saved: StateDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restoring, "data_major", lambda _: 17)
    with saved.lock(), pytest.raises(AskedError, match="is of PostgreSQL 18 and t-primary is 17 now"):
        restore(saved, "then")
    assert healthy(stack.state) == []


def test_a_full_disk_is_refused_before_anything_is_touched(
    stack: Stack, saved: StateDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(saved.path)
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda _: usage._replace(free=1024**2))
    with saved.lock():
        with pytest.raises(CloudError, match=r"the snapshot then takes \d+ MiB and 1 are free"):
            restore(saved, "then")
        with pytest.raises(CloudError, match=r"a snapshot takes \d+ MiB and 1 are free"):
            save(saved, "more")
    assert [each.name for each in kept.every(saved)] == ["then"]
    assert healthy(stack.state) == []


def test_a_copy_that_fails_takes_no_room(stack: Stack, saved: StateDir, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is half there would keep a disk full that a copy has filled."""

    def full(_: Path, goal: Path, *__: object, **___: object) -> None:
        goal.mkdir(parents=True, exist_ok=True)
        (goal / "half").touch()
        raise CloudError("No space left on device")

    from local.snapshots import save as saving

    there = sorted(saved.path.iterdir())
    for module, act in ((saving, save), (restoring, restore)):
        with monkeypatch.context() as patch:
            patch.setattr(module, "copied", full)
            with pytest.raises(CloudError, match="No space left"), saved.lock():
                act(saved, "more" if act is save else "then")
    assert sorted(saved.path.iterdir()) == there
    assert [path.name for path in (saved.path / kept.FOLDER).iterdir()] == ["then"]
    assert healthy(stack.state) == []


def test_a_removed_archive_is_seen_and_begun_anew(stack: Stack, saved: StateDir) -> None:
    """Its server would keep all WAL until the disk is full, while `up` had nothing to do."""
    identifier = "t-primary"
    shutil.rmtree(archive(saved, identifier).folder)
    assert healthy(stack.state) == [f"{identifier} has no automated backups: its archive was removed"]
    stack.up()
    assert healthy(stack.state) == []


class KilledError(BaseException):
    pass


def test_a_killed_restore_leaves_the_tier_as_before_or_as_the_snapshot(
    stack: Stack, saved: StateDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KilledError

    fill(stack, "now")
    pids = stack.pids()
    for module, name, comes in ((swap, "commit", "now"), (restoring, "start", "then")):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, killed)
            with pytest.raises(KilledError), saved.lock():
                restore(saved, "then")
        if comes == "now":
            assert stack.pids() == pids
        else:
            stack.up()
        assert healthy(stack.state) == []
        assert held(stack)[:3] == (comes,) * 3


def test_a_killed_save_is_no_snapshot_and_goes_with_the_next(
    stack: Stack, saved: StateDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KilledError

    from local.snapshots import save as saving

    with monkeypatch.context() as patch:
        patch.setattr(saving, "write_private", killed)
        with pytest.raises(KilledError), saved.lock():
            save(saved, "broken")
    assert [each.name for each in kept.every(saved)] == ["then"]
    assert healthy(stack.state) == []
    with saved.lock():
        save(saved, "again")
        assert sorted(path.name for path in (saved.path / kept.FOLDER).iterdir()) == ["again", "then"]
        kept.delete(saved, "again")
    assert [path.name for path in (saved.path / kept.FOLDER).iterdir()] == ["then"]


def test_no_password_is_on_a_page(saved: StateDir) -> None:
    page = (kept.folder_of(saved, "then") / kept.PAGE).read_text()
    assert set(json.loads(page)) == {"name", "at", "bytes", "postgres", "caches", "ports"}
    modes = {path.stat().st_mode & 0o077 for path in Path(kept.folder_of(saved, "then")).glob("*.json")}
    assert modes == {0}
