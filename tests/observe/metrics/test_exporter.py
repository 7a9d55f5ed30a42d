"""All sources at once: late ones, broken ones, and who asks meanwhile. And what each path of the server answers."""

from __future__ import annotations

import gzip
import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from threading import Event, Thread

import pytest

from bootstrap.secrets import LoginError
from clients.errors import EmptySecretError
from observe.health.report import Health, HealthReport
from observe.metrics.exporter import Exporter, UnknownNodeError
from observe.metrics.family import gauge
from observe.metrics.probe import Prober
from observe.metrics.server import Server, Service, scrape_seconds
from observe.metrics.source import Refused, Scrape
from observe.metrics.text import CONTENT_TYPE
from observe.node import PostgresNode, RedisNode


class Made:
    """A source that answers at once, or once it is let."""

    def __init__(self, name: str, *, held: bool = False, broken: bool = False) -> None:
        self.name = name
        self.let = Event()
        self.begun = Event()
        self.scrapes = 0
        self.closed = 0
        self._broken = broken
        if not held:
            self.let.set()

    def scrape(self, deadline: float) -> Scrape:
        self.scrapes += 1
        self.begun.set()
        if self._broken:
            raise ZeroDivisionError("a fault")
        self.let.wait(20)
        up = gauge("shop_up", "Up.", 1)
        return Scrape(families=[up], refused=[Refused("shop_x", 'no "x"', "")] * 2, ages={"stats": 0})

    def absent(self) -> Scrape:
        return Scrape(families=[gauge("shop_up", "Up.", 0)])

    def close(self) -> None:
        self.closed += 1


def _series(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith(("#", "process_"))]


def test_each_node_is_an_instance() -> None:
    exporter = Exporter([Made("primary"), Made("basket/main-001")], "shop-prod")
    assert _series(exporter.text(5)) == [
        'datatier_group_age_seconds{instance="shop-prod/primary",group="stats"} 0',
        'datatier_group_age_seconds{instance="shop-prod/basket/main-001",group="stats"} 0',
        'datatier_metric_refused{instance="shop-prod/primary",metric="shop_x",reason="no \\"x\\"",grant=""} 1',
        'datatier_metric_refused{instance="shop-prod/basket/main-001",metric="shop_x",reason="no \\"x\\"",grant=""} 1',
        'shop_up{instance="shop-prod/primary"} 1',
        'shop_up{instance="shop-prod/basket/main-001"} 1',
    ]
    assert _series(exporter.text(5, "primary"))[-1] == "shop_up 1"
    assert "process_open_fds " in exporter.text(5)
    with pytest.raises(UnknownNodeError, match=r"^no node `replica`: primary, basket/main-001$"):
        exporter.text(5, "replica")


def test_what_two_sources_of_a_node_lack_is_one_series() -> None:
    exporter = Exporter([Made("primary"), Made("primary"), Made("standby")], "shop-prod")
    assert [line for line in _series(exporter.text(5)) if line.startswith("datatier_metric_refused")] == [
        'datatier_metric_refused{instance="shop-prod/primary",metric="shop_x",reason="no \\"x\\"",grant=""} 1',
        'datatier_metric_refused{instance="shop-prod/standby",metric="shop_x",reason="no \\"x\\"",grant=""} 1',
    ]


def test_a_silent_one_holds_up_no_other_and_takes_one_thread() -> None:
    said: list[str] = []
    silent, broken = Made("silent", held=True), Made("broken", broken=True)
    exporter = Exporter([silent, Made("well"), broken], "s", say=said.append)
    before = threading.active_count()
    for _ in range(5):
        assert _series(exporter.text(0.01))[-3:] == [
            'shop_up{instance="s/silent"} 0',
            'shop_up{instance="s/well"} 1',
            'shop_up{instance="s/broken"} 0',
        ]
    assert threading.active_count() == before + 3
    assert silent.scrapes == 1
    assert said == ["scrape of broken: ZeroDivisionError: a fault\n"] * 5
    silent.let.set()
    assert 'shop_up{instance="s/silent"} 1' in exporter.text(5)
    exporter.close(5)
    assert (silent.closed, broken.closed) == (1, 1)
    assert threading.active_count() == before


def test_who_asks_meanwhile_shares_the_scrape() -> None:
    slow = Made("slow", held=True)
    exporter = Exporter([slow], None)
    found: list[str] = []
    askers = [Thread(target=lambda: found.append(exporter.text(20))) for _ in range(4)]
    for each in askers:
        each.start()
    slow.begun.wait(20)
    while sum(each.is_alive() for each in askers) < 4:
        pass
    slow.let.set()
    for each in askers:
        each.join()
    assert [_series(each)[-1] for each in found] == ["shop_up 1"] * 4
    assert slow.scrapes <= 4
    exporter.close(5)


