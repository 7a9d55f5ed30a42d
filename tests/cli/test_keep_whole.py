"""Backups whole, on a tier of another application with the load script's data: what scripts read and how each command
ends; damage of each kind; what is asked for and cannot be.

What a drill of each kind gives is in `test_drill_on_a_tier.py`; an objective that cannot be kept is here.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from in_process import Said
from project_folder import Project
from shop import Folder

sys.path.append(str(Path(__file__).parents[1] / "keep"))

from small_backups import manifest as made_up
from small_backups import put

from bootstrap.access import load_access
from bootstrap.aws import aws_client
from bootstrap.postgres import master
from bootstrap.secrets import AwsStore, Secret, open_database_url
from examples.load import __main__ as load
from infra.load import load_stack
from infra.settings.model import Settings
from keep import manifest as manifests
from keep.backup.listing import opened
from keep.manifest import NAME, BackupManifest
from keep.place.choose import place_at
from local.postgres.roles import ADMIN
from local.scratch import throwaway

pytestmark = pytest.mark.server
ROWS, KEYS = 2_000, 200
BUCKET = "s3://shop-copies-210987654321/nightly"
MISSING = "20200101T000000000Z-000000"


@dataclass(frozen=True)
class Shop:
    """The tier, and how its server is reached by a URL."""

    folder: Folder
    user: str
    password: Secret
    where: str
    """Host and port."""

    @property
    def program(self) -> Project:
        return Project(self.folder.path)

    def backup(self, *words: str) -> Said:
        said = self.folder.call("backup", *words)
        assert "a fault of datatier" not in said.err, said.err
        return said

    def url(self, database: str) -> str:
        """With its password."""
        return f"postgresql://{self.user}:{quote(self.password.reveal(), safe='')}@{self.where}/{database}"

    def connect(self, database: str) -> master.psycopg.Connection[tuple[Any, ...]]:
        return open_database_url(Secret(self.url(database)))

    def databases(self) -> set[str]:
        with self.connect("postgres") as conn:
            return {name for (name,) in conn.execute("SELECT datname FROM pg_database")}


@pytest.fixture(scope="module")
def shop(live: Folder) -> Iterator[Shop]:
    """`live` with the load script's data; afterwards without."""
    manifest = live.manifest("live")
    access = load_access(manifest.access)
    load.fill(manifest, access, ROWS, KEYS)
    entered = master.look(manifest.postgres, AwsStore(manifest.region, manifest.aws_endpoint))
    entered.conn.close()
    where = f"{manifest.postgres.primary.host}:{manifest.postgres.primary.port}"
    yield Shop(live, entered.user, entered.password, where)
    load.clean(manifest, access)
    live.forget_copies("whole")


@pytest.fixture(scope="module")
def copied(shop: Shop) -> dict[str, Any]:
    """What `create` says of a backup in a bucket, with a second copy in a folder."""
    manifest = shop.folder.manifest("live")
    name = BUCKET.removeprefix("s3://").partition("/")[0]
    s3 = aws_client("s3", manifest.region, manifest.aws_endpoint)
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": manifest.region})
    return shop.program.ok("backup", "create", "--to", BUCKET, "--to", "whole", "-s", "live", "--json").json


def test_create_says_what_scripts_read(copied: dict[str, Any], shop: Shop) -> None:
    kinds = {key: type(copied[key]) for key in ("id", "place", "objects", "bytes", "seconds")}
    assert kinds == {"id": str, "place": str, "objects": int, "bytes": int, "seconds": float}
    assert (copied["place"], copied["failed"], copied["warnings"]) == (BUCKET, {}, [])
    stored = [path for path in (shop.folder.path / "whole" / copied["id"]).iterdir() if path.name != NAME]
    assert (copied["objects"], copied["bytes"]) == (len(stored), sum(path.stat().st_size for path in stored))


