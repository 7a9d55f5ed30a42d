"""How results are shown: tables on a terminal, plain text in a pipe, JSON on request."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

# A pipe has no width; rich would fold at 80 columns and break lines that scripts read.
_PIPE_WIDTH = 200


def console(*, stderr: bool = False) -> Console:
    """Where people read; `NO_COLOR` is honoured by rich itself."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(
        stderr=stderr, highlight=False, soft_wrap=True, emoji=False, width=None if stream.isatty() else _PIPE_WIDTH
    )


def emit_json(data: Any) -> None:
    """The data as one JSON document on standard output."""
    sys.stdout.write(json.dumps(data, indent=2, default=str) + "\n")


def table(title: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> Table:
    """A table in the one style of this program."""
    made = Table(title=title, title_justify="left", title_style="bold", header_style="bold", box=None, pad_edge=False)
    for number, column in enumerate(columns):
        made.add_column(column, overflow="fold", no_wrap=number == 0)
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else str(cell) for cell in row))
    return made


def debugging() -> bool:
    """Whether tracebacks were asked for."""
    return os.environ.get("DATATIER_DEBUG", "") not in ("", "0")
