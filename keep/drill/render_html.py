"""A drill's report as one HTML page: comes with the timeline."""

from __future__ import annotations

from html import escape

from keep.drill.render_md import markdown
from keep.drill.report import DrillReport


def html(report: DrillReport) -> str:
    """Return the page."""
    return f"<!doctype html><title>{escape(report.drill)}</title><pre>{escape(markdown(report))}</pre>\n"
