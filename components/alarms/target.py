"""A server that alarms watch."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from knowledge.alarms.spec import AlarmSpec


@dataclass(frozen=True, kw_only=True)
class AlarmTarget:
    """One server: its id in CloudWatch, its alarms, and what they refer to."""

    dimension: str
    """`DBInstanceIdentifier` or `CacheClusterId`; `instance` for what the stack's own function measures."""
    id: pulumi.Input[str]
    """Its id, from the outputs of what made it."""
    alarms: Sequence[AlarmSpec]
    """Its alarms."""
    primary: pulumi.Input[str] | None = None
    """Id of its primary, for alarms that look at that too."""
    resource_id: pulumi.Input[str] | None = None
    """`db-...`, for alarms on counters of Database Insights."""
    log_group: pulumi.Input[str] | None = None
    """Log group of the server, for alarms that count lines in it."""
    page: str | None = None
    """Page it shares with other servers, such as the nodes of one cache; its own when absent."""
    silenced_by: str | None = None
    """`<target>-<alarm>` that explains this server's faults: while it rings, this page is silent."""
