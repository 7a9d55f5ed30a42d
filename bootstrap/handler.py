"""The bootstrap as an AWS Lambda function: a manifest comes in, a report without secrets goes out."""

from __future__ import annotations

import logging
from typing import Any, Protocol

from bootstrap.errors import BootstrapError
from bootstrap.manifest import Manifest
from bootstrap.report import Report
from bootstrap.run import run

_log = logging.getLogger("datatier.bootstrap")


class VerificationError(BootstrapError):
    """Something came out otherwise than declared."""


class Context(Protocol):
    """What is used of the context that Lambda gives."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda ends the function."""
        ...


def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    """Run the bootstrap. Whatever goes wrong raises, so that the deployment that invoked it fails (ADR 0006)."""
    _log.setLevel(logging.INFO)
    report = run(
        Manifest.model_validate(event),
        progress=lambda step, took: _log.info("%s: %.3f s", step, took),
        left=lambda: context.get_remaining_time_in_millis() / 1000,
    )
    if not report.ok:
        raise VerificationError(_failures(report))
    return report.model_dump(mode="json")


def _failures(report: Report) -> str:
    wrong = [
        f"{c.identity} on {c.target}: {c.action}: {c.expected} expected, {c.outcome}" for c in report.checks if not c.ok
    ]
    if report.migration.dirty:
        wrong.append(f"migration {report.migration.version} is dirty; see `datatier migrate status`")
    if report.schema_errors:
        wrong += [difference for difference in report.differences if difference.startswith("schema: ")]
    return f"{len(wrong)} of {len(report.checks)} checks failed:\n" + "\n".join(wrong)
