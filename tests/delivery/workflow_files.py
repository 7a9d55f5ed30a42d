"""The workflow files as data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".github" / "workflows"
FILES = sorted(path.name for path in FOLDER.glob("*.yml"))


def load(file: str) -> dict[str, Any]:
    """One workflow, its anchors resolved; `on` is what YAML 1.1 takes for true."""
    data: dict[Any, Any] = yaml.safe_load((FOLDER / file).read_text())
    return {"on" if key is True else str(key): value for key, value in data.items()}


WORKFLOWS = {file: load(file) for file in FILES}


@dataclass(frozen=True)
class Step:
    """One step, and where it stands."""

    file: str
    job: str
    content: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.content["name"])

    @property
    def run(self) -> str | None:
        return self.content.get("run")

    @property
    def action(self) -> str | None:
        """`owner/name` of the action."""
        used = self.content.get("uses")
        return used and str(used).partition("@")[0]


def steps(file: str, job: str) -> list[Step]:
    return [Step(file, job, content) for content in WORKFLOWS[file]["jobs"][job]["steps"]]


JOBS = [(file, job) for file in FILES for job in WORKFLOWS[file]["jobs"]]
STEPS = [step for file, job in JOBS for step in steps(file, job)]
