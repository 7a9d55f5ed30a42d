"""Tables and what refers to what as Mermaid's entity relationship diagrams. Pure.

Mermaid refuses a diagram of more than 50,000 characters (maxTextSize in its configuration, which GitHub does not
change), and reads words such as `class`, `style` and `one` as its own: entities are quoted, and a column that Mermaid
would not take for a name begins with an underscore (erDiagram.jison).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from bootstrap.schema.definition import Column, Table
from bootstrap.schema.mends.change import shown
from bootstrap.schema.statements.names import plain

LIMIT = 50_000
"""Characters that Mermaid takes in one diagram."""

_LIST = r'((?:"(?:[^"]|"")*"|[^()"])*)'
_FOREIGN = re.compile(rf'FOREIGN KEY \({_LIST}\) REFERENCES ((?:"(?:[^"]|"")*"|[^("])+)\({_LIST}\)(.*)', re.DOTALL)
_KEY = re.compile(rf"(PRIMARY KEY|UNIQUE|FOREIGN KEY)(?: NULLS NOT DISTINCT)? \({_LIST}\)")
_NAME = re.compile(r'"(?:[^"]|"")*"|[^,\s]+')
_MARKS = {"PRIMARY KEY": "PK", "UNIQUE": "UK", "FOREIGN KEY": "FK"}


def diagrams(tables: Mapping[str, Table], limit: int = LIMIT) -> list[list[str]]:
    """The lines of as many diagrams as it takes: tables that refer to each other are in one where that can be."""
    drawn = {title: list(_entity(title, table)) for title, table in tables.items() if "partition_of" not in table}
    edges = [edge for title in drawn for edge in _edges(title, tables[title]) if edge[1] in drawn]
    made: list[list[str]] = []
    for group in _packed(_parts(drawn, edges, limit), drawn, edges, limit):
        inside = [line for one, other, line in edges if one in group and other in group]
        made.append(["erDiagram", *(line for title in drawn if title in group for line in drawn[title]), *inside])
    return made


Edge = tuple[str, str, str]
"""The table that refers, the one that it refers to, and the line."""


def _parts(drawn: Mapping[str, list[str]], edges: Iterable[Edge], limit: int) -> Iterator[list[str]]:
    """Tables that are connected, the largest first; what is too large for one diagram is cut."""
    beside: dict[str, list[str]] = {title: [] for title in drawn}
    for one, other, _ in edges:
        beside[one].append(other)
        beside[other].append(one)
    seen: set[str] = set()
    found = []
    for title in drawn:
        part, waiting = [], [title]
        while waiting:
            each = waiting.pop(0)
            if each not in seen:
                seen.add(each)
                part.append(each)
                waiting += beside[each]
        found.append(part)
    sizes = {
        title: _size(lines) + sum(_size([line]) for one, _, line in edges if one == title)
        for title, lines in drawn.items()
    }
    for part in sorted(filter(None, found), key=lambda part: -sum(sizes[title] for title in part)):
        cut: list[str] = []
        for title in part:
            if cut and sum(sizes[each] for each in [*cut, title]) > limit - len("erDiagram\n"):
                yield cut
                cut = []
            cut.append(title)
        yield cut


def _packed(
    parts: Iterable[list[str]], drawn: Mapping[str, list[str]], edges: Iterable[Edge], limit: int
) -> list[set[str]]:
    """As few diagrams as the parts fill."""
    sizes = {title: _size(lines) for title, lines in drawn.items()}
    for one, _, line in edges:
        sizes[one] += _size([line])
    packed: list[tuple[int, set[str]]] = []
    for part in parts:
        size = sum(sizes[title] for title in part)
        for at, (filled, group) in enumerate(packed):
            if filled + size <= limit - len("erDiagram\n"):
                packed[at] = filled + size, group | set(part)
                break
        else:
            packed.append((size, set(part)))
    return [group for _, group in packed]


def _size(lines: Iterable[str]) -> int:
    return sum(len(line) + 1 for line in lines)


def _entity(title: str, table: Table) -> Iterator[str]:
    keys = _keys(table)
    yield f"    {_quoted(title)} {{"
    taken: set[str] = set()
    for name, column in table.get("columns", {}).items():
        marks = ", ".join(sorted(keys.get(name, set())))
        yield f"        {word(column.get('type', ''))} {_attribute(name, taken)}{f' {marks}' if marks else ''}"
    yield "    }"


def _edges(title: str, table: Table) -> Iterator[Edge]:
    for what in table.get("constraints", {}).values():
        if match := _FOREIGN.fullmatch(what):
            columns = listed(match[1])
            entries = [table.get("columns", {}).get(column, Column()) for column in columns]
            one = "||" if all(entry.get("not_null") for entry in entries) else "|o"
            label = _label(", ".join(plain(column) for column in columns))
            yield title, match[2], f"    {_quoted(match[2])} {one}--o{{ {_quoted(title)} : {label}"


def _keys(table: Table) -> dict[str, set[str]]:
    """Column -> PK, FK, UK as Mermaid writes them."""
    marks: dict[str, set[str]] = {}
    for what in table.get("constraints", {}).values():
        if match := _KEY.match(what):
            columns = listed(match[2])
            mark = _MARKS[match[1]]
            for column in columns if mark != "UK" or len(columns) == 1 else ():
                marks.setdefault(column, set()).add(mark)
    return marks


def listed(columns: str) -> list[str]:
    """The columns of a key; of a temporal one the range, too, without the words beside it."""
    return [name for name in _NAME.findall(columns) if name not in ("PERIOD", "WITHOUT", "OVERLAPS")]


def _quoted(title: str) -> str:
    """An entity's name; a quoted one may hold anything but these."""
    return (
        '"'
        + re.sub(r"[%\\\n\r]", "_", ".".join(map(plain, _IDENTIFIERS.findall(shown(title))))).replace('"', "'")
        + '"'
    )


_IDENTIFIERS = re.compile(r'"(?:[^"]|"")*"|[^".]+')


def _label(text: str) -> str:
    return '"' + re.sub(r"[\n\r]", " ", text).replace('"', "'") + '"'


def word(type_: str) -> str:
    """A type as Mermaid takes one: a word without its length, `timestamptz` for the long form."""
    short = type_.replace("timestamp with time zone", "timestamptz").replace("character varying", "varchar")
    short = re.sub(r"\(.*?\)", "", shown(short)).replace("[]", "_array")
    return _words(short) or "unknown"


def _attribute(name: str, taken: set[str]) -> str:
    """A column's name as Mermaid takes one, other than those that are taken."""
    made = _words(plain(name))
    if not re.match(r"[A-Za-z]", made) or made.lower() in ("pk", "fk", "uk"):
        made = f"_{made}"
    while made in taken:
        made += "_"
    taken.add(made)
    return made


def _words(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]+", "_", text)
