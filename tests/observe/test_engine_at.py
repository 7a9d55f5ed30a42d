"""A port of one engine is known by its answer, whoever was expected there."""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from postgres_server import free_port
from real_servers import Postgres, Valkey

from observe.engine_at import engine_at

pytestmark = pytest.mark.server


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("observe.engine_at.SECONDS", 2)  # this computer may be busy


def test_each_engine_is_known_by_its_answer(postgres18: Postgres, valkey_server: Valkey) -> None:
    assert engine_at("127.0.0.1", postgres18.port) == "PostgreSQL"
    assert engine_at("127.0.0.1", valkey_server.port) == "Redis"


def test_a_web_server_is_none_of_them() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        assert engine_at("127.0.0.1", server.server_port) == "HTTP"
        server.shutdown()


def test_nobody_and_somebody_who_says_nothing() -> None:
    assert engine_at("127.0.0.1", free_port()) is None
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert engine_at("127.0.0.1", silent.getsockname()[1]) is None
