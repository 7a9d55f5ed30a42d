"""What PostgreSQL spends its time on, by statement."""

from __future__ import annotations

from boards.expression import NODE, Binary, Compare, Expression, Metric, Rate, Top
from boards.panels.panel import Board, Line, Panel

_KEYS = (NODE, "user", "datname", "queryid")
_LEGEND = "{{instance}} {{user}} {{queryid}}"
_OFF = "the collector stat_statements is off, or pg_stat_statements is not loaded"


def _rate(what: str) -> Rate:
    return Rate(Metric(f"pg_stat_statements_{what}"))


def _panel(name: str, title: str, says: str, unit: str, of: Expression) -> Panel:
    return Panel(
        id=f"statements-{name}",
        title=title,
        says=f"{says} `datatier queries slow` has the text of each.",
        unit=unit,  # type: ignore[arg-type]
        lines=(Line(Top(10, of), _LEGEND),),
        form="bars",
        empty=_OFF,
    )


STATEMENTS = Board(
    id="statements",
    title="Statements",
    panels=(
        _panel("time", "Time", "Seconds of sessions in a second.", "percentunit", _rate("seconds_total")),
        _panel("calls", "Calls", "How often each is called.", "ops", _rate("calls_total")),
        _panel(
            "mean",
            "Mean time",
            "What one call takes.",
            "s",
            Binary(_rate("seconds_total"), "/", Compare(_rate("calls_total"), ">", 0), on=_KEYS),
        ),
        _panel("rows", "Rows", "Rows that are returned or changed.", "ops", _rate("rows_total")),
        _panel(
            "reads",
            "Time of reads",
            "Seconds of waiting for blocks in a second; only with track_io_timing.",
            "percentunit",
            _rate("block_read_seconds_total"),
        ),
    ),
)
