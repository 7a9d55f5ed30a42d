"""A rehearsal's report as one HTML page, in the frame that the reports of drills have."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from keep.drill.page import page
from keep.drill.words import span, when
from rehearse.report import RehearsedWay, UpgradeRehearsal

_MARK = {True: ("passed", "ok"), False: ("failed", "wrong"), None: ("error", "not known")}


def html(report: UpgradeRehearsal) -> str:
    """Return the page."""
    title = f"Rehearsal of {report.target}: {report.was} to {report.wanted}"
    parts = [
        f'<h1>{escape(title)} <span class="verdict {report.verdict}">{report.verdict}</span></h1>',
        f"<p>{escape(report.reason)}</p>",
        f'<p class="soft">{escape(report.source)}, {report.bytes / 2**20:,.0f} MiB; run on {escape(report.ran[0])} and '
        f"{escape(report.ran[1])} of this computer, begun {when(report.began_at)} UTC</p>",
        '<div class="numbers">',
        *(_number(way) for way in report.ways),
        "</div>",
        *(part for way in report.ways for part in _way(way)),
        *_table(
            "In the way",
            [(o.check, o.object, o.what, o.mend, ", ".join(o.stops) or "stops nothing") for o in report.obstacles],
        ),
        *_table(
            "Plans that changed",
            [
                (s.query[:300], s.before, s.after, "" if s.cost_ratio is None else f"{s.cost_ratio:.2f} x the cost")
                for s in report.changed_plans
            ],
        ),
        *_table("Parameters", [(each.name, each.value, each.what) for each in report.settings]),
        *_table("To know", [(each,) for each in report.notes]),
        f'<h2>Report</h2><p class="soft"><code>{escape(report.id)}</code>, took {span(report.seconds)}</p>',
    ]
    return page(title, "\n".join(parts))


def _number(way: RehearsedWay) -> str:
    seconds = way.downtime.seconds if way.downtime else None
    said = escape(way.downtime.basis) if way.downtime else escape(way.refused or "no downtime is estimated")
    return f'<div class="number"><span class="soft">downtime by {way.way}, about</span><b>{span(seconds)}</b>' \
           f'<span class="soft">{said}</span></div>'  # fmt: skip


def _way(way: RehearsedWay) -> list[str]:
    whole = max(sum(each.seconds for each in way.phases), 0.001)
    parts, at = [f"<h2>By {way.way}</h2>"], 0.0
    for phase in way.phases:
        left, width = 100 * at / whole, max(100 * phase.seconds / whole, 0.4)
        kind = "bar" if phase.offline else "after"
        drawn = '<rect class="track" width="100" height="16"/>'
        drawn += f'<rect class="{kind}" x="{min(left, 99.6):.3f}" width="{min(width, 100 - left):.3f}" height="16"/>'
        picture = (
            f'<svg viewBox="0 0 100 16" height="16" preserveAspectRatio="none" role="img" '
            f'aria-label="{escape(phase.name)} for {span(phase.seconds)}">{drawn}</svg>'
        )
        parts.append(
            f'<div class="row"><span>{escape(phase.name)}</span>{picture}<span>{span(phase.seconds)}</span></div>'
        )
        at += phase.seconds
    parts.append('<p class="soft">Grey: the application does not wait for it.</p>')
    if way.checks:
        rows = "".join(
            f'<tr><td><span class="{_MARK[c.ok][0]}">{_MARK[c.ok][1]}</span></td><td>{escape(c.name)}</td>'
            f"<td>{escape(c.detail)}</td></tr>"
            for c in way.checks
        )
        parts.append(f"<table>{rows}</table>")
    return parts


def _table(title: str, rows: Sequence[Sequence[str]]) -> list[str]:
    if not rows:
        return []
    cells = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows)
    return [f"<h2>{title}</h2>", "<table>", *(f"<tr>{row}</tr>" for row in cells), "</table>"]
