"""What is known of a stack from before: schema and access as the last bootstrap proved them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from knowledge.thresholds.nodes import ACCESS, PROVED_SECONDS, SCHEMA
from knowledge.thresholds.threshold import Status
from observe.observation import Finding, judged
from observe.quantities import duration


@dataclass(frozen=True, kw_only=True)
class Proved:
    """How the last bootstrap ended."""

    at: datetime
    schema_differences: int
    """Objects that are missing, or other than the schema's definition has them."""
    failed_checks: int
    """What an identity could do and must not, or the other way round."""
    ahead: tuple[str, ...] = ()
    """Files of the declaration that have changed since."""


def proved_findings(proved: Proved, now: datetime) -> Iterator[Finding]:
    """Judge it: what was wrong then is wrong until it is proved again; what was right is `STALE` after a day."""
    age = max((now - proved.at).total_seconds(), 0)
    when = f"as proved {duration(age)} ago, {proved.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    for threshold, count, what in (
        (SCHEMA, proved.schema_differences, "schema"),
        (ACCESS, proved.failed_checks, "access"),
    ):
        said = f"{what} {'as declared' if not count else f'has {count} {threshold.unit}'}, {when}"
        found = judged(threshold, count, said, mend=_MENDS[threshold.id])
        if found.status is Status.OK and (age > PROVED_SECONDS or proved.ahead):
            since = f"; {', '.join(proved.ahead)} changed since" if proved.ahead else ""
            found = Finding(
                check=threshold.id,
                status=Status.STALE,
                message=said + since,
                value=count,
                threshold=threshold,
                mend=_MENDS[threshold.id],
            )
        yield found


_MENDS = {SCHEMA.id: "datatier drift --prove", ACCESS.id: "datatier access verify"}


def not_proved(why: str, mend: str) -> Iterator[Finding]:
    """The same where no proof is at hand."""
    for threshold, what in ((SCHEMA, "schema"), (ACCESS, "access")):
        said = f"{what} is not compared here: {why}"
        yield Finding(check=threshold.id, status=Status.SKIPPED, message=said, threshold=threshold, mend=mend)
