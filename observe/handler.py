"""The Lambda function that looks at the servers on a schedule: what CloudWatch's alarms ask for of the exporter's own
metrics, written into its log as CloudWatch's embedded metric format (`data-tier:metrics.schedule`).

It has the manifest from a secret of its own (`bootstrap/own_manifest.py`) and logs in as the identities that watch. A
server that is down is a figure; only what stops the look itself raises, and then nothing is written: an alarm hears
that silence.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence

from pydantic import JsonValue

from bootstrap.manifest import Manifest
from bootstrap.own_manifest import own_manifest
from knowledge.alarms.facts import facts
from observe.metrics.emf import lines
from observe.metrics.exporter import Exporter
from observe.metrics.facts import reduced
from observe.metrics.source import Source
from observe.metrics.sources import looked_at

SECONDS = 40.0
"""How long the servers are waited for; of whoever answers later there is no figure. A run may take 50 s at least."""


def handler(event: dict[str, JsonValue], context: object) -> dict[str, JsonValue]:  # noqa: ARG001 - Lambda's signature
    """Look once and write what was found; return how many lines."""
    insights = os.environ["DATATIER_INSIGHTS"] == "on"
    return {"lines": look(own_manifest(), os.environ["DATATIER_NAMESPACE"], insights=insights)}


def look(manifest: Manifest, namespace: str, *, insights: bool, also: Sequence[Source] = ()) -> int:
    """Scrape every server of the manifest, and `also`, and write the facts; return how many lines they took.

    A document has to be a line of its own, nothing before or after it; Lambda sends standard output to the log as it is
    (Lambda Developer Guide, JSON and plain text log formats: what is JSON already is not encoded twice).
    """
    observations = {each.observation for each in facts(insights=insights)} - {""}
    exporter = Exporter((*looked_at(manifest, observations), *also), manifest.prefix)
    try:
        found = reduced(manifest, exporter.families(SECONDS), insights=insights)
    finally:
        exporter.close(1.0)
    written = list(lines(found, namespace, int(time.time() * 1000)))
    sys.stdout.writelines(f"{each}\n" for each in written)
    sys.stdout.flush()
    return len(written)
