"""The real servers are those of the bootstrap's tests."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "bootstrap"))
