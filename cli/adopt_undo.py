"""`datatier adopt STACK --undo`: the commands by which what was adopted leaves the stack and stays in AWS."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from adopt.steps import IMPORT
from bootstrap.errors import AskedError
from cli.adopt_files import Place
from cli.adopt_state import state_of
from cli.output import console, emit_json, escape, table

if TYPE_CHECKING:
    from rich.console import Console

    from adopt.undo.apart import Apart
    from adopt.undo.steps import Step
    from graph.resource import Resource


def undo(where: Place, against: str | None, *, as_json: bool) -> None:
    """Say it; nothing is run. Raise AskedError without a state, or for another stack's."""
    from adopt.undo.apart import apart
    from adopt.undo.steps import steps

    if against is None:
        export = f"pulumi stack export --stack {where.stack}"
        raise AskedError(f"of which state? {export} | datatier adopt {where.stack} --undo --against -")
    resources = state_of(where.stack, against)
    names = _imported(where.folder / IMPORT)
    parts = apart(resources, names)
    commands = steps(where.stack, parts)
    if as_json:
        emit_json(_document(parts, commands, known=names is not None))
    else:
        _print(console(), where, parts, commands, known=names is not None)


def _imported(path: Path) -> frozenset[str] | None:
    """What was adopted; None where that is not known any more."""
    from adopt.import_file import imports

    try:
        return imports(json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise AskedError(
            f"{path} cannot be read: {error}. Without the file everything stays that may be adopted."
        ) from None


def _document(parts: Apart, commands: Sequence[Step], *, known: bool) -> dict[str, object]:
    return {
        "known": known,
        "adopted": [each.urn for each in parts.adopted],
        "used": [each.urn for each in parts.used],
        "gone": [each.urn for each in parts.gone],
        "steps": [asdict(each) for each in commands],
    }


def _print(out: Console, where: Place, parts: Apart, commands: Sequence[Step], *, known: bool) -> None:
    if not commands:
        out.print(f"the state of {escape(where.stack)} holds nothing that was adopted")
        return
    out.print(
        f"{len(parts.adopted)} adopted stay in AWS as they are; {len(parts.used)} that the stack made are in use by "
        f"them; {len(parts.gone)} go"
    )
    if not known:
        file = escape((where.folder / IMPORT).relative_to(where.root).as_posix())
        out.print(
            f"[yellow]{file} is not here[/]: all stays that an adoption may take over, what the stack made among it"
        )
    if parts.used:
        out.print(table("In use by what stays", ("type", "name", "in AWS"), [_row(each) for each in parts.used]))
    for number, step in enumerate(commands, 1):
        out.print(f"\n[dim]# {number}. {escape(step.why)}[/]")
        # whole, so that a terminal's selection of it is a command
        out.print(escape(step.command), soft_wrap=True)


def _row(each: Resource) -> tuple[str, str, str]:
    return escape(each.type), escape(each.name), escape(each.physical)
