"""The order in which objects can be made: each after what it needs, and cycles broken as pg_dump breaks them.

pg_dump_sort.c names the ways: a default or constraint of its own follows its table or domain, a view is first made
without what it reads. A function whose body PostgreSQL parses is likewise first made without it. Pure.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from bootstrap.schema.file import DefinitionError


class Way(IntEnum):
    """How something can be made in two steps, the least remarkable first."""

    PARTS = 0
    """A table's defaults and checks, a domain's default and constraints."""
    BODY = 1
    """A function's body."""
    QUERY = 2
    """What a view reads."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """Statements that belong together, and what has to be there before."""

    name: str
    """As a need calls it."""
    rank: int
    """Which comes first of those that do not need each other."""
    statements: tuple[str, ...]
    needs: frozenset[str] = frozenset()
    way: Way | None = None
    split: Callable[[frozenset[str]], Sequence[Step]] | None = None
    """The steps instead of this one, the first of its name, none of which needs what is given where that can be."""


def in_order(steps: Iterable[Step]) -> list[Step]:
    """Sort them, each as early as its rank and needs allow. Raise DefinitionError for a cycle that has no way out."""
    left = list(steps)
    while True:
        sorted_, tangled = _sort(left)
        if not tangled:
            return sorted_
        left = _split(left, frozenset(tangled))


def _split(steps: list[Step], tangled: frozenset[str]) -> list[Step]:
    for way in Way:
        split = {
            step.name: tuple(step.split(tangled))
            for step in steps
            if step.name in tangled and step.way == way and step.split is not None
        }
        changed = {name: made for name, made in split.items() if len(made) > 1}
        if changed:
            return [made for step in steps for made in changed.get(step.name, (step,))]
    raise DefinitionError(
        f"the definition goes round in a circle: {', '.join(sorted(tangled))} need each other; "
        "make it anew from a server with: datatier schema dump"
    )


def _sort(steps: list[Step]) -> tuple[list[Step], set[str]]:
    """The steps in order, and the names of those that are in a cycle or between two."""
    at = {step.name: number for number, step in enumerate(steps)}
    waiting: dict[int, int] = {}
    after: dict[str, list[int]] = {}
    for number, step in enumerate(steps):
        needs = [need for need in step.needs if need in at]
        waiting[number] = len(needs)
        for need in needs:
            after.setdefault(need, []).append(number)
    ready = [(steps[number].rank, number) for number, count in waiting.items() if not count]
    heapq.heapify(ready)
    made: list[Step] = []
    while ready:
        step = steps[heapq.heappop(ready)[1]]
        made.append(step)
        for number in after.get(step.name, ()):
            waiting[number] -= 1
            if not waiting[number]:
                heapq.heappush(ready, (steps[number].rank, number))
    return made, _tangle(steps, {step.name for step in made})


def _tangle(steps: list[Step], made: set[str]) -> set[str]:
    """Of those left, the ones that something left needs: the rest only waits for them."""
    left = {step.name: step.needs for step in steps if step.name not in made}
    while True:
        needed = {need for needs in left.values() for need in needs if need in left}
        if len(needed) == len(left):
            return set(left)
        left = {name: needs for name, needs in left.items() if name in needed}
