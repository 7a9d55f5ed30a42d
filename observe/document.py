"""docs/observations.md from the catalogue: `python -m observe.document > docs/observations.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from knowledge.thresholds.every import engine, thresholds
from knowledge.thresholds.threshold import Threshold
from observe.catalogue import REDIS, REDIS_LISTS, queries
from observe.health.observed import POSTGRES as NODE_POSTGRES
from observe.metrics.own.health import EVERY
from observe.observation import Observation, Right

_HEAD = """# Observations

What `datatier health`, `queries`, `keys`, the exporter, the dashboards and the alerts ask the servers: one entry for
each question, of which all of them are views. This page is made from the catalogue (`python -m observe.document`).

- Every session can only read, is called `datatier-ops`, and gives up after seconds (`statement_timeout`,
  `lock_timeout`).
- The exporter has each verdict as `datatier_check_status{check, object}` (0 ok, 1 warn, 2 critical) and what was
  measured as `datatier_check_value`; `check` is the name of the threshold. What may not be seen is
  `datatier_metric_refused`, with the grant that ends it. An observation without thresholds only tells those who ask.
- A threshold with an alarm has its numbers and words from there: [alarms](alarms.md). Where a stack, a table or a login
  sets a limit, that limit is what counts.
"""
_FOLDER = "docs/"


def document() -> str:
    """Return docs/observations.md as Markdown."""
    return "\n".join([_HEAD, *_engine("PostgreSQL", "postgres"), "", *_engine("Redis and Valkey", "redis")]) + "\n"


def commands() -> dict[str, tuple[Observation, list[str]]]:
    """`ENGINE/ID` of every observation -> it, and the commands that show it."""
    found: dict[str, tuple[Observation, list[str]]] = {}

    def add(observation: Observation, command: str) -> None:
        shown = found.setdefault(f"{observation.engine}/{observation.id}", (observation, []))[1]
        if command not in shown:
            shown.append(command)

    for each in (*NODE_POSTGRES, *REDIS):
        add(each, "health")
    for each in queries():
        for part in (each, *each.also):
            add(part, f"queries {each.id}")
    for name, each in REDIS_LISTS.items():
        for part in (each, *each.also):
            add(part, f"queries {name} CACHE")
    return found


def _engine(title: str, name: str) -> Iterator[str]:
    mine = [(observation, shown) for observation, shown in commands().values() if observation.engine == name]
    yield from (f"## {title}", "", "### Questions", "")
    yield from ("| observation | question | command | right | exporter | replicas |", "|---|---|---|---|---|---|")
    for observation, shown in mine:
        rights = (*observation.demands, *observation.needs)
        cells = (
            f"`{observation.id}`",
            observation.question,
            ", ".join(f"`datatier {each}`" for each in shown),
            ", ".join(f"`{each.name}`" for each in rights) or "none",
            _every(observation, shown),
            "asked too" if observation.on_replica else "not asked",
        )
        yield _row(*cells)
    yield from ("", "### What ends the lack of a right", "", "| right | grant |", "|---|---|")
    rights_of = {each.name: each for observation, _ in mine for each in (*observation.demands, *observation.needs)}
    yield from (_row(f"`{each.name}`", _grant(each)) for each in rights_of.values())
    yield from ("", "### Thresholds", "")
    yield from (
        "| threshold | judged by | warn | critical | means | source | alarm | runbook |",
        "|---|---|---|---|---|---|---|---|",
    )
    judged = dict.fromkeys(each for observation, _ in mine for each in observation.thresholds)
    ids = {each.id for each in judged}
    others = [each for each in thresholds() if engine(each) == name and each.id not in ids and _alone(each)]
    yield from (_threshold(each, mine) for each in (*judged, *others))


def _alone(threshold: Threshold) -> bool:
    """Whether no observation of either engine judges by it: a few, such as `support`, are of both."""
    return not any(threshold in observation.thresholds for observation, _ in commands().values())


def _threshold(threshold: Threshold, mine: list[tuple[Observation, list[str]]]) -> str:
    by = [f"`{each.id}`" for each, _ in mine if threshold.id in {one.id for one in each.thresholds}]
    usual = "`datatier keys`" if threshold.id.startswith("keys-") else "`datatier health`"
    page = threshold.runbook.removeprefix(_FOLDER)
    return _row(
        f"`{threshold.id}`",
        ", ".join(by) or usual,
        _step(threshold, threshold.warn),
        _step(threshold, threshold.critical),
        threshold.meaning,
        threshold.source,
        ", ".join(f"`{each}`" for each in threshold.alarms) or "none",
        f"[{page.partition('#')[0].rpartition('/')[2].removesuffix('.md')}]({page})",
    )


def _step(threshold: Threshold, limit: float | None) -> str:
    """`> 80 %`, `< 180 days`; a step at 0 without a unit is yes or no."""
    return "" if limit is None else f"{'<' if threshold.below else '>'} {limit:,.15g} {threshold.unit}".strip()


def _every(observation: Observation, shown: list[str]) -> str:
    """How often the exporter reads it: nothing that is not judged, and of health what `HealthRounds` says."""
    if not observation.thresholds or (observation.engine == "redis" and "health" not in shown):
        return "not read"
    return f"{EVERY if 'health' in shown else observation.every:.0f} s"


def _grant(right: Right) -> str:
    return f"`{right.grant}`" if "`" not in right.grant else right.grant


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|').replace('{login}', 'LOGIN') for cell in cells)} |"


if __name__ == "__main__":
    sys.stdout.write(document())
