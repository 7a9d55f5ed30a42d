"""The commands that follow an adoption, in order. Pure."""

from __future__ import annotations

from pathlib import PurePosixPath

FOLDER = PurePosixPath("build") / "adopt"
"""Where what is not a stack's file is written, a folder for each stack."""
IMPORT, STATE, REPORT = "import.json", "imported.json", "report.json"


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
        (
            f"pulumi import --stack {stack} --file {folder / IMPORT} --protect=false --generate-code=false --yes",
            "take what is there into its state; nothing in AWS changes",
        ),
        (f"pulumi stack export --stack {stack} | datatier preview {stack} --against -", "the same again, of the state"),
        (f"pulumi preview --stack {stack}", "the engine's own word: no replacement, no deletion"),
        (f"pulumi up --stack {stack}", "make what is new, change what was agreed"),
    )
