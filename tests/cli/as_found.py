"""What of a tier that many tests share is not as it was: a file that leaves something has the next one see it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.estate import LocalEstate
from local.handlers import rds
from local.handlers.base import server
from local.snapshots.kept import FOLDER as SNAPSHOTS
from local.state import StateDir

DRILLS = "drills"


def belongings(folder: Path, stack: str) -> set[str]:
    """Entries of the project's folder, databases, reports of drills, and what the tier has besides its own."""
    state = StateDir(folder, stack)
    files = [path for where in (DRILLS, SNAPSHOTS) for path in (state.path / where).rglob("*")]
    primary = next(e["outputs"]["identifier"] for e in state.of_type(rds.TYPE))
    with server(state, primary).connect() as conn:
        databases = [name for (name,) in conn.execute("SELECT datname FROM pg_database")]
    return {
        *(str(path.relative_to(folder)) for path in (*folder.iterdir(), *files)),
        *(f"database {name}" for name in databases),
        *(f"{kind} {name}" for kind, name, _ in LocalEstate(state).made()),
    }


@contextmanager
def as_found(folder: Path, stack: str) -> Iterator[None]:
    """Refuse whatever is new or gone at the end."""
    before = belongings(folder, stack)
    yield
    after = belongings(folder, stack)
    assert after == before, f"left behind: {sorted(after - before)}, taken away: {sorted(before - after)}"
