"""The page: what it is given, what it refuses, and that nothing of it comes from elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from threading import Thread

import pytest

from boards.expression import Metric, Rate
from boards.page.kept import Kept, called, moment
from boards.page.live import Live
from boards.page.server import NoChartsError, PageServer, Site, plotly
from boards.panels.catalogue import BOARDS
from boards.panels.panel import Board, Line, Panel
from boards.rules.catalogue import rules
from observe.metrics.exporter import Exporter
from observe.metrics.family import Family, Sample, gauge
from observe.metrics.source import Scrape

HEALTH = {"ok": False, "nodes": [{"name": "standby", "engine": "postgres", "up": False}], "checks": []}
GRAPH = Panel(id="graph", title="G", says="", unit="ops", lines=(Line(Rate(Metric("n")), "{{instance}} {{table}}"),))
LIST = Panel(id="list", title="L", says="", unit="none", form="list", lines=(Line(Metric("up")),))
TWO = (Board(id="two", title="Two", panels=(GRAPH, LIST)),)


def counted(value: float) -> Family:
    return Family("n", "counter", "", (Sample((("table", "orders"),), value),))


class Node:
    """A source of the exporter."""

    name = "primary"

    def scrape(self, deadline: float) -> Scrape:
        return Scrape(families=(gauge("pg_up", "", 1), gauge("datatier_up", "", 1)))

    def absent(self) -> Scrape:
        return Scrape(families=(gauge("pg_up", "", 0),))

    def close(self) -> None:
        pass


@pytest.fixture
def live() -> Iterator[Live]:
    exporter = Exporter([Node()], "shop-live")
    yield Live("shop-live", exporter, BOARDS, rules({}), lambda: HEALTH)
    exporter.close(1)


@pytest.fixture
def get(live: Live) -> Iterator[Callable[..., tuple[int, dict[str, str], str]]]:
    """Ask the page over a real socket: status, headers, body."""
    server = PageServer("127.0.0.1", 0, Site(live.text))
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    port = int(server.server_address[1])

    def ask(path: str, host: str = "127.0.0.1:{port}", method: str = "GET") -> tuple[int, dict[str, str], str]:
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request(method, path, headers={"Host": host.format(port=port)})
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        return answer.status, dict(answer.getheaders()), body

    yield ask
    server.shutdown()
    server.server_close()


def test_it_listens_where_only_ipv6_reaches_it(live: Live) -> None:
    server = PageServer("::1", 0, Site(live.text))
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    assert server.place == f"[::1]:{server.server_port}"
    connection = HTTPConnection("::1", server.server_port, timeout=10)
    connection.request("GET", "/data.json")
    assert connection.getresponse().status == 200
    connection.close()
    server.shutdown()
    server.server_close()


def test_values_are_kept_for_their_time_and_only_new_ones_are_given_again() -> None:
    kept = Kept(TWO, seconds=60)
    for at, count, up in ((100, 10, 1), (110, 30, 1), (150, 70, 1), (175, 80, 0)):
        kept.add(at, [("primary", (counted(count), gauge("up", "", up)))])
    assert kept.at == 175
    # The first reading has no rate, the second's is too old by now; at 175 a minute goes back to the reading at 150.
    assert kept.series("graph", 0, newest=False) == [
        {"name": "primary orders", "x": [150, 175], "y": [60 / 50, 10 / 25]}
    ]
    assert [each["x"] for each in kept.series("graph", 150, newest=False)] == [[175]]
    assert kept.series("list", 0, newest=True) == [{"name": "primary", "x": [175], "y": [0]}]


def test_a_list_has_only_what_was_there_at_the_last_reading() -> None:
    kept = Kept(TWO)
    kept.add(100, [("primary", (gauge("up", "", 1),)), ("standby", (gauge("up", "", 1),))])
    kept.add(105, [("primary", (gauge("up", "", 1),))])
    assert [each["name"] for each in kept.series("list", 0, newest=True)] == ["primary"]


def test_only_families_that_a_panel_reads_are_kept_and_no_part_of_a_histogram() -> None:
    histogram = Family("h", "histogram", "", (Sample((("le", "1"),), 3, "_bucket"), Sample((), 4)))
    found = moment([("a", (gauge("up", "", 1), counted(2), histogram))], {"up", "h"})
    assert found == {"up": {frozenset({("instance", "a")}): 1}, "h": {frozenset({("instance", "a")}): 4}}


@pytest.mark.parametrize(
    ("legend", "said"),
    [("{{instance}}", "primary"), ("{{instance}} {{state}} now", "primary now"), ("all", "all"), ("{{absent}}", "")],
)
def test_a_legend_names_the_series(legend: str, said: str) -> None:
    assert called(legend, frozenset({("instance", "primary")})) == said


def test_the_document_has_every_panel_the_health_and_the_stack(live: Live) -> None:
    live.read()
    live.judge()
    document = json.loads(live.text(0))
    assert (document["stack"], document["health"], document["seconds"]) == ("shop-live", HEALTH, 5)
    panels = {panel["id"]: panel for board in document["boards"] for panel in board["panels"]}
    assert set(panels) == {panel.id for board in BOARDS for panel in board.panels}
    assert panels["up"]["series"] == [{"name": "primary", "x": [document["at"]], "y": [1]}]
    assert [(each["value"], each["severity"]) for each in panels["connections"]["limits"]] == [
        (0.8, "warning"),
        (0.9, "critical"),
    ]
    assert all(limit["source"] for panel in panels.values() for limit in panel["limits"])


Get = Callable[..., tuple[int, dict[str, str], str]]


@pytest.mark.parametrize("path", ["/", "/page.css", "/page.js", "/data.json"])
def test_nothing_of_the_page_refers_to_another_host(get: Get, live: Live, path: str) -> None:
    live.read()
    status, headers, body = get(path)
    assert status == 200
    assert not re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", body)
    # What plotly.js might ask for (maps, fonts) the browser does not let it have.
    policy = dict(each.split(" ", 1) for each in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert {word for words in policy.values() for word in words.split()} <= {
        "'none'",
        "'self'",
        "'unsafe-inline'",
        "data:",
        "blob:",
    }
    assert "'unsafe-inline'" not in policy["script-src"]


def test_what_the_page_loads_is_there(get: Get) -> None:
    _, _, page = get("/")
    loaded = re.findall(r'(?:src|href)="(/[^"]+)"', page)
    assert loaded == ["/page.css", "/plotly.js", "/page.js"]
    assert [get(path, method="HEAD")[0] for path in loaded] == [200, 200, 200]
    script = get("/page.js")[2]
    assert set(re.findall(r'by\("([\w-]+)"\)', script)) <= set(re.findall(r'id="([\w-]+)"', page))


@pytest.mark.parametrize(
    ("path", "host", "status"),
    [
        ("/data.json", "127.0.0.1:{port}", 200),
        ("/data.json", "localhost:{port}", 200),
        ("/data.json", "[::1]:{port}", 200),
        ("/data.json", "rebound.example:{port}", 421),
        ("/", "127.0.0.1", 421),
        ("/", "", 421),
        ("/data.json?since=12.5", "127.0.0.1:{port}", 200),
        ("/data.json?since=x", "127.0.0.1:{port}", 400),
        ("/../pyproject.toml", "127.0.0.1:{port}", 404),
        ("/page.py", "127.0.0.1:{port}", 404),
    ],
)
def test_only_this_computer_s_names_and_the_page_s_paths_are_answered(
    get: Get, path: str, host: str, status: int
) -> None:
    assert get(path, host)[0] == status


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_page_only_reads(get: Get, method: str) -> None:
    assert get("/data.json", method=method)[0] == 501


def test_without_the_charts_the_sentence_says_what_installs_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("boards.page.server.find_spec", lambda _: None)
    with pytest.raises(NoChartsError, match="`make dashboard` installs them"):
        plotly()
