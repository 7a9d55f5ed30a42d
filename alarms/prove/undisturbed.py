"""A stretch that a signal does not cut short: it is answered when the stretch is over."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread


@contextmanager
def undisturbed() -> Iterator[None]:
    """Hold SIGINT and SIGTERM back, and deliver the first that came afterwards. SIGKILL stays."""
    if current_thread() is not main_thread():
        yield  # signals reach the main thread alone
        return
    came: list[int] = []
    kept = {
        each: signal.signal(each, lambda number, _: came.append(number)) for each in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for each, handler in kept.items():
            signal.signal(each, handler)
        if came:
            signal.raise_signal(came[0])
