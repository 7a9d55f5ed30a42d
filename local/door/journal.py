"""What the emulator holds, on disk before a change is answered: its own saving waits for a stop in good order.

Requests that come together share one write.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

from local.files import write_private

States = Callable[[str], Mapping[str, Callable[[], str]]]
"""Service -> file name -> what belongs into it now."""
_TRIES = 5


class WriteThrough:
    """Writes the state of the services that changed. All of it runs on the emulator's loop."""

    def __init__(self, folder: Path, states: States) -> None:
        self._folder = folder
        self._states = states
        self._waiting: set[str] = set()
        self._next: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()
        self._on_disk: dict[str, bytes] = {}

    async def written(self, service: str) -> None:
        """Return when what the service holds now is on disk."""
        self._waiting.add(service)
        if self._next is None:
            self._next = asyncio.create_task(self._write())
        await asyncio.shield(self._next)

    async def _write(self) -> None:
        """One write for all that wait; who comes while it is under way waits for the next one."""
        async with self._turn:
            services, self._waiting, self._next = self._waiting, set(), None
            for service in sorted(services):
                for name, state in self._states(service).items():
                    text = _settled(state)
                    mark = hashlib.sha256(text.encode()).digest()
                    if self._on_disk.get(name) != mark:
                        await asyncio.to_thread(write_private, self._folder / name, text)
                        self._on_disk[name] = mark


def _settled(state: Callable[[], str]) -> str:
    """A function's thread may write to its log while that is copied: then it is copied again."""
    for left in reversed(range(_TRIES)):
        try:
            return state()
        except RuntimeError:  # dictionary changed size during iteration
            if not left:
                raise
    raise AssertionError
