"""What the servers of a stack mean as one, such as an index that none of them uses, for the exporter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial

from bootstrap.errors import BootstrapError
from observe.ask import ask
from observe.metrics.own.checks import STATUS, checks
from observe.metrics.own.part import Part
from observe.metrics.own.source import Group, OwnSource
from observe.node import PostgresNode
from observe.observation import Observation

Nodes = Sequence[PostgresNode]


def together_source(find: Callable[[], Nodes], observations: Sequence[Observation]) -> OwnSource[Nodes]:
    """Ask all servers in a round, and give what it means as the first one's, as the commands do.

    :param find: the servers, the primary first, with the logins that their secrets hold now.
    :param observations: those with a `together`.
    """
    groups = [
        Group(f"check {each.id}", each.every, (STATUS,), partial(_read, observation=each)) for each in observations
    ]
    return OwnSource(find()[0].name, lambda: nullcontext(find()), groups)


def _read(nodes: Nodes, *, observation: Observation) -> Part:
    """Raise BootstrapError where one of them does not answer: nothing is known of all without it."""
    answers = ask(nodes, [observation])
    findings = [found for answer in answers for found in answer.findings]
    if not all(answer.reached for answer in answers):
        raise BootstrapError("; ".join(found.message for found in findings))
    return checks(findings)