@pytest.mark.parametrize(
    ("place", "stack", "levels"), [("whole", (), (1, 2, 3)), (BUCKET, ("-s", "live"), (1,))], ids=["folder", "bucket"]
)
def test_each_level_is_passed_and_listed(
    copied: dict[str, Any], shop: Shop, place: str, stack: tuple[str, ...], levels: tuple[int, ...]
) -> None:
    where = ("--from", place, *stack)
    for level in levels:
        said = shop.program.ok("backup", "verify", copied["id"], *where, "--level", str(level), "--json").json
        assert said == {"id": copied["id"], "level": level, "ok": True, "differences": []}
        (listed,) = shop.program.ok("backup", "list", *where, "--json").json
        assert (listed["id"], listed["verified"], listed["caches"]) == (copied["id"], level, ["main"])
    with shop.connect("shop") as conn:
        conn.execute("SET ROLE shop_owner")
        count = conn.execute("SELECT count(*) FROM load_order").fetchone()
    assert count == (ROWS,)


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[tuple[str, dict[str, str]]]:
    """A server that no stack describes, as its superuser: a URL without a database, and the password's variable."""
    with throwaway(None, ["pg_stat_statements"]) as server:
        yield f"postgresql://{ADMIN}@127.0.0.1:{server.port}/", {"PGPASSWORD": server.admin_password}


def test_a_database_by_url_is_copied_proved_and_restored(
    shop: Shop, elsewhere: tuple[str, dict[str, str]], tmp_path: Path
) -> None:
    """No word of a stack, and the passwords by the environment alone."""
    program, place = shop.program, ("--from", str(tmp_path))
    bare, env = f"postgresql://{shop.user}@{shop.where}/", {"PGPASSWORD": shop.password.reveal()}
    made = program.ok("backup", "create", "--to", str(tmp_path), "--database-url", f"{bare}shop", "--json", env=env)
    assert {"id", "place", "objects", "bytes", "seconds"} <= made.json.keys()
    backup, before = made.json["id"], shop.databases()
    # A tier's master is no superuser. That says nothing of the backup.
    refused = program.run(
        "backup", "verify", backup, *place, "--level", "3", "--database-url", f"{bare}postgres", env=env
    )
    assert (refused.code, "the login may not make the extension" in refused.err) == (2, True), refused.err
    assert (shop.databases(), program.ok("backup", "list", *place, "--json").json[0]["failed"]) == (before, False)
    url, password = elsewhere
    level_3 = ("--level", "3", "--database-url", f"{url}postgres", "--json")
    assert program.ok("backup", "verify", backup, *place, *level_3, env=password).json["ok"]
    words = ("backup", "restore", backup, *place, "--database-url", f"{url}again", "--json")
    done = program.ok(*words, env=password)
    assert (done.json["id"], done.json["database"]) == (backup, "again")
    again = program.run(*words, env=password)
    assert (again.code, "again" in again.err) == (2, True), again.err
    said = "".join(each.out + each.err for each in (made, refused, done, again))
    assert not [each for each in (*env.values(), *password.values()) if each in said]


def test_what_is_old_goes_and_what_is_proved_stays(copied: dict[str, Any], shop: Shop, tmp_path: Path) -> None:
    shutil.copytree(shop.folder.path / "whole", tmp_path / "kept")
    place = place_at(str(tmp_path / "kept"))
    forty = made_up(40, stack="live", database="shop", now=datetime.now(UTC))
    of_shop = opened(place, copied["id"]).source
    old = put(place, forty.model_copy(update={"prefix": of_shop.prefix, "server": of_shop.server}))
    said = shop.program.ok("backup", "prune", "--from", str(tmp_path / "kept"), "--yes", "--json").json
    assert (said["removed"], [(each["id"], each["keep"]) for each in said["backups"]]) == (
        [old.id], [(old.id, False), (copied["id"], True)],
    )  # fmt: skip
    assert [path.name for path in (tmp_path / "kept").iterdir()] == [copied["id"]]


ARCHIVE, PROOF = "postgres.dump.zst", "postgres.proof.zst"


def _flipped(folder: Path, _: Path) -> None:
    path = folder / ARCHIVE
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 4
    path.write_bytes(data)


def _cut(folder: Path, _: Path) -> None:
    path = folder / ARCHIVE
    path.write_bytes(path.read_bytes()[:-100])


def _missing(folder: Path, _: Path) -> None:
    (folder / PROOF).unlink()


def _swapped(folder: Path, _: Path) -> None:
    held = (folder / ARCHIVE).read_bytes()
    (folder / ARCHIVE).write_bytes((folder / PROOF).read_bytes())
    (folder / PROOF).write_bytes(held)


