"""The next class that is large enough: of the same family, or else of the newest one that has it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from capacity.limit import Section
from capacity.recommend.declared import DeclaredDatabase
from knowledge.classes import CacheClass, RdsClass

Class = TypeVar("Class", RdsClass, CacheClass)


def next_class(known: Iterable[Class], now: Class, enough: Callable[[Class], bool]) -> Class | None:
    """The smallest one above `now` that is enough; None where there is none.

    The family goes on as long as it can: another one has another processor, or another price for the same. Beyond its
    end come those of its generation, then any; never one that runs on CPU credits, unless `now` does, and none that
    only a server of before has.
    """
    found = [each for each in known if each.memory_gib >= now.memory_gib and each.name != now.name and enough(each)]
    own = [each for each in found if _family(each) == _family(now)]
    steady = [each for each in found if each.advised and not each.burstable]
    same = [each for each in steady if _family(each)[1:] == _family(now)[1:]]
    for some in (own, same, steady):
        if some:
            return min(some, key=lambda each: (each.memory_gib, each.vcpu, -int(_family(each)[1]), each.name))
    return None


def of_class(of: DeclaredDatabase, found: RdsClass, more: Mapping[str, str | int | Section] | None = None) -> Section:
    """The class of an instance as the stack's file says it: a replica's own, or that of all of them."""
    if of.own_class:
        section: dict[str, str | int | Section] = {"replicas": {of.node: {"class": found.name}}}
    else:
        section = {"class": found.name}
    return {"postgres": {**section, **(more or {})}}


def _family(of: RdsClass | CacheClass) -> str:
    """`r7g` of `db.r7g.large`."""
    return of.name.split(".")[1]
