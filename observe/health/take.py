"""The look at every server: all at once, and none of them waited for longer than the others' report may take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic, perf_counter
from typing import TYPE_CHECKING

from bootstrap.errors import BootstrapError
from knowledge.thresholds.nodes import POSTGRES_UP, REDIS_UP
from knowledge.thresholds.postgres import RESPONSE
from knowledge.thresholds.threshold import Status
from observe.deadline import SilentError, answers, cut
from observe.health.catalogue import POSTGRES, REDIS
from observe.health.report import Health, HealthReport, Role
from observe.health.roles import role_found
from observe.node import PostgresNode, RedisNode
from observe.observation import Finding, Observed, Rows, judged
from observe.postgres.lag import LAG, lags
from observe.read import look
from observe.read_redis import Kept, look_redis

if TYPE_CHECKING:
    from bootstrap.secrets import UrlError

SECONDS = 1.2
"""How long a server is waited for. With the start of the process the answer is there within two seconds."""
_LEFT = 0.1
"""By how much earlier a session is cut, so that what it has seen by then is told."""


@dataclass
class _Seen:
    """What is known of one server so far; written by the thread that looks."""

    ms: float | None = None
    error: str = ""
    observed: list[Observed] = field(default_factory=list)

    def rows(self, observation: str) -> Rows | None:
        """What it answered to an observation; None where it has not."""
        return next((each.rows for each in self.observed if each.observation.id == observation), None)


def take(
    postgres: Sequence[PostgresNode],
    redis: Sequence[RedisNode],
    *,
    kept: dict[str, Kept],
    seconds: float = SECONDS,
    stack: Sequence[Finding] = (),
) -> HealthReport:
    """Look at all of them.

    Takes at most `seconds`: what has not answered by then is down, and what it did not come to is left out. Raise
    UrlError.

    :param kept: what each cache node counted at the last look, by its name; the present counts are left there.
    :param stack: what else is known of the whole.
    """
    seen = {node.name: _Seen() for node in (*postgres, *redis)}
    until = monotonic() + seconds
    answers(
        {
            **{node.name: lambda node=node: _postgres(node, seen[node.name], until) for node in postgres},
            **{
                node.name: lambda node=node: _redis(node, seen[node.name], kept.setdefault(node.name, {}), until)
                for node in redis
            },
        },
        seconds,
    )
    behind = lags({node.name: seen[node.name].rows(LAG.id) for node in postgres})
    nodes = (
        *(_health_of_postgres(node, seen[node.name], behind.get(node.name, ()), seconds) for node in postgres),
        *(_health_of_redis(node, seen[node.name], seconds) for node in redis),
    )
    return HealthReport(nodes=nodes, findings=tuple(stack))
