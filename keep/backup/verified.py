"""What the last verification of a backup found, kept beside its manifest and never part of it."""

from __future__ import annotations

import hashlib
from datetime import datetime

from pydantic import BaseModel, ConfigDict, ValidationError

from keep.place.place import Place

NAME = "VERIFIED.json"


class Verification(BaseModel):
    """The last verification, and what was passed before it."""

    model_config = ConfigDict(frozen=True)

    manifest_sha256: str
    """Of the manifest that was verified, as it is stored: one that has changed since is another backup."""
    level: int
    at: datetime
    ok: bool
    differences: tuple[str, ...]
    passed: dict[int, datetime]
    """Level -> when this manifest last passed it; nothing after a verification that failed."""

    @property
    def highest(self) -> int:
        """The highest level that was passed; 0 for none, or where the last verification failed."""
        return max(self.passed, default=0)


def record(
    place: Place, backup: str, manifest: bytes, *, level: int, at: datetime, differences: tuple[str, ...]
) -> None:
    """Keep how a verification came out. Level 3 includes 2, and 2 includes 1."""
    sha256 = hashlib.sha256(manifest).hexdigest()
    before = recorded(place, backup, manifest)
    passed = {} if differences else {**(before.passed if before else {}), **dict.fromkeys(range(1, level + 1), at)}
    made = Verification(
        manifest_sha256=sha256, level=level, at=at, ok=not differences, differences=differences, passed=passed
    )
    with place.write(f"{backup}/{NAME}", replace=True) as out:
        out.write((made.model_dump_json(indent=1) + "\n").encode())


def recorded(place: Place, backup: str, manifest: bytes) -> Verification | None:
    """Return the last verification of this very manifest; None where there is none, or it cannot be read."""
    try:
        with place.read(f"{backup}/{NAME}") as source:
            found = Verification.model_validate_json(source.read())
    except (KeyError, ValidationError):
        return None
    return found if found.manifest_sha256 == hashlib.sha256(manifest).hexdigest() else None
