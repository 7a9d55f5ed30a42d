"""Nothing is removed before somebody has typed its name, or said --yes."""

from __future__ import annotations

import sys

import typer

from cli.errors import InputError


def ask(question: str, name: str, *, yes: bool) -> None:
    """Have `name` typed. Raise InputError for anything else, and where nobody can type."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise InputError(f"{question} Nobody can be asked here: say --yes.")
    typed = typer.prompt(f"{question} Type `{name}` to go on", default="", show_default=False, err=True)
    if typed.strip() != name:
        raise InputError(f"that is not `{name}`: nothing was done.")