def _other(folder: Path, other: Path) -> None:
    """An older one's, or another stack's: whole, and not this one."""
    shutil.copy(other / ARCHIVE, folder / ARCHIVE)


@pytest.fixture(scope="module")
def other(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of another database."""
    folder = tmp_path_factory.mktemp("other")
    made = shop.program.ok("backup", "create", "--to", str(folder), "--database-url", shop.url("postgres"), "--json")
    return folder / str(made.json["id"])


@pytest.mark.parametrize("damage", [_flipped, _cut, _missing, _swapped, _other], ids=lambda each: each.__name__[1:])
def test_damage_is_found_and_nothing_is_restored_from_it(
    damage: Callable[[Path, Path], None], copied: dict[str, Any], other: Path, shop: Shop, tmp_path: Path
) -> None:
    kept, backup = tmp_path / "kept", copied["id"]
    shutil.copytree(shop.folder.path / "whole", kept)
    damage(kept / backup, other)
    before = shop.databases()
    for words in (("verify", "--level", "3"), ("verify",)):
        said = shop.backup(words[0], backup, "--from", str(kept), *words[1:], "--json")
        assert (said.code, said.json["ok"], bool(said.json["differences"])) == (1, False, True)
    (listed,) = shop.backup("list", "--from", str(kept), "--json").json
    assert (listed["verified"], listed["failed"]) == (0, True)
    said = shop.backup("restore", backup, "--from", str(kept), "-s", "live")
    assert (said.code, said.err.count("\n")) == (1, 1), said.all
    assert shop.databases() == before


def test_an_objective_that_is_not_kept_fails_the_drill(
    copied: dict[str, Any], shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tighter than any file may promise: what a stack cannot keep is refused before it is made."""

    def tightened(stack: str) -> Settings:
        settings = load_stack(shop.folder.path, stack).settings
        return settings.model_copy(update={"objectives": settings.objectives.model_copy(update={"rto": "0m"})})

    words = ("drill", "snapshot", "live", "--from", "whole", "--json")
    with shop.folder.never_kept("live"):
        passed = shop.folder.call(*words)
        assert (passed.code, passed.json["verdict"]) == (0, "passed"), passed.all
        monkeypatch.setattr("cli.drill_scene._settings", tightened)
        failed = shop.folder.call(*words)
    for said in (passed, failed):
        assert {"verdict", "rto_seconds", "rpo_seconds", "objective", "phases"} <= said.json.keys()
        assert {"name", "seconds"} <= said.json["phases"][0].keys()
        assert sum(each["seconds"] for each in said.json["phases"]) >= said.json["rto_seconds"] > 0
    assert (failed.code, failed.json["verdict"]) == (1, "failed")
    assert failed.json["objective"] == {"rto_seconds": 0, "rpo_seconds": 900}
    assert failed.json["reason"].startswith("RTO ")
    assert "is beyond the objective of" in failed.json["reason"]


def _changed(kept: Path, backup: str, **more: Any) -> str:
    """The same backup, which says something else of its database."""
    made: BackupManifest = manifests.read((kept / backup / NAME).read_bytes(), "it")
    assert made.postgres
    other = made.model_copy(update={"postgres": made.postgres.model_copy(update=more)})
    (kept / backup / NAME).write_bytes(manifests.written(other))
    return backup


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"major": 99, "server_version": "99.1"}, "the backup is of PostgreSQL 99 and the server has"),
        ({"extensions": {"telepathy": "1"}}, "the server does not have telepathy, which the database needs"),
        ({"size": 1 << 60}, "the server's disk has"),
    ],
    ids=["major", "extension", "room"],
)
def test_a_server_that_cannot_take_it_is_asked_first(
    more: dict[str, Any], says: str, copied: dict[str, Any], shop: Shop, tmp_path: Path
) -> None:
    shutil.copytree(shop.folder.path / "whole", tmp_path / "kept")
    backup, before = _changed(tmp_path / "kept", copied["id"], **more), shop.databases()
    for words in (("-s", "live"), ("--database-url", shop.url("never"))):
        said = shop.backup("restore", backup, "--from", str(tmp_path / "kept"), *words)
        assert (said.code, said.err.count("\n"), says in said.err) == (2, 1, True), said.all
    assert shop.databases() == before


