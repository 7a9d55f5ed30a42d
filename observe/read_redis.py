"""Several observations of one Redis node in one round trip, and what its counters were at the last one."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence
from time import time
from typing import TYPE_CHECKING

from knowledge.thresholds.threshold import Status
from observe.observation import Cell, Finding, Observation, Observed, Row
from observe.redis.info import AT

if TYPE_CHECKING:
    import redis

Kept = MutableMapping[str, Row | str]
"""What a node answered last, by command: a row, or why it refused. A command that was refused is not sent again: each
try would be one more entry in the node's ACL LOG, on which an alarm may be."""


def look_redis(client: redis.Redis, node: str, observations: Sequence[Observation], kept: Kept) -> tuple[Observed, ...]:
    """Ask a node all of it at once; `kept` holds what it answered before, and what it answers now.

    The answers of an observation's commands are one row; where it judges what was counted since, the row of the last
    reading follows. What is refused is a finding `SKIPPED`. Raise redis.RedisError where the node does not answer.
    """
    commands = [each for each in commands_of(observations) if not isinstance(kept.get(each), str)]
    before = dict(kept)
    kept.update(_answers(client, commands))
    return tuple(_observed(node, each, before, kept) for each in observations)


def commands_of(observations: Sequence[Observation]) -> tuple[str, ...]:
    """All that they ask, each once."""
    return tuple(dict.fromkeys(command for each in observations for command in _commands(each)))


def _commands(observation: Observation) -> tuple[str, ...]:
    assert isinstance(observation.read, tuple)  # noqa: S101 one of Redis
    return observation.read


def _answers(client: redis.Redis, commands: Sequence[str]) -> Iterator[tuple[str, Row | str]]:
    import redis

    with client.pipeline(transaction=False) as pipeline:
        for command in commands:
            pipeline.execute_command(*command.split())  # type: ignore[no-untyped-call]
        answers = pipeline.execute(raise_on_error=False)
    now = time()
    for command, answer in zip(commands, answers, strict=True):
        if isinstance(answer, redis.exceptions.NoPermissionError):
            yield command, str(answer)
        elif isinstance(answer, Exception):
            raise answer
        else:
            yield command, {**{name: _text(value) for name, value in answer.items()}, AT: now}


def _text(value: Cell | dict[str, Cell]) -> Cell:
    """`slave0` and its like, which redis-py takes apart, as INFO has them."""
    return ",".join(f"{name}={part}" for name, part in value.items()) if isinstance(value, dict) else value


def _observed(node: str, observation: Observation, before: Kept, now: Kept) -> Observed:
    refused = [said for command in _commands(observation) if isinstance(said := now[command], str)]
    if refused:
        (right, *_) = observation.needs
        finding = Finding(
            check=observation.id, status=Status.SKIPPED, message=f"refused: {refused[0]}", mend=right.grant
        )
        return Observed(node=node, observation=observation, rows=(), findings=(finding,))
    rows = [_merged(now, observation)]
    if observation.counted and all(command in before for command in _commands(observation)):
        rows.append(_merged(before, observation))
    return Observed(node=node, observation=observation, rows=tuple(rows), findings=observation.judge(rows))


def _merged(answers: Kept, observation: Observation) -> Row:
    row: dict[str, object] = {}
    for command in _commands(observation):
        row |= answers[command]  # type: ignore[arg-type]
    return row  # type: ignore[return-value]
