"""Where the tests of upgrades find what others have."""

from __future__ import annotations

import sys
from pathlib import Path

# The command line's own tests have the commands in process.
sys.path.insert(0, str(Path(__file__).parents[1] / "cli"))
