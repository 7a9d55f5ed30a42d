"""The body of a CloudWatch dashboard, from the catalogue of alarms: what they watch, with their thresholds as lines.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from knowledge.alarms.spec import LOGS, AlarmSpec, Term

WIDGETS, METRICS, METRICS_PER_WIDGET, ALARMS_PER_WIDGET = 500, 2500, 500, 100
"""What a dashboard takes: widgets, metrics over all of them and in one, alarms in one widget (the page above, and
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html)."""
LAG_TARGET_SECONDS = 0.1
"""What replication is designed for: replicas answer reads of what was just written."""
COLOURS = {"critical": "#d13212", "warning": "#ff9900", "info": "#0073bb"}
TARGET_COLOUR = "#1d8102"
GRID, WIDTH, HEIGHT = 24, 6, 5

Widget = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class GraphedServer:
    """One server as the graphs name it."""

    label: str
    id: str
    primary: str = ""
    resource_id: str = ""


@dataclass(frozen=True, kw_only=True)
class AlarmedServers:
    """Servers with the same alarms: an instance, or the nodes of a cache."""

    title: str
    dimension: str
    servers: tuple[GraphedServer, ...]
    alarms: tuple[AlarmSpec, ...]
    arns: tuple[str, ...]
    """Their alarms, for the widget that shows their states."""
    region: str = ""
    """Region, where it is not the dashboard's."""


