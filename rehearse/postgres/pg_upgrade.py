"""PostgreSQL's own pg_upgrade, of the new version: its phases as it says them, and why it refuses."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rehearse.report import RehearsedPhase

OUTPUT = "pg_upgrade_output.d"
"""Folder in the new data directory in which it leaves lists and logs, unless all went well (pg_upgrade, "Usage")."""
# Its status lines (pg_upgrade.c, check.c): padded with blanks to a column, then how it came out.
_STATUS = re.compile(r"^(?P<what>\S.*?)\s{2,}\S*\s*$")
# Status line -> the phase that ends with it; what comes before the first is checked.
_PHASES = (
    ("Creating dump of database schemas", "schema dump"),
    ("Restoring database schemas in the new cluster", "schema"),
    ("Copying user relation files", "files"),
    ("Cloning user relation files", "files"),
)
_FIRST = "check again"
_FATAL = re.compile(r"^(Failure, exiting|\*failure\*|fatal)$", re.IGNORECASE)
_LIST = re.compile(
    r"(A list of|on each column listed)[^.:]*in the file:|(Consult the last few lines|the probable cause).*"
)
_LISTED = 20
"""Objects of a list that are shown."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """How a run came out."""

    status: int
    phases: tuple[RehearsedPhase, ...]
    lines: tuple[str, ...]

    @property
    def seconds(self) -> float:
        """Of the whole run."""
        return round(sum(each.seconds for each in self.phases), 3)


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Said:
    """Run it in a folder that it may write, to its end; its lines are timed as they come."""
    began = time.monotonic()
    with subprocess.Popen(
        command,
        env=dict(environment),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None  # noqa: S101 it was asked for
        try:
            lines = [(time.monotonic() - began, line.rstrip("\n")) for line in process.stdout]
        except BaseException:
            process.kill()
            raise
        status = process.wait()
    whole = time.monotonic() - began
    return Said(status=status, phases=phases(lines, whole), lines=tuple(line for _, line in lines))


def phases(lines: Iterable[tuple[float, str]], whole: float) -> tuple[RehearsedPhase, ...]:
    """What took how long, by when each line came: seconds since the start, and the line. Pure."""
    found: dict[str, float] = {}
    last, at = 0.0, _FIRST
    for when, line in lines:
        match = _STATUS.match(line)
        if match is None:
            continue
        name = next((name for text, name in _PHASES if match["what"].startswith(text)), None)
        at = name or (at if at == _FIRST else "catalogue")
        found[at] = found.get(at, 0.0) + when - last
        last = when
        if name is not None:
            at = "catalogue"
    found[at] = found.get(at, 0.0) + whole - last
    return tuple(RehearsedPhase(name=name, seconds=round(seconds, 3)) for name, seconds in found.items())


def refusal(said: Said, data: Path) -> str:
    """Why it has not gone through, in its own words with what its lists and logs name; paths are left out."""
    listed = [line for path in sorted((data / OUTPUT).rglob("*.txt")) for line in _read(path)]
    logged = _error_of_logs(sorted((data / OUTPUT).rglob("pg_upgrade_dump_*.log")))
    named = "; ".join(line.strip() for line in listed if not line.startswith("In database:"))[: 80 * _LISTED]
    return "; ".join(part for part in (logged or _reason(said.lines), named) if part)


def _reason(lines: Sequence[str]) -> str:
    """The paragraph that follows what failed."""
    at = max((n for n, line in enumerate(lines) if re.search(r"\bfatal\b|failed\b|failure", line)), default=0)
    said = [line.strip() for line in lines[at:] if line.strip() and not _FATAL.match(line.strip())]
    kept = [line for line in said if "/" not in line and not _STATUS.match(line)]
    return _LIST.sub("", " ".join(" ".join(kept).split())).strip()


def _error_of_logs(paths: Iterable[Path]) -> str:
    """The first error in what pg_restore said of a database."""
    for path in paths:
        for line in _read(path):
            if found := re.search(r"ERROR: +(.*)", line):
                return found[1].strip()
    return ""


def _read(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
