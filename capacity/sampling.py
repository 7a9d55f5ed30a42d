"""One look at all servers, kept as samples: what `datatier capacity --sample`, maintenance and a schedule call."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bootstrap.access import load_access, maintainer
from bootstrap.errors import BootstrapError
from bootstrap.manifest import Manifest
from bootstrap.secrets import LoginError, Secret, open_postgres
from capacity import store
from capacity.samples import POSTGRES, REDIS, Sample, of_keys, samples
from clients.credentials import credential
from clients.errors import EmptySecretError, NoLoginError
from knowledge.thresholds.threshold import Status
from observe.ask import ask
from observe.keys.report import Report
from observe.node import APPLICATION, RedisNode
from observe.nodes import postgres_nodes, redis_nodes
from observe.observation import Observed
from observe.postgres.statements import SLOW
from observe.read_redis import look_redis

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True, kw_only=True)
class Look:
    """What the servers answered."""

    at: datetime.datetime
    samples: tuple[Sample, ...]
    observed: tuple[Observed, ...]
    """Everything, for who wants more than numbers: statements, connections."""
    missing: tuple[str, ...]
    """What was not to be seen and why, a sentence each; what mends it at its end."""


def take(target: Manifest | Secret, redis: Secret | None = None) -> Look:
    """Look at every server once: of a stack, or the ones of URLs. One that is silent is among what is missing.

    Raise what naming the servers raises: `NoLoginError`, `UrlError`.
    """
    at = datetime.datetime.now(datetime.UTC)
    caches = redis_nodes(target) if isinstance(target, Manifest) else redis_nodes(redis) if redis else ()
    missing: list[str] = []
    observed = list(ask(postgres_nodes(target), POSTGRES))
    for node in caches:
        observed += _of_cache(node, missing)
    missing += [
        f"{each.node}: {finding.message}{f': {finding.mend}' if finding.mend else ''}"
        for each in observed
        for finding in each.findings
        if finding.status is Status.SKIPPED and each.observation is not SLOW
    ]
    return Look(
        at=at, samples=tuple(samples(observed)), observed=tuple(observed), missing=tuple(dict.fromkeys(missing))
    )


def _of_cache(node: RedisNode, missing: list[str]) -> tuple[Observed, ...]:
    import redis

    try:
        with node.session() as client:
            return look_redis(client, node.name, REDIS, {})
    except (LoginError, redis.RedisError) as error:
        missing.append(f"{node.name}: {error}")
        return ()


def sample(manifest: Manifest, conn: psycopg.Connection[Any] | None = None) -> Look:
    """Look, and keep what was seen in the database.

    Two at once are harmless, and so is one after the other within the hour. Raise CapacityError where it cannot be
    kept, and what `take` raises.

    :param conn: a session in autocommit whose login may become the owner of the schema; else one is opened as whoever
    maintains.
    """
    look = take(manifest)
    keep(manifest, look, conn)
    return look


def sampled(manifest: Manifest) -> str:
    """The same for a command that does something else: return why nothing was kept, and nothing where it was."""
    try:
        sample(manifest)
    except (BootstrapError, EmptySecretError, NoLoginError) as error:
        return f"no samples for `datatier capacity` were kept: {error}"
    return ""


def keep(manifest: Manifest, look: Look, conn: psycopg.Connection[Any] | None = None) -> None:
    """Keep what was seen. Raise as `sample`."""
    _keep(manifest, look.samples, look.at, conn)


def keep_keys(manifest: Manifest, cache: str, found: Report) -> None:
    """Keep the sizes of a cache's key spaces, out of an inventory that somebody has taken. Raise as `sample`."""
    _keep(manifest, of_keys(cache, found), datetime.datetime.now(datetime.UTC), None)


def _keep(
    manifest: Manifest, found: Iterable[Sample], at: datetime.datetime, conn: psycopg.Connection[Any] | None
) -> None:
    access = load_access(manifest.access)
    if conn is not None:
        store.write(conn, access, found, at)
        return
    who = maintainer(access)
    login, target = credential(manifest, who), manifest.postgres
    with closing(
        open_postgres(target, target.primary, login.username or "", login.password, application=APPLICATION)
    ) as own:
        store.write(own, access, found, at)
