"""`datatier backup` with caches by URL: what is printed, what scripts read, and the exit codes."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
from cache_servers import fill, url
from real_servers import Valkey

sys.path.append(str(Path(__file__).parents[2] / "cli"))

from in_process import Said, call

from keep.backup.joint import joint
from keep.manifest import BackupManifest, CacheCopy, PostgresCopy
from keep.place.folder import FolderPlace

pytestmark = pytest.mark.server


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.keys.give_way", lambda: None)
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)


def backup(folder: Path, *words: str, of: Valkey | None = None) -> Said:
    said = call(folder, "backup", *words, *(["--redis-url", url(of).reveal()] if of else []))
    assert "a fault of datatier" not in said.err, said.err
    assert "acl-administrator" not in said.all
    return said


def test_a_cache_of_a_url_is_copied_shown_verified_and_brought_back(
    cache: Valkey, admin: redis.Redis, target: Valkey, tmp_path: Path
) -> None:
    fill(admin)
    made = backup(tmp_path, "create", "--to", "kept", "--json", of=cache)
    assert (made.code, made.json["objects"]) == (0, 2)
    backup_id = made.json["id"]
    shown = backup(tmp_path, "show", backup_id, "--from", "kept", "--json").json
    copy = shown["manifest"]["caches"]["main"]
    assert (copy["form"], copy["keys"], shown["joint"]) == ("keys", 66, [])
    listed = backup(tmp_path, "list", "--from", "kept", "--json").json
    assert [(each["id"], each["caches"], each["database"]) for each in listed] == [(backup_id, ["main"], None)]
    for level in ("2", "3"):
        found = backup(tmp_path, "verify", backup_id, "--from", "kept", "--level", level, "--json")
        assert (found.code, found.json["differences"]) == (0, [])

    words = ("restore", backup_id, "--from", "kept", "--cache", "main")
    first = backup(tmp_path, *words, "--json", of=target)
    assert (first.code, first.json["keys"], first.json["removed"], first.json["differences"]) == (0, 66, 0, [])
    assert backup(tmp_path, *words, of=target).code == 2
    unasked = backup(tmp_path, *words, "--replace", of=target)
    assert (unasked.code, "Nobody can be asked here: say --yes" in unasked.err) == (2, True)
    again = backup(tmp_path, *words, "--replace", "--yes", of=target)
    assert (again.code, "66 keys, each as it was" in again.out, "66 keys that were there are gone" in again.out) == (
        0,
        True,
        True,
    )
    wrong = backup(tmp_path, "restore", backup_id, "--from", "kept", "--cache", "other", of=target)
    assert (wrong.code, wrong.err) == (2, f"error: the backup {backup_id} has no cache `other`: main\n")
    assert backup(tmp_path, "restore", backup_id, "--from", "kept", of=target).code == 2


def test_the_file_of_a_save(cache: Valkey, admin: redis.Redis, tmp_path: Path) -> None:
    admin.set("a", "b")
    made = backup(tmp_path, "create", "--to", "kept", "--form", "rdb", "--json", of=cache).json
    shown = backup(tmp_path, "show", made["id"], "--from", "kept", "--json").json
    assert shown["manifest"]["caches"]["main"]["form"] == "rdb"


def test_a_proof_of_other_keys_is_found_at_level_2_and_one_of_other_content_too(
    cache: Valkey, admin: redis.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that wrote one thing and proved another one: hashes say nothing of that."""
    admin.set("a", "b")
    admin.set("c", "d")
    from keep.redis import proof

    def other(made: proof.CacheProof) -> bytes:
        spaces = tuple(each.model_copy(update={"digest": "1"}) for each in made.spaces)
        return proof.written(made.model_copy(update={"spaces": spaces}))

    monkeypatch.setattr("keep.redis.keys.as_object", other)
    made = backup(tmp_path, "create", "--to", "kept", "--json", of=cache).json
    assert backup(tmp_path, "verify", made["id"], "--from", "kept").code == 0
    found = backup(tmp_path, "verify", made["id"], "--from", "kept", "--level", "2", "--json")
    said = (
        "cache main: database 0 outside of every key space has its 2 keys, and not all with the content or the expiry"
    )
    assert (found.code, [each.startswith(said) for each in found.json["differences"]]) == (1, [True])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--cache", "a", "--cache", "b"], "--redis-url is one cache: name one with --cache"),
        (["--cache", "nope"], "no key space of `nope` is declared"),
    ],
)
def test_wrong_words(cache: Valkey, tmp_path: Path, words: list[str], said: str) -> None:
    found = backup(tmp_path, "create", "--to", "kept", *words, of=cache)
    assert (found.code, said in found.err) == (2, True)
    assert not (tmp_path / "kept").exists()


AT = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)


def backed_up(began: float, taken: float) -> BackupManifest:
    """`began` and `taken` are seconds after the database's snapshot."""
    at = {"began_at": AT + timedelta(seconds=began), "taken_at": AT + timedelta(seconds=taken)}
    return BackupManifest(
        id="one",
        stack=None,
        prefix=None,
        made_at=AT,
        seconds=1,
        tool="1",
        postgres=PostgresCopy.model_construct(snapshot_at=AT, database="lending"),
        caches={"desk": CacheCopy(form="keys", server="valkey 9.1.2", rdb_version=80, keys=1, objects=(), **at)},
        objects=(),
    )


@pytest.mark.parametrize(
    ("began", "taken", "advice", "said"),
    [
        (-3, -1.5, "restore", "the cache desk is older than the database by 1.5 s: it lacks what came since"),
        (-3, 0, "restore", "the cache desk is older than the database by 0.0 s: it lacks what came since"),
        (-3, 2, "flush", "some of the cache desk is newer than the database by up to 2.0 s: its keys may name rows"),
        (1, 2, "flush", "the cache desk is newer than the database by up to 2.0 s: its keys may name rows that the"),
    ],
)
def test_the_joint_point_says_which_is_older_and_what_follows(
    began: float, taken: float, advice: str, said: str
) -> None:
    (point,) = joint(backed_up(began, taken))
    assert (point.seconds_newer, point.advice, point.sentence.startswith(said)) == (taken, advice, True)


def test_there_is_no_joint_point_of_one_engine(place: FolderPlace) -> None:
    assert joint(backed_up(0, 0).model_copy(update={"postgres": None})) == ()
    assert joint(backed_up(0, 0).model_copy(update={"caches": {}})) == ()
