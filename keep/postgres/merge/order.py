"""Parents before their children; where they refer to each other in a circle, which foreign keys have to wait."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from keep.postgres.merge.tables import ForeignKey, Name


def order(tables: Collection[Name], keys: Iterable[ForeignKey]) -> tuple[tuple[Name, ...], tuple[ForeignKey, ...]]:
    """Return the tables, parents first, and the foreign keys that must be deferred for that.

    Rows of one statement may refer to each other: a table's keys to itself are looked at when it ends. A deferrable
    key waits by SET CONSTRAINTS.
    """
    ahead = [
        each
        for each in keys
        if each.child in tables and each.parent in tables and each.child != each.parent and not each.deferrable
    ]
    waiting: list[ForeignKey] = []
    while True:
        sorter: TopologicalSorter[Name] = TopologicalSorter(dict.fromkeys(sorted(tables), ()))
        for each in ahead:
            sorter.add(each.child, each.parent)
        try:
            return tuple(sorter.static_order()), tuple(waiting)
        except CycleError as error:
            circle = error.args[1]
            first = next(each for each in ahead if (each.parent, each.child) in pairwise(circle))
            waiting += [each for each in ahead if (each.parent, each.child) == (first.parent, first.child)]
            ahead = [each for each in ahead if each not in waiting]
