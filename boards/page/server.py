"""The page over HTTP, for this computer alone."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from http import HTTPStatus
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from observe.metrics.listening import Handler, Listening

_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}
_HEADERS = {
    # plotly.js puts its styles into a <style>, and pictures that are saved come from a blob.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


class NoChartsError(RuntimeError):
    """The package that draws is not installed."""


class Answer(NamedTuple):
    """What a path answers."""

    status: HTTPStatus
    kind: str
    """Content type."""
    body: bytes
    zipped: bytes
    """The body as gzip, which every browser takes."""


class Site:
    """What each path answers; knows nothing of sockets."""

    def __init__(self, data: Callable[[float], str]) -> None:
        """Read the page's files. Raise NoChartsError.

        :param data: the document as JSON, with the points after a time.
        """
        self._data = data
        folder = files(__package__)
        self._files = {
            path: _answer(HTTPStatus.OK, _KINDS[Path(name).suffix], folder.joinpath(name).read_bytes())
            for path, name in (("/", "page.html"), ("/page.css", "page.css"), ("/page.js", "page.js"))
        }
        self._files["/plotly.js"] = _answer(HTTPStatus.OK, _KINDS[".js"], plotly().read_bytes())

    def get(self, path: str, host: str, port: int) -> Answer:
        """Answer a path with its query, for who asked for `host`.

        A name that is not this computer's is refused: a page elsewhere whose name was pointed at 127.0.0.1 would
        otherwise read what is here (DNS rebinding).
        """
        if host.lower() not in {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}:
            return _said(HTTPStatus.MISDIRECTED_REQUEST, f"Ask for http://127.0.0.1:{port}/.\n")
        parts = urlsplit(path)
        if parts.path == "/data.json":
            return self._document(parse_qs(parts.query))
        if parts.path in self._files:
            return self._files[parts.path]
        return _said(HTTPStatus.NOT_FOUND, "There is no such page.\n")

    def _document(self, query: Mapping[str, list[str]]) -> Answer:
        try:
            since = float(query.get("since", ["0"])[-1])
        except ValueError:
            return _said(HTTPStatus.BAD_REQUEST, "`since` is not a Unix time.\n")
        return _answer(HTTPStatus.OK, "application/json", self._data(since).encode())


def plotly() -> Path:
    """plotly.js of the installed package `plotly`, of which nothing else is used. Raise NoChartsError."""
    spec = find_spec("plotly")
    found = Path(spec.origin).parent / "package_data" / "plotly.min.js" if spec and spec.origin else None
    if found is None or not found.is_file():
        raise NoChartsError("the charts of the page are not installed: `make dashboard` installs them and opens it.")
    return found


def _said(status: HTTPStatus, sentence: str) -> Answer:
    return _answer(status, "text/plain; charset=utf-8", sentence.encode())


def _answer(status: HTTPStatus, kind: str, body: bytes) -> Answer:
    return Answer(status, kind, body, gzip.compress(body, 1))


class PageServer(Listening):
    """Listens; a thread for each request."""

    def __init__(self, host: str, port: int, site: Site) -> None:
        """Bind. Raise OSError where that cannot be."""
        self.site = site
        super().__init__(host, port, _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that went away is nobody's fault."""


class _Handler(Handler):
    server: PageServer
    timeout = 30.0

    def do_GET(self) -> None:  # noqa: N802 as http.server looks for it
        answer = self.server.site.get(self.path, self.headers.get("Host", ""), self.server.server_address[1])
        zipped = "gzip" in self.headers.get("Accept-Encoding", "")
        body = answer.zipped if zipped else answer.body
        self.send_response(answer.status)
        if zipped:
            self.send_header("Content-Encoding", "gzip")
        for name, value in {**_HEADERS, "Content-Type": answer.kind, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
