"""Families as text, in the format that every Prometheus reads (Prometheus, Exposition formats, text format 0.0.4).

Written here and not by prometheus-client: that adds `_total` to the name of each counter, and postgres_exporter's and
redis_exporter's names, which dashboards ask for, mostly have none.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from observe.metrics.family import Family, Labels

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""Prometheus 3 takes no scrape without one."""


def render(nodes: Iterable[tuple[str | None, Iterable[Family]]]) -> str:
    """The text of the families of several nodes: each with its `instance`, or None for no such label.

    A family is one block, whichever nodes and collectors its samples came from; blocks are sorted by name, as the
    peers sort them. Type and help are those of the first.
    """
    blocks: dict[str, list[str]] = {}
    for instance, families in nodes:
        first = "" if instance is None else f'instance="{_escaped(instance)}"'
        texts: dict[Labels, str] = {}
        for family in families:
            lines = blocks.get(family.name)
            if lines is None:
                lines = blocks[family.name] = [_head(family)]
            name = family.name
            for labels, value, suffix in family.samples:
                text = texts.get(labels)
                if text is None:
                    text = texts[labels] = _labels(first, labels)
                lines.append(f"{name}{suffix}{text} {number(value)}\n")
    # A family without samples is not shown, as with the peers.
    return "".join("".join(lines) for _, lines in sorted(blocks.items()) if len(lines) > 1)


def number(value: float) -> str:
    """A value as Prometheus reads it."""
    if math.isfinite(value):
        return repr(float(value)).removesuffix(".0")
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"


def _head(family: Family) -> str:
    # A line feed or backslash of a help text is escaped, a quote is not.
    text = family.help.replace("\\", r"\\").replace("\n", r"\n")
    return f"# HELP {family.name} {text}\n# TYPE {family.name} {family.kind}\n"


def _labels(first: str, labels: Labels) -> str:
    parts = [first] if first else []
    parts += [f'{name}="{_escaped(value)}"' for name, value in labels]
    return "{" + ",".join(parts) + "}" if parts else ""


def _escaped(value: str) -> str:
    if "\\" in value or '"' in value or "\n" in value:
        value = value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return value
