"""All servers of a stack, or those of URLs, looked at again and again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from bootstrap.manifest import Manifest
from bootstrap.secrets import Secret
from knowledge.thresholds.threshold import Status
from observe.deadline import SECONDS
from observe.health.report import HealthReport
from observe.health.take import take
from observe.node import PostgresNode, RedisNode
from observe.nodes import postgres_nodes, redis_nodes
from observe.observation import Finding
from observe.read_redis import Kept
from observe.redis.info import INFO


class Looker:
    """Keeps what the caches counted at the last look, so that the next one knows what has happened since."""

    def __init__(
        self,
        postgres: Manifest | Secret | None,
        redis: Manifest | Secret | None,
        known: Callable[[], Iterable[Finding]] = tuple,
    ) -> None:
        """Raise `NoLoginError`.

        :param known: what is known of the whole without a look at the servers; asked at each look.
        """
        self._targets = (postgres, redis)
        self._known = known
        self._kept: dict[str, Kept] = {}
        self._nodes = self._find()
        self._unwatched = tuple(_unwatched(redis, self._nodes[1]))

    def look(self, *, seconds: float = SECONDS) -> HealthReport:
        """Look at all of them, for at most so many seconds. Raise UrlError."""
        stack = (*self._unwatched, *self._known())
        report = take(*self._nodes, kept=self._kept, seconds=seconds, stack=stack)
        if not all(each.up for each in report.nodes):
            self._nodes = self._find()  # a password may have been changed: the secrets are read anew
        return report

    def _find(self) -> tuple[tuple[PostgresNode, ...], tuple[RedisNode, ...]]:
        postgres, redis = self._targets
        return (postgres_nodes(postgres) if postgres else ()), (redis_nodes(redis) if redis else ())


def _unwatched(target: Manifest | Secret | None, nodes: Sequence[RedisNode]) -> Iterator[Finding]:
    for cache in target.caches if isinstance(target, Manifest) else ():
        if cache not in {each.cache for each in nodes}:
            said = f"cache {cache} is not looked at: no identity has the role `monitoring` there"
            grant = INFO.grant.replace("CACHE", cache)
            yield Finding(check="up", status=Status.SKIPPED, message=said, object=cache, mend=grant)
