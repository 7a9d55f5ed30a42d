"""A server that accepts and says nothing is waited for no longer than was asked: at login and in an open session."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis
from psycopg import pq
from real_servers import Postgres

from observe.deadline import SilentError, answers, cut


@contextmanager
def silent() -> Iterator[int]:
    """A port whose connections are accepted and never answered."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_what_is_done_in_time_is_returned_in_order_and_the_rest_is_left() -> None:
    never = threading.Event()
    work: dict[str, Callable[[], str]] = {
        "slow": lambda: "never" if never.wait() else "",
        "b": lambda: "second",
        "a": lambda: "third",
    }
    assert answers(work, 0.3) == {"b": "second", "a": "third"}
    assert list(answers({"b": work["b"], "a": work["a"]}, 5)) == ["b", "a"]
    never.set()


def test_a_fault_of_the_work_is_not_swallowed() -> None:
    def fail() -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        answers({"a": fail}, 5)


@pytest.fixture
def session(postgres18: Postgres) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with postgres18.superuser() as made:
        yield made


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.mark.server
def test_an_open_session_of_postgresql_that_falls_silent_is_cut(
    session: psycopg.Connection[tuple[object, ...]],
) -> None:
    with (
        stopped(session.info.backend_pid),
        pytest.raises(SilentError, match=r"^no answer in 0\.2 s$"),
        cut(session, 0.2),
    ):
        session.execute("SELECT 1")
    assert session.info.status is pq.ConnStatus.BAD


@pytest.mark.server
def test_who_catches_the_broken_session_still_learns_of_it(session: psycopg.Connection[tuple[object, ...]]) -> None:
    def swallow() -> None:
        try:
            session.execute("SELECT pg_sleep(30)")
        except psycopg.Error:
            return

    with pytest.raises(SilentError), cut(session, 0.2):
        swallow()


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.server
def test_in_time_nothing_is_cut_and_an_error_stays_what_it_is(session: psycopg.Connection[tuple[object, ...]]) -> None:
    for _ in range(3):
        with cut(session, 30):
            assert session.execute("SELECT 1").fetchone() == (1,)
    with pytest.raises(psycopg.errors.DivisionByZero), cut(session, 30):
        session.execute("SELECT 1/0")
    before = open_files()
    with cut(session, 30):
        session.execute("SELECT 1")
    assert open_files() == before


def test_a_client_of_redis_whose_server_says_nothing_is_cut() -> None:
    with (
        silent() as port,
        redis.Redis(port=port, socket_timeout=30, protocol=2, retry=None) as client,
        pytest.raises(SilentError),
        cut(client, 0.2),
    ):
        client.ping()
