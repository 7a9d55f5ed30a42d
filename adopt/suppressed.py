"""Rules of the policy pack that something which is taken over breaks as it is, to be let pass for a year. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date, timedelta

from graph.resource import Key, Resource
from policy.evaluate import evaluate

DAYS = 365
"""How long: within a year somebody has looked at each."""


def suppressed(resources: Iterable[Resource], taken: Collection[Key], today: date) -> Iterator[dict[str, str]]:
    """Entries of `suppress`, for resources that were there before the stack; the engine would stop at each.

    `resources` are those that the program declares, `taken` those of them that are there already.
    """
    every = tuple(resources)
    names = {(each.type, each.name) for each in every if each.key in taken}
    for each in evaluate(every, today=today):
        if each.outcome == "failed" and (each.type, each.resource) in names:
            yield {
                "rule": each.rule.id,
                "resource": each.resource,
                "reason": f"So it was before the stack: {each.detail}",
                "until": (today + timedelta(days=DAYS)).isoformat(),
            }
