"""The servers' logs, read and followed."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from bootstrap.secrets.logins import PROBES
from graph.errors import CloudError
from local.postgres.roles import ADMIN
from local.state import StateDir

PAUSE = 0.2


class LogsError(CloudError):
    """The server or the expression that was asked for cannot be."""


# As `log_line_prefix` of a local server writes it, which is RDS's: `%t:%r:%u@%d:[%p]:`; what does not begin so goes on
# with the entry above it. Where and process together are a session.
_ENTRY = re.compile(r"^\d{4}-\d\d-\d\d [\d:]+ \w+:(?P<where>[^:]*):(?P<who>[^:]*):\[(?P<pid>\d+)\]:(?P<what>.*)")
_PROBING = f"application_name={PROBES}"
# What `up` meets while it waits for a server.
_WAITING = re.compile(rf"{ADMIN}@.*FATAL:  the database system is (starting up|not yet accepting connections)")


@dataclass(frozen=True)
class Line:
    """One line of one server."""

    server: str
    text: str


def logs(
    state: StateDir,
    server: str | None = None,
    *,
    match: str | None = None,
    last: int = 100,
    follow: bool = False,
    probes: bool = False,
) -> Iterator[Line]:
    """The last lines of each log that match, then, with `follow`, those to come.

    Sessions in which a verification tries what it must not be able to are left out unless `probes` asks for them.
    Raise `LogsError` for a server or an expression that cannot be.
    """
    files = _files(state, server)
    try:
        wanted = re.compile(match or "", re.IGNORECASE)
    except re.error as error:
        raise LogsError(f"--grep {match}: not a regular expression: {error}.") from error
    places: dict[Path, int] = {}
    entries: dict[Path, _Sessions] = {}
    for path in files:
        data = path.read_bytes()
        places[path] = len(data)
        whole = data.decode(errors="replace").splitlines()
        sessions = entries[path] = _Sessions(probes)
        sessions.learn(whole)
        lines = [text for text in whole if sessions.shows(text) and wanted.search(text)]
        yield from (Line(path.stem, text) for text in lines[-last:] if last)
    while follow:
        time.sleep(PAUSE)
        for path in _files(state, server):
            fresh = _since(path, places)
            sessions = entries.setdefault(path, _Sessions(probes))
            sessions.learn(fresh)
            for text in fresh:
                if sessions.shows(text) and wanted.search(text):
                    yield Line(path.stem, text)


class _Sessions:
    """Which sessions of a server's log are probes'; lines are shown in the order in which they stand."""

    def __init__(self, probes: bool) -> None:
        self._all = probes
        self._probing: set[tuple[str, str]] = set()
        self._shown = True

    def learn(self, lines: Iterable[str]) -> None:
        """Take in who logged in."""
        for text in lines:
            if _PROBING in text and (entry := _ENTRY.match(text)):
                self._probing.add((entry["where"], entry["pid"]))

    def shows(self, text: str) -> bool:
        """Whether a line is for the reader; one that begins no entry goes with the entry above it."""
        if entry := _ENTRY.match(text):
            probe = (entry["where"], entry["pid"]) in self._probing
            self._shown = self._all or not (probe or _WAITING.search(text))
        return self._shown


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
    # a part of a name will do: `primary` for `shop-local-primary`
    chosen = chosen or [path for path in files if server and server in path.stem]
    if not chosen:
        names = [path.stem for path in files]
        near = get_close_matches(str(server), names, n=1, cutoff=0.3)
        hint = f" Did you mean `{near[0]}`?" if near else ""
        raise LogsError(f"no server `{server}`: {', '.join(names)}.{hint}")
    return chosen
