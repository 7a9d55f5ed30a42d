"""Thresholds of what PostgreSQL reports about itself."""

from __future__ import annotations

from knowledge.alarms.catalogue import POSTGRES
from knowledge.alarms.postgres_thresholds import (
    CONNECTIONS_CRITICAL,
    CONNECTIONS_HIGH,
    TRANSACTION_IDS_CRITICAL,
    TRANSACTION_IDS_HIGH,
)
from knowledge.thresholds.threshold import Threshold, of_alarms

CONNECTIONS = of_alarms(
    "connections",
    POSTGRES,
    unit="%",
    warn=("connections-high", 100 * CONNECTIONS_HIGH),
    critical=("connections-critical", 100 * CONNECTIONS_CRITICAL),
)
TRANSACTION_IDS = of_alarms(
    "transaction-ids",
    POSTGRES,
    unit="transactions",
    warn=("transaction-ids-high", TRANSACTION_IDS_HIGH),
    critical=("transaction-ids-critical", TRANSACTION_IDS_CRITICAL),
)
RESPONSE = Threshold(
    id="response",
    warn=100,
    critical=1000,
    unit="ms",
    source="0.1 s is what a person feels as at once, 1 s what leaves a thought whole (Nielsen, Response Times: "
    "The 3 Important Limits); a query without a table takes about a millisecond within a zone",
    meaning="The server answers, but slowly: processor, disk or the way to it is overloaded.",
    first_steps=("See what runs: `datatier queries sessions`.", "Look at CPU and disk of the instance."),
    runbook="docs/runbooks/postgres-load.md",
)
