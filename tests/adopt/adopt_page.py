"""The commands of docs/adopt.md, in its order; those that need servers inside are `sh-live` there, in LIVE."""

from __future__ import annotations

import re
from pathlib import Path

_PAGE = (Path(__file__).parents[2] / "docs" / "adopt.md").read_text("utf-8")


def _lines(kind: str) -> list[str]:
    blocks = re.findall(rf"^```{kind}\n(.*?)^```$", _PAGE, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


LINES, LIVE = _lines("sh"), _lines("sh-live")
