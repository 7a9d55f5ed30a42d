"""The rules that stand for CloudWatch's alarms: words, numbers and durations of `knowledge.alarms`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from boards.changed import only
from boards.expression import NODE
from boards.rules.postgres import POSTGRES
from boards.rules.redis import REDIS
from boards.rules.rule import Evaluation, Rule, camel
from boards.rules.watched import Watched
from knowledge.alarms import catalogue
from knowledge.alarms.spec import MissingData
from knowledge.alarms.words import Words

Limits = Mapping[str, Mapping[str, float]]
"""Server as Prometheus calls it (`PREFIX/NODE`) -> its alarms by key -> their numbers."""
_ENGINES: tuple[tuple[str, Mapping[str, Watched | str], Words], ...] = (
    ("postgres", POSTGRES, catalogue.POSTGRES),
    ("redis", REDIS, catalogue.REDIS),
)


def rules(limits: Limits) -> Iterator[Rule]:
    """Every alarm that the exporter's metrics can express.

    One whose number only a stack knows (its replicas' lag, the cores of its class) is there once for each of its
    servers, and not at all without a stack.
    """
    for engine, watched, words in _ENGINES:
        for key, what in watched.items():
            if isinstance(what, str):
                continue
            if what.varies and limits:
                for server, numbers in limits.items():
                    if key in numbers:
                        rule = _rule(engine, key, what, words, numbers[key])
                        yield replace(rule, condition=only(rule.condition, (NODE, "=", server)))
            elif what.limit is not None:
                yield _rule(engine, key, what, words, what.limit)


def not_expressed() -> dict[str, str]:
    """`engine/alarm` -> why the exporter's metrics cannot express it."""
    return {
        f"{engine}/{key}": what
        for engine, watched, _ in _ENGINES
        for key, what in watched.items()
        if isinstance(what, str)
    }


def _rule(engine: str, key: str, what: Watched, words: Words, limit: float) -> Rule:
    said = words[key]
    period, periods, datapoints = said["evaluation"]
    return Rule(
        key=f"{engine}/{key}",
        name=camel(f"{engine}/{key}"),
        condition=what.condition(limit),
        evaluation=Evaluation(
            period=period, periods=periods, datapoints=datapoints, missing=MissingData(said["missing"])
        ),
        severity=str(said["severity"]),
        meaning=str(said["meaning"]),
        first_steps=tuple(str(step).replace("{larger}", "a larger class") for step in said["first_steps"]),
        runbook=f"docs/runbooks/{said['runbook']}.md#{key}",
        source=str(said["source"]),
        rings=what.rings,
        rests=what.rests,
        labels=what.labels,
    )
