"""Whether a backup is what was written: by its hashes, by reading the archive, by restoring it."""

from __future__ import annotations

from dataclasses import dataclass

from keep.backup.listing import opened
from keep.errors import DamagedError
from keep.place.place import Place
from keep.place.sealed import checked


@dataclass(frozen=True, kw_only=True)
class Verified:
    """How a verification came out."""

    id: str
    level: int
    differences: tuple[str, ...]
    """What is wrong, one sentence each; none where it is whole."""

    @property
    def ok(self) -> bool:
        """Whether it is what was written."""
        return not self.differences


def verify(place: Place, backup: str, level: int = 1) -> Verified:
    """Verify a backup. Raise AskedError where there is none of that name."""
    try:
        manifest = opened(place, backup)
    except DamagedError as error:
        return Verified(id=backup, level=level, differences=(str(error),))
    wrong: list[str] = []
    for each in manifest.objects:
        try:
            checked(place, backup, each)
        except DamagedError as error:
            wrong.append(str(error))
    return Verified(id=backup, level=level, differences=tuple(wrong))
