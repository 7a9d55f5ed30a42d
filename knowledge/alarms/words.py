"""The catalogue's words (`postgres.toml`, `redis.toml`) joined with computed limits."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from knowledge.alarms.spec import LOGS, AlarmSpec, Comparison, Limit, MissingData, Origin, Severity, Term

Words = Mapping[str, Mapping[str, Any]]


def words(name: str) -> Words:
    """The words of one catalogue, by alarm."""
    return tomllib.loads(files(__package__).joinpath(name).read_text("utf-8"))


def specs(namespace: str, catalogue: Words, limits: Mapping[str, Limit], larger: str) -> tuple[AlarmSpec, ...]:
    """Join numbers and words, in the order of the catalogue; `larger` is what the server can grow to."""
    return tuple(_spec(key, namespace, catalogue[key], limits[key], larger) for key in catalogue if key in limits)


def _spec(key: str, namespace: str, said: Mapping[str, Any], limit: Limit, larger: str) -> AlarmSpec:
    period, evaluation_periods, datapoints = said["evaluation"]
    expression = said.get("expression", "")
    for placeholder, number in limit.fill:
        expression = expression.replace(f"{{{placeholder}}}", number)
    return AlarmSpec(
        key=key,
        metric=said["metric"],
        namespace=LOGS if "pattern" in said else namespace,
        statistic=said["statistic"],
        comparison=Comparison(said["comparison"]),
        threshold=float(limit.value),
        period=period,
        evaluation_periods=evaluation_periods,
        datapoints=datapoints,
        missing=MissingData(said["missing"]),
        severity=Severity(said["severity"]),
        meaning=said["meaning"],
        first_steps=tuple(step.replace("{larger}", larger) for step in said["first_steps"]),
        runbook=f"docs/runbooks/{said['runbook']}.md#{key}",
        source=said["source"],
        derivation=limit.how,
        # A limit without numbers for the expression (a replica of another region) leaves the plain metric.
        terms=_terms(said) if "{" not in expression else (),
        expression=expression if "{" not in expression else "",
        armed_by=said.get("armed_by", ""),
        pattern=said.get("pattern", ""),
        engine="redis" if namespace == "AWS/ElastiCache" else "postgres",
    )


def _terms(said: Mapping[str, Any]) -> tuple[Term, ...]:
    return tuple(
        Term(id=identity, metric=metric, statistic=statistic, of=Origin(of))
        for identity, metric, statistic, of in said.get("terms", ())
    )
