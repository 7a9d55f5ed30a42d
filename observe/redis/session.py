"""A connection to a Redis or Valkey node that is kept, and several commands on it in one round trip."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import redis

    from observe.node import RedisNode

Command = tuple[str, ...]


class BrokenError(Exception):
    """The node did not answer in time, or the connection is gone: the session is of no further use."""


class ReplyError(Exception):
    """What a node answered to one command instead of doing it."""

    @property
    def denied(self) -> bool:
        """Whether the user may not: the server has written it to ACL LOG and counted it."""
        return str(self).startswith("NOPERM")

    @property
    def unknown(self) -> bool:
        """Whether the server has no such command, or not under this name."""
        return str(self).startswith("ERR unknown ")


class RedisSession:
    """One logged in connection. Not for several threads at once."""

    def __init__(self, node: RedisNode, seconds: float) -> None:
        """Log in within so many seconds. Raise `LoginError`, `UrlError` or BrokenError."""
        import redis

        self._client: redis.Redis = node.connect(seconds)
        try:
            self._connection: Any = self._client.connection_pool.get_connection()
        except redis.RedisError as error:
            self._client.close()
            raise BrokenError(str(error)) from None

    @property
    def user(self) -> str:
        """Who is logged in."""
        return str(self._client.connection_pool.connection_kwargs.get("username") or "default")

    def ask(self, commands: Sequence[Command], deadline: float) -> list[Any]:
        """Send all and return the answers in their order: bytes, numbers, lists, None, or a `ReplyError`.

        Raise BrokenError.

        :param deadline: a moment of `time.monotonic()`.
        """
        import redis

        try:
            self._connection.send_packed_command(self._connection.pack_commands(commands), check_health=False)
            return [self._answer(deadline) for _ in commands]
        except (redis.RedisError, OSError, ValueError) as error:
            self.close()
            raise BrokenError(str(error)) from None

    def _answer(self, deadline: float) -> Any:
        import redis

        left = deadline - monotonic()
        if left <= 0:
            raise redis.TimeoutError("no answer in time")
        try:
            return self._connection.read_response(disable_decoding=True, timeout=left, disconnect_on_error=False)
        except (redis.ResponseError, redis.exceptions.BusyLoadingError) as error:
            # redis-py cuts the word at the beginning off the message of the errors that it knows.
            code = getattr(error, "status_code", None)
            return ReplyError(f"{code} {error}" if code and not str(error).startswith(f"{code} ") else str(error))

    def close(self) -> None:
        """Hang up."""
        self._connection.disconnect()
        self._client.close()
