"""The definition as a page for people: an ER diagram (Mermaid) and a section for each table. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bootstrap.schema.definition import Column, Schema, Table

_FOREIGN = re.compile(r"FOREIGN KEY \(([^)]*)\) REFERENCES (.+?)\(([^)]*)\)(.*)", re.DOTALL)


def document(schema: Schema) -> str:
    """Return the page."""
    return "\n".join(_page(schema)).rstrip() + "\n"


def _page(schema: Schema) -> Iterator[str]:
    tables = schema.get("tables", {})
    yield "# The schema"
    yield ""
    yield (
        f"As of migration {schema.get('version', 'none')}. Generated from `schema/schema.json`: "
        "`datatier schema docs > docs/schema.md`."
    )
    yield ""
    yield "```mermaid"
    yield from _diagram(tables)
    yield "```"
    yield ""
    for title, table in tables.items():
        yield from _table(title, table)
    if views := schema.get("views"):
        yield from ("## Views", "")
        yield from _rows(
            ("view", "what it is"), [(f"`{name}`", view.get("comment", "")) for name, view in views.items()]
        )
    if functions := schema.get("functions"):
        yield from ("## Functions", "")
        reported = [(f"`{signature}`", each.get("comment", "")) for signature, each in functions.items()]
        yield from _rows(("function", "what it does"), reported)
    if types := schema.get("types"):
        yield from ("## Types", "")
        yield from _rows(("type", "definition"), [(f"`{name}`", f"`{what}`") for name, what in types.items()])
    yield from ("## Extensions", "", ", ".join(f"`{name}`" for name in schema.get("extensions", [])))


def _diagram(tables: dict[str, Table]) -> Iterator[str]:
    yield "erDiagram"
    for title, table in tables.items():
        keys = _keys(table)
        yield f"    {_plain(title)} {{"
        for name, column in table.get("columns", {}).items():
            # Mermaid takes a word for a type: without length, `timestamptz` for the long form.
            marks = ", ".join(sorted(keys.get(name, set())))
            yield f"        {_word(column['type'])} {_plain(name)}{f' {marks}' if marks else ''}"
        yield "    }"
    for title, table in tables.items():
        for what in table.get("constraints", {}).values():
            if match := _FOREIGN.fullmatch(what):
                columns = [table["columns"][column.strip('"')] for column in match[1].split(", ")]
                optional = not all(column.get("not_null") for column in columns)
                one = "|o" if optional else "||"
                yield f'    {_plain(match[2])} {one}--o{{ {_plain(title)} : "{match[1].replace(chr(34), "")}"'


def _plain(name: str) -> str:
    """A name as Mermaid takes it."""
    return re.sub(r"\W+", "_", name.strip('"'))


def _word(type_: str) -> str:
    short = type_.replace("timestamp with time zone", "timestamptz").replace("character varying", "varchar")
    return _plain(re.sub(r"\(.*?\)", "", short).replace("[]", "_array"))


def _keys(table: Table) -> dict[str, set[str]]:
    """Column -> PK, FK, UK as Mermaid writes them."""
    marks: dict[str, set[str]] = {}
    for what in table.get("constraints", {}).values():
        for start, mark in (("PRIMARY KEY", "PK"), ("UNIQUE", "UK"), ("FOREIGN KEY", "FK")):
            if what.startswith(start):
                columns = what[what.index("(") + 1 : what.index(")")].split(", ")
                for column in columns if mark != "UK" or len(columns) == 1 else ():
                    marks.setdefault(column.strip('"'), set()).add(mark)
    return marks


def _table(title: str, table: Table) -> Iterator[str]:
    yield from (f"## {title}", "")
    if comment := table.get("comment"):
        yield from (f"{comment}.", "")
    for requirement in table.get("requires", []):
        yield from (f"Only where the extension `{requirement}` is installed.", "")
    if by := table.get("partition_by"):
        months = ", one partition for each month (UTC)" if table.get("monthly") else ""
        yield from (f"Partitioned by `{by}`{months}.", "")
    if security := table.get("row_security"):
        owner = "the owner too" if security == "FORCED" else "the owner aside"
        yield from (f"Row-level security: rows are seen and written as the policies allow, {owner}.", "")
    columns = table.get("columns", {})
    yield from _rows(
        ("column", "type", "null", "default", "what it is"),
        [
            (f"`{name}`", column["type"], "" if column.get("not_null") else "yes", _default(column), _reported(column))
            for name, column in columns.items()
        ],
    )
    for heading, entries in (
        ("constraint", table.get("constraints", {})),
        ("index", {name: _index(what) for name, what in table.get("indexes", {}).items()}),
        ("trigger", {name: _trigger(what) for name, what in table.get("triggers", {}).items()}),
        ("policy", {name: what.split(f" ON {title} ", 1)[-1] for name, what in table.get("policies", {}).items()}),
    ):
        if entries:
            yield from _rows((heading, ""), [(f"`{name}`", f"`{_line(what)}`") for name, what in entries.items()])


def _default(column: Column) -> str:
    if "identity" in column:
        return f"identity, {column['identity'].lower()}"
    if "generated" in column:
        return f"generated: `{column.get('default')}`"
    return f"`{column['default']}`" if "default" in column else ""


def _reported(column: Column) -> str:
    return column.get("comment", "")


def _index(what: str) -> str:
    unique = "UNIQUE " if what.startswith("CREATE UNIQUE") else ""
    return unique + what.split(" USING ", 1)[-1].removeprefix("btree ")


def _trigger(what: str) -> str:
    return re.sub(r"^CREATE (CONSTRAINT )?TRIGGER \S+ ", "", what)


def _line(text: str) -> str:
    return " ".join(text.split())


def _rows(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
    yield ""
