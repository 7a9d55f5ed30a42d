"""Which indexes of a table another one makes superfluous, judged by what they are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True, kw_only=True)
class Index:
    """A valid index."""

    name: str
    table: str
    kind: str
    """Access method, its options where they matter, and predicate: only indexes of one kind can replace each other."""
    keys: tuple[str, ...]
    """Columns or expressions, each with its operator class, collation and order."""
    included: frozenset[str]
    """Columns beyond the keys, by name."""
    columns: frozenset[str]
    """All columns, by name."""
    ordered: bool
    """Whether a longer one serves the queries of a shorter one that it begins with: b-trees."""
    enforces: str
    """How it holds values apart, empty where it does not: another one does so only in the same way."""
    exclusive: bool
    """Whether it is an exclusion constraint's: no index replaces that."""
    needed: tuple[bool, ...]
    """What keeps it, most important first: of two that are the same, the greater stays."""


@dataclass(frozen=True, kw_only=True)
class Twin:
    """An index that another one makes superfluous."""

    index: str
    by: str
    same: bool
    """Whether they have the same keys; else it is a beginning of the other one."""


def twins(indexes: Sequence[Index]) -> Iterator[Twin]:
    """Each superfluous index once, with the best one that replaces it; in order of table and name."""

    def place(index: Index) -> tuple[str, str]:
        return index.table, index.kind

    for _, group in groupby(sorted(indexes, key=lambda each: (*place(each), each.name)), key=place):
        alike = list(group)
        for each in alike:
            able = [other for other in alike if _replaces(other, each)]
            if able:
                best = max(able, key=lambda other: (other.keys == each.keys, other.needed, len(other.columns)))
                yield Twin(index=each.name, by=best.name, same=best.keys == each.keys)


def same(other: Index, one: Index) -> bool:
    """Whether they hold the same keys of the same rows, whatever they enforce."""
    return (other.table, other.kind, other.keys, other.included) == (one.table, one.kind, one.keys, one.included)


def serves(other: Index, one: Index) -> bool:
    """Whether another one does all that this one would, with the same keys."""
    return (other.table, other.kind, other.keys) == (one.table, one.kind, one.keys) and _as_much(other, one)


def _as_much(other: Index, one: Index) -> bool:
    if other is one or one.exclusive or not one.included <= other.columns:
        return False
    return not one.enforces or (one.keys, one.enforces) == (other.keys, other.enforces)


def _replaces(other: Index, one: Index) -> bool:
    if not _as_much(other, one):
        return False
    if one.keys != other.keys:
        # Whatever needs the shorter one by its name keeps it: a replica identity, a constraint.
        return one.ordered and not any(one.needed) and one.keys == other.keys[: len(one.keys)]
    return _rank(other) > _rank(one)


def _rank(index: Index) -> tuple[tuple[bool, ...], bool, int, list[int]]:
    # By name at last, so that of two equals exactly one goes: the one that was made later often has a longer name.
    return index.needed, bool(index.enforces), len(index.columns), [-len(index.name), *(-ord(c) for c in index.name)]
