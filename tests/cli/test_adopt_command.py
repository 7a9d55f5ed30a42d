"""`datatier adopt`: what it writes, refuses and says, over a tier that was read already."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import clinic_project
import pytest
import yaml
from in_process import Said, call
from tiers import tier

from scaffold import apply

ADOPTED = {
    "Pulumi.live.yaml",
    "build/adopt/live/import.json",
    "build/adopt/live/imported.json",
    "build/adopt/live/report.json",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return clinic_project.copy(tmp_path)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """What the account has, from now on."""

    def has(**differs: object) -> None:
        monkeypatch.setattr("cli.adopt.estate_of", lambda *_: tier(**differs))

    has()
    return has


def adopt(folder: Path, *more: str, stack: str = "live", region: str = "eu-west-1") -> Said:
    return call(folder, "adopt", stack, "--instance", "orders", "--region", region, *more)


def files(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def new(folder: Path, before: dict[str, str]) -> set[str]:
    after = files(folder)
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


@pytest.mark.usefixtures("read")
def test_what_is_written(folder: Path) -> None:
    before = files(folder)
    said = adopt(folder, "--json")
    assert (said.code, new(folder, before)) == (0, ADOPTED), said.all
    assert {*said.json["files"]} == ADOPTED
    report = json.loads((folder / "build/adopt/live/report.json").read_text())
    assert report == {key: said.json[key] for key in report}


@pytest.mark.usefixtures("read")
def test_adopting_again_changes_nothing(folder: Path) -> None:
    adopt(folder)
    before = files(folder)
    said = adopt(folder, "--json")
    assert (said.code, said.json["differences"], new(folder, before)) == (0, [], set())


def test_a_file_that_was_changed_since_stands_and_what_it_says_otherwise_is_said(
    folder: Path, read: Callable[..., None]
) -> None:
    adopt(folder)
    file = folder / "Pulumi.live.yaml"
    text = file.read_text() + "  data-tier:keys: {deletion_window: 30}\nencryptionsalt: v1:salt\n"
    file.write_text(text)
    read(DBInstanceClass="db.m7g.xlarge")
    said = adopt(folder, "--json")
    assert (said.code, file.read_text()) == (3, text)
    assert said.json["differences"] == [
        'data-tier:postgres.class: "db.m6i.xlarge" in the file, "db.m7g.xlarge" by what is there',
        'data-tier:postgres.replicas.standby.class: nothing in the file, "db.m6i.xlarge" by what is there',
        'data-tier:keys: {"deletion_window": 30} in the file, nothing by what is there',
    ]
    replaced = adopt(folder, "--replace", "--json")
    written = yaml.safe_load(file.read_text())
    assert (replaced.code, replaced.json["differences"]) == (0, [])
    assert written["config"]["data-tier:postgres"]["class"] == "db.m7g.xlarge"
    assert (written["encryptionsalt"], "data-tier:keys" in written["config"]) == ("v1:salt", False)


@pytest.mark.usefixtures("read")
def test_an_empty_text_that_pulumi_writes_for_null_differs_from_nothing(folder: Path) -> None:
    """`pulumi stack init` writes the file again, with a salt."""
    adopt(folder)
    file = folder / "Pulumi.live.yaml"
    text = file.read_text()
    assert "data-tier:maintenance: null\n" in text
    file.write_text(text.replace("data-tier:maintenance: null\n", 'data-tier:maintenance: ""\n'))
    said = adopt(folder, "--json")
    assert (said.code, said.json["differences"]) == (0, [])


@pytest.mark.usefixtures("read")
def test_what_pulumi_has_put_into_the_file_stays(folder: Path) -> None:
    """`pulumi stack init` before the adoption makes the file, `pulumi config set` puts keys of its provider into it."""
    file = folder / "Pulumi.live.yaml"
    file.write_text("encryptionsalt: v1:salt\nconfig:\n  aws:profile: shop\n")
    assert adopt(folder).code == 0
    written = yaml.safe_load(file.read_text())
    assert (written["encryptionsalt"], written["config"]["aws:profile"]) == ("v1:salt", "shop")
    assert "data-tier:postgres" in written["config"]
    assert adopt(folder).code == 0


def test_the_masters_password_is_stored_under_the_stacks_name(folder: Path) -> None:
    with patch("cli.adopt_master.store_master") as stored:
        said = adopt(folder, "--store-master", "--yes")
    assert said.code == 0, said.all
    stored.assert_called_once_with("live", "orders", "eu-west-1", "clinic-live", yes=True)


def test_a_refused_report_writes_nothing(folder: Path, read: Callable[..., None]) -> None:
    read(Engine="aurora-postgresql")
    before = files(folder)
    said = adopt(folder)
    assert (said.code, new(folder, before)) == (1, set())
    assert "cannot be taken orders" in said.out
    assert said.out.endswith("nothing is written\n")


REFUSED: list[tuple[str, Callable[[Path], object], dict[str, Any], str]] = [
    (
        "a stack that is declared",
        lambda _: None,
        {"stack": "prod"},
        "Pulumi.prod.yaml declares a tier already, one that was not adopted: choose another stack, or write over it by "
        "--replace.",
    ),
    (
        "a stack of another instance",
        lambda folder: (folder / "Pulumi.live.yaml").write_text(
            "config: {data-tier:profile: dev, data-tier:postgres: {existing: {identifier: bills}}}"
        ),
        {},
        "Pulumi.live.yaml declares a tier already, adopted for bills: choose another stack, or write over it by "
        "--replace.",
    ),
    (
        "a stack of another region",
        lambda folder: (folder / "Pulumi.live.yaml").write_text("config: {aws:region: eu-central-1}"),
        {},
        "Pulumi.live.yaml is of eu-central-1, and --region (or AWS_REGION) says eu-west-1: a stack is in one region.",
    ),
    (
        "a region that is none",
        lambda _: None,
        {"region": "eu-west-9"},
        "--region: ",
    ),
    (
        "a project of another account",
        lambda folder: (folder / "Pulumi.live.yaml").write_text("config: {aws:allowedAccountIds: ['210987654321']}"),
        {},
        "Pulumi.live.yaml is for the account 210987654321 (aws:allowedAccountIds), and these credentials are of "
        "123456789012: take those of the stack's account.",
    ),
    (
        "a stack whose name leaves no room",
        lambda _: None,
        {"stack": "a-stack-with-a-name-that-is-far-too-long"},
        "`clinic-a-stack-with-a-name-that-is-far-too-long` is longer than the 40 characters that names on AWS leave to "
        "it, and all names of the stack would begin with it: choose another stack.",
    ),
    (
        "an application without a name",
        lambda folder: (folder / "Pulumi.yaml").write_text("name: data-tier\nruntime: python\n"),
        {},
        "Pulumi.yaml does not say what the application is called: write `config: {name: shop}` into it.",
    ),
    (
        "no project",
        lambda folder: (folder / "Pulumi.yaml").unlink(),
        {},
        "there is no Pulumi.yaml here or above: run it in the project's folder.",
    ),
    (
        "a file that is no YAML",
        lambda folder: (folder / "Pulumi.live.yaml").write_text("config: [\n"),
        {},
        "Pulumi.live.yaml",
    ),
]


@pytest.mark.usefixtures("read")
@pytest.mark.parametrize(
    ("prepare", "asked", "sentence"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_wrong_input_is_a_sentence_and_nothing_is_written(
    folder: Path, prepare: Callable[[Path], object], asked: dict[str, Any], sentence: str
) -> None:
    prepare(folder)
    before = files(folder)
    said = adopt(folder, **asked)
    assert (said.code, new(folder, before), said.out) == (2, set(), "")
    assert said.err.startswith(f"error: {sentence}")
    assert len(said.err.splitlines()) <= 3


CACHES = [
    (
        ("a-name-that-is-longer-than-there-is-room=a",),
        "--cache a-name-that-is-longer-than-there-is-room: `clinic-live-a-name-that-is-longer-than-there-is-room` "
        "must be 2 to 40 characters",
    ),
    (("orders",), "--cache orders: NAME=ID is wanted"),
    (("Main=orders",), "--cache Main=orders: NAME=ID is wanted"),
    (("main=a", "main=b"), "--cache: two caches are called main."),
    (("main=a", "jobs=A"), "--cache: a is named twice."),
]


@pytest.mark.usefixtures("read")
@pytest.mark.parametrize(("caches", "sentence"), CACHES)
def test_caches_that_are_named_wrongly(folder: Path, caches: tuple[str, ...], sentence: str) -> None:
    said = adopt(folder, *(word for each in caches for word in ("--cache", each)))
    assert said.code == 2
    assert said.err.startswith(f"error: {sentence}")


INSTANCES = [
    ("", "--instance: `` must be 2 to 63 characters"),
    ("orders; true", "--instance: `orders; true` must be 2 to 63 characters"),
    (
        "arn:aws:rds:eu-central-1:123456789012:db:orders",
        "--instance arn:aws:rds:eu-central-1:123456789012:db:orders: the identifier is wanted, not the ARN: "
        "`--instance orders --region eu-central-1`.",
    ),
]


@pytest.mark.usefixtures("read")
@pytest.mark.parametrize(("instance", "sentence"), INSTANCES)
def test_an_instance_that_is_named_wrongly(folder: Path, instance: str, sentence: str) -> None:
    said = call(folder, "adopt", "live", "--instance", instance, "--region", "eu-west-1")
    assert said.code == 2
    assert said.err.startswith(f"error: {sentence}")


@pytest.mark.usefixtures("read")
def test_capitals_are_the_same_instance(folder: Path) -> None:
    for each in ("Orders", "orders", "ORDERS"):
        said = call(folder, "adopt", "live", "--instance", each, "--region", "eu-west-1", "--json")
        assert (said.code, said.json["differences"]) == (0, []), said.all


def test_another_account_than_the_tier_was_adopted_in(
    folder: Path, read: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    adopt(folder)
    monkeypatch.setattr("cli.adopt.estate_of", lambda *_: replace(tier(), account="210987654321"))
    before = files(folder)
    said = adopt(folder)
    assert (said.code, new(folder, before)) == (2, set())
    assert "was adopted in the account 123456789012, and these credentials are of 210987654321" in said.err


@pytest.mark.usefixtures("read")
def test_no_region_is_guessed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    said = call(folder, "adopt", "live", "--instance", "orders")
    assert (said.code, said.err) == (
        2, "error: which region is it in? Say --region REGION, or `aws:region` in Pulumi.live.yaml.\n",
    )  # fmt: skip
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert call(folder, "adopt", "live", "--instance", "orders").code == 0


@pytest.mark.usefixtures("read")
def test_two_at_once(folder: Path) -> None:
    with apply.alone(folder, "adopt", folder / "Pulumi.yaml"):
        said = adopt(folder)
    assert said.code == 2
    assert "another `datatier adopt` is at work" in said.err


@pytest.mark.usefixtures("read")
def test_what_another_call_has_written_meanwhile_stands(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def after_another(*_: object) -> Iterator[None]:
        (folder / "Pulumi.live.yaml").write_text(
            "config: {data-tier:profile: dev, data-tier:postgres: {existing: {identifier: bills}}}"
        )
        yield

    monkeypatch.setattr("scaffold.apply.alone", after_another)
    said = adopt(folder)
    assert (said.code, "declares a tier already, adopted for bills" in said.err) == (2, True), said.all
    assert "bills" in (folder / "Pulumi.live.yaml").read_text()


@pytest.mark.usefixtures("read")
@pytest.mark.parametrize("place", ["build/adopt", "build/adopt/live/import.json", "Pulumi.live.yaml"])
def test_a_place_where_no_file_can_be(folder: Path, place: str) -> None:
    (folder / place).parent.mkdir(parents=True, exist_ok=True)
    if place == "build/adopt":
        (folder / place).write_text("")
    else:
        (folder / place).mkdir()
    before = files(folder)
    said = adopt(folder)
    assert said.code in (1, 2), said.all
    assert (new(folder, before), len(said.err.splitlines())) == (set(), 1), said.err


@pytest.mark.usefixtures("read")
def test_a_disk_that_is_full(folder: Path) -> None:
    """The last file does not fit: the first ones are not there either."""
    written = Path.write_text

    def full(path: Path, text: str, *more: Any, **named: Any) -> int:
        if path.name.startswith(".Pulumi"):
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return written(path, text, *more, **named)

    before = files(folder)
    with patch.object(Path, "write_text", full):
        said = adopt(folder)
    assert (said.code, new(folder, before)) == (1, set())
    assert "the disk is full" in said.err


@pytest.mark.usefixtures("read")
def test_after_a_kill_the_same_call_goes_on_and_clears_what_was_left(folder: Path) -> None:
    """The stack's file comes last: a call that was killed before it has written nothing that counts."""
    place = folder / "build/adopt/live"
    place.mkdir(parents=True)
    (place / "import.json").write_text("{}")
    (place / ".imported.json.4711").write_text("{")
    (folder / ".Pulumi.live.yaml.4711").write_text("config:")
    before = files(folder)
    assert adopt(folder).code == 0
    assert {name for name in files(folder) if "4711" in name} == set()
    assert new(folder, before) >= ADOPTED
