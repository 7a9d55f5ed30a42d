"""One rehearsal of a major upgrade: whose copy, to which version, in which ways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bootstrap.access import Access
from keep.manifest import BackupManifest, PostgresCopy
from keep.place.place import Place
from keep.postgres.proof import Proof
from rehearse.postgres.source import PostgresFacts
from rehearse.report import Way


@dataclass(frozen=True, kw_only=True)
class MajorUpgrade:
    """What is rehearsed."""

    place: Place
    manifest: BackupManifest
    """A backup of the database."""
    copy: PostgresCopy
    proof: Proof
    """What its rows, sequences and large objects were."""
    major: int
    """The version that it is to have."""
    ways: tuple[Way, ...]
    facts: PostgresFacts | None
    """What the source's own server says; None for a backup whose server is not asked."""
    access: Access | None
    """The declaration that came with the backup."""
    migrations: Path | None
    """Folder of the migrations that made the schema; None where nobody has named one."""
    say: Callable[[str], None] = lambda _: None

    @property
    def database(self) -> str:
        """What the copy is called: every cluster has a `postgres` and templates already."""
        return self.copy.database if self.copy.database not in ("postgres", "template1") else "rehearsal"
