"""`datatier upgrade plan --out` and `run`, from the command line to a scripted AWS: exit codes, sentences, JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from in_process import Said, call
from library import ACCESS
from scripted_aws import Client, Clock, State

from upgrade.run import aws, real

REGION = "eu-north-1"
WANTED = "db.m7g.large"


class Folder:
    """A project of another application, whose stack `blue` is on a scripted AWS."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path, self.clock = path, Clock()
        self.state = State(self.clock)
        (path / "Pulumi.yaml").write_text("name: books\nruntime: python\n")
        (path / "access.yaml").write_text(json.dumps(ACCESS))
        self.declare({})
        monkeypatch.setattr(
            aws, "aws_client", lambda service, region, endpoint, *, caller: Client(self.state, service, region)
        )
        monkeypatch.setattr(real.time, "sleep", self.clock.sleep)
        self.state.add_instance(
            "books-blue", REGION, "g", EngineVersion="18.4", DBInstanceClass="db.t4g.medium", AllocatedStorage=20
        )

    def declare(self, postgres: dict[str, Any]) -> None:
        config = {
            "aws:region": REGION,
            "data-tier:profile": "dev",
            "data-tier:name": "books",
            "data-tier:redis": {"main": {}},
            "data-tier:postgres": {"class": "db.t4g.medium", **postgres},
        }
        (self.path / "Pulumi.blue.yaml").write_text(json.dumps({"config": config}))

    def upgrade(self, *words: str) -> Said:
        return call(self.path, "upgrade", *words)

    def plan(self, to: str = f"postgres.class={WANTED}") -> None:
        assert self.upgrade("plan", "blue", "--to", to, "--out", "plan.json").code == 0


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    return Folder(tmp_path, monkeypatch)


def test_a_plan_is_carried_out_as_a_person_deploys_it(folder: Folder) -> None:
    folder.plan()
    listed = folder.upgrade("run", "plan.json", "--list", "--json")
    assert (listed.code, listed.json["state"], listed.json["next"], listed.json["done"]) == (0, "listed", "class", [])

    noticed = folder.upgrade("run", "plan.json", "--json")
    assert (noticed.code, noticed.json["state"], noticed.json["needs"]) == (3, "waiting", "consent")
    handed = folder.upgrade("run", "plan.json", "--accept", "class", "--json")
    assert (handed.code, handed.json["state"], handed.json["needs"]) == (3, "waiting", "deployment")
    assert handed.json["why"].endswith(f"{{class: {WANTED}}}; then: pulumi up -s blue")

    folder.declare({"class": WANTED})
    assert "declared and not deployed" in folder.upgrade("run", "plan.json", "--yes").out
    folder.state.change("books-blue", "modifying", {"DBInstanceClass": WANTED})
    done = folder.upgrade("run", "plan.json", "--yes", "--json")
    assert (done.code, done.json["state"], done.json["next"]) == (0, "done", None)
    assert [each["step"] for each in done.json["done"]] == ["class"]
    shown = folder.upgrade("run", "plan.json", "--list")
    assert "✓ class Move to db.m7g.large" in shown.out
    assert shown.out.endswith("done\n")


def test_notes_outlive_the_tier_of_the_same_name(folder: Folder) -> None:
    folder.plan()
    folder.state.instances["books-blue"]["DBInstanceClass"] = WANTED
    folder.declare({"class": WANTED})
    assert folder.upgrade("run", "plan.json").code == 0
    assert call(folder.path, "down", "blue", "--delete", "--yes").code == 0
    assert call(folder.path, "down", "--delete", "--yes").code == 0
    assert folder.upgrade("run", "plan.json", "--list", "--json").json["next"] is None


