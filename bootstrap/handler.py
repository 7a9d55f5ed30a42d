"""The bootstrap as an AWS Lambda function: a manifest comes in, a report without secrets goes out."""

from __future__ import annotations

import logging
import os
from typing import Protocol

from pydantic import JsonValue

from bootstrap.application import BUNDLED
from bootstrap.errors import BootstrapError
from bootstrap.report import Report
from bootstrap.request import VARIABLE, request
from bootstrap.run import run

_log = logging.getLogger("datatier.bootstrap")


class VerificationError(BootstrapError):
    """Something came out otherwise than declared."""


class Context(Protocol):
    """What is used of the context that Lambda gives."""

    @property
    def invoked_function_arn(self) -> str:
        """The ARN that the caller named, with the alias where it named one."""
        ...

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda ends the function."""
        ...


def handler(event: dict[str, JsonValue], context: Context) -> dict[str, JsonValue]:
    """Run the bootstrap, or only look (`bootstrap.request`).

    Whatever goes wrong raises, so that the deployment that invoked it fails (ADR 0006). What a look finds it answers.
    """
    _log.setLevel(logging.INFO)
    asked = request(event, arn=context.invoked_function_arn, pinned=os.environ.get(VARIABLE))
    if asked.action == "check":
        from bootstrap.drift import look

        return look(asked.manifest, migrations=BUNDLED, prove=asked.prove).model_dump(mode="json")
    report = run(
        asked.manifest,
        migrations=BUNDLED,
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
