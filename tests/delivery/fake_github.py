"""GitHub's REST API on loopback, as far as comments and issues go: it keeps them, and refuses what it does not know."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "the-token-of-a-job"
PAGE = 2
"""Items on a page here, so that a third one is on the next."""


@dataclass
class FakeGitHub:
    """What the repository `owner/name` holds, and what was asked."""

    url: str = ""
    comments: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    issues: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    refuse: int = 0
    """Status with which everything is answered, where it is not 0."""
    elsewhere: bool = False
    """Whether the next page is said to be at another server."""

    @property
    def environment(self) -> dict[str, str]:
        return {"GITHUB_TOKEN": TOKEN, "GITHUB_REPOSITORY": "owner/name", "GITHUB_API_URL": self.url}

    def add(self, number: int, body: str, kind: str = "User") -> None:
        self.comments.setdefault(number, []).append({"id": 900 + self._count(), "body": body, "user": {"type": kind}})

    def open(self, body: str | None, kind: str = "Bot", **more: Any) -> dict[str, Any]:
        made = {"number": len(self.issues) + 1, "body": body, "state": "open", "user": {"type": kind}, **more}
        self.issues.append(made)
        return made

    def _count(self) -> int:
        return sum(map(len, self.comments.values()))

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        assert path.startswith("/repos/owner/name/"), path
        rest = path.removeprefix("/repos/owner/name/")
        if found := re.fullmatch(r"issues/(\d+)/comments", rest):
            comments = self.comments.setdefault(int(found[1]), [])
            if method == "GET":
                return 200, comments
            assert set(body) == {"body"}
            self.add(int(found[1]), body["body"], "Bot")
            return 201, self._shown(comments[-1])
        if found := re.fullmatch(r"issues/comments/(\d+)", rest):
            each = next(c for many in self.comments.values() for c in many if c["id"] == int(found[1]))
            each["body"] = body["body"]
            return 200, self._shown(each)
        if rest == "issues" and method == "GET":
            return 200, [each for each in self.issues if each["state"] == "open"]
        if rest == "issues" and method == "POST":
            made = self.open(body["body"], title=body["title"])
            return 201, self._shown(made)
        if found := re.fullmatch(r"issues/(\d+)", rest):
            issue = self.issues[int(found[1]) - 1]
            assert set(body) <= {"body", "state", "state_reason"}
            issue.update(body)
            return 200, self._shown(issue)
        return 404, {"message": "Not Found"}

    def _shown(self, item: dict[str, Any]) -> dict[str, Any]:
        return {**item, "html_url": f"https://github.example/{item.get('number', item.get('id'))}"}


@contextmanager
def serve() -> Iterator[FakeGitHub]:
    held = FakeGitHub()

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else {}
            path, _, query = self.path.partition("?")
            held.asked.append(f"{self.command} {path}")
            if held.refuse or self.headers["Authorization"] != f"Bearer {TOKEN}":
                return self._send(held.refuse or 401, {"message": "Bad credentials"}, "")
            assert self.headers["Accept"] == "application/vnd.github+json"
            assert self.headers["X-GitHub-Api-Version"] == "2022-11-28"
            status, answer = held.answer(self.command, path, body)
            link = ""
            if isinstance(answer, list):
                assert "per_page=100" in query
                page = int((re.findall(r"[?&]page=(\d+)", self.path) or ["1"])[0])
                if answer[page * PAGE :]:
                    host = "http://127.0.0.2:9" if held.elsewhere else held.url
                    link = f'<{host}{path}?per_page=100&page={page + 1}>; rel="next", <{host}/x>; rel="last"'
                answer = answer[(page - 1) * PAGE : page * PAGE]
            return self._send(status, answer, link)

        do_GET = do_POST = do_PATCH = _any  # noqa: N815 names of http.server

        def _send(self, status: int, answer: Any, link: str) -> None:
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            if link:
                self.send_header("Link", link)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the name in http.server
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    held.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield held
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
