"""Sequences that differ, and the options of identity columns' sequences. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from bootstrap.postgres.change import literal
from bootstrap.schema.definition import Sequence
from bootstrap.schema.mends.change import Change, altered, comment, extra, missing
from bootstrap.schema.statements import names
from bootstrap.schema.statements import sequences as sql


def sequences(
    wanted: Mapping[str, Sequence], found: Mapping[str, Sequence], columns: Collection[str]
) -> Iterator[Change]:
    """The differences between sequences; `columns` are those that are defined: with another one its sequence goes."""
    for name in dict.fromkeys([*wanted, *found]):
        want, has = wanted.get(name), found.get(name)
        if want == has:
            continue
        if want is None and has is not None:
            if "owned_by" not in has or has["owned_by"] in columns:
                yield extra("sequence", f"sequence {name}", name, text(has), "the number that it has come to is lost")
        elif has is None and want is not None:
            yield missing("sequence", f"sequence {name}", name, text(want))
        elif want is not None and has is not None:
            if text(want) != text(has):
                yield altered(
                    "sequence",
                    f"sequence {name}",
                    name,
                    "definition",
                    text(want),
                    text(has),
                    _alter(name, want, has),
                    needs=[f"column {want['owned_by']}"] if "owned_by" in want else [],
                )
            sentence = names.comment("SEQUENCE", name, want.get("comment"))
            yield from comment(f"sequence {name}", name, want.get("comment"), has.get("comment"), sentence)


def text(entry: Sequence) -> str:
    """What is said of a sequence, in CREATE SEQUENCE's words."""
    told = ["UNLOGGED"] * entry.get("unlogged", False)
    told += [f"AS {entry['type']}"] if "type" in entry else []
    told += sql.options(entry)
    told += [f"OWNED BY {entry['owned_by']}"] if "owned_by" in entry else []
    return " ".join(told) or "as PostgreSQL makes it"


def _alter(name: str, want: Sequence, has: Sequence) -> Iterator[str]:
    if options := counting(want, has):
        yield from narrowed(f"ALTER SEQUENCE {name}", name, want, has)
        yield f"ALTER SEQUENCE {name} {' '.join(options)}"
    if want.get("owned_by") != has.get("owned_by"):
        yield sql.owner(name, want)
    if want.get("unlogged") != has.get("unlogged"):
        yield f"ALTER SEQUENCE {name} SET {'UNLOGGED' if want.get('unlogged') else 'LOGGED'}"


def narrowed(alter: str, name: str, want: Sequence, has: Sequence, word: str = "") -> Iterator[str]:
    """Where the new limits are not all around the old ones, bring the number that it has come to within them.

    Both are allowed for a moment: a sequence whose number lies outside of its limits is refused.
    """
    (low, high), (least, greatest) = _limits(want), _limits(has)
    if low <= least and high >= greatest:
        return
    yield f"{alter} {word}MINVALUE {min(low, least)} {word}MAXVALUE {max(high, greatest)}"
    number = f"least(greatest(last_value, {low}), {high})"
    called = f"is_called AND last_value BETWEEN {low} AND {high}"
    yield f"SELECT setval({literal(name).strip()}, {number}, {called}) FROM {name}"  # noqa: S608 - names are SQL


_TYPES = {"smallint": 15, "integer": 31, "bigint": 63}
"""Bits for the numbers of each type."""


def _limits(entry: Sequence) -> tuple[int, int]:
    bits = _TYPES[entry.get("type", "bigint")]
    up = entry.get("increment", 1) > 0
    return entry.get("minimum", 1 if up else -(2**bits)), entry.get("maximum", 2**bits - 1 if up else -1)


def counting(want: Sequence, has: Sequence) -> list[str]:
    """The options of ALTER SEQUENCE that turn one into the other.

    A changed type moves limits that are the old type's to the new one's (ALTER SEQUENCE's documentation); NO MINVALUE
    and NO MAXVALUE are the defaults for type and direction. The start is a number in any case: it is not said anew.
    """
    told = []
    if want.get("type") != has.get("type"):
        told.append(f"AS {want.get('type', 'bigint')}")
    if want.get("increment") != has.get("increment"):
        told.append(f"INCREMENT BY {want.get('increment', 1)}")
    for key, words in (("minimum", "MINVALUE"), ("maximum", "MAXVALUE")):
        given = dict(want).get(key), dict(has).get(key)
        if given[0] != given[1] or told:
            told.append(f"{words} {given[0]}" if given[0] is not None else f"NO {words}")
    if want.get("start") != has.get("start") or told:
        told.append(f"START WITH {want.get('start', _first(want))}")
    if want.get("cache") != has.get("cache"):
        told.append(f"CACHE {want.get('cache', 1)}")
    if want.get("cycle") != has.get("cycle"):
        told.append("CYCLE" if want.get("cycle") else "NO CYCLE")
    return told


def _first(entry: Sequence) -> int:
    """Where a sequence begins that says nothing of it."""
    if entry.get("increment", 1) > 0:
        return entry.get("minimum", 1)
    return entry.get("maximum", -1)
