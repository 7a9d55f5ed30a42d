"""What to move to for every limit that is reached within twelve months, or already. Pure."""

from __future__ import annotations

import datetime
from dataclasses import replace

from capacity.days import date_of, day_of
from capacity.forecast import HORIZON
from capacity.limit import Limit, Recommendation
from capacity.recommend import cache, disk, engine
from capacity.recommend.declared import Declared
from capacity.recommend.need import need, running_out
from capacity.report import CapacityReport
from capacity.series import Unit
from capacity.words import amount

_HERE = {
    "storage": "make room on this computer's disk, or let rows expire (`upkeep` in access.yaml)",
    "connections": "let the pools hold fewer: `datatier pools` works out how many",
}
"""Of a server that no stack of AWS declares."""
_ANYWHERE = {
    "transaction-ids": "vacuum what is oldest (`datatier maintain plan`), and end what holds it back "
    "(`datatier queries vacuum-horizon`)",
    "slot-wal": "let the slot's reader go on, or drop the slot (`datatier queries slots`)",
}


def recommended(report: CapacityReport, declared: Declared) -> CapacityReport:
    """The same with a recommendation for each limit that runs out."""
    soon = running_out(report)
    return replace(
        report, limits=tuple(_with(each, report, declared) if each in soon else each for each in report.limits)
    )


def _with(limit: Limit, report: CapacityReport, declared: Declared) -> Limit:
    needed = need(limit, report.at)
    found = _of(limit, needed, declared)
    if found is not None and found.settings and limit.history is not None:
        found = replace(found, what=f"{found.what}: {_expected(limit, limit.history.unit, needed, report.at)}")
    return replace(limit, recommendation=found)


def _expected(limit: Limit, unit: Unit, needed: float, at: datetime.datetime) -> str:
    if limit.trend is None:
        return f"a quarter more than the {amount(limit.now, unit)} of now, as nobody knows how it grows"
    return f"{amount(needed, unit)} are to be expected by {date_of(day_of(at) + HORIZON)}"


def _of(limit: Limit, needed: float, declared: Declared) -> Recommendation | None:
    if limit.name in _ANYWHERE:
        return Recommendation(what=_ANYWHERE[limit.name])
    name, _, what = limit.name.rpartition(" ")
    if name:
        of_cache = declared.caches.get(name)
        if of_cache is None:
            return Recommendation(what="let keys expire or drop what nobody reads (`datatier keys`)")
        return cache.memory(of_cache, needed, limit) if what == "memory" else cache.connections(of_cache, needed)
    of = declared.databases.get(limit.node)
    if of is None:
        return Recommendation(what=_HERE[limit.name]) if limit.name in _HERE else None
    match limit.name:
        case "storage":
            return disk.storage(of, declared, needed)
        case "storage-autoscaling":
            return disk.storage_autoscaling(of, declared, needed)
        case "connections":
            return engine.connections(of, needed, limit)
        case "memory":
            return engine.memory(of, needed, limit)
        case "iops":
            return disk.iops(of, declared, needed)
        case "throughput":
            return disk.throughput(of, declared, needed)
    return None
