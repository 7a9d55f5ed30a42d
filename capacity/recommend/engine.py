"""A larger class for an RDS instance that runs out of connections or of memory."""

from __future__ import annotations

from capacity.limit import Limit, Recommendation, Section
from capacity.recommend.classes import next_class, of_class
from capacity.recommend.declared import DeclaredDatabase
from knowledge.classes import RDS_CLASSES, RdsClass, rds_class
from knowledge.postgres.parameters import max_connections

_SHARED_BUFFERS = 0.25
"""Of the class's memory (`knowledge.postgres.parameters`): a larger class fills so much more by itself."""
_ROUND = 10
"""Connections to whose next multiple a number of them is rounded."""


def connections(of: DeclaredDatabase, needed: float, limit: Limit) -> Recommendation:
    """A larger class, whose parameters let more in; where a parameter says how many, that one too."""
    now = rds_class(of.instance_class)
    there = of.max_connections or max_connections(now.memory_bytes)
    reserved = max(there - int(limit.limit or there), 0)
    wanted = -(-int(needed) // _ROUND) * _ROUND + reserved
    found = next_class(RDS_CLASSES.values(), now, lambda each: max_connections(each.memory_bytes) >= wanted)
    pools = "or let the pools hold fewer (`datatier pools`)"
    if found is None:
        most = max_connections(max(each.memory_bytes for each in RDS_CLASSES.values()))
        return Recommendation(
            what=f"no class has {wanted:,} connections, {most:,} are the most: share them through RDS Proxy, {pools}"
        )
    has = wanted if of.max_connections else max_connections(found.memory_bytes)
    extra: Section = {"parameters": {"max_connections": has}} if of.max_connections else {}
    what = f"move to {found.name}, which lets in {has:,} connections and not {there:,}, {pools}"
    return Recommendation(what=what, settings=of_class(of, found, extra))


def memory(of: DeclaredDatabase, needed: float, limit: Limit) -> Recommendation:
    """A class with so much more memory that as large a share of it stays freeable."""
    now = rds_class(of.instance_class)
    share = (limit.limit or now.memory_bytes) / now.memory_bytes

    def enough(each: RdsClass) -> bool:
        taken = _SHARED_BUFFERS * (each.memory_bytes - now.memory_bytes)
        return needed + taken <= share * each.memory_bytes

    found = next_class(RDS_CLASSES.values(), now, enough)
    if found is None:
        return Recommendation(what="no class has so much memory: lower work_mem and max_connections, or read elsewhere")
    what = f"move to {found.name}, which has {found.memory_gib:g} GiB of memory in place of {now.memory_gib:g}"
    return Recommendation(what=what, settings=of_class(of, found))
