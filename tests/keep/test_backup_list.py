"""What a place has: which backups, of what, how good, and what is odd about them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from small_backups import manifest, put

from keep import manifest as manifests
from keep.backup.create import new_id
from keep.backup.listing import before, ids, kept, named_at, one
from keep.backup.prune import plan
from keep.backup.retention import Rule
from keep.backup.warnings import warnings
from keep.errors import AskedError, DamagedError, KeepError
from keep.manifest import BackupManifest
from keep.place.choose import place_at
from keep.place.place import Place

BEFORE = manifest(1)
WARNED: list[tuple[BackupManifest | None, BackupManifest, list[str]]] = [
    (None, manifest(size=1, tables=0, rows=0), []),
    (BEFORE, manifest(), []),
    (BEFORE, manifest(size=500, tables=5, rows=50), []),
    (BEFORE, manifest(size=5000, tables=50, rows=5000), []),
    (BEFORE, manifest(size=499), [f"it has 499 bytes, and {BEFORE.id} before it 1000"]),
    (BEFORE, manifest(tables=4), [f"it has 4 tables, and {BEFORE.id} has 5"]),
    (BEFORE, manifest(rows=49), [f"it has 49 rows, and {BEFORE.id} has 100"]),
    (
        BEFORE,
        manifest(size=0, tables=0, rows=0),
        [
            f"it has 0 bytes, and {BEFORE.id} before it 1000",
            f"it has 0 tables, and {BEFORE.id} has 5",
            f"it has 0 rows, and {BEFORE.id} has 100",
        ],
    ),
    (manifest(1, size=0, tables=0, rows=0), manifest(size=0, tables=0, rows=0), []),
    (
        manifest(1, keys={"stock": 100, "loans": 100, "gone": None, "file": None}),
        manifest(keys={"stock": 50, "loans": 49, "file": 3, "new": 0}),
        [
            f"the cache loans has 49 keys, and 100 in {BEFORE.id}",
            f"the cache gone is not in it, and was in {BEFORE.id}",
        ],
    ),
    (manifest(1, database=None), manifest(), []),
]


@pytest.mark.parametrize(("was", "made", "said"), WARNED)
def test_what_is_odd_is_a_warning(was: BackupManifest | None, made: BackupManifest, said: list[str]) -> None:
    assert list(warnings(made, was)) == said


def test_each_source_is_compared_with_itself(tmp_path: Path) -> None:
    place = place_at(str(tmp_path))
    for days, stack, size in [
        (5, "lending", 1000),
        (4, "shop", 10),
        (3, "lending", 10),
        (2, "shop", 11),
        (1, "lending", 9),
    ]:
        put(place, manifest(days, stack=stack, size=size))
    found = kept(place)
    assert [(str(each.source), len(each.warnings)) for each in found] == [
        ("library of lending", 0),
        ("library of shop", 0),
        ("library of lending", 1),
        ("library of shop", 0),
        ("library of lending", 0),
    ]
    assert [one(place, each.id).warnings for each in found] == [each.warnings for each in found]
    last = found[4].manifest
    assert last
    assert before(place, last) == found[2].manifest


def test_what_cannot_be_read_is_shown_as_damaged_and_compared_with_nothing(tmp_path: Path) -> None:
    place = place_at(str(tmp_path))
    made = [put(place, manifest(days, size=size)) for days, size in [(3, 1000), (2, 1000), (1, 1)]]
    path = tmp_path / made[1].id / manifests.NAME
    path.write_bytes(path.read_bytes().replace(b"lending", b"lendinG"))
    found = kept(place)
    assert [(each.id, each.manifest is None, each.damage, len(each.warnings)) for each in found] == [
        (made[0].id, False, None, 0),
        (made[1].id, True, f"{path} is damaged: it is not as it was written", 0),
        (made[2].id, False, None, 1),
    ]
    assert (found[1].verified, found[1].failed, found[1].source, found[1].made_at) == (0, True, None, made[1].made_at)


def test_a_manifest_of_another_version_is_read(tmp_path: Path) -> None:
    """What is added later is not in what is there, and a later one says more."""
    made = manifest(1)
    body = json.loads(manifests.written(made))["manifest"]
    older = {key: value for key, value in body.items() if key not in ("server", "access", "caches")}
    newer = {**body, "said_later": 1, "postgres": {**body["postgres"], "said_later": [1.5]}}
    for each in (older, newer):
        assert manifests.read(sealed(each), "there") == made
    with pytest.raises(
        KeepError, match=r"there was written by datatier 7\.1, in a format that .*: update it"
    ) as raised:
        manifests.read(sealed({**body, "format": 2, "tool": "7.1"}), "there")
    assert not isinstance(raised.value, DamagedError)
    with pytest.raises(DamagedError, match="is not as it was written"):
        manifests.read(sealed(newer).replace(b"said_later", b"said_Later"), "there")
    with pytest.raises(DamagedError, match="is not a manifest"):
        manifests.read(sealed({**body, "id": "../x"}), "there")


def sealed(body: object) -> bytes:
    """As any version writes it."""
    text = f"{json.dumps(body, sort_keys=True)}\n".encode()
    both = {"manifest": body, "sha256": hashlib.sha256(text).hexdigest()}
    return f"{json.dumps(both, sort_keys=True, indent=1)}\n".encode()


def test_what_a_newer_version_wrote_is_let_go_by_none_that_does_not_read_it(tmp_path: Path) -> None:
    place = place_at(str(tmp_path))
    made = [put(place, manifest(days)) for days in (90, 80, 1)]
    path = tmp_path / made[1].id / manifests.NAME
    path.write_bytes(sealed({**json.loads(path.read_bytes())["manifest"], "format": 2}))
    with pytest.raises(KeepError, match="update it"):
        plan(place, made[2].made_at, Rule())
    assert before(place, made[2]) == made[0], "a warning less is no reason to have no backup"


def test_what_has_no_manifest_is_not_a_backup(tmp_path: Path) -> None:
    place = place_at(str(tmp_path))
    made = put(place, manifest(1))
    others = [f"{manifest(2).id}/a", "drills/lending/MANIFEST.json", "MANIFEST.json", f"{made.id}/deeper/MANIFEST.json"]
    for key in others:
        (tmp_path / key).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / key).write_text("{}")
    (tmp_path / manifest(3).id / "MANIFEST.json.0a0b0c0d.part").parent.mkdir()
    (tmp_path / manifest(3).id / "MANIFEST.json.0a0b0c0d.part").write_text("{}")
    assert ids(place) == [made.id]
    with pytest.raises(AskedError, match="has no backup"):
        one(place, manifest(2).id)


def test_a_name_says_when_it_was_made_and_sorts_by_it() -> None:
    moments = [manifest(days).made_at for days in (2, 1, 0.00001, 0)]
    names = [new_id(at) for at in moments]
    assert names == sorted(names)
    assert [named_at(name) for name in names] == [
        at.replace(microsecond=at.microsecond // 1000 * 1000) for at in moments
    ]
    assert new_id(moments[0]) != names[0]
    assert [named_at(name) for name in ("", "drills", "2027", "20270314-0a0b0c")] == [None] * 4


@pytest.mark.parametrize("field", ["id", "objects"])
@pytest.mark.parametrize("name", ["../a", "/a", "", ".", "a/b", "-a", "a\nb"])
def test_a_manifest_names_nothing_outside_of_its_place(field: str, name: str) -> None:
    body = manifest().model_dump()
    body[field] = name if field == "id" else [{**body["objects"][0], "name": name}]
    with pytest.raises(ValueError, match="String should match pattern"):
        BackupManifest.model_validate(body)


def test_a_removal_meanwhile_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = place_at(str(tmp_path))
    made = [put(place, manifest(days)) for days in (2, 1)]
    monkeypatch.setattr(
        "keep.backup.listing.ids", lambda _: ["20270101T000000000Z-0a0b0c", *(each.id for each in made)]
    )
    assert [each.id for each in kept(place)] == [each.id for each in made]


@pytest.mark.server
def test_a_bucket_is_listed_alike(s3_place: Place) -> None:
    made = [put(s3_place, manifest(days, size=size)) for days, size in [(2, 1000), (1, 1)]]
    assert [(each.id, each.manifest, len(each.warnings)) for each in kept(s3_place)] == [
        (made[0].id, made[0], 0),
        (made[1].id, made[1], 1),
    ]
