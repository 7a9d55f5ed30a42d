"""The reports of a tier's runs of maintenance: one file for each in its state folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.files import write_private
from local.state import StateDir

if TYPE_CHECKING:
    from maintain.report import MaintenanceReport

FOLDER = "maintenance"


def keep(state: StateDir, report: MaintenanceReport) -> None:
    """Write it down. Raise CloudError where the place does not take it."""
    folder = state.folder(FOLDER)
    write_private(folder / f"{report.began_at.replace(':', '')}.json", report.model_dump_json(indent=2) + "\n")


def kept(state: StateDir) -> list[MaintenanceReport]:
    """Every run that is kept, the oldest first; a file that is no report is left out."""
    from pydantic import ValidationError

    from maintain.report import MaintenanceReport

    found = []
    for path in sorted((state.path / FOLDER).glob("*.json")):
        try:
            found.append(MaintenanceReport.model_validate_json(path.read_bytes()))
        except (OSError, ValidationError):
            continue
    return found
