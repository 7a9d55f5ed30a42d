"""What decides whether the bootstrap runs again: its code, the migrations, the schema and the access declaration."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from bootstrap.sources import APPLICATION, SOURCES

PACKAGE = Path(__file__).parents[1]
"""Where the program lies: its rooms. The application lies in the project's root, which may be another folder."""


def trigger(root: Path) -> str:
    """SHA-256 of what the bootstrap does with the application in a folder."""
    return hashlib.sha256(f"{content_hash(PACKAGE, SOURCES)} {content_hash(root, APPLICATION)}".encode()).hexdigest()


def content_hash(root: Path, patterns: Iterable[str]) -> str:
    """SHA-256 over names and contents of the matching files; the same for the same files wherever they lie."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in patterns for path in root.glob(pattern) if path.is_file()}):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()
