"""The look at every server: all at once, and none of them waited for longer than the others' report may take."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from importlib import import_module
from time import monotonic

from bootstrap.secrets import LoginError
from observe.deadline import SECONDS, answers
from observe.health import postgres as of_postgres
from observe.health import redis as of_redis
from observe.health.report import HealthReport
from observe.health.seen import Seen
from observe.node import PostgresNode, RedisNode
from observe.observation import Finding
from observe.postgres.lag import LAG, written_by
from observe.read_redis import Kept

SECRET_SECONDS = 3.0
"""How long a secret is waited for: most of it is our own work, the making of a client of AWS."""
_LEFT = 0.1
"""By how much earlier sessions are cut, so that their threads come to an end."""


def take(
    postgres: Sequence[PostgresNode],
    redis: Sequence[RedisNode],
    *,
    kept: dict[str, Kept],
    seconds: float = SECONDS,
    stack: Sequence[Finding] = (),
) -> HealthReport:
    """Look at all of them, for at most `seconds`: what has not answered by then is down.

    Before that the secrets are read, for `SECRET_SECONDS` or as long; whose secret does not come is not looked at.
    Raise UrlError.

    :param kept: what each cache node counted at the last look, by its name; the present counts are left there.
    :param stack: what else is known of the whole.
    """
    seen = {
        **{each.name: Seen(seconds) for each in postgres},
        **{each.name: Seen(seconds) for each in redis},
    }
    silent = _silent((*postgres, *redis), seen, max(seconds, SECRET_SECONDS))

    def written() -> int | None:
        return next((at for each in postgres if (at := written_by(seen[each.name].rows(LAG.id))) is not None), None)

    until = monotonic() + max(seconds - _LEFT, seconds / 2)
    work: dict[str, Callable[[], None]] = {
        each.name: partial(of_postgres.look_at, each, seen[each.name], until, written) for each in postgres
    }
    for node in redis:
        work[node.name] = partial(of_redis.look_at, node, seen[node.name], kept.setdefault(node.name, {}), until)
    answers({name: look for name, look in work.items() if name not in silent}, seconds)
    return HealthReport(
        nodes=(*of_postgres.health(postgres, seen), *of_redis.health(redis, seen)),
        findings=(*of_redis.primaries(redis, seen), *stack),
    )


def _silent(nodes: Sequence[PostgresNode | RedisNode], seen: Mapping[str, Seen], seconds: float) -> set[str]:
    """Get everything ready that takes time of its own, so that none of it is counted as a server's; return the names of
    those whose secret was not read in time.
    """
    for engine in {type(each) for each in nodes}:
        import_module("psycopg" if engine is PostgresNode else "redis")
    ready = answers({each.name: partial(_ready, each) for each in nodes}, seconds)
    late = {each.name for each in nodes} - set(ready)
    for name in late:
        seen[name].error = f"its secret was not read in {seconds:g} s: the secret store does not answer"
    return late


def _ready(node: PostgresNode | RedisNode) -> None:
    with suppress(LoginError):  # which the login itself says once more
        node.ready()
