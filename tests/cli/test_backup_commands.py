"""`datatier backup list`, `show`, `verify`, `prune`: what is printed, what scripts read, and the exit codes."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from in_process import Said, call

sys.path.append(str(Path(__file__).parents[1] / "keep"))

from small_backups import MadeUpCache, manifest, put, sources

from bootstrap.manifest import BucketTarget, Endpoint, Manifest, PostgresTarget
from cli.backup_place import lasting, of_stack
from cli.errors import InputError
from keep.backup.create import Sources, create
from keep.manifest import NAME
from keep.place.choose import place_at
from keep.place.place import Place

NOW = datetime.now(UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in which no stack is declared, let alone up."""
    return tmp_path


@pytest.fixture
def place(folder: Path) -> Place:
    return place_at(str(folder / "kept"))


def run(folder: Path, *words: str, stdin: str = "") -> Said:
    said = call(folder, "backup", *words, stdin=stdin)
    assert "a fault of datatier" not in said.err, said.err
    return said


def test_list_shows_the_newest_last_with_what_is_odd(folder: Path, place: Place) -> None:
    first = put(place, manifest(9, now=NOW))
    second = put(place, manifest(2, now=NOW, size=10, tables=4))
    said = run(folder, "list", "--from", "kept")
    assert said.code == 0
    assert [line.split() for line in said.out.splitlines()] == [
        ["id", "of", "age", "size", "tables", "rows", "verified"],
        [first.id, "library", "of", "lending", "9", "d", "1000", "bytes", "5", "100", "no"],
        [second.id, "library", "of", "lending", "2", "d", "10", "bytes", "4", "100", "no"],
        f"warning {second.id}: it has 10 bytes, and {first.id} before it 1000".split(),
        f"warning {second.id}: it has 4 tables, and {first.id} has 5".split(),
    ]


def test_list_as_data(folder: Path, place: Place) -> None:
    made = create(sources(), place)
    assert run(folder, "verify", made.id, "--from", "kept").code == 0
    put(place, manifest(-1, now=NOW, keys={"stock": 3}))
    first, second = run(folder, "list", "--from", "kept", "--json").json
    assert first["verified_at"] > made.made_at.isoformat()
    assert {**first, "verified_at": ""} == {
        "id": made.id,
        "verified": 1,
        "verified_at": "",
        "failed": False,
        "damage": None,
        "warnings": [],
        "stack": None,
        "prefix": None,
        "database": None,
        "caches": ["stock"],
        "made_at": made.made_at.isoformat(),
        "seconds": made.seconds,
        "objects": 2,
        "bytes": made.size,
        "tables": None,
        "rows": None,
    }
    wanted = ("verified", "stack", "database", "caches", "objects", "bytes", "tables", "rows")
    assert {key: second[key] for key in wanted} == {
        "verified": 0,
        "stack": "lending",
        "database": "library",
        "caches": ["stock"],
        "objects": 1,
        "bytes": 1000,
        "tables": 5,
        "rows": 100,
    }


def test_a_place_with_nothing_in_it(folder: Path) -> None:
    (folder / "kept").mkdir()
    said = run(folder, "list", "--from", "kept")
    assert (said.code, said.out) == (0, f"id  of  age  size  tables  rows  verified\nno backup in {folder}/kept\n")
    assert run(folder, "list", "--from", "kept", "--json").json == []


def test_damage_exits_1_and_is_said(folder: Path, place: Place) -> None:
    made = put(place, manifest(1, now=NOW))
    path = folder / "kept" / made.id / NAME
    path.write_bytes(path.read_bytes()[:-2])
    sentence = f"{path} is not a manifest, or is damaged"
    for words in (["list"], ["show", made.id]):
        said = run(folder, *words, "--from", "kept")
        assert (said.code, said.out.splitlines()[-1]) == (1, f"damaged {sentence}")
    listed = run(folder, "list", "--from", "kept", "--json")
    assert (listed.code, listed.json[0]["damage"], listed.json[0]["failed"]) == (1, sentence, True)
    shown = run(folder, "show", made.id, "--from", "kept", "--json")
    assert (shown.code, shown.json["damage"], shown.json["manifest"]) == (1, sentence, None)
    found = run(folder, "verify", made.id, "--from", "kept", "--json")
    assert (found.code, found.json) == (1, {"id": made.id, "level": 1, "ok": False, "differences": [sentence]})
    assert run(folder, "verify", made.id, "--from", "kept").out == f"wrong {sentence}\n"


