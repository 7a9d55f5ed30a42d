"""Families as CloudWatch's embedded metric format: lines of a log that CloudWatch makes metrics of (Amazon CloudWatch
User Guide, Specification: Embedded metric format).

A line is one document: the samples that have the same labels, which become dimensions. CloudWatch knows a metric by its
name and exactly these dimensions, so an alarm names all of them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from itertools import islice

from observe.metrics.family import Family, Labels

PREFIX = "datatier_"
"""Of the families that are written: each series is a metric that CloudWatch charges for, so nobody else's is."""
METRICS = 100
"""Most metrics of one document."""
DIMENSIONS = 30
"""Most dimensions of one metric."""
_LONGEST = 1024
"""Most characters of a dimension's value (CloudWatch API Reference, Dimension)."""
_UNITS = {"_seconds": "Seconds", "_bytes": "Bytes"}
_TEXT = frozenset({"datatier_metric_refused"})
"""Families whose labels are sentences."""


def lines(families: Iterable[Family], namespace: str, timestamp_ms: int) -> Iterator[str]:
    """Yield the documents, without line ends.

    :param namespace: `data-tier/<prefix>`.
    :param timestamp_ms: time of the values (Unix time in ms).
    """
    found: dict[Labels, dict[str, float]] = {}
    for family in families:
        if family.name.startswith(PREFIX) and family.name not in _TEXT:
            for labels, value, suffix in family.samples:
                if math.isfinite(value):
                    found.setdefault(_dimensions(labels), {})[family.name + suffix] = value
    for dimensions, values in found.items():
        every = iter(values.items())
        while some := dict(islice(every, METRICS)):
            yield _document(dimensions, some, namespace, timestamp_ms)


def _document(dimensions: Labels, values: dict[str, float], namespace: str, timestamp_ms: int) -> str:
    defined = [{"Name": name, **_unit(name)} for name in values]
    directive = {"Namespace": namespace, "Dimensions": [[name for name, _ in dimensions]], "Metrics": defined}
    root = {"_aws": {"Timestamp": timestamp_ms, "CloudWatchMetrics": [directive]}}
    return json.dumps({**root, **dict(dimensions), **values}, separators=(",", ":"))


def _dimensions(labels: Labels) -> Labels:
    """Labels as CloudWatch takes them: ASCII without control characters, none empty; sorted by name."""
    kept = ((name, value.encode("unicode_escape").decode()) for name, value in sorted(labels)[:DIMENSIONS])
    return tuple((name, value[:_LONGEST]) for name, value in kept if value.strip())


def _unit(name: str) -> dict[str, str]:
    return next(({"Unit": unit} for end, unit in _UNITS.items() if name.endswith(end)), {})
