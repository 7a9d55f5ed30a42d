"""What `datatier capacity` says of a made-up year, in each form: JSON, table with charts, page, Markdown."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from rich.console import Console

from bootstrap.postgres.pools import Capacity
from capacity.assess import assess
from capacity.budget import Application, ConnectionBudget, budget
from capacity.days import date_of
from capacity.limit import Limit, Recommendation
from capacity.names import CONNECTIONS, CONNECTIONS_LIMIT, DATABASES
from capacity.report import CapacityReport, Source
from capacity.room import DatabaseRoom
from capacity.series import Series, Unit
from cli.capacity_chart import ROWS, chart
from cli.capacity_json import as_json
from cli.capacity_markdown import markdown
from cli.capacity_page import page
from cli.capacity_view import show
from cli.capacity_words import between, share, title, verdict, when

GIB = 1024**3
FIRST = 20_454
"""1 January 2026."""
DAYS = 300
ADVICE = Recommendation(
    what="allocate 150 GiB in place of 100",
    settings={"postgres": {"storage": {"allocated": 150}}},
    lines=("data-tier:postgres: {storage: {allocated: 150}}",),
    users=("postgres-primary, at once: Grows without a pause.",),
    command="datatier upgrade plan live --to postgres.storage=150",
)
ROW = {
    "id": "1", "mean_ms": 12.5, "calls": 40, "share_percent": 61.0, "user": "shop_app_a",
    "query": "SELECT '<script>alert(1)</script>' | \x1b]0;title\x07",
}  # fmt: skip


def series(name: str, unit: Unit, first: float, a_day: float, days: int = DAYS) -> Series:
    from datetime import UTC, datetime, time

    times = tuple(datetime.combine(date_of(FIRST + day), time(12), UTC) for day in range(days))
    return Series(
        name=name, node="primary", unit=unit, times=times, values=[first + a_day * day for day in range(days)]
    )


def year(days: int = DAYS) -> CapacityReport:
    from datetime import UTC, datetime, time

    found = assess(
        [
            series(DATABASES, "bytes", 40 * GIB, 0.1 * GIB, days),
            series(CONNECTIONS, "connections", 20, 0, days),
            series(CONNECTIONS_LIMIT, "connections", 195, 0, days),
            series("table shop.<orders>", "bytes", 9 * GIB, 0.05 * GIB, days),
        ],
        [DatabaseRoom(node="primary", allocated_bytes=100 * GIB)],
        [],
        datetime.combine(date_of(FIRST + days), time(12), UTC),
        statements=[ROW],
        sources=[Source(node="primary", kind="samples", series=4, since=date_of(FIRST), until=date_of(FIRST + days))],
        missing=["standby: does not answer"],
    )
    first, *rest = found.limits
    advised = replace(first, recommendation=ADVICE) if first.date else first
    return replace(found, limits=(advised, *rest))


@pytest.fixture(scope="module")
def report() -> CapacityReport:
    return year()


@pytest.fixture(scope="module")
def room(report: CapacityReport) -> ConnectionBudget:
    limits = {"shop_app_a": None, "shop_migrator_a": 5}
    return budget("shop_app_a", limits, Capacity(max_connections=200), Application(instances=9), report.connections[0])


def test_json_has_the_shape_that_scripts_read(report: CapacityReport, room: ConnectionBudget) -> None:
    found = json.loads(json.dumps(as_json(report, room), default=str))
    assert set(found) == {
        "at", "limits", "budget", "connections", "growth", "statements", "sources", "missing",
    }  # fmt: skip
    storage, connections = found["limits"]
    assert {"name", "now", "limit", "date", "interval", "confidence", "recommendation"} <= set(storage)
    assert (storage["name"], storage["date"], storage["confidence"]) == ("storage", "2027-05-16", "good")
    assert storage["interval"][0] <= storage["date"] <= storage["interval"][1]
    assert storage["recommendation"]["lines"] == ["data-tier:postgres: {storage: {allocated: 150}}"]
    assert (connections["date"], connections["interval"], connections["recommendation"]) == (None, [None, None], None)
    assert (found["budget"]["fits"], found["budget"]["usable"]) == (False, 200)
    assert (found["connections"][0]["peak"], found["connections"][0]["p99"]) == (20, 20)


def test_the_words(report: CapacityReport) -> None:
    storage, connections = report.limits
    assert verdict(report) == "1 limit is reached within twelve months, on 2027-05-16"
    assert (share(storage), share(connections)) == ("78 % of 90.0 GiB", "10 % of 195")
    assert (when(storage, [storage]), when(storage, []), when(connections, [])) == (
        "2027-05-16", "RDS grows it", "not foreseen",
    )  # fmt: skip
    assert between(replace(storage, interval=(storage.interval[0], None))).endswith(" at the earliest")
    assert title(storage) == "storage of primary"
    assert title(replace(storage, name="basket memory", node="basket")) == "basket memory"
    assert title(replace(storage, name="basket memory", node="basket/basket-001")) == "basket memory of basket-001"
    assert verdict(replace(report, limits=())) == "no server was seen, so nothing can be said"
    short = year(9)
    assert verdict(short) == "too little history to say when anything runs out"
    assert {when(each, []) for each in short.limits} == {"too little history"}


def shown(
    report: CapacityReport, room: ConnectionBudget | None, *, width: int | None = 80, colour: bool = False
) -> str:
    stream = io.StringIO()
    terminal = width is not None
    out = Console(
        file=stream, force_terminal=terminal, width=width or 10**6, highlight=False, soft_wrap=True, emoji=False,
        no_color=not colour, color_system="standard" if colour else None,
    )  # fmt: skip
    show(out, "live", report, room)
    return stream.getvalue()


def test_in_a_terminal_there_is_a_chart_and_in_a_pipe_a_line_for_each(
    report: CapacityReport, room: ConnectionBudget
) -> None:
    terminal, pipe = shown(report, room), shown(report, room, width=None)
    assert "█" in terminal
    assert "░" in terminal
    assert "today" in terminal
    assert not set("█░─") & set(pipe)
    (storage,) = [line for line in pipe.splitlines() if line.startswith("storage  ")]
    assert storage.split() == ["storage", "primary", "78", "%", "of", "90.0", "GiB", "2027-05-16", *storage.split()[8:]]
    for text in (terminal, pipe):
        assert "data-tier:postgres: {storage: {allocated: 150}}" in text
        assert "not seen standby: does not answer" in text
        assert "\x1b]" not in text
    assert "\x1b[" not in pipe
    assert "\x1b[" in shown(report, room, colour=True)


def test_the_same_change_is_said_once(report: CapacityReport) -> None:
    twice = replace(report, limits=(report.limits[0], replace(report.limits[0], name="memory")))
    for text in (shown(twice, None), markdown("live", twice, None), page("live", twice, None)):
        assert text.count("Grows without a pause") == 1
        assert text.lower().count("the same change as for storage of primary") == 1


@pytest.mark.parametrize("width", [60, 80, 100])
def test_a_chart_keeps_to_its_width_and_marks_the_limit_and_the_date(report: CapacityReport, width: int) -> None:
    lines = chart(report.limits[0], report.at, width)
    assert len(lines) == ROWS + 1
    assert max(map(len, lines)) <= width
    assert "90.0 GiB" in "".join(lines)
    assert "2027-05-16" in lines[-1]
    # What was rises to the left of today, and what is likely is shaded to the right of it.
    today = lines[-1].index("today")
    assert lines[-2][13] == "█"
    assert "░" not in "".join(line[13:today] for line in lines)


def test_a_chart_needs_room_and_a_history(report: CapacityReport) -> None:
    assert chart(report.limits[0], report.at, 30) == []
    assert chart(replace(report.limits[0], history=None), report.at, 80) == []


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in ("meta", "path", "line"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_says_in_words_what_its_plots_show(
    report: CapacityReport, room: ConnectionBudget
) -> None:
    text = page("live & well", report, room)
    found = _Page()
    found.feed(text)
    assert found.open == []
    tags = [tag for tag, _ in found.seen]
    assert "script" not in tags
    assert tags.count("svg") == tags.count("figure") == 2
    labels = [attributes["aria-label"] for tag, attributes in found.seen if tag == "svg"]
    assert labels[0] == f"storage of primary over time; runs out: 2027-05-16, {between(report.limits[0])}"
    assert labels[1] == "connections of primary over time; runs out: not foreseen"
    kinds = [attributes.get("class") for tag, attributes in found.seen if tag in ("path", "line")]
    assert kinds == ["may", "likely", "history", "limit", "today", "then", "history", "limit"]
    assert "<code>data-tier:postgres: {storage: {allocated: 150}}</code>" in text
    assert "prefers-color-scheme: dark" in text
    assert "&lt;script&gt;" in text
    assert "live &amp; well" in text


def test_the_page_is_not_green_while_something_is_unknown(report: CapacityReport) -> None:
    quiet = replace(report, limits=report.limits[1:])
    green, unsure = '<span class="verdict passed">nothing runs out<', '<span class="verdict error">not all can be said<'
    assert green in page("live", quiet, None)
    for each in (year(9), replace(report, limits=())):
        assert unsure in page("live", each, None)


def test_nothing_on_the_page_is_drawn_to_the_left_or_below(report: CapacityReport) -> None:
    drawn = re.findall(r' d="([^"]+)"', page("live", report, None))
    numbers = [float(each) for path in drawn for each in re.findall(r"-?[\d.]+", path)]
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
    assert all(0 <= x <= 100 and y <= 100 for x, y in pairs)


def test_markdown_has_one_row_for_each_limit_and_nothing_breaks_out(
    report: CapacityReport, room: ConnectionBudget
) -> None:
    text = markdown("live", report, room)
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) == 1 + len(report.limits)
    assert all(row.count("|") == 7 for row in rows)
    assert "**2027-05-16**" in rows[1]
    assert "```yaml\ndata-tier:postgres: {storage: {allocated: 150}}\n```" in text
    assert "shop.&lt;orders>" in text
    assert "\n- standby: does not answer\n" in text


def test_a_limit_without_a_history_is_shown_too() -> None:
    bare = Limit(
        name="memory", node="primary", unit="bytes", now=GIB, limit=None, date=None, interval=(None, None),
        confidence="none", why="nobody says how much", too_little=True,
    )  # fmt: skip
    from datetime import UTC, datetime

    found = CapacityReport(at=datetime(2027, 1, 1, tzinfo=UTC), limits=(bare,), growth=())
    assert "nobody says how much" in page("live", found, None)
    assert "1.0 GiB" in markdown("live", found, None)
    assert "too little history" in shown(found, None)
