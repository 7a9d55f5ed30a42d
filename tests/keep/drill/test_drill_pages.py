"""A report as Markdown and as a page: nothing from elsewhere, nothing of a name taken for mark-up."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from reports import TOOK, phases, report

from keep.drill.render_html import html
from keep.drill.render_md import markdown
from keep.drill.report import DrillCheck, DrillObjective
from keep.drill.words import span

EVIL = "<script>alert(1)</script> | **bold** `x`\nnext"
BROKEN = (*phases(TOOK[:1]), phases(TOOK[:2])[1].model_copy(update={"ok": False, "detail": "it failed"}))


class Parsed(HTMLParser):
    """The tags and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def bars(page: str) -> list[tuple[str | None, float, float]]:
    """Class, beginning and width of each phase's bar, in percent of the whole."""
    found = [attrs for tag, attrs in Parsed(page).tags if tag == "rect" and "x" in attrs]
    return [(each["class"], float(each["x"] or 0), float(each["width"] or 0)) for each in found]


def test_a_page_needs_nothing_from_elsewhere() -> None:
    page = html(report())
    assert re.findall(r"https?:|//[a-z]|url\(|@import|<script|<link|<img", page) == []
    assert "default-src 'none'" in page
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page


def test_whatever_a_report_says_is_text() -> None:
    evil = report(reason=EVIL, checks=(DrillCheck(name=EVIL, ok=False, detail=EVIL),), facts={EVIL: EVIL})
    parsed = Parsed(html(evil))
    assert "script" not in [tag for tag, _ in parsed.tags]
    assert parsed.text.count(EVIL) == 5
    lines = markdown(evil).splitlines()
    assert "&lt;script>alert(1)&lt;/script> \\| \\*\\*bold\\*\\*" in lines[2]
    assert "next" not in [line.strip() for line in lines]


def test_bars_lie_on_one_axis_and_what_comes_after_the_answer_is_told_apart() -> None:
    assert [(kind, round(x), round(width)) for kind, x, width in bars(html(report()))] == [
        ("bar", 0, 2),
        ("bar", 2, 60),
        ("bar", 62, 8),
        ("bar", 70, 0),
        ("bar", 70, 9),
        ("bar", 79, 1),
        ("after", 80, 20),
    ]
    assert all(width > 0 and x + width <= 100.001 for _, x, width in bars(html(report())))


def test_a_phase_that_broke_off_is_shown_as_one() -> None:
    broken = report(phases=BROKEN, verdict="failed", rto_seconds=None)
    assert [kind for kind, _, _ in bars(html(broken))] == ["bar", "over"]
    assert "broke off: it failed" in Parsed(html(broken)).text
    assert "| **broke off** it failed |" in markdown(broken)
    assert 'class="mark"' not in html(broken)


@pytest.mark.parametrize(("promised", "drawn"), [(None, 0), (60.0, 7), (1800.0, 0)])
def test_the_objective_is_on_the_timeline_where_that_is_long_enough(promised: float | None, drawn: int) -> None:
    page = html(report(objective=DrillObjective(rto_seconds=promised, rpo_seconds=0)))
    lines = [attrs for tag, attrs in Parsed(page).tags if tag == "line" and attrs["class"] == "goal"]
    assert (len(lines), {each["x1"] for each in lines}) == (drawn, {"60.000"} if drawn else set())
    assert ("Solid: until then it should have had it, after 1 min." in Parsed(page).text) is bool(drawn)
    assert "of work lost; objective 0.00 s, beyond it" in Parsed(page).text


@pytest.mark.parametrize(
    ("rto", "promised", "kind", "width"),
    [(80.0, 160.0, "bar", 50.0), (80.0, 40.0, "over", 100.0), (0.0, 40.0, "bar", 0.0)],
)
def test_what_is_beyond_the_objective_is_red(rto: float, promised: float, kind: str, width: float) -> None:
    objective = DrillObjective(rto_seconds=promised, rpo_seconds=None)
    tags = Parsed(html(report(rto_seconds=rto, objective=objective))).tags
    (bar,) = [attrs for tag, attrs in tags if tag == "rect" and "x" not in attrs and attrs["class"] in ("bar", "over")]
    assert (bar["class"], float(bar["width"] or -1)) == (kind, width)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "-"),
        (0, "0.00 s"),
        (9.994, "9.99 s"),
        (12.34, "12.3 s"),
        (60, "1 min"),
        (245, "4 min 5 s"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
    ],
)
def test_spans(seconds: float | None, text: str) -> None:
    assert span(seconds) == text
