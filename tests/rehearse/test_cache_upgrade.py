"""A cache's keys and users taken from Redis to Valkey for real, by Debian's Redis; what cannot be asked."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from cache_servers import DEBUG, KEYS, fill, source, url
from in_process import Said, call
from real_servers import valkey

from bootstrap.access import load_access
from bootstrap.acl.rules import parse
from bootstrap.acl.table import CommandTable
from bootstrap.manifest import Endpoint, Manifest, PostgresTarget
from keep.backup.create import Sources, create
from keep.place.folder import FolderPlace
from local.valkey.binaries import of_engine
from rehearse.redis.users import gained, lost

pytestmark = pytest.mark.server
REDIS = shutil.which("redis-server")
ACCESS: dict[str, Any] = yaml.safe_load("""
owner: library_owner
identities:
  library_migrator: {postgres: migrator}
  counter: {postgres: readwrite, redis: {desk: {keys: ["loan:*"], commands: ["@read", "@write", "hset"]}}}
  board: {postgres: readonly, redis: {desk: {read: ["shelf:*"], commands: [get, hgetall]}}}
""")
STACK = Manifest(
    stack="branch",
    prefix="library-branch",
    region="eu-south-1",
    postgres=PostgresTarget(
        primary=Endpoint(name="primary", host="127.0.0.1", port=1),
        database="library",
        sslmode="disable",
        master_secret="arn:none",
    ),
    access=ACCESS,
)


def rehearse(folder: Path, *words: str) -> Said:
    return call(folder, "upgrade", "rehearse", *words, "--json")


@pytest.mark.skipif(REDIS is None, reason="no Redis on this computer")
def test_redis_to_valkey_with_every_type_of_key_and_the_users(tmp_path: Path) -> None:
    (tmp_path / "server").mkdir()
    with valkey(tmp_path / "server", *DEBUG, program=REDIS) as old:
        with old.admin() as client:
            fill(client)
        create(Sources(caches=(source(old),), stack=STACK), FolderPlace(tmp_path / "kept"))
        by_url = rehearse(tmp_path, "--to", "main.engine=valkey", "--redis-url", url(old).reveal())
    said = rehearse(
        tmp_path, "--to", "desk.engine=valkey", "--to", "desk.version=8.0", "--from", str(tmp_path / "kept")
    )
    assert (said.code, said.err) == (0, "")
    found = said.json
    new = of_engine("valkey")
    assert new is not None
    assert (found["verdict"], found["was"].partition(".")[0], found["wanted"]) == ("passed", "Redis 7", "Valkey 8.0")
    assert found["ran"] == [of_engine("redis").version, new.version]  # type: ignore[union-attr]
    (way,) = found["ways"]
    assert {each["name"]: (each["ok"], each["detail"]) for each in way["checks"]} == {
        "keys": (True, f"{KEYS:,} keys, each key space as it was"),
        "users": (True, "2 made, each tried"),
        "commands": (True, "every command that a user's rules allow is there"),
    }
    # What Valkey 9 has more in @read and @write reaches whoever has the whole category.
    assert [(each["object"], "hgetex" in each["what"]) for each in found["obstacles"]] == [("counter", True)], found[
        "obstacles"
    ]
    assert f"{new.version} of this computer stands for Valkey 8.0" in found["notes"]
    assert (by_url.code, by_url.err) == (0, "")
    assert [(each["name"], each["ok"]) for each in by_url.json["ways"][0]["checks"]] == [
        ("keys", True),
        ("users", None),
    ]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of a Valkey."""
    folder = tmp_path_factory.mktemp("kept")
    (folder / "server").mkdir()
    with valkey(folder / "server", *DEBUG) as server:
        create(Sources(caches=(source(server),)), FolderPlace(folder / "kept"))
    return folder / "kept"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--to", "desk.engine=valkey"), "desk runs on valkey 9.1.2 already: there is nothing to rehearse"),
        (("--to", "desk.version=9.1"), "desk runs on valkey 9.1.2 already: there is nothing to rehearse"),
        (("--to", "desk.engine=redis"), "desk.engine: valkey -> redis: in place only redis to valkey is possible"),
        (("--to", "desk.version=8.0"), "desk.version: 9.1.2 -> 8.0: that is not possible in place"),
        (("--to", "desk.version=12.0"), "valkey has 7.2, 8.0"),
        (("--to", "desk.class=cache.r7g.large"), "desk.class is not rehearsed"),
        (("--to", "stall.engine=valkey"), "has no backup with a cache `stall`"),
        (("--to", "desk.engine=valkey", "--by", "dump"), "--by is for postgres"),
        (("--to", "desk.engine=valkey", "--to", "postgres.version=18"), "--to names desk and postgres"),
    ],
)
def test_what_cannot_be_asked(kept: Path, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    done = rehearse(tmp_path, *words, "--from", str(kept))
    assert (done.code, done.out) == (2, "")
    assert said in done.err


OLD = CommandTable({"read": frozenset({"get", "substr"}), "write": frozenset({"set"})}, source="old")
NEW = CommandTable({"read": frozenset({"get"}), "write": frozenset({"set", "setnew"})}, source="new")


@pytest.mark.parametrize(
    ("rules", "gone", "more"),
    [
        ("on ~a:* -@all +get +set", {}, {}),
        ("on ~a:* -@all +@read", {"u": ("substr",)}, {}),
        ("on ~a:* -@all +substr (~b:* +@write)", {"u": ("substr",)}, {"u": ("setnew",)}),
        ("on ~a:* -@all +@write -setnew", {}, {}),
    ],
)
def test_what_users_lose_and_gain(
    rules: str, gone: dict[str, tuple[str, ...]], more: dict[str, tuple[str, ...]]
) -> None:
    declared = {"u": parse(rules)}
    assert (lost(declared, OLD, NEW), gained(declared, OLD, NEW)) == (gone, more)


def test_the_declaration_is_one() -> None:
    assert set(load_access(ACCESS).cache_users("desk")) == {"counter", "board"}
