"""What CloudWatch is given of the metrics: one figure for each of its alarms, the worst of what it stands for.

Each is a metric that is paid for by the month: labels of unbounded number, such as tables, never become dimensions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from bootstrap.manifest import Manifest
from knowledge.alarms.facts import CHECK, INSTANCE, facts, node
from observe.metrics.family import Family, Labels, Sample

REFUSED, REFUSALS = "datatier_metric_refused", "datatier_metrics_refused"
"""The exporter's, one for each with its reason; and how many there are that a grant ends."""
LOOKS = "datatier_looks"
"""Looks that came to their end: the sign of life."""
# What an identity that watches is declared with, or its role in AWS has. SELECT on the sequences of declared schemas is
# among the access differences where it is missing, and on those of other schemas nobody has to give it.
_GRANT = re.compile(r"GRANT pg_|secretsmanager:|.*access\.yaml")
Scraped = tuple[str | None, Iterable[Family]]
"""The label `instance`, None for what is of no server, and the families."""


def reduced(manifest: Manifest, scraped: Iterable[Scraped], *, insights: bool) -> tuple[Family, ...]:
    """The facts that alarms look at, as families whose labels are the alarms' dimensions; none for what was not seen.

    The worst is the largest: verdicts, ages, counts.

    :param insights: whether Database Insights is on, which serves some of the alarms then.
    """
    of = _servers(manifest)
    wanted = facts(insights=insights)
    worst: dict[str, dict[Labels, float]] = {}
    for metric, check, instance, value in _figures(scraped):
        for fact in wanted:
            if (fact.metric, fact.check) != (metric, check):
                continue
            whose = manifest.prefix if fact.of == "stack" else instance
            if whose is not None and (fact.of == "stack" or whose in of[fact.of]):
                found = worst.setdefault(metric, {})
                labels = ((INSTANCE, whose), *([(CHECK, check)] if check else []))
                found[labels] = max(value, found.get(labels, value))
    return tuple(
        Family(metric, "gauge", "The worst of a stack's.", [Sample(*each) for each in found.items()])
        for metric, found in worst.items()
    )


def _servers(manifest: Manifest) -> dict[str, set[str]]:
    """What a fact is of -> the values of `instance` that are such a thing; a replica elsewhere has no alarms here."""
    postgres = manifest.postgres
    here = [postgres.primary.name, *(each.name for each in postgres.replicas if each.region is None)]
    return {
        of: {node(manifest.prefix, name) for name in names}
        for of, names in {"primary": here[:1], "instance": here, "cache": manifest.caches}.items()
    }


def _figures(scraped: Iterable[Scraped]) -> Iterator[tuple[str, str, str | None, float]]:
    """Metric, check, instance, value of every sample; of refusals the number, and that there was a look."""
    refusals = 0
    for instance, families in scraped:
        for family in families:
            for labels, value, _ in family.samples:
                named = dict(labels)
                refusals += family.name == REFUSED and _GRANT.match(named.get("grant", "")) is not None
                yield family.name, named.get(CHECK, ""), instance, value
    yield REFUSALS, "", None, refusals
    yield LOOKS, "", None, 1
