"""A page as steps that a reader takes: commands of its `sh` blocks, and files whose text stands after their name."""

from __future__ import annotations

import re
from dataclasses import dataclass

_STEP = re.compile(r"(?:^`(?P<file>[^`\n]+)`:\n\n)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Step:
    """One of them."""

    text: str
    file: str = ""
    """What it is written to; empty for commands."""


def steps(page: str, heading: str) -> list[Step]:
    """Those of the section with that heading, in order."""
    section = re.split(r"^## ", page.partition(f"\n## {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    found = [Step(each["text"], each["file"] or "") for each in _STEP.finditer(section)]
    nameless = [each["kind"] for each in _STEP.finditer(section) if not each["file"] and each["kind"] != "sh"]
    assert found, f"no section `{heading}`"
    assert not nameless, f"which file is it? {nameless}"
    return found