def test_verify_says_what_is_wrong(folder: Path, place: Place) -> None:
    made = create(sources(), place)
    assert run(folder, "verify", made.id, "--from", "kept").out == f"verified {made.id}: level 1\n"
    (folder / "kept" / made.id / "redis-stock.zst").unlink()
    said = run(folder, "verify", made.id, "--from", "kept")
    sentence = f"{folder}/kept/{made.id}/redis-stock.zst is missing"
    assert (said.code, said.out) == (1, f"wrong {sentence}\n")
    assert run(folder, "list", "--from", "kept").out.split()[-1] == "failed"
    assert run(folder, "show", made.id, "--from", "kept").out.splitlines()[-1] == f"wrong {sentence}"


def test_show_says_what_is_in_it(folder: Path, place: Place) -> None:
    made = manifest(1, now=NOW, keys={"stock": 1234})
    apart = made.caches["stock"].model_copy(
        update={"taken_at": made.made_at + timedelta(seconds=65), "left_out": ("3 functions",)}
    )
    assert made.postgres
    database = made.postgres.model_copy(
        update={
            "left_out": ("the publication feed",),
            "unproved": ("materialized view popular",),
            "warnings": ("the archive holds a password",),
            "extensions": {"vector": "0.8.6"},
        }
    )
    bigger = put(place, manifest(2, now=NOW, size=9999))
    put(place, made.model_copy(update={"caches": {"stock": apart}, "postgres": database}))
    said = run(folder, "show", made.id, "--from", "kept")
    lines = [" ".join(line.split()) for line in said.out.splitlines()]
    assert (said.code, lines) == (
        0,
        [
            f"backup {made.id}",
            "of library of lending",
            f"made {made.made_at:%Y-%m-%d %H:%M:%S} UTC, 1 d ago, in 1.0 s",
            "size 1000 bytes in 1 object",
            "verified no",
            "PostgreSQL 18.6, UTF8, vector 0.8.6",
            "database 5 tables, 100 rows, 1000 bytes on the server",
            f"snapshot {made.made_at:%Y-%m-%d %H:%M:%S} UTC, WAL 0/1",
            "cache stock valkey 9.1.2, 1,234 keys, taken 1 min 5 s after the database",
            "tool datatier 0",
            "object size SHA-256",
            f"a 1000 bytes {'0' * 64}",
            "some of the cache stock is newer than the database by up to 65.0 s: its keys may name rows that the "
            "database does not have; flush it, or restore it knowing that",
            "left out the publication feed",
            "left out cache stock: 3 functions",
            "not proved materialized view popular",
            f"warning it has 1000 bytes, and {bigger.id} before it 9999",
            "warning the archive holds a password",
        ],
    )
    data = run(folder, "show", made.id, "--from", "kept", "--json").json
    assert data["cache_seconds_after_database"] == {"stock": 65.0}
    assert [(each["cache"], each["advice"]) for each in data["joint"]] == [("stock", "flush")]
    assert data["manifest"]["postgres"]["extensions"] == {"vector": "0.8.6"}
    assert data["id"] == made.id


def test_prune_shows_why_and_asks(folder: Path, place: Place) -> None:
    old, new = (put(place, manifest(days, now=NOW)) for days in (40, 1))
    shown = run(folder, "prune", "--from", "kept", "--dry-run")
    assert (shown.code, [line.split(maxsplit=2) for line in shown.out.splitlines()[1:]]) == (
        0,
        [[old.id, "remove", "older than 30 days"], [new.id, "keep", "the newest"]],
    )
    refused = run(folder, "prune", "--from", "kept")
    sentence = f"1 backup of {folder}/kept will be removed. Nobody can be asked here: say --yes."
    assert (refused.code, refused.err) == (2, f"error: {sentence}\n")
    assert run(folder, "prune", "--from", "kept", "--dry-run", "--json").json["removed"] == []
    assert len(run(folder, "list", "--from", "kept", "--json").json) == 2
    done = run(folder, "prune", "--from", "kept", "--yes", "--json")
    assert (done.code, done.json) == (
        0,
        {
            "removed": [old.id],
            "objects": 2,
            "backups": [
                {"id": old.id, "keep": False, "reason": "older than 30 days"},
                {"id": new.id, "keep": True, "reason": "the newest"},
            ],
            "leftovers": [],
        },
    )
    again = run(folder, "prune", "--from", "kept")
    assert (again.code, again.out.splitlines()[-1]) == (0, f"pruned {folder}/kept: 0 objects removed")