def test_a_source_that_was_never_asked_is_closed() -> None:
    source = Made("primary")
    Exporter([source], None).close(1)
    assert source.closed == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [(None, 5), ("", 5), ("soon", 5), ("nan", 5), ("0", 5), ("-3", 5), ("10", 9.5), ("0.6", 0.5), ("1e9", 60)],
)
def test_the_time_that_prometheus_gives(header: str | None, seconds: float) -> None:
    assert scrape_seconds(header) == seconds


def _postgres(seconds: int) -> object:
    raise LoginError("no", refused=True)


NODES: dict[str, PostgresNode | RedisNode] = {
    "primary": PostgresNode(name="primary", address="127.0.0.1:1", replica=False, connect=_postgres),  # type: ignore[arg-type]
    "basket": RedisNode(name="basket", cache="basket", address="127.0.0.1:1", connect=_postgres),  # type: ignore[arg-type]
}


def _health(*, up: bool) -> HealthReport:
    node = Health(name="primary", engine="postgres", role="primary", address="h:1", up=up, ms=1.5, findings=())
    return HealthReport(nodes=(node,))


def _service(look: Callable[[], HealthReport] = lambda: _health(up=True)) -> Service:
    return Service(Exporter([Made("primary"), Made("basket")], "shop"), Prober(lambda: NODES), look)


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        (
            "/",
            HTTPStatus.OK,
            "/metrics\n/metrics?node=primary\n/metrics?node=basket\n/health\n/probe?target=primary\n/probe?target=basket\n",
        ),
        ("/metrics?node=x", HTTPStatus.BAD_REQUEST, "no node `x`: primary, basket\n"),
        ("/probe", HTTPStatus.BAD_REQUEST, "no target ``: primary, basket\n"),
        ("/probe?target=x", HTTPStatus.BAD_REQUEST, "no target `x`: primary, basket\n"),
        (
            "/probe?target=primary&module=redis",
            HTTPStatus.BAD_REQUEST,
            "no module `redis` for primary: postgres, tcp\n",
        ),
        (
            "/probe?target=basket&module=http_2xx",
            HTTPStatus.BAD_REQUEST,
            "no module `http_2xx` for basket: redis, tcp\n",
        ),
    ],
)
def test_paths(path: str, status: HTTPStatus, body: str) -> None:
    answer = _service().get(path, None)
    assert (answer.status, answer.body) == (status, body)


@pytest.mark.parametrize(
    "query", ["primary", "primary&module=tcp", "basket", "basket&module=redis", "basket&module=tcp"]
)
def test_a_probe_that_fails_is_no_error(query: str) -> None:
    answer = _service().get(f"/probe?target={query}", "1")
    assert (answer.status, answer.kind) == (HTTPStatus.OK, CONTENT_TYPE)
    names = [line.partition(" ")[0] for line in answer.body.splitlines() if not line.startswith("#")]
    assert names == ["probe_duration_seconds", "probe_success"]
    assert answer.body.endswith("\nprobe_success 0\n")


def test_an_unknown_page() -> None:
    answer = _service().get("/metric", None)
    assert (answer.status, answer.body.partition("\n")[0]) == (HTTPStatus.NOT_FOUND, "no such page: /metrics")


@pytest.mark.parametrize(("up", "status"), [(True, HTTPStatus.OK), (False, HTTPStatus.SERVICE_UNAVAILABLE)])
def test_health_is_the_report(up: bool, status: HTTPStatus) -> None:
    answer = _service(lambda: _health(up=up)).get("/health", None)
    assert (answer.status, answer.kind, json.loads(answer.body)) == (status, "application/json", _health(up=up).data())


def test_a_look_that_fails_says_why() -> None:
    def look() -> HealthReport:
        raise EmptySecretError("the secret of `clerk` is empty")

    assert _service(look).get("/health", None) == (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "text/plain; charset=utf-8",
        "the secret of `clerk` is empty\n",
    )


@contextmanager
def _served() -> Iterator[http.client.HTTPConnection]:
    server = Server("127.0.0.1", 0, _service())
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    client = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    try:
        yield client
    finally:
        client.close()
        server.shutdown()
        server.server_close()
        thread.join()


def test_over_http() -> None:
    with _served() as client:
        client.request("GET", "/metrics", headers={"X-Prometheus-Scrape-Timeout-Seconds": "10"})
        plain = client.getresponse()
        text = plain.read().decode()
        assert (plain.status, plain.headers["Content-Type"], plain.headers["Content-Encoding"]) == (
            200,
            CONTENT_TYPE,
            None,
        )
        assert 'shop_up{instance="shop/primary"} 1\n' in text
        client.request(
            "GET", "/metrics", headers={"Accept-Encoding": "gzip"}
        )  # the same connection, as Prometheus does
        zipped = client.getresponse()
        assert zipped.headers["Content-Encoding"] == "gzip"
        assert _series(gzip.decompress(zipped.read()).decode()) == _series(text)
        client.request("HEAD", "/")
        assert client.getresponse().read() == b""
