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
from glob import escape
from pathlib import Path
from typing import TypedDict

from bootstrap.migrate.errors import FileProblem

# What it finds and we pass on; a rule that a later release adds says nothing until it is in here and in the document.
# `style` is about which type a column should have: a table that exists keeps what it has.
RULES = {
    "adding-field-with-default": "warning",
    "adding-foreign-key-constraint": "warning",
    "adding-not-nullable-field": "warning",
    "adding-required-field": "warning",
    "adding-serial-primary-key-field": "warning",
    "ban-alter-domain-with-add-constraint": "warning",
    "ban-char-field": "style",
    "ban-create-domain-with-constraint": "style",
    "ban-drop-column": "warning",
    "ban-drop-database": "warning",
    "ban-drop-not-null": "warning",
    "ban-drop-table": "warning",
    "ban-truncate-cascade": "warning",
    "changing-column-type": "warning",
    "constraint-missing-not-valid": "warning",
    "disallowed-unique-constraint": "warning",
    "identifier-too-long": "warning",
    "prefer-bigint-over-int": "style",
    "prefer-bigint-over-smallint": "style",
    "prefer-identity": "style",
    "prefer-text-field": "style",
    "prefer-timestamp-tz": "style",
    "renaming-column": "warning",
    "renaming-object": "warning",
    "renaming-table": "warning",
    "require-concurrent-index-creation": "warning",
    "require-concurrent-index-deletion": "warning",
    "require-concurrent-partition-detach": "warning",
    "require-concurrent-reindex": "warning",
    "require-enum-value-ordering": "style",
    "syntax-error": "warning",  # its parser may not know the newest syntax, so it has no say over what is applied
}

# Rules that say nothing here, with the reason.
LEFT_OUT = {
    "prefer-robust-stmts": "a file is one transaction, so it need not bear being run twice",
    "require-lock-timeout": "the runner sets it for every file",
    "require-statement-timeout": "the runner sets it for every file",
    "require-timeout-settings": "the runner sets them for every file",
    "ban-concurrent-index-creation-in-transaction": "our rule `concurrently` knows which files are transactions",
    "transaction-nesting": "our rule `transaction`",
    "ban-uncommitted-transaction": "our rule `transaction`",
    "prefer-repack": "REPACK is PostgreSQL 19's",
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

    found: Mapping[str, Sequence[FileProblem]] = field(default_factory=dict)
    notes: tuple[FileProblem, ...] = ()


def squawk(paths: Sequence[str]) -> Findings:
    """Run it over files."""
    program = _program()
    if not paths:
        return Findings()
    if program is None:
        return Findings(notes=(_note("squawk is not installed, so its rules were not checked"),))
    command = [program, "--reporter", "json", "--assume-in-transaction", "--pg-version", _PG]
    patterns = [escape(str(Path(path).absolute())) for path in paths]  # it takes names for patterns
    done = subprocess.run(
        [*command, f"--exclude={','.join(LEFT_OUT)}", "--", *patterns],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=120,
        check=False,
    )
    try:
        listed: list[_Finding] = json.loads(done.stdout)
    except ValueError:
        said = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
        return Findings(notes=(_note(f"squawk failed, so its rules were not checked: {said[0]}"),))
    found: dict[str, list[FileProblem]] = {}
    names = {str(Path(path).absolute()): path for path in paths}
    for each in listed:
        if each["rule_name"] not in RULES:
            continue
        problem = FileProblem(
            each["rule_name"],
            Path(each["file"]).name,
            each["message"],
            each["help"] or "",
            RULES[each["rule_name"]],
            each["line"] + 1,
            each["column"] + 1,
        )
        found.setdefault(names.get(each["file"], each["file"]), []).append(problem)
    return Findings(found)


def _program() -> str | None:
    beside = Path(sys.executable).with_name("squawk")
    return str(beside) if beside.exists() else shutil.which("squawk")


def _note(message: str) -> FileProblem:
    return FileProblem("squawk", "", message, "pip install squawk-cli", "note")