def test_prune_by_other_days(folder: Path, place: Place) -> None:
    for days in (12, 11, 1):
        put(place, manifest(days, now=NOW))
    going: list[int] = []
    for options in (["--days", "10"], ["--daily", "20"], ["--days", "12", "--daily", "3"]):
        planned = run(folder, "prune", "--from", "kept", "--dry-run", "--json", *options).json
        going.append(sum(not each["keep"] for each in planned["backups"]))
    assert going == [2, 0, 1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["list", "--from", "nowhere"],
            "there is no folder {folder}/nowhere: correct the path, or make a backup first",
        ),
        (
            ["list", "--from", "gs://x"],
            "`gs://x` is not a place for backups: write a folder's path, or s3://BUCKET/PREFIX",
        ),
        (["verify", "x", "--from", "."], "{folder} has no backup `x`: `datatier backup list` shows what it has"),
        (["show", "../x", "--from", "."], "{folder} has no backup `../x`: `datatier backup list` shows what it has"),
        (["verify", "x", "--from", ".", "--level", "4"], "Invalid value for '--level'"),
        (["prune", "--from", ".", "--days", "0"], "Invalid value for '--days'"),
        (["verify", "--from", "."], "Missing argument 'ID'"),
        (["prune", "--from", "file"], "{folder}/file is not a folder: choose another"),
    ],
)
def test_bad_input_exits_2(words: list[str], said: str, folder: Path) -> None:
    (folder / "file").touch()
    found = run(folder, *words)
    assert found.code == 2
    assert said.format(folder=folder) in " ".join(found.err.replace("│", " ").split())


@pytest.mark.parametrize("to", [".local", ".local/live/kept", "link/kept", "$HOME/.local/x", "s3/../.local"])
def test_no_backup_goes_where_a_tier_s_data_are_removed(to: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`down --delete` would take it along, and a folder in there counts as a tier."""
    (folder / "Pulumi.yaml").touch()
    (folder / ".local").mkdir()
    (folder / "link").symlink_to(".local")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(folder))
    with pytest.raises(InputError, match=r"is among the data of the tiers .* name a folder outside of .*/\.local\."):
        lasting(to.replace("$HOME", "~"), None)
    assert lasting("local", None).address == str(folder / "local")


def stack(bucket: BucketTarget | None) -> Manifest:
    return Manifest(
        stack="live",
        prefix="books-live",
        region="eu-north-1",
        postgres=PostgresTarget(
            primary=Endpoint(name="primary", host="db", port=1), database="library", master_secret="arn"
        ),
        bucket=bucket,
        access={},
    )


OWN = BucketTarget(name="books-live-210987654321-eu-north-1", owner="210987654321")


@pytest.mark.parametrize(
    ("address", "target", "expected"),
    [
        (None, stack(OWN), ("s3://books-live-210987654321-eu-north-1/backups", "210987654321")),
        (
            "s3://books-live-210987654321-eu-north-1/x",
            stack(OWN),
            ("s3://books-live-210987654321-eu-north-1/x", "210987654321"),
        ),
        ("s3://another-bucket/x", stack(OWN), ("s3://another-bucket/x", None)),
        ("s3://another-bucket/x", stack(None), ("s3://another-bucket/x", None)),
        ("s3://another-bucket/x", None, ("s3://another-bucket/x", None)),
    ],
)
def test_a_backup_goes_to_the_stacks_bucket_unless_said_otherwise(
    address: str | None, target: Manifest | None, expected: tuple[str, str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    owners: list[Any] = []

    def client(_: str, region: str, endpoint: object) -> object:
        owners.append((region, endpoint))
        return object()

    monkeypatch.setattr("keep.place.bucket.aws_client", client)
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-south-1")
    found = of_stack(address, target)
    owner = found._bucket._whose.get("ExpectedBucketOwner")  # type: ignore[attr-defined]
    assert (found.address, owner) == expected
    assert owners == [("eu-north-1" if target else "ap-south-1", None)]


def test_a_stack_without_a_bucket_says_what_to_do(folder: Path) -> None:
    with pytest.raises(InputError, match="stack `live` has no bucket: say a folder or s3://BUCKET/PREFIX, or declare"):
        of_stack(None, stack(None))
    with pytest.raises(InputError, match="no stack says where: say a folder"):
        of_stack(None, None)
    (folder / "m.json").write_text(json.dumps(stack(None).model_dump(mode="json")))
    said = run(folder, "list", "--manifest", "m.json")
    assert (said.code, "stack `live` has no bucket" in said.err) == (2, True)


def test_a_place_is_named_once(folder: Path, place: Place) -> None:
    from keep.errors import AskedError

    with pytest.raises(AskedError, match=r"kept is named twice: a second copy lies in another place"):
        create(Sources(caches=(MadeUpCache(),)), place, place_at(str(folder / "kept")))
