"""Pipelines whose replies are read a whole batch at once, at a quarter of what redis-py's parser takes.

All replies but the last are of one line each (integers, simple strings, errors, a nil), which one `split` parts; the
last is SCAN's, whose keys may hold any bytes. redis-py makes the connection (TLS, login), and its socket is used:
replies are of RESP2, which the openers of this project ask for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from bootstrap.errors import BootstrapError

if TYPE_CHECKING:
    import redis

_CHUNK = 1 << 16


class WireError(BootstrapError):
    """A node went away in the middle, or answered what it never should."""


class ReplyError(BootstrapError):
    """The node answered a command with an error."""

    @property
    def denied(self) -> bool:
        """Whether the user may not."""
        return str(self).startswith("NOPERM")


class Wire:
    """One connection to a node."""

    def __init__(self, client: redis.Redis) -> None:
        """`client` is logged in; its connection is this object's until the client is closed."""
        # redis-py gives no socket to the outside; without a parser of its own in between nothing is read ahead.
        connection: Any = client.connection_pool.get_connection()
        self._socket = connection._sock

    def ask(self, *words: bytes) -> bytes:
        """The line that one command is answered with. Raise ReplyError or WireError."""
        line = self.ask_one(command(*words))
        if line[:1] == b"-":
            raise ReplyError(line[1:].decode("utf-8", "replace"))
        return line[1:]

    def ask_one(self, sent: bytes) -> bytes:
        """The line that one command is answered with, be it an error. Raise WireError."""
        return self.lines(sent, 1)[0]

    def lines(self, commands: bytes, count: int) -> list[bytes]:
        """The lines of `count` replies of one line each; errors and nils are lines like any."""
        self.send(commands)
        read = self.receive()
        while read.count(b"\r\n") < count:
            read += self.receive()
        found = read.split(b"\r\n")
        if len(found) != count + 1 or found[-1]:
            raise WireError("the node's answers are not those to what was asked")
        return found[:-1]

    def scan(self, commands: bytes, count: int) -> tuple[list[bytes], bytes, list[bytes]]:
        """The lines of all replies but the last, which is SCAN's: its cursor and its keys. Raise ReplyError of SCAN."""
        self.send(commands)
        read = self.receive()
        while True:
            parts = read.split(b"\r\n", count)
            if len(parts) == count + 1 and (page := _page(parts[-1])) is not None:
                return parts[:-1], *page
            read += self.receive()

    def send(self, commands: bytes | memoryview) -> None:
        """Send commands whose replies somebody reads by `receive`. Raise WireError."""
        try:
            self._socket.sendall(commands)
        except OSError as error:
            raise WireError(f"the connection broke: {error}") from None

    def receive(self) -> bytes:
        """The next bytes of the replies. Raise WireError."""
        try:
            read: bytes = self._socket.recv(_CHUNK)
        except TimeoutError:
            raise WireError("the node does not answer") from None
        except OSError as error:
            raise WireError(f"the connection broke: {error}") from None
        if not read:
            raise WireError("the node closed the connection")
        return read


def command(*words: bytes) -> bytes:
    """A command as it is sent."""
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)


def details(keys: Iterable[bytes], *, frequency: bool) -> bytes:
    """What is asked of each key: three commands, and a fourth where the policy counts accesses."""
    made = []
    for key in keys:
        n = len(key)
        made.append(
            b"*2\r\n$4\r\nTYPE\r\n$%d\r\n%b\r\n*2\r\n$4\r\nPTTL\r\n$%d\r\n%b\r\n"
            b"*3\r\n$6\r\nMEMORY\r\n$5\r\nUSAGE\r\n$%d\r\n%b\r\n" % (n, key, n, key, n, key)
        )
        if frequency:
            made.append(b"*3\r\n$6\r\nOBJECT\r\n$4\r\nFREQ\r\n$%d\r\n%b\r\n" % (n, key))
    return b"".join(made)


def _page(reply: bytes) -> tuple[bytes, list[bytes]] | None:
    """Cursor and keys of SCAN's reply; None where not all of it is there yet. Raise ReplyError."""
    if reply[:1] == b"-" and reply.endswith(b"\r\n"):
        raise ReplyError(reply[1:-2].decode("utf-8", "replace"))
    parts = reply.split(b"\r\n")
    if len(parts) < 5:
        return None
    # *2, $n, cursor, *m, then $length and key for each of m.
    cursor, keys = parts[2], parts[5::2]
    if len(parts) == 5 + 2 * int(parts[3][1:]) and not parts[-1]:
        keys = parts[5:-1:2]
        if [b"$%d" % len(key) for key in keys] == parts[4:-1:2]:
            return cursor, keys
    return _slowly(reply, cursor, parts)


def _slowly(reply: bytes, cursor: bytes, parts: Sequence[bytes]) -> tuple[bytes, list[bytes]] | None:
    """The same for keys with line breaks in them."""
    at = sum(len(part) + 2 for part in parts[:4])
    keys = []
    for _ in range(int(parts[3][1:])):
        end = reply.find(b"\r\n", at)
        if end < 0:
            return None
        length = int(reply[at + 1 : end])
        at = end + 2 + length + 2
        if at > len(reply):
            return None
        keys.append(reply[end + 2 : at - 2])
    return (cursor, keys) if at == len(reply) else None
