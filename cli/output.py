"""How results are shown: tables on a terminal, whole lines in a pipe, JSON on request."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Sequence

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markup import escape as without_markup
from rich.table import Table
from rich.text import Text

# A pipe has no width: rich would otherwise fold at 80 columns, or at COLUMNS, and break lines that scripts read.
_PIPE_WIDTH = 1_000_000
_GAP = "  "
# C0 without tab and line feed, DEL, C1: what a terminal obeys (ECMA-48, Control functions). rich takes away only some.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Grid:
    """Rows under headings: folded to a terminal's width, one whole line for each row in a pipe.

    rich fits a table to a width by folding and cutting its cells, and pads them to it; a reader such as `grep` or `awk`
    wants neither.
    """

    def __init__(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        self._title = title
        self._columns = [_text(column) for column in columns]
        self._rows = [[cell if isinstance(cell, Text) else _text(str(cell)) for cell in row] for row in rows]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if console.is_terminal:
            yield self._table(options.max_width)
        else:
            yield from self._lines()

    def _table(self, width: int) -> Table:
        made = Table(
            title=self._title or None,
            title_justify="left",
            title_style="bold",
            header_style="bold",
            box=None,
            pad_edge=False,
            show_header=any(column.plain for column in self._columns),
        )
        for number, column in enumerate(self._columns):
            names = [row[number] for row in self._rows if row[number].no_wrap]
            whole = bool(names) and max(name.cell_len for name in names) <= width // 2
            for name in names:
                name.no_wrap = whole  # else rich cuts it
            made.add_column(column, overflow="fold", no_wrap=whole)
        for row in self._rows:
            made.add_row(*row)
        return made

    def _lines(self) -> list[Text]:
        lines = [line for line in [self._columns, *self._rows] if any(cell.plain for cell in line)]
        plain = [[" ".join(cell.plain.split()) for cell in line] for line in lines]
        widths = [max(map(len, column)) for column in zip(*plain, strict=True)] if plain else []
        shown = [_GAP.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in plain]
        return [Text(line.rstrip()) for line in ([self._title] if self._title else []) + shown]


def _text(markup: str) -> Text:
    """Markup as text. Without emoji, which would make a picture of the `:key:` in a name."""
    return Text.from_markup(markup, emoji=False)


def escape(text: str) -> str:
    """Text of anybody's as markup that shows it: no tag of rich's, and nothing that a terminal obeys.

    A name or a statement is whatever an application made it; `ESC ]` in one would set the title of who looks at it.
    """
    return without_markup(_CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text))


def console(*, stderr: bool = False) -> Console:
    """Where people read; `NO_COLOR` is honoured by rich itself."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _PIPE_WIDTH
    return Console(stderr=stderr, highlight=False, soft_wrap=True, emoji=False, width=width)


def note(sentence: str | None) -> None:
    """Say something beside the result."""
    if sentence:
        console(stderr=True).print(f"[yellow]note[/] {escape(sentence)}")


def emit_json(data: object) -> None:
    """Print the data as one JSON document on standard output."""
    sys.stdout.write(json.dumps(data, indent=2, default=str) + "\n")


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Grid:
    """Rows in the one style of this program; cells are rich markup, None is an empty cell."""
    return Grid(title, columns, [["" if cell is None else cell for cell in row] for row in rows])


def whole(text: str) -> Text:
    """Text of anybody's as a cell that a terminal of twice its width does not fold: a name for the next command."""
    cell = _text(escape(text))
    cell.no_wrap = True
    return cell


def listed(out: Console, names: Sequence[str], few: int) -> str:
    """The names with commas between them: on a terminal the first `few` and how many there are besides."""
    if not out.is_terminal or len(names) <= few:
        return ", ".join(names)
    return f"{', '.join(names[:few])} and {len(names) - few} more"


def counted(count: int, noun: str) -> str:
    """`1 change`, `2 changes`."""
    return f"{count} {noun}" + ("" if count == 1 else "s")


def debugging() -> bool:
    """Whether tracebacks were asked for."""
    return os.environ.get("DATATIER_DEBUG", "") not in ("", "0")
