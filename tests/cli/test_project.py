"""The application is the folder's, wherever the program lies and from wherever in it a command is called."""

from __future__ import annotations

from pathlib import Path

import clinic_project
import pytest

from cli.project import definition, load, migrations, project_root
from infra.trigger import PACKAGE


@pytest.mark.parametrize("below", [(), ("migrations",), ("a", "b")])
def test_the_nearest_folder_with_a_project_file_upwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, below: tuple[str, ...]
) -> None:
    clinic_project.copy(tmp_path, "depot")
    here = tmp_path.joinpath(*below)
    here.mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(here)
    assert project_root() == tmp_path
    assert migrations() == tmp_path / "migrations"
    assert definition() == tmp_path / "schema" / "schema.json"
    found = load("prod")
    assert (found.root, found.unread) == (tmp_path, ())
    given = found.settings
    assert (given.name, given.postgres.database, given.postgres.master) == ("depot", "depot", "depot_admin")
    assert found.access.owner == "depot_owner"


def test_the_programs_own_where_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert project_root() == PACKAGE


@pytest.mark.parametrize(
    ("name", "database", "master"),
    [
        ("shop", "shop", "shop_admin"),
        ("shop-eu", "shop_eu", "shop_eu_admin"),
        ("inventory-service", "inventory_service", "inventory_admin"),
        ("a-b-c-d-e-f-g", "a_b_c_d_e_f_g", "a_b_c_d_e_admin"),
    ],
)
def test_the_database_and_its_master_are_called_after_the_application(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, database: str, master: str
) -> None:
    clinic_project.copy(tmp_path)
    project = tmp_path / "Pulumi.yaml"
    project.write_text(project.read_text().replace("name: clinic", f"name: {name}"))
    monkeypatch.chdir(tmp_path)
    given = load("dev").settings
    assert (given.name, given.postgres.database, given.postgres.master) == (name, database, master)
