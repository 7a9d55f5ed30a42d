"""What came of a run, as metrics: on AWS alarms look at them, and a log keeps the rest."""

from __future__ import annotations

from collections.abc import Iterator

from knowledge.alarms.facts import INSTANCE
from knowledge.alarms.maintenance import FAILED
from maintain.report import MaintenanceReport
from observe.metrics.emf import lines
from observe.metrics.family import Family, gauge


def families(report: MaintenanceReport | None, prefix: str) -> Iterator[Family]:
    """Those of one run of the stack of that prefix; of one that broke off before its end, only that it failed."""
    of = {INSTANCE: prefix}
    if report is None:
        yield gauge(FAILED, "Actions of the last run that failed; 1 where it broke off.", 1, **of)
        return
    yield gauge(FAILED, "Actions of the last run that failed; 1 where it broke off.", report.count("failed"), **of)
    yield gauge("datatier_maintenance_done", "Actions of the last run that were done.", report.count("done"), **of)
    yield gauge(
        "datatier_maintenance_left", "Actions of the last run that the next one has to do.", report.undone, **of
    )
    yield gauge("datatier_maintenance_seconds", "Seconds that the last run took.", report.seconds, **of)


def documents(report: MaintenanceReport | None, prefix: str, namespace: str, timestamp_ms: int) -> list[str]:
    """The same in CloudWatch's embedded metric format, a line each, without line ends."""
    return list(lines(families(report, prefix), namespace, timestamp_ms))
