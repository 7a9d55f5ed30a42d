"""The runbooks as data: their text, the commands in them, and the keys and names that they mention."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from infra.settings.stackfile import project_config

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "runbooks"
NAME = str(project_config(ROOT)["data-tier:name"])
"""Of the application that the pages speak of: the one that this checkout is for, and all that is read of it."""
PAGES = sorted(FOLDER.glob("*.md"))
_BLOCK = re.compile(r"^( *)```sh\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`((?:aws|datatier) [^`]+)`")
_BEGIN, _END = "<!-- alarms -->\n", "<!-- /alarms -->"


@dataclass(frozen=True)
class Command:
    """One command of a page, as the shell would split it."""

    page: str
    words: tuple[str, ...]

    @property
    def identity(self) -> str:
        """Who sends SQL by it; empty where it is only mentioned, or does not."""
        return self.words[2] if self.words[:2] == ("datatier", "psql") and len(self.words) > 2 else ""

    @property
    def sql(self) -> tuple[str, ...]:
        """What it sends through psql's -c."""
        if self.words[:2] != ("datatier", "psql"):
            return ()
        return tuple(after for word, after in zip(self.words, self.words[1:], strict=False) if word == "-c")

    def __str__(self) -> str:
        return f"{self.page}: {' '.join(self.words)[:100]}"


def commands() -> list[Command]:
    return [Command(path.name, tuple(words)) for path in PAGES for words in _split(path.read_text("utf-8"))]


def sections(page: str) -> list[str]:
    """The alarms that have a section between the markers of a page."""
    _, begin, rest = (FOLDER / page).read_text("utf-8").partition(_BEGIN)
    inside, end, _ = rest.partition(_END)
    assert begin, f"{page} has no `{_BEGIN.strip()}`"
    assert end, f"{page} has no `{_END}`"
    return re.findall(r"^### (.*)$", inside, re.MULTILINE)


def _split(text: str) -> Iterator[list[str]]:
    for indent, block in _BLOCK.findall(text):
        yield from _lines(block.replace(f"\n{indent}", "\n"))
    for inline in _INLINE.findall(text):
        yield shlex.split(inline.replace("\n", " "))


def _lines(block: str) -> Iterator[list[str]]:
    """Commands of a block; one may go over several lines, by a backslash or an open quote."""
    pending = ""
    for line in block.splitlines():
        pending += line.removesuffix("\\") + ("" if line.endswith("\\") else "\n")
        try:
            words = shlex.split(pending)
        except ValueError:  # an open quote
            continue
        if not line.endswith("\\") and words:
            yield words
            pending = ""
    assert not pending.strip(), f"a command without an end: {pending}"
