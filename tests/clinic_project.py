"""The application of the product's own tests, `tests/clinic/`: laid out as any application's folder is.

Tests of the product read this one, or one that they make themselves, and never the application of the checkout.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from bootstrap.application import ACCESS, DEFINITION, MIGRATIONS
from infra.settings.stackfile import project_config
from scaffold.rename import renamed

CLINIC = Path(__file__).parent / "clinic"
NAME: dict[str, Any] = project_config(CLINIC)
"""The application's name, as every stack of it has it: `{"data-tier:name": "clinic"}`."""


def replace(checkout: Path) -> None:
    """Make it the application of a copy of the whole checkout, in place of the one that is there."""
    for path in (*checkout.glob("Pulumi*.yaml"), checkout / ACCESS):
        path.unlink()
    for name in (MIGRATIONS, DEFINITION.parent):
        shutil.rmtree(checkout / name)
    copy(checkout)
    for path in (*checkout.glob("Pulumi*.yaml"), checkout / ACCESS):
        path.write_text(path.read_text("utf-8").replace("../../", ""), "utf-8")


def copy(folder: Path, name: str = "clinic") -> Path:
    """Put the application into a folder, called `name` throughout."""
    for path in (*CLINIC.glob("Pulumi*.yaml"), CLINIC / ACCESS):
        (folder / path.name).write_text(renamed(path.read_text("utf-8"), "clinic", name), "utf-8")
    shutil.copytree(CLINIC / MIGRATIONS, folder / MIGRATIONS)
    shutil.copytree(CLINIC / DEFINITION.parent, folder / DEFINITION.parent)
    return folder
