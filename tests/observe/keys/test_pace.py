"""How hard a scan works, from what its batches and PINGs took; and the replies that it reads."""

from __future__ import annotations

import socket
from types import SimpleNamespace
from typing import Any

import pytest

from observe.keys.pace import FIRST, LEAST, MOST, Pace
from observe.keys.wire import ReplyError, Wire, WireError

IDLE = [0.0001] * 45 + [0.0002] * 5


@pytest.mark.parametrize(
    ("trip", "per_key", "rounds", "batch", "paused"),
    [
        (0.0001, 0.000001, 6400, MOST, False),
        # 40 us more than a PING at the least batch: within half of the p95.
        (0.0001, 0.000005, 6400, range(12, 30), False),
        # 240 us for the least batch: only pauses help, until it is a twentieth of the time.
        (0.0001, 0.00003, 6400, LEAST, True),
        # A node that others have slowed down.
        (0.0004, 0.000001, 320, LEAST, True),
    ],
)
def test_a_batch_takes_what_nobody_feels(
    trip: float, per_key: float, rounds: int, batch: int | range, paused: bool
) -> None:
    pace = Pace(IDLE)
    assert (pace.batch, pace.pause) == (FIRST, 0)
    for number in range(rounds):
        if number % 8 == 0:
            pace.answered(trip)
        taken = trip + pace.batch * per_key
        pace.served(taken, taken + pace.pause)
    assert pace.batch in (batch if isinstance(batch, range) else [batch])
    assert (pace.pause > 0) is paused
    if paused:
        busy = LEAST * per_key / (trip + LEAST * per_key + pace.pause)
        assert LEAST * per_key * (1 - 0.05 / busy) < 0.00012


def test_a_node_that_is_slow_for_good_becomes_the_usual() -> None:
    pace = Pace(IDLE)
    for _ in range(60_000):
        pace.answered(0.0004)
        pace.served(0.0004, 0.0005)
    assert (pace.batch, pace.pause) == (MOST, 0)


def wire(*pieces: bytes) -> Wire:
    """What has been sent in these pieces and is over."""

    class Pieces:
        def __init__(self) -> None:
            self.left = list(pieces)

        def sendall(self, _: bytes) -> None:
            pass

        def recv(self, _: int) -> bytes:
            return self.left.pop(0) if self.left else b""

    connection: Any = SimpleNamespace(_sock=Pieces())
    client: Any = SimpleNamespace(connection_pool=SimpleNamespace(get_connection=lambda: connection))
    return Wire(client)


REPLY = b"+hash\r\n:-1\r\n$-1\r\n*2\r\n$2\r\n17\r\n*3\r\n$6\r\na\r\n$3\r\r\n$0\r\n\r\n$2\r\nok\r\n"


@pytest.mark.parametrize("at", range(1, len(REPLY)))
def test_a_reply_in_two_pieces_is_read_whole(at: int) -> None:
    assert wire(REPLY[:at], REPLY[at:]).scan(b"", 3) == (
        [b"+hash", b":-1", b"$-1"],
        b"17",
        [b"a\r\n$3\r", b"", b"ok"],
    )


@pytest.mark.parametrize(
    ("reply", "error", "said"),
    [
        (b"+a\r\n-NOPERM no\r\n", ReplyError, "NOPERM no"),
        (b"+a\r\n", WireError, "closed the connection"),
        (b"", WireError, "closed the connection"),
    ],
)
def test_what_is_no_page_is_an_error(reply: bytes, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        wire(reply).scan(b"", 1)


def test_a_node_that_says_nothing_is_an_error() -> None:
    one, other = socket.socketpair()
    with one, other:
        one.settimeout(0.01)
        connection: Any = SimpleNamespace(_sock=one)
        client: Any = SimpleNamespace(connection_pool=SimpleNamespace(get_connection=lambda: connection))
        with pytest.raises(WireError, match="does not answer"):
            Wire(client).ask(b"PING")


def test_an_answer_too_many_is_an_error() -> None:
    with pytest.raises(WireError, match="not those to what was asked"):
        wire(b"+a\r\n+b\r\n").lines(b"", 1)
