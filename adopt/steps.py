"""The commands that follow an adoption, in order. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

FOLDER = PurePosixPath("build") / "adopt"
"""Where what is not a stack's file is written, a folder for each stack."""
IMPORT, STATE, REPORT = "import.json", "imported.json", "report.json"
FURTHER = "further.json"
"""For `pulumi import`, where servers come into a stack that has its primary; all that was adopted is in IMPORT then."""


def steps(stack: str) -> tuple[tuple[str, str], ...]:
    """Command and what for, from what was written to a deployed stack."""
    folder = FOLDER / stack
    return (
        (
            f"datatier preview {stack} --against {folder / STATE}",
            "what the first `up` will do, before anything is done",
        ),
        ("make bundle", "the code of the runner"),
        (f"pulumi stack init {stack}", "the stack, after `pulumi login` (docs/deploy.md)"),
        *_after_import(stack, IMPORT),
    )


def further(stack: str) -> tuple[tuple[str, str], ...]:
    """The same where servers come into a stack that has its primary."""
    return (*_after_import(stack, FURTHER),)


def _after_import(stack: str, file: str) -> Iterator[tuple[str, str]]:
    yield (
        f"pulumi import --stack {stack} --file {FOLDER / stack / file} --protect=false --generate-code=false --yes",
        "take what is there into its state; nothing in AWS changes",
    )
    yield (
        f"pulumi stack export --stack {stack} | datatier preview {stack} --against -",
        "the same again, of the state",
    )
    yield f"pulumi preview --stack {stack}", "the engine's own word: no replacement, no deletion"
    yield f"pulumi up --stack {stack}", "make what is new, change what was agreed"
