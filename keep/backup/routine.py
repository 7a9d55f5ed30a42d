"""What a schedule does each day: a copy, its verification, and then what is old goes. In this order and no other.

Where the copy or its verification fails, nothing is let go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from keep.backup import prune
from keep.backup.create import Sources, create
from keep.backup.retention import Rule
from keep.backup.verify import Deeper, verify
from keep.errors import DamagedError
from keep.manifest import BackupManifest
from keep.place.place import Place


@dataclass(frozen=True, kw_only=True)
class Done:
    """How it went."""

    made: BackupManifest
    level: int
    """At which it was verified."""
    removed: tuple[str, ...]
    """Backups that were let go."""


def routine(sources: Sources, place: Place, rule: Rule, deeper: Sequence[Deeper] = ()) -> Done:
    """Do it for one place. Raise KeepError; DamagedError where the copy is there and is not what was written."""
    made = create(sources, place)
    found = verify(place, made.id, deeper)
    if not found.ok:
        raise DamagedError(f"{place.address}/{made.id} is not what was written: {'; '.join(found.differences)}")
    planned = prune.plan(place, datetime.now(UTC), rule, stack=made.stack)
    prune.carry_out(place, planned)
    return Done(made=made, level=found.level, removed=tuple(planned.removed))
