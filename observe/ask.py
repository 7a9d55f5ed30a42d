"""Several servers at once: each answers its observations in one session, and one that is silent is said to be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

from bootstrap.secrets import LoginError
from knowledge.thresholds.threshold import Status
from observe.deadline import SilentError, cut
from observe.node import PostgresNode
from observe.observation import Finding, Observation, Observed
from observe.read import look

N = TypeVar("N")


def ask(nodes: Sequence[PostgresNode], observations: Sequence[Observation]) -> tuple[Observed, ...]:
    """What each server answers, in the order of the observations and then of the servers.

    What an observation makes of all servers together is with the first server's findings. Raise `UrlError`.
    """
    return together(nodes, observations, _answers)


def together(
    nodes: Sequence[N],
    observations: Sequence[Observation],
    of: Callable[[N, Sequence[Observation]], Iterable[Observed]],
) -> tuple[Observed, ...]:
    """What all servers answer at once, `of` being one's, in the order of the observations and then of the servers."""
    with ThreadPoolExecutor(max_workers=max(1, len(nodes))) as pool:
        answers = list(pool.map(lambda node: tuple(of(node, observations)), nodes))
    found: list[Observed] = []
    for observation in observations:
        found += as_one(observation, [each for answer in answers for each in answer if each.observation is observation])
    return tuple(found)


def _answers(node: PostgresNode, observations: Sequence[Observation]) -> Iterator[Observed]:
    wanted = [each for each in observations if each.on_replica or not node.replica]
    if not wanted:
        return
    done = 0
    try:
        with node.session() as session:
            for each in wanted:
                with cut(session, each.patience + 1):  # after the server's own statement_timeout
                    found = look(session, node.name, each)
                yield replace(found, reached=not session.closed)
                done += 1
    except (LoginError, SilentError) as error:
        for each in wanted[done:]:
            yield unreached(node.name, each, error)


def whole(observation: Observation) -> tuple[Observation, ...]:
    """The observation and what its command answers with as well."""
    return (observation, *observation.also)


def unreached(node: str, observation: Observation, error: Exception) -> Observed:
    """The answer of a server that nobody could log in to, or that says nothing."""
    finding = Finding(check=observation.id, status=Status.SKIPPED, message=f"{error}", mend="datatier health")
    return Observed(node=node, observation=observation, rows=(), findings=(finding,), reached=False)


def as_one(observation: Observation, answers: Sequence[Observed]) -> Sequence[Observed]:
    """The answers of all servers, with what they mean together among the findings of the first."""
    if observation.together is None or not answers:
        return answers
    first, *rest = answers
    found = observation.together(
        {each.node: each.rows if each.reached and not each.refused else None for each in answers}
    )
    return [replace(first, findings=(*found, *first.findings)), *rest]
