"""Sequences, and the options of those of identity columns."""

from __future__ import annotations

from collections.abc import Iterator

from bootstrap.schema.definition import Sequence
from bootstrap.schema.statements.names import comment

_OPTIONS = (
    ("start", "START WITH"),
    ("increment", "INCREMENT BY"),
    ("minimum", "MINVALUE"),
    ("maximum", "MAXVALUE"),
    ("cache", "CACHE"),
)


def sequence(name: str, entry: Sequence) -> Iterator[str]:
    """A sequence; whose column it is follows when that is there."""
    words = ["CREATE", *["UNLOGGED"] * entry.get("unlogged", False), "SEQUENCE", name]
    if "type" in entry:
        words += ["AS", entry["type"]]
    yield " ".join([*words, *options(entry)])
    if "comment" in entry:
        yield comment("SEQUENCE", name, entry["comment"])


def owner(name: str, entry: Sequence) -> str:
    """Tie a sequence to the column with which it goes."""
    return f"ALTER SEQUENCE {name} OWNED BY {entry.get('owned_by', 'NONE')}"


def options(entry: Sequence) -> list[str]:
    """What is said of how it counts."""
    given: dict[str, object] = dict(entry)
    told = [f"{words} {given[key]}" for key, words in _OPTIONS if key in given]
    return [*told, *["CYCLE"] * entry.get("cycle", False)]


def of_identity(entry: Sequence) -> str:
    """The options of an identity column's sequence in brackets, empty where there are none."""
    told = [*([f"SEQUENCE NAME {entry['name']}"] if "name" in entry else []), *options(entry)]
    return f" ({' '.join(told)})" if told else ""
