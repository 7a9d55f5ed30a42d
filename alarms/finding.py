"""What breaks between a publisher and its recipients, as data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, kw_only=True)
class BrokenStep:
    """One step between a publisher and its recipients at which a notification is, or may be, lost."""

    severity: Severity
    """`error`: a notification is lost. `warning`: one may be, or nobody is there to hear it."""
    step: str
    """Where it breaks: `action`, `topic`, `topic policy`, `key`, `key policy`, `subscription`, `metric`, ..."""
    resource: str
    """Logical name of the resource to change."""
    what: str
    mend: str
    alarms: tuple[str, ...] = ()
    """The publishers (alarms, event subscriptions, caches) that it silences."""


def error(step: str, resource: str, what: str, mend: str, *alarms: str) -> BrokenStep:
    """A notification is lost here."""
    return BrokenStep(severity="error", step=step, resource=resource, what=what, mend=mend, alarms=alarms)


def warning(step: str, resource: str, what: str, mend: str, *alarms: str) -> BrokenStep:
    """A notification may be lost here."""
    return BrokenStep(severity="warning", step=step, resource=resource, what=what, mend=mend, alarms=alarms)


def merged(findings: Iterable[BrokenStep]) -> tuple[BrokenStep, ...]:
    """One finding for all publishers that the same fault silences, errors first, otherwise as they were found."""
    by_fault: dict[BrokenStep, list[str]] = {}
    for each in findings:
        by_fault.setdefault(replace(each, alarms=()), []).extend(each.alarms)
    made = [replace(fault, alarms=tuple(dict.fromkeys(alarms))) for fault, alarms in by_fault.items()]
    return tuple(sorted(made, key=lambda finding: finding.severity != "error"))
