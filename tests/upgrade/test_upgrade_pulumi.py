"""A deployment that is run from here: which commands, where, and what comes of one that fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from upgrade.effect import Deploy
from upgrade.run.aws import Aws, Caller
from upgrade.run.database import Database
from upgrade.run.errors import StepError
from upgrade.run.real import Real

SCRIPT = '#!/bin/sh\necho "$PWD: $*" >> "$LOG"\ncase "$*" in *broken*) exit 255;; esac\n'


def world(root: Path, *, pulumi: bool = True) -> Real:
    config = {"data-tier:postgres": {"class": "db.m7g.large", "storage": {"allocated": 200, "max": 400}}}
    return Real(
        aws=Aws("eu-west-3", None, Caller()),
        database=Database(None, "", root / "migrations"),
        config=config,
        root=root,
        pulumi=pulumi,
    )


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "bin" / "pulumi"
    program.parent.mkdir()
    program.write_text(SCRIPT)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/bin:/usr/bin")
    monkeypatch.setenv("LOG", str(tmp_path / "log"))
    return tmp_path / "log"


def test_what_goes_before_is_run_and_what_people_look_at_is_not(tmp_path: Path, log: Path) -> None:
    looked_at = "pulumi stack export -s blue | datatier preview blue --against -"
    deploy = Deploy(before=("write it", looked_at, "pulumi refresh -s blue"), command="pulumi up -s blue", until=())
    assert world(tmp_path).deploy(deploy) is True
    assert log.read_text().splitlines() == [
        f"{tmp_path}: refresh -s blue --yes --non-interactive",
        f"{tmp_path}: up -s blue --yes --non-interactive",
    ]


def test_one_that_fails_says_so(tmp_path: Path, log: Path) -> None:
    with pytest.raises(StepError, match="`pulumi up -s broken` failed with 255"):
        world(tmp_path).deploy(Deploy(command="pulumi up -s broken", until=()))
    assert len(log.read_text().splitlines()) == 1


def test_it_is_a_persons_unless_it_is_asked_for_and_pulumi_is_here(
    tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy = Deploy(command="pulumi up -s blue", until=())
    assert world(tmp_path, pulumi=False).deploy(deploy) is False
    monkeypatch.setenv("PATH", str(tmp_path))
    assert world(tmp_path).deploy(deploy) is False
    assert not log.exists()


@pytest.mark.parametrize(
    ("line", "there"),
    [
        ("data-tier:postgres: {class: db.m7g.large}", True),
        ("data-tier:postgres: {class: db.m7g.xlarge}", False),
        ('data-tier:postgres: {storage: {allocated: "200"}}', True),
        ("data-tier:postgres: {storage: {allocated: 200, iops: 12000}}", False),
        ("data-tier:redis: {main: {version: 9.0}}", False),
    ],
)
def test_a_line_of_the_stacks_file_is_there_or_not(tmp_path: Path, line: str, there: bool) -> None:
    assert list(world(tmp_path).lacks([line])) == ([] if there else [line])
