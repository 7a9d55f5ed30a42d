"""A drill's report as one HTML page: the verdict, both numbers against the objective, the timeline, every check."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from keep.drill.page import page
from keep.drill.report import DrillReport, Phase, in_rto
from keep.drill.words import span, when

_VERDICT = {"passed": "passed", "failed": "failed", "error": "no verdict"}
_THIN = 0.4
"""Percent of the width that a phase has at least, so that it can be seen."""
_SPACE = "\u00a0"
"""Between a number and its unit, where a line may end."""
_NICE = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
"""Seconds between two ticks."""


def html(report: DrillReport) -> str:
    """Return the page."""
    parts = [
        f"<h1>Drill {escape(report.drill)} of {escape(report.stack)}"
        f' <span class="verdict {report.verdict}">{_VERDICT[report.verdict]}</span></h1>',
        f"<p>{escape(report.reason)}</p>",
        f'<p class="soft">Begun {when(report.began_at)} UTC'
        + (f", incident at {when(report.incident_at)} UTC by the source's clock" if report.incident_at else "")
        + "</p>",
        '<div class="numbers">',
        _number("RTO", "until the application had an answer", report.rto_seconds, report.objective.rto_seconds),
        _number("RPO", "of work lost", report.rpo_seconds, report.objective.rpo_seconds),
        "</div>",
        *_timeline(report.phases, report.objective.rto_seconds),
        *_table("Checks", [(("ok" if c.ok else "wrong"), c.name, c.detail) for c in report.checks]),
        *_table("Facts", list(report.facts.items())),
        "<h2>Report</h2>",
        f"<p>Id <code>{escape(report.id)}</code>, SHA-256 of the report before it"
        f" <code>{escape(report.previous or 'none: it is the first')}</code></p>",
    ]
    return page(f"Drill {report.drill} of {report.stack}: {_VERDICT[report.verdict]}", "\n".join(parts))


def _number(name: str, what: str, measured: float | None, promised: float | None) -> str:
    """A measured value, with a bar of how much of the objective it takes."""
    shown = f'<div class="number"><span class="soft">{name}</span><b>{span(measured)}</b>'
    if measured is None or promised is None:
        return f'{shown}<span class="soft">{what}; objective {span(promised)}</span></div>'
    share = 100 * measured / promised if promised else 100 * (measured > 0)
    kind = "over" if measured > promised else "bar"
    bar = f'<rect class="track" width="100" height="6"/><rect class="{kind}" width="{min(share, 100):.2f}" height="6"/>'
    return (
        f"{shown}{_svg(6, bar, f'{name} takes {share:.1f} % of the objective')}"
        f'<span class="soft">{what}; objective {span(promised)}, {_of_it(measured, promised)}</span></div>'
    )


def _of_it(measured: float, promised: float) -> str:
    """How much of the objective that is; of one that allows nothing there is no share."""
    if not promised:
        return "beyond it" if measured else "kept"
    share = 100 * measured / promised
    if share < 0.1:
        return f"less than 0.1{_SPACE}% of it"
    return f"{share:.1f}{_SPACE}% of it" if share < 10 else f"{share:.0f}{_SPACE}% of it"


def _timeline(phases: Sequence[Phase], promised: float | None) -> list[str]:
    """A row for each phase, all on one axis; what comes after the application's first answer is grey.

    :param promised: seconds that the application may wait; drawn where the axis is that long.
    """
    if not phases:
        return []
    began = phases[0].began_at
    starts = [(phase.began_at - began).total_seconds() for phase in phases]
    whole = max(*(start + phase.seconds for start, phase in zip(starts, phases, strict=True)), 0.001)
    parts, counted = ["<h2>Timeline</h2>"], in_rto(phases)
    back = max((s + p.seconds for s, p in zip(starts, phases, strict=True) if p.name == "serve" and p.ok), default=None)
    for start, phase in zip(starts, phases, strict=True):
        left = min(100 * start / whole, 100 - _THIN)
        width = max(100 * phase.seconds / whole, _THIN)
        kind = "over" if not phase.ok else "bar" if phase in counted else "after"
        drawn = '<rect class="track" width="100" height="16"/>'
        drawn += f'<rect class="{kind}" x="{left:.3f}" width="{min(width, 100 - left):.3f}" height="16"/>'
        for line, at in (("goal", promised), ("mark", back)):
            if at is not None and at < whole:
                x = 100 * at / whole
                drawn += f'<line class="{line}" x1="{x:.3f}" x2="{x:.3f}" y1="0" y2="16"/>'
        picture = _svg(16, drawn, f"{phase.name} from {span(start)}, for {span(phase.seconds)}")
        parts.append(f'<div class="row"><span>{phase.name}</span>{picture}<span>{span(phase.seconds)}</span></div>')
    ticks = "".join(f'<span style="left:{100 * tick / whole:.3f}%">{label}</span>' for tick, label in _ticks(whole))
    parts.append(f'<div class="row soft"><span></span><div class="ticks">{ticks}</div><span></span></div>')
    if back is not None and back < whole:
        parts.append(f'<p class="soft">Dashed: the application has its data again, after {span(back)}.</p>')
    if promised is not None and promised < whole:
        parts.append(f'<p class="soft">Solid: until then it should have had it, after {span(promised)}.</p>')
    rows = [(phase.name, phase.detail if phase.ok else f"broke off: {phase.detail}") for phase in phases]
    return parts + _table("Phases", rows)


def _ticks(whole: float) -> list[tuple[float, str]]:
    """At most four after the first, at round numbers of seconds."""
    step = next((each for each in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, *_NICE) if whole / each <= 4), whole)
    count = int(whole / step)
    # The last one stands clear of the end, where its label would leave the axis.
    return [(step * n, _tick(step * n, step)) for n in range(count + 1) if step * n <= whole * 0.97 or n == 0]


def _tick(seconds: float, step: float) -> str:
    if not seconds:
        return "0"
    if step < 1:
        return f"{seconds:.2f} s" if step < 0.1 else f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if step < 60 else f"{seconds / 60:.0f} min"


def _svg(height: int, drawn: str, title: str) -> str:
    return (
        f'<svg viewBox="0 0 100 {height}" height="{height}" preserveAspectRatio="none" role="img"'
        f' aria-label="{escape(title)}">{drawn}</svg>'
    )


def _table(title: str, rows: Sequence[Sequence[str]]) -> list[str]:
    if not rows:
        return []
    cells = ("".join(f"<td>{_cell(cell)}</td>" for cell in row) for row in rows)
    return [f"<h2>{title}</h2>", "<table>", *(f"<tr>{row}</tr>" for row in cells), "</table>"]


def _cell(text: str) -> str:
    if text in ("ok", "wrong"):
        return f'<span class="{"passed" if text == "ok" else "failed"}">{text}</span>'
    return escape(text)
