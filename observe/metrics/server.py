"""The exporter over HTTP: `/metrics`, `/health`, `/probe`, and an index."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Callable, Mapping
from http import HTTPStatus
from threading import Lock
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from bootstrap.errors import BootstrapError
from clients.errors import EmptySecretError, NoLoginError
from observe.health.report import HealthReport
from observe.metrics.exporter import Exporter, UnknownNodeError
from observe.metrics.listening import Handler, Listening
from observe.metrics.probe import ProbeError, Prober
from observe.metrics.text import CONTENT_TYPE

SECONDS = 5.0
"""How long a scrape may take whose timeout is not known."""
OFFSET = 0.5
"""Seconds that are left of Prometheus's timeout for the way there and back, as blackbox_exporter leaves them."""
LEAST, MOST = 0.5, 60.0
_PLAIN = "text/plain; charset=utf-8"


class Answer(NamedTuple):
    """What a path answers."""

    status: HTTPStatus
    kind: str
    """Content type."""
    body: str


class Service:
    """What each path answers; knows nothing of sockets."""

    def __init__(self, exporter: Exporter, prober: Prober, look: Callable[[], HealthReport]) -> None:
        """Keep what is asked.

        :param look: at all servers, not by two threads at once.
        """
        self._exporter = exporter
        self._prober = prober
        self._look = look
        self._looking = Lock()

    def get(self, path: str, timeout: str | None) -> Answer:
        """Answer a path with its query.

        :param timeout: the header `X-Prometheus-Scrape-Timeout-Seconds`.
        """
        parts = urlsplit(path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        seconds = scrape_seconds(timeout)
        try:
            match parts.path:
                case "/metrics":
                    return Answer(HTTPStatus.OK, CONTENT_TYPE, self._exporter.text(seconds, query.get("node")))
                case "/probe":
                    return Answer(HTTPStatus.OK, CONTENT_TYPE, self._probe(query, seconds))
                case "/health":
                    return self._health()
                case "/":
                    return Answer(HTTPStatus.OK, _PLAIN, self._index())
        except (UnknownNodeError, ProbeError) as error:
            return Answer(HTTPStatus.BAD_REQUEST, _PLAIN, f"{error}\n")
        return Answer(HTTPStatus.NOT_FOUND, _PLAIN, f"no such page: {self._index()}")

    def _probe(self, query: Mapping[str, str], seconds: float) -> str:
        return self._prober.text(query.get("target"), query.get("module"), seconds)

    def _health(self) -> Answer:
        try:
            with self._looking:
                report = self._look()
        except (BootstrapError, NoLoginError, EmptySecretError) as error:
            return Answer(HTTPStatus.SERVICE_UNAVAILABLE, _PLAIN, f"{error}\n")
        status = HTTPStatus.OK if report.ok else HTTPStatus.SERVICE_UNAVAILABLE
        return Answer(status, "application/json", json.dumps(report.data()) + "\n")

    def _index(self) -> str:
        lines = ["/metrics", *(f"/metrics?node={each}" for each in self._exporter.names), "/health"]
        return "\n".join([*lines, *(f"/probe?target={each}" for each in self._prober.names)]) + "\n"


def scrape_seconds(timeout: str | None) -> float:
    """How long a scrape may take by its header; SECONDS without one or with one that is no number."""
    try:
        asked = float(timeout or "")
    except ValueError:
        return SECONDS
    return min(MOST, max(LEAST, asked - OFFSET)) if asked > 0 else SECONDS


class Server(Listening):
    """Listens; a thread for each request."""

    def __init__(self, host: str, port: int, service: Service) -> None:
        """Bind; raise OSError where that cannot be."""
        self.service = service
        super().__init__(host, port, _Handler)

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 as the base class has it
        """Say what was our fault; a client that went away is nobody's."""
        error = sys.exception()
        if not isinstance(error, OSError):
            sys.stderr.write(f"a request failed: {type(error).__name__}: {error}\n")


class _Handler(Handler):
    server: Server
    timeout = 10.0
    """Seconds that a client may take to say something, or to take what it asked for."""

    def do_GET(self) -> None:  # noqa: N802 as http.server looks for it
        answer = self.server.service.get(self.path, self.headers.get("X-Prometheus-Scrape-Timeout-Seconds"))
        body = answer.body.encode()
        zipped = "gzip" in self.headers.get("Accept-Encoding", "") and len(body) > 1400
        if zipped:
            body = gzip.compress(body, 1)
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(body)))
        if zipped:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
