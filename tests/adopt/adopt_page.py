"""The commands of docs/adopt.md, in its order; those that need servers inside are `sh-live` there, and left out."""

from __future__ import annotations

import re
from pathlib import Path

_PAGE = (Path(__file__).parents[2] / "docs" / "adopt.md").read_text("utf-8")
LINES = [
    line for block in re.findall(r"^```sh\n(.*?)^```$", _PAGE, re.MULTILINE | re.DOTALL) for line in block.splitlines()
]
