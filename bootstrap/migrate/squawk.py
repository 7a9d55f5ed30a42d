"""squawk's findings, as ours; its absence is said, never taken for a clean bill.

It is the PyPI package `squawk-cli`: https://squawkhq.com/docs/rules. Only `validate` runs it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

from bootstrap.migrate.errors import Problem

# Rules that say nothing here, with the reason.
LEFT_OUT = {
    "prefer-robust-stmts": "a file is one transaction, so it need not bear being run twice",
    "require-lock-timeout": "the runner sets it for every file",
    "require-statement-timeout": "the runner sets it for every file",
    "require-timeout-settings": "the runner sets them for every file",
    "ban-concurrent-index-creation-in-transaction": "our rule `concurrently` knows which files are transactions",
    "transaction-nesting": "our rule `transaction`",
    "ban-uncommitted-transaction": "our rule `transaction`",
}
_PG = "15.0"  # the oldest server that is supported


class _Finding(TypedDict):
    file: str
    line: int
    column: int
    message: str
    help: str | None
    rule_name: str


@dataclass(frozen=True)
class Findings:
    """What it found, by path; or a note on why it did not look."""

    found: Mapping[str, Sequence[Problem]] = field(default_factory=dict)
    notes: tuple[Problem, ...] = ()


def squawk(paths: Sequence[str]) -> Findings:
    """Run it over files."""
    program = _program()
    if not paths:
        return Findings()
    if program is None:
        return Findings(notes=(_note("squawk is not installed, so its rules were not checked"),))
    command = [program, "--reporter", "json", "--assume-in-transaction", "--pg-version", _PG]
    done = subprocess.run(
        [*command, f"--exclude={','.join(LEFT_OUT)}", *paths], capture_output=True, text=True, timeout=120, check=False
    )
    try:
        listed: list[_Finding] = json.loads(done.stdout)
    except ValueError:
        said = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
        return Findings(notes=(_note(f"squawk failed, so its rules were not checked: {said[0]}"),))
    found: dict[str, list[Problem]] = {}
    for each in listed:
        problem = Problem(
            each["rule_name"],
            Path(each["file"]).name,
            each["message"],
            each["help"] or "",
            "warning",  # its parser may not know the newest syntax, so it has no say over what is applied
            each["line"] + 1,
            each["column"] + 1,
        )
        found.setdefault(each["file"], []).append(problem)
    return Findings(found)


def _program() -> str | None:
    beside = Path(sys.executable).with_name("squawk")
    return str(beside) if beside.exists() else shutil.which("squawk")


def _note(message: str) -> Problem:
    return Problem("squawk", "", message, "pip install squawk-cli", "note")
