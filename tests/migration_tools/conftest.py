"""A tier without migrations of its own, in whose database every tool has migrated."""

from __future__ import annotations

import sys
from pathlib import Path

# The bootstrap's own tests have the servers, and a stack in miniature.
sys.path.insert(0, str(Path(__file__).parents[1] / "bootstrap"))
