"""An application from nothing: each file is taken by the product's own loaders, and says no more than it has to."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from bootstrap.errors import AskedError
from bootstrap.migrate import Source
from infra.load import load_stack
from infra.settings.access_file import read_access
from scaffold.files import files
from scaffold.named import checked
from scaffold.starter import STACKS, starter

NAMES = ("shop", "web-shop", "inventory-of-a-shop", "x")


@pytest.fixture(params=NAMES)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    for path, text in files(starter(checked(request.param), "eu-central-1")).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    (tmp_path / "Pulumi.yaml").write_text(f"name: data-tier\nmain: infra/\nconfig:\n  name: {request.param}\n")
    return tmp_path


def test_its_stacks_load(folder: Path) -> None:
    for stack in STACKS:
        settings = load_stack(folder, stack).settings
        assert settings.profile == stack
        text = (folder / f"Pulumi.{stack}.yaml").read_text()
        assert yaml.safe_load(text) == {"config": {"aws:region": "eu-central-1", "data-tier:profile": stack}}
        # What is proposed in a comment would be taken, too.
        (folder / f"Pulumi.{stack}.yaml").write_text(text.replace("  # data-tier:", "  data-tier:"))
        assert bool(load_stack(folder, stack).settings.notify.critical) is (stack == "prod")


def test_editors_find_the_schema_of_each_declaration_in_its_first_line_alone(folder: Path) -> None:
    for path, kind in {"access.yaml": "access", **{f"Pulumi.{stack}.yaml": "stack" for stack in STACKS}}.items():
        lines = (folder / path).read_text().splitlines()
        marked = [number for number, line in enumerate(lines) if "yaml-language-server" in line]
        assert (marked, lines[0].rpartition("/")[2]) == ([0], f"{kind}.schema.json")


def test_its_identities_are_those_that_the_pages_speak_of(folder: Path) -> None:
    access = read_access(folder)
    plain = access.owner.removesuffix("_owner")
    assert set(access.identities) == {
        f"{plain}_{role}" for role in ("migrator", "app", "reporting", "monitoring", "maintainer", "inventory")
    }
    assert access.with_privilege("migrator") == (f"{plain}_migrator",)
    assert access.unwise == ()


def test_what_its_comments_propose_would_be_taken(folder: Path) -> None:
    text = (folder / "access.yaml").read_text()
    lines = []
    for line in text.splitlines():
        indent, _, remark = line.partition("# ")
        proposal = remark.startswith(("keyspaces:", " ")) or remark.endswith("_worker:")
        lines.append(f"{indent}{remark}" if not indent.strip() and proposal else line)
    (folder / "access.yaml").write_text("\n".join(lines))
    access = read_access(folder)
    plain = access.owner.removesuffix("_owner")
    assert access.identities[f"{plain}_worker"].redis["queue"].client
    assert list(access.keyspaces) == ["session"]


def test_it_has_no_migration_and_no_table(folder: Path) -> None:
    assert Source.load(folder / "migrations").versions == ()
    assert (folder / "schema" / "schema.json").read_text() == '{\n  "extensions": {}\n}\n'


def test_its_tests_pass_the_lint(folder: Path) -> None:
    ruff = Path(sys.executable).with_name("ruff")
    shutil.copy(Path(__file__).parents[2] / "pyproject.toml", folder)
    for words in (["check", "."], ["format", "--check", "."]):
        done = subprocess.run([ruff, *words], cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Shop", "`Shop` cannot be the name: 1-20 lower-case letters, digits and single hyphens"),
        ("web--shop", "`web--shop` cannot be the name: 1-20"),
        ("web_shop", "`web_shop` cannot be the name: 1-20"),
        ("1shop", "cannot be the name: 1-20"),
        ("", "`` cannot be the name: 1-20"),
        ("a" * 21, "cannot be the name: 1-20"),
        ("user", "'user' is reserved by PostgreSQL or RDS"),
        ("postgres", "'postgres' is reserved by PostgreSQL or RDS"),
        ("pg-x", "'pg_x_admin' is not a master user name for RDS"),
        ("rds", "'rds_admin' is not a master user name for RDS"),
    ],
)
def test_a_name_that_cannot_be(name: str, message: str) -> None:
    with pytest.raises(AskedError, match=message):
        checked(name)
