"""Names in SQL: what they are made of, and comments on what they name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bootstrap.postgres.change import literal

_IDENTIFIER = re.compile(r'"(?:[^"]|"")*"|[^".]+')


def identifiers(name: str) -> list[str]:
    """The parts of a qualified name, as SQL: schema, table, column."""
    return _IDENTIFIER.findall(name)


def schema_of(name: str) -> str:
    """The schema of a qualified name, as SQL."""
    return identifiers(name)[0]


def name_of(name: str) -> str:
    """A qualified name without its schema, as SQL."""
    return name[len(schema_of(name)) + 1 :]


def beside(name: str, other: str) -> str:
    """The qualified name of `other` in the schema of `name`: an index in that of its table, say."""
    return f"{schema_of(name)}.{other}"


def plain(name: str) -> str:
    """An identifier without its quotes."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def comment(kind: str, name: str, text: str | None) -> str:
    """The comment on an object; `kind` is its keyword."""
    return f"COMMENT ON {kind} {name} IS {literal(text).strip() if text is not None else 'NULL'}"


def comments_on(owner: str, comments: Mapping[str, str]) -> Iterator[str]:
    """Those on what hangs on a relation or domain."""
    for part, text in comments.items():
        yield part_comment(owner, part, text)


def part_comment(owner: str, part: str, text: str | None) -> str:
    """The comment on `index i`, `constraint c`, ... of a relation, or of a domain as `DOMAIN d`."""
    kind, _, name = part.partition(" ")
    if kind == "index":
        return comment("INDEX", beside(owner, name), text)
    return comment(kind.upper(), f"{name} ON {owner}", text)
