"""What a command of the pipeline said and how it ended: kept as a file, so that later steps and other jobs read it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class RecordError(ValueError):
    """A file that is not a record, or a name that a record cannot have."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """One command that was run."""

    name: str
    """Records are read in the order of their names."""
    title: str
    command: tuple[str, ...]
    code: int
    output: str
    markdown: bool = False
    """Whether the output is Markdown, to be shown as it is."""
    expected: tuple[int, ...] = (0,)
    """Exit codes with which the command has done its work."""

    @property
    def ok(self) -> bool:
        """Whether it did its work."""
        return self.code in self.expected


def plain(output: str) -> str:
    """Output without what only a terminal understands."""
    return _ESCAPES.sub("", output).replace("\r\n", "\n").replace("\r", "\n")


def document(output: str) -> dict[str, Any]:
    """The JSON object that a command printed; notes, which go to standard error, stand about it. Raise `ValueError`."""
    for start in re.finditer(r"^(?=\{)", plain(output), re.MULTILINE):
        try:
            found: dict[str, Any] = json.JSONDecoder().raw_decode(plain(output), start.start())[0]
        except ValueError:
            continue
        return found
    raise ValueError("it printed no object")


def write(folder: Path, record: Record) -> Path:
    """Keep it. Raise RecordError for a name that a file cannot have."""
    if not _NAME.fullmatch(record.name):
        raise RecordError(
            f"`{record.name}` is not a name for a record: use letters, digits, dots, dashes and underscores."
        )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{record.name}.json"
    path.write_text(json.dumps(asdict(record), indent=2) + "\n", encoding="utf-8")
    return path


def read(folder: Path) -> tuple[Record, ...]:
    """Every record below a folder. Raise RecordError."""
    return tuple(_records(sorted(folder.rglob("*.json"), key=lambda path: (path.name, path))))


def _records(paths: Iterable[Path]) -> Iterable[Record]:
    for path in paths:
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            yield Record(**{**data, "command": tuple(data["command"]), "expected": tuple(data["expected"])})
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            raise RecordError(f"{path} is not a record of `datatier report keep`.") from None
