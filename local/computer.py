"""How large this computer is, and how much of it one server of a scaled stack may claim."""

from __future__ import annotations

import functools

import psutil

MIB = 1024 * 1024
GIB = 1024 * MIB


@functools.cache
def memory_bytes() -> int:
    return int(psutil.virtual_memory().total)


def server_bytes(total: int) -> int:
    """Memory of the instance that one local server plays: a sixteenth of the computer, 256 MiB to 1 GiB."""
    return max(256 * MIB, min(GIB, total // 16))