def test_an_undone_step_comes_next_again(folder: Folder) -> None:
    folder.plan()
    folder.declare({"class": WANTED})
    folder.state.instances["books-blue"]["DBInstanceClass"] = WANTED
    assert folder.upgrade("run", "plan.json", "--json").json["done"][0]["found"] is True
    undone = folder.upgrade("run", "plan.json", "--undo", "class", "--yes", "--json")
    assert (undone.code, undone.json["needs"]) == (3, "deployment")
    assert "{class: db.t4g.medium}" in undone.json["why"]
    folder.declare({})
    folder.state.instances["books-blue"]["DBInstanceClass"] = "db.t4g.medium"
    undone = folder.upgrade("run", "plan.json", "--undo", "class", "--yes", "--json")
    assert (undone.code, undone.json["next"], undone.json["state"]) == (0, "class", "stopped")


def test_a_failed_step_is_exit_code_1(folder: Folder) -> None:
    folder.plan()
    folder.state.instances["books-blue"]["DBInstanceStatus"] = "storage-full"
    said = folder.upgrade("run", "plan.json", "--yes")
    assert said.code == 1
    assert "failed: Move to db.m7g.large: wanted: books-blue is available; found: storage-full; wait until" in said.out


def test_several_changes_are_one_file_whose_steps_have_names_of_their_own(folder: Folder) -> None:
    to = ("--to", f"postgres.class={WANTED}", "--to", "postgres.storage=30")
    assert folder.upgrade("plan", "blue", *to, "--out", "plan.json").code == 0
    listed = folder.upgrade("run", "plan.json", "--list")
    assert "→ postgres.class/class" in listed.out
    assert "postgres.storage/storage" in listed.out


def _stale(folder: Folder) -> None:
    folder.declare({"port": 5555})


def _other_manifest(folder: Folder) -> None:
    access = {"identities": {}}
    endpoint = {"name": "primary", "host": "h", "port": 1}
    postgres = {"primary": endpoint, "database": "d", "master_secret": "s"}
    made = {"stack": "green", "prefix": "p", "region": REGION, "postgres": postgres, "access": access}
    (folder.path / "m.json").write_text(json.dumps(made))


def _gone(folder: Folder) -> None:
    folder.state.instances.clear()


def _local(folder: Folder) -> None:
    text = (folder.path / "Pulumi.blue.yaml").read_text()
    (folder.path / "Pulumi.blue.yaml").write_text(text.replace('"dev"', '"local"'))
    folder.plan()


BAD: list[tuple[Any, tuple[str, ...], str]] = [
    (None, ("nothing.json",), "nothing.json cannot be read: No such file or directory"),
    (None, ("Pulumi.yaml",), "Pulumi.yaml is not a plan (file: Invalid JSON"),
    (None, ("plan.json", "--until", "switchover"), "the plan has no step `switchover`: class."),
    (None, ("plan.json", "--accept", "x"), "the plan has no step `x`"),
    (None, ("plan.json", "--undo", "class"), "there is nothing to undo: the step `class` was not done"),
    (_stale, ("plan.json",), "what Pulumi.blue.yaml declares of `postgres` has changed since the plan was made"),
    (_gone, ("plan.json",), "the plan no longer fits what is deployed: books-blue: class is nothing"),
    (_local, ("plan.json",), "`blue` is a stack of this computer"),
    (_other_manifest, ("plan.json", "-m", "m.json"), "--manifest is of the stack `green`, and the plan is for `blue`"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "words", "says"), BAD, ids=[b[2][:40] for b in BAD])
def test_bad_input_is_a_sentence(folder: Folder, before: Any, words: tuple[str, ...], says: str) -> None:
    folder.plan()
    if before:
        before(folder)
    said = folder.upgrade("run", *words)
    assert said.code == 2
    assert says in said.err
    assert folder.state.calls == []


def test_a_step_that_asks_the_database_needs_a_manifest(folder: Folder) -> None:
    folder.plan("postgres.ca=rds-ca-ecc384-g1")
    assert folder.upgrade("run", "plan.json", "--json").json["needs"] == "person"
    folder.state.instances["books-blue"]["EngineVersion"] = "18.3"
    folder.declare({"version": "18.3"})
    folder.plan("postgres.version=18.4")
    said = folder.upgrade("run", "plan.json", "--yes")
    assert said.code == 2
    assert "this step looks into the database: `pulumi stack output manifest -s blue > manifest.json`" in said.err
