"""The run that happens by itself: planned, done within its budget, with its report and metrics in its log.

In a function of Lambda by `maintain/handler.py`, in a task by `datatier maintain schedule --now`.
"""

from __future__ import annotations

import json
import sys
import time

from bootstrap.manifest import Manifest
from capacity.sampling import sampled
from maintain.look import Wanted, servers
from maintain.metrics import documents
from maintain.plan import plan
from maintain.report import MaintenanceReport
from maintain.run.budget import Budget
from maintain.run.carry_out import carry_out
from maintain.run.run import Say


def maintained(manifest: Manifest, seconds: float, say: Say = lambda _: None) -> MaintenanceReport:
    """Plan and do it, for at most so many seconds. Raise what logging in raises, AskedError where that is too short for
    any of it, and BusyError where another run has the database."""
    budget = Budget(seconds)
    seen = servers(manifest, Wanted())
    wanted = plan(seen.databases, seen.caches, seen.skipped)
    facts = next(iter(seen.databases), None)
    return carry_out(manifest, facts, lambda again: plan([again]), wanted, budget, say)


def logged(manifest: Manifest, seconds: float, namespace: str) -> MaintenanceReport:
    """The same, with samples of capacity kept, and what came of it on standard output: the report, then metrics.

    Raise as `maintained`; the metrics of a run that breaks off say that it failed.

    Each line is a document of JSON, which Lambda and the log driver of ECS send to the log as it is.
    """
    report = None
    try:
        report = maintained(manifest, seconds)
        print(report.model_dump_json())  # noqa: T201 the log of the function or task
        if lack := sampled(manifest):
            print(json.dumps({"capacity": lack}))  # noqa: T201
    finally:
        for line in documents(report, manifest.prefix, namespace, int(time.time() * 1000)):
            print(line)  # noqa: T201
        sys.stdout.flush()
    return report
