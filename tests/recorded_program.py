"""What the stacks' program declares, recorded once per session for every file and worker that asks.

A run of the program takes a second or more, nearly all of it in Pulumi's SDK, and gives the same for the same input.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # whoever asks for nothing does not wait for the SDK
    from local.monitor import Deployment

ROOT = Path(__file__).parents[1]
folder: Path | None = None
"""Where the workers of a session keep what was recorded; without one nothing is kept."""
_seen: dict[str, bytes] = {}


def recorded(stack: str, values: Mapping[str, Any], *, root: Path = ROOT, region: str = "eu-west-1") -> Deployment:
    """What `program(root)` declares for a stack of these values, offline; each caller has a copy to itself."""
    from infra.program import program
    from local.monitor import run_program
    from preview.offline import Offline

    access = (root / "access.yaml").read_text(encoding="utf-8")
    key = hashlib.sha256(json.dumps([stack, region, str(root), values, access], sort_keys=True).encode()).hexdigest()
    if key not in _seen:
        _seen[key] = _shared(key, lambda: run_program(stack, lambda: program(root), Offline(region), values))
    made: Deployment = pickle.loads(_seen[key])
    return made


def _shared(key: str, record: Callable[[], Deployment]) -> bytes:
    """The recording of another worker, or one made here while the others wait for it."""
    if folder is None:
        return pickle.dumps(record())
    with (folder / f"{key}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = folder / f"{key}.deployment"
        if not kept.exists():
            kept.write_bytes(pickle.dumps(record()))
        return kept.read_bytes()
