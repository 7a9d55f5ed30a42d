"""Names of keys as people and JSON read them: keys are bytes, and any bytes."""

from __future__ import annotations

import re

_PLAIN = re.compile(rb"[\x21-\x7e]+")
_LONGEST = 200


def shown(key: bytes, most: int = _LONGEST) -> str:
    """A name on one line: readable text as it is, everything else as `\\x00`; a long one is cut."""
    text = key[:most].decode("utf-8", "surrogateescape")
    made = "".join(c if c.isprintable() else _escape(c) for c in text)
    return made + ("…" if len(key) > most else "")


def quoted(key: bytes) -> str:
    """A name as an argument that redis-cli reads: in double quotes with escapes where it is no plain word."""
    if _PLAIN.fullmatch(key) and not set(key) & set(b"\"'\\"):
        return key.decode()
    made = "".join(chr(byte) if 0x20 <= byte < 0x7F and byte not in b'"\\' else f"\\x{byte:02x}" for byte in key)
    return f'"{made}"'


def _escape(character: str) -> str:
    code = ord(character)
    # surrogateescape: a byte that is no UTF-8
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else "".join(f"\\x{b:02x}" for b in character.encode())
