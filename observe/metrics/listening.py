"""A server of HTTP that listens: on IPv4 or IPv6, a thread for each request."""

from __future__ import annotations

import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD by `do_GET`, says who it is without versions, and logs no request."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer; without a body where `command` is HEAD."""
        raise NotImplementedError

    def do_HEAD(self) -> None:
        self.do_GET()

    def version_string(self) -> str:
        return "datatier"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 as the base class calls it
        """A line for each request would be most of a log."""


class Listening(ThreadingHTTPServer):
    """Listens; no thread of a request holds up the end of the process."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, host: str, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        """Bind; raise OSError where that cannot be."""
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), handler)

    def server_bind(self) -> None:
        """Bind without the look-up of this computer's name, which http.server makes and which may take long."""
        socket.socket.bind(self.socket, self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    @property
    def place(self) -> str:
        """`HOST:PORT` as a URL has it, an IPv6 address in brackets."""
        host = f"[{self.server_name}]" if ":" in self.server_name else self.server_name
        return f"{host}:{self.server_port}"
