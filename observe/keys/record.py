"""One key, as any source of keys tells of it."""

from __future__ import annotations

from typing import NamedTuple


class Record(NamedTuple):
    """One key. A tuple: there are millions of them, and a dataclass takes three times as long to make."""

    database: int
    """Logical database; 0 in cluster mode."""
    key: bytes
    type: str
    """`string`, `hash`, `list`, `set`, `zset`, `stream`, or what a module calls its own."""
    ttl: int | None
    """Milliseconds left; None where it stays."""
    size: int
    """Bytes of memory that it takes with its overhead, as MEMORY USAGE counts it."""
    encoding: str | None = None
    """As OBJECT ENCODING says it; None where nobody asked."""
    elements: int | None = None
    """Elements of a collection, bytes of a string; None where nobody asked."""
    frequency: int | None = None
    """Logarithmic counter of accesses, 0 to 255, under an LFU policy; None under any other."""
