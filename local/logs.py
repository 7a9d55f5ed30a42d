"""The servers' logs, read and followed."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from graph.errors import CloudError
from local.state import StateDir

PAUSE = 0.2


@dataclass(frozen=True)
class Line:
    """One line of one server."""

    server: str
    text: str


def logs(
    state: StateDir, server: str | None = None, *, match: str | None = None, last: int = 100, follow: bool = False
) -> Iterator[Line]:
    """The last lines of each log that match, then, with `follow`, those to come."""
    files = _files(state, server)
    try:
        wanted = re.compile(match or "", re.IGNORECASE)
    except re.error as error:
        raise CloudError(f"{match!r} is no regular expression: {error}") from error
    places: dict[Path, int] = {}
    for path in files:
        data = path.read_bytes()
        places[path] = len(data)
        lines = [text for text in data.decode(errors="replace").splitlines() if wanted.search(text)]
        yield from (Line(path.stem, text) for text in lines[-last:])
    while follow:
        time.sleep(PAUSE)
        for path in _files(state, server):
            for text in _since(path, places):
                if wanted.search(text):
                    yield Line(path.stem, text)


def _since(path: Path, places: dict[Path, int]) -> list[str]:
    """Whole lines written since the last look."""
    try:
        with path.open("rb") as stream:
            stream.seek(places.get(path, 0))
            data = stream.read()
    except FileNotFoundError:
        return []
    whole = data.rfind(b"\n") + 1
    places[path] = places.get(path, 0) + whole
    return data[:whole].decode(errors="replace").splitlines()


def _files(state: StateDir, server: str | None) -> list[Path]:
    files = sorted((state.path / "log").glob("*.log"))
    if not files:
        raise CloudError(f"stack {state.stack} has no logs: it is not up; run `datatier up {state.stack}`")
    chosen = [path for path in files if server is None or server == path.stem]
    # a part of a name will do: `primary` for `tmi-local-primary`
    chosen = chosen or [path for path in files if server and server in path.stem]
    if not chosen:
        raise CloudError(f"no server {server}; there are {', '.join(path.stem for path in files)}")
    return chosen
