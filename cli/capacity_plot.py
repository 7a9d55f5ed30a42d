"""A limit's plot: what was, the line through it, between what it may be, and where that meets the limit.

Lines are stretched to the page's width, so what is to be read stands outside of the picture, at the same share of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from capacity.days import date_of, day_of
from capacity.projection import Projection, projection
from cli.capacity_words import between, quantity, title

if TYPE_CHECKING:
    import datetime

    from capacity.limit import Limit

STYLE = """
figure { margin: 1rem 0 0; }
figcaption { font-size: .95rem; margin-bottom: .5rem; }
.plot { display: grid; grid-template-columns: 5.5rem 1fr; gap: 0 .5rem; }
.plot svg { display: block; width: 100%; height: 13rem; background: var(--band); border-radius: .25rem; }
.quiet .plot svg { height: 6rem; } .quiet .plot .ticks { height: 1.4rem; }
.plot .ticks { grid-column: 2; height: 2.6rem; font-size: .8rem; }
.plot .ticks span.date { top: 1.25rem; color: var(--bad); font-weight: 600; }
.scale { position: relative; font-size: .8rem; font-variant-numeric: tabular-nums; }
.scale span { position: absolute; right: 0; transform: translateY(50%); white-space: nowrap; }
.scale .most { color: var(--bad); font-weight: 600; }
.plot path, .plot line { fill: none; vector-effect: non-scaling-stroke; }
.plot .history { stroke: var(--bar); stroke-width: 1.75; }
.plot .likely { stroke: var(--text); stroke-width: 1.5; stroke-dasharray: 6 4; }
.plot .may { fill: var(--bar); fill-opacity: .2; stroke: none; }
.plot .limit { stroke: var(--bad); stroke-width: 1.75; }
.plot .today { stroke: var(--soft); stroke-width: 1; }
.plot .then { stroke: var(--bad); stroke-width: 1; stroke-dasharray: 2 3; }
.key { display: flex; flex-wrap: wrap; gap: 0 1.1rem; font-size: .85rem; color: var(--soft); margin: .1rem 0 .5rem; }
.key span::before { content: ""; display: inline-block; width: 1.4rem; margin-right: .35rem; vertical-align: middle;
  border-top: 2px solid var(--bar); }
.key .likely::before { border-top: 2px dashed var(--text); }
.key .may::before { border-top: .6rem solid var(--bar); opacity: .3; }
.key .limit::before { border-color: var(--bad); }
@media (max-width: 40rem) { .plot { grid-template-columns: 4.2rem 1fr; } .plot svg { height: 10rem; }
  .plot .ticks { font-size: .72rem; } }
@media print { figure { break-inside: avoid; } }
"""
KEY = (
    '<p class="key" aria-hidden="true"><span class="history">measured, by the day</span>'
    '<span class="likely">likely</span><span class="may">with 95 % confidence between</span>'
    '<span class="limit">limit</span></p>'
)
_APART = 0.09
"""Share of the width, or of the height, that two labels need between them."""


def plot(limit: Limit, at: datetime.datetime, when: str, date: datetime.date | None) -> str:
    """The figure as HTML, `date` marked in it; empty where there is no history to draw."""
    found = projection(limit, day_of(at))
    if found is None:
        return ""
    parts = [_band(found), _likely(found), _history(found)]
    if limit.limit is not None:
        y = _y(found, limit.limit)
        parts.append(f'<line class="limit" x1="0" x2="100" y1="{y:.2f}" y2="{y:.2f}"/>')
    if found.line:
        parts.append(_upright("today", found, found.today))
    if date is not None:
        parts.append(_upright("then", found, day_of_date(date)))
    svg = (
        f'<svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label="{escape(_told(limit, when))}">'
        f"{''.join(parts)}</svg>"
    )
    scale = "".join(_scale(found, limit))
    ticks = "".join(_ticks(found, date))
    return f'<div class="plot"><div class="scale soft">{scale}</div>{svg}<div class="ticks soft">{ticks}</div></div>'


def _told(limit: Limit, when: str) -> str:
    """The plot in words, for who does not see it."""
    interval = between(limit)
    return f"{title(limit)} over time; runs out: {when}" + (f", {interval}" if interval else "")


def _x(found: Projection, day: float) -> float:
    return 100 * (day - found.first) / max(found.last - found.first, 1)


def _y(found: Projection, value: float) -> float:
    return 100 - 100 * value / found.top


def _path(found: Projection, points: Iterable[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{_x(found, day):.2f} {_y(found, value):.2f}" for day, value in points)


def _history(found: Projection) -> str:
    return f'<path class="history" d="{_path(found, found.history)}"/>'


def _likely(found: Projection) -> str:
    if not found.line:
        return ""
    return f'<path class="likely" d="{_path(found, ((each.day, each.likely) for each in found.line))}"/>'


def _band(found: Projection) -> str:
    ahead = [each for each in found.line if each.day >= found.today]
    if not ahead:
        return ""
    above = [(each.day, each.high) for each in ahead]
    below = [(each.day, each.low) for each in reversed(ahead)]
    return f'<path class="may" d="{_path(found, [*above, *below])}Z"/>'


def _upright(name: str, found: Projection, day: int) -> str:
    x = _x(found, day)
    return f'<line class="{name}" x1="{x:.2f}" x2="{x:.2f}" y1="0" y2="100"/>'


def _scale(found: Projection, limit: Limit) -> Iterable[str]:
    """The limit, zero, and the most that was, as far as they do not touch."""
    marks = [(limit.limit, "most")] if limit.limit is not None else []
    marks += [(0.0, "zero"), (max(value for _, value in found.history), "peak")]
    taken: list[float] = []
    for value, name in marks:
        share = (100 - _y(found, value)) / 100
        if all(abs(share - each) >= _APART for each in taken):
            taken.append(share)
            yield f'<span class="{name}" style="bottom:{100 * share:.2f}%">{escape(quantity(limit, value))}</span>'


def _ticks(found: Projection, date: datetime.date | None) -> Iterable[str]:
    """First day, today and the last one; the date in a line of its own."""
    for day in dict.fromkeys((found.first, found.today, found.last)):
        x = _x(found, day)
        if day not in (found.first, found.last) and not 2 * _APART <= x / 100 <= 1 - 2 * _APART:
            continue
        text = "today" if day == found.today else str(date_of(day))
        yield f'<span style="{_place(x)}">{text}</span>'
    if date is not None:
        yield f'<span class="date" style="{_place(_x(found, day_of_date(date)))}">{date}</span>'


def _place(x: float) -> str:
    """In the middle of where it belongs, and within the page."""
    if x < 100 * _APART:
        return "left:0;transform:none"
    return "right:0;transform:none" if x > 100 - 100 * _APART else f"left:{x:.2f}%"


def day_of_date(date: datetime.date) -> int:
    """Days since 1970."""
    return (date - date_of(0)).days