def body(region: str, title: str, rows: Sequence[AlarmedServers], pages: Sequence[str]) -> dict[str, Any]:
    """The dashboard: the pages' states, then for each row its alarms' states and a graph for each metric."""
    made = {
        "type": "text",
        "properties": {"markdown": f"# {title}\nMade by the stack and overwritten by each deployment."},
    }
    widgets: list[Widget] = [{**made, "x": 0, "y": 0, "width": GRID, "height": 2}]
    for block, width, height in _blocks(region, title, fitted(rows), pages):
        top = max(widget["y"] + widget["height"] for widget in widgets)
        side = GRID // width
        for number, widget in enumerate(block):
            place = {"x": number % side * width, "y": top + number // side * height}
            widgets.append({**widget, **place, "width": width, "height": height})
    return {"start": "-PT3H", "widgets": widgets[:WIDGETS]}


def _blocks(
    region: str, title: str, rows: Iterable[AlarmedServers], pages: Sequence[str]
) -> Iterator[tuple[list[Widget], int, int]]:
    yield _states(f"Pages of {title}", pages), GRID, 2
    for row in rows:
        yield _states(row.title, row.arns), GRID, 4
        yield [_graph(region, row, alarms) for alarms in _by_metric(row.alarms)], WIDTH, HEIGHT


def fitted(rows: Sequence[AlarmedServers]) -> Iterator[AlarmedServers]:
    """The rows as far as a dashboard can show them: of very many nodes the critical metrics, then the first nodes."""
    budget = METRICS
    for row in rows:
        shown = row
        if len(shown.servers) > _room(shown, budget):
            shown = _with(row, tuple(alarm for alarm in row.alarms if alarm.severity == "critical"), row.servers)
        shown = _with(row, shown.alarms, row.servers[: _room(shown, budget)])
        if shown.servers:
            budget -= _size(shown)
            yield shown


def _with(row: AlarmedServers, alarms: tuple[AlarmSpec, ...], servers: tuple[GraphedServer, ...]) -> AlarmedServers:
    cut = "" if len(servers) == len(row.servers) else f", {len(servers)} of {len(row.servers)}"
    return AlarmedServers(
        title=row.title + cut, dimension=row.dimension, servers=servers, alarms=alarms, arns=row.arns, region=row.region
    )


def _room(row: AlarmedServers, budget: int) -> int:
    """How many servers with the row's alarms there is room for."""
    one = _with(row, row.alarms, row.servers[:1])
    widest = max(len(_lines(one, alarms)) for alarms in _by_metric(row.alarms))
    return min(METRICS_PER_WIDGET // widest, budget // _size(one))


def _size(row: AlarmedServers) -> int:
    return sum(len(_lines(row, alarms)) for alarms in _by_metric(row.alarms))


def _by_metric(alarms: Iterable[AlarmSpec]) -> list[list[AlarmSpec]]:
    """Alarms that share a graph, an expression first: it shows more."""
    found: dict[str, list[AlarmSpec]] = {}
    for alarm in alarms:
        found.setdefault(alarm.metric, []).append(alarm)
    return [sorted(each, key=lambda alarm: not alarm.terms) for each in found.values()]


def _states(title: str, arns: Sequence[str]) -> list[Widget]:
    parts = [arns[start : start + ALARMS_PER_WIDGET] for start in range(0, len(arns), ALARMS_PER_WIDGET)]
    return [
        {"type": "alarm", "properties": {"title": title, "alarms": list(part), "sortBy": "stateUpdatedTimestamp"}}
        for part in parts
    ]


def _graph(region: str, row: AlarmedServers, alarms: Sequence[AlarmSpec]) -> Widget:
    lines = [
        {"label": alarm.key, "value": alarm.threshold, "color": COLOURS[alarm.severity], "fill": _side(alarm)}
        for alarm in alarms
        # Below zero is nothing: such an alarm rings by silence, or by the -1 of a replica that has stopped.
        if alarm.comparison == "GreaterThanThreshold" or alarm.threshold > 0
    ]
    if alarms[0].dimensions:
        del lines[1:]  # verdicts share their limit
    if alarms[0].metric == "ReplicaLag":
        lines.append({"label": "designed for", "value": LAG_TARGET_SECONDS, "color": TARGET_COLOUR, "fill": "none"})
    properties = {
        "title": f"{row.title}: {alarms[0].metric}",
        "region": row.region or region,
        "view": "timeSeries",
        "stacked": False,
        "metrics": _lines(row, alarms),
    }
    return {"type": "metric", "properties": properties | ({"annotations": {"horizontal": lines}} if lines else {})}


def _side(alarm: AlarmSpec) -> str:
    return "above" if alarm.comparison == "GreaterThanThreshold" else "below"


def _lines(row: AlarmedServers, alarms: Sequence[AlarmSpec]) -> list[list[Any]]:
    alarm = alarms[0]
    if alarm.dimensions:  # what the stack's own function writes: a line for each check, of one server
        return [_own(each) for each in alarms]
    return [line for number, server in enumerate(row.servers) for line in _of(row, server, alarm, number)]


def _own(alarm: AlarmSpec) -> list[Any]:
    shown = {"label": alarm.key, "stat": alarm.statistic, "period": alarm.period}
    return [alarm.namespace, alarm.metric, *chain.from_iterable(alarm.dimensions.items()), shown]


def _of(row: AlarmedServers, server: GraphedServer, alarm: AlarmSpec, number: int) -> Iterator[list[Any]]:
    shown: dict[str, Any] = {"label": server.label, "stat": alarm.statistic, "period": alarm.period}
    if alarm.pattern:
        yield [f"{LOGS}/{server.id}", alarm.metric, shown]
    elif not alarm.terms:
        host = ["CacheNodeId", "0001"] if alarm.metric == "CPUUtilization" and alarm.engine == "redis" else []
        yield [alarm.namespace, alarm.metric, row.dimension, server.id, *host, shown]
    else:
        yield from (_term(row, server, alarm, term, number) for term in alarm.terms)
        if alarm.expression:
            names = "|".join(term.id for term in alarm.terms)
            expression = re.sub(rf"\b({names})\b", rf"\g<1>{number}", alarm.expression)
            yield [{"expression": expression, "label": f"{server.label}, watched", "id": f"watched{number}"}]


def _term(row: AlarmedServers, server: GraphedServer, alarm: AlarmSpec, term: Term, number: int) -> list[Any]:
    if term.of == "insights":
        counter = f"DB_PERF_INSIGHTS('RDS', '{server.resource_id}', '{term.metric}')"
        return [{"expression": counter, "label": server.label, "id": f"{term.id}{number}", "period": alarm.period}]
    whose = server.primary if term.of == "primary" else server.id
    shown: dict[str, Any] = {
        "id": f"{term.id}{number}",
        "label": f"{server.label} {term.metric}",
        "stat": term.statistic,
    }
    shown |= {"period": alarm.period, "visible": term.of == "server"}
    return [alarm.namespace, term.metric, row.dimension, whose, shown]
