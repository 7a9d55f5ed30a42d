"""A look at the servers on a schedule, by a function of Lambda (`keep.watch.handler`): what CloudWatch's alarms ask for
of the exporter's own metrics, written into its log in CloudWatch's embedded format (`data-tier:metrics.schedule`).

It logs in as the identities that watch. A server that is down is a figure; only what stops the look itself raises, and
then nothing is written: an alarm hears that silence.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from bootstrap.manifest import Manifest
from knowledge.alarms.facts import facts
from observe.metrics.emf import lines
from observe.metrics.exporter import Exporter
from observe.metrics.facts import reduced
from observe.metrics.source import Source
from observe.metrics.sources import looked_at

SECONDS = 40.0
"""How long the servers are waited for; of whoever answers later there is no figure. A run may take 50 s at least."""


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
