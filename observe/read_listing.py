"""One command of a Redis node whose answer is a list of rows: asked only where who looks may."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bootstrap.secrets import LoginError
from knowledge.thresholds.threshold import Status
from observe.ask import together, unreached
from observe.deadline import SilentError, cut
from observe.node import SECONDS, RedisNode
from observe.observation import Finding, Observation, Observed, Row

if TYPE_CHECKING:
    import redis


def ask_redis(nodes: Sequence[RedisNode], observations: Sequence[Observation]) -> tuple[Observed, ...]:
    """What each node answers, in the order of the observations and then of the nodes. Raise `UrlError`."""
    return together(nodes, observations, _answers)


def _answers(node: RedisNode, observations: Sequence[Observation]) -> Iterator[Observed]:
    done = 0
    try:
        with node.session() as session:
            for each in observations:
                with cut(session, SECONDS + 1):
                    found = _look(session, node, each)
                yield found
                done += 1
    except (LoginError, SilentError) as error:
        for each in observations[done:]:
            yield unreached(node.name, each, error)


def _look(client: redis.Redis, node: RedisNode, observation: Observation) -> Observed:
    import redis

    assert isinstance(observation.read, tuple)  # noqa: S101 one of Redis
    (right, *_) = observation.needs
    if lacking := node.lack(right.name.removeprefix("+")):
        return _skipped(node, observation, lacking.reason, lacking.grant)
    try:
        rows = tuple(row for command in observation.read for row in _rows(client, command))
    except redis.exceptions.NoPermissionError as error:
        return _skipped(node, observation, str(error), right.grant)
    except redis.ResponseError as error:
        return _skipped(node, observation, f"this server has no such command: {error}", "")
    except redis.RedisError as error:
        return unreached(node.name, observation, error)
    arranged = tuple(observation.arrange(rows)) if observation.arrange else rows
    return Observed(node=node.name, observation=observation, rows=arranged, findings=observation.judge(arranged))


def _rows(client: redis.Redis, command: str) -> Sequence[Row]:
    """The answer as redis-py reads it, which knows a command of two words by both; INFO's section is an argument."""
    name, _, last = command.rpartition(" ")
    if name == "SLOWLOG GET":
        return client.slowlog_get(int(last))
    words = [name, last] if name == "INFO" else [command]
    answer = client.execute_command(*words)  # type: ignore[no-untyped-call]
    return answer if isinstance(answer, list) else [answer]


def _skipped(node: RedisNode, observation: Observation, why: str, mend: str) -> Observed:
    finding = Finding(check=observation.id, status=Status.SKIPPED, message=why, mend=mend)
    return Observed(node=node.name, observation=observation, rows=(), findings=(finding,), refused=True)
