"""Which engine answers at a port, for whoever took one for the other. Nobody logs in."""

from __future__ import annotations

import re
import socket
import struct
from collections.abc import Mapping
from functools import partial

from observe.deadline import answers

SECONDS = 0.7
"""How long the greetings wait: the server has already failed to answer in the language that was expected."""
# PostgreSQL, Message Formats: SSLRequest, answered with one letter by any server since 7.1, GSSAPI or not.
_SSL_REQUEST = struct.pack("!ii", 8, 80877103)
# What Redis and Valkey answer whoever is not logged in; what HTTP servers say to a line that is none of theirs.
_GREETINGS: Mapping[str, tuple[bytes, re.Pattern[bytes]]] = {
    "PostgreSQL": (_SSL_REQUEST, re.compile(rb"[SNG]$")),
    "Redis": (b"PING\r\n", re.compile(rb"\+PONG|-(NOAUTH|NOPERM|ERR|DENIED|LOADING|MASTERDOWN|MISCONF)\b")),
    "HTTP": (b"GET / HTTP/1.0\r\n\r\n", re.compile(rb"HTTP/1\.")),
}


def engine_at(host: str, port: int) -> str | None:
    """`PostgreSQL`, `Redis` or `HTTP`; None where nobody answers, or in TLS alone."""
    greet = {name: partial(_says, host, port, greeting, answer) for name, (greeting, answer) in _GREETINGS.items()}
    return next((name for name, right in answers(greet, SECONDS).items() if right), None)


def _says(host: str, port: int, greeting: bytes, answer: re.Pattern[bytes]) -> bool:
    try:
        with socket.create_connection((host, port), SECONDS) as channel:
            channel.sendall(greeting)
            return answer.match(channel.recv(64)) is not None
    except OSError:
        return False
