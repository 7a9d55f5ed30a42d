"""The real servers are those of the bootstrap's tests; commands are called as the command line's are."""

import sys
from pathlib import Path

sys.path += [str(Path(__file__).parents[1] / each) for each in ("bootstrap", "cli")]
