"""What the page is given: the panels and their values, the servers, and what is beyond its threshold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

from boards.limits import limits
from boards.page.kept import Kept, Series
from boards.panels.panel import Board, Panel
from boards.rules.rule import Rule


class Limit(TypedDict):
    """A line in a graph."""

    value: float
    severity: str
    source: str


class ShownPanel(TypedDict):
    """One panel."""

    id: str
    title: str
    says: str
    unit: str
    form: str
    empty: str
    limits: list[Limit]
    series: list[Series]


class ShownBoard(TypedDict):
    """One dashboard."""

    id: str
    title: str
    panels: list[ShownPanel]


class Document(TypedDict):
    """All of it."""

    stack: str
    at: float
    seconds: float
    boards: list[ShownBoard]
    health: Mapping[str, object]


def document(
    stack: str,
    seconds: float,
    boards: Sequence[Board],
    rules: Sequence[Rule],
    kept: Kept,
    health: Mapping[str, object],
    since: float,
) -> Document:
    """What is shown, the points after `since` alone; `seconds` is how often something new comes."""
    return Document(
        stack=stack,
        at=kept.at,
        seconds=seconds,
        boards=[
            ShownBoard(
                id=board.id,
                title=board.title,
                panels=[_panel(panel, rules, kept, since) for panel in board.panels],
            )
            for board in boards
        ],
        health=health,
    )


def _panel(panel: Panel, rules: Sequence[Rule], kept: Kept, since: float) -> ShownPanel:
    return ShownPanel(
        id=panel.id,
        title=panel.title,
        says=panel.says,
        unit=panel.unit,
        form=panel.form,
        empty=panel.empty,
        limits=[Limit(value=each.value, severity=each.severity, source=each.source) for each in limits(panel, rules)],
        series=kept.series(panel.id, since, newest=panel.form != "graph"),
    )