LONG = "n" * 300
TOMORROW = "2999-01-01T00:00:00+00:00"
NOT_A_DATABASE = "the database URL cannot be read: write postgres://"


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        *(
            (f"backup {command} ID --from whole", 2, "has no backup `ID`: `datatier backup list` shows what it has")
            for command in ("verify", "show", "restore")
        ),
        (f"drill snapshot live --from whole --backup {MISSING}", 2, f"has no backup `{MISSING}`"),
        ("backup verify ID --from whole --level 9", 2, "Invalid value for '--level'"),
        ("backup verify ID --from whole --level 0", 2, "Invalid value for '--level'"),
        ("backup verify ID --from whole --level two", 2, "Invalid value for '--level'"),
        ("backup create -s live --to Pulumi.yaml", 2, "Pulumi.yaml is not a folder: choose another"),
        ("backup create -s live --to Pulumi.yaml/kept", 2, "Pulumi.yaml is not a folder: choose another"),
        ("backup list --from Pulumi.yaml", 2, "Pulumi.yaml is not a folder: choose another"),
        ("backup create -s live --to /proc/nowhere", 1, "the folder /proc/nowhere could not be written"),
        (f"backup create -s live --to {LONG}", 1, "File name too long"),
        ("backup create -s live --to s3://No_Bucket/x", 2, "'No_Bucket' is not a bucket name"),
        ("backup create -s live --to s3://nobody-has-this-one/x", 2, "there is no such bucket"),
        ("backup create --to whole --database-url redis://127.0.0.1:1/0", 2, NOT_A_DATABASE),
        ("backup create --to whole --database-url mysql://127.0.0.1:1/x", 2, NOT_A_DATABASE),
        ("backup create --to whole --redis-url postgresql://127.0.0.1:1/x", 2, "the Redis URL cannot be read"),
        ("backup create --to whole --database-url postgresql://127.0.0.1:1/x", 1, "cannot log in to the database"),
        ("backup create --to whole -s nowhere", 1, "stack `nowhere` was not brought up"),
        ("backup create --to whole -s live --cache attic", 2, "attic"),
        ("drill pitr nowhere", 1, "stack `nowhere` was not brought up"),
        ("snapshot save x -s nowhere", 1, "stack `nowhere` was not brought up"),
        (f"drill pitr live --to {TOMORROW}", 2, "is in the future"),
        ("drill snapshot live --snapshot nothing", 2, "nothing"),
        ("drill report nothing -s live", 2, "nothing"),
        ("snapshot restore nothing -s live --yes", 2, "stack live has no snapshot `nothing`"),
        ("snapshot save ../x -s live", 2, "../x"),
        (f"snapshot save {LONG} -s live", 2, "cannot be the name of a snapshot"),
        ("backup merge --from-database nothing --table users -s live", 1, 'database "nothing" does not exist'),
    ],
)
@pytest.mark.parametrize("backup", [MISSING])
def test_what_cannot_be_is_one_sentence(
    words: str, backup: str, code: int, says: str, copied: dict[str, Any], shop: Shop
) -> None:
    _refused(words.split(), backup, code, says, shop)


@pytest.mark.parametrize("backup", ["nothing", "", ".", "..", "../whole", "a b", "läden☃", "a\nb", "[red]x[/]", LONG])
def test_an_odd_name_is_no_backup(backup: str, copied: dict[str, Any], shop: Shop) -> None:
    _refused(["backup", "verify", "ID", "--from", "whole"], backup, 2, "has no backup `", shop)


def _refused(words: list[str], backup: str, code: int, says: str, shop: Shop) -> None:
    before = shop.databases(), sorted((shop.folder.path / "whole").rglob("*"))
    said = shop.folder.call(*(backup if each == "ID" else each for each in words))
    assert "a fault of datatier" not in said.err, said.err
    assert (said.code, says.replace("ID", backup) in " ".join(said.err.split())) == (code, True), said.all
    if said.err.startswith("error: "):
        assert said.err.removesuffix("\n").count("\n") == backup.count("\n"), said.err
    assert (shop.databases(), sorted((shop.folder.path / "whole").rglob("*"))) == before
