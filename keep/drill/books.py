"""The reports of a stack's drills, as a chain, and the notes of the one that runs: `drills/STACK/` of a place.

`HEAD.json` names the newest report by its SHA-256 and says how many there are; each report names the one before it, and
its own Markdown and page.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError

from keep.drill.notes import Notes
from keep.drill.render_html import html
from keep.drill.render_md import markdown
from keep.drill.report import DrillReport
from keep.errors import AskedError, DamagedError, KeepError
from keep.place.place import Place

FOLDER = "drills"
"""Of a place for backups, in which the reports of drills are: `datatier backup list` does not see it."""
_REPORT = re.compile(r"[^/]+/(\d{8}T\d{6}Z-[0-9a-f]{6})\.(json|md|html)")


class Head(BaseModel):
    """Where the chain ends."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    report: str
    sha256: str
    count: int


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A report as it lies there."""

    id: str
    data: bytes

    @property
    def sha256(self) -> str:
        """What the next one names it by."""
        return _sha256(self.data)

    @property
    def report(self) -> DrillReport:
        """Raise DamagedError where it is none."""
        try:
            return DrillReport.model_validate_json(self.data)
        except ValidationError:
            raise DamagedError(f"the drill report {self.id} is damaged: it cannot be read") from None


class Books:
    """What is kept of a stack's drills. Methods raise KeepError with what mends it."""

    def __init__(self, place: Place, stack: str, *, copies: Sequence[Place] = ()) -> None:
        """`place` is `FOLDER` of a place for backups; `copies` get the reports too."""
        self._place, self._stack, self._copies = place, stack, tuple(copies)
        self._lock = threading.Lock()

    @property
    def address(self) -> str:
        """Where they are, as people write it."""
        return f"{self._place.address}/{self._stack}"

    def reports(self) -> list[Kept]:
        """Return every report, the oldest first."""
        named = [(name, key) for name, ending, key in self._files(self._place) if ending == "json"]
        return [Kept(id=name, data=data) for name, key in named if (data := self._read(key)) is not None]

    def pages(self) -> dict[str, dict[str, str]]:
        """Return the SHA-256 of every Markdown and page that is there, by id and ending."""
        found: dict[str, dict[str, str]] = {}
        for name, ending, key in self._files(self._place):
            if ending != "json" and (data := self._read(key)) is not None:
                found.setdefault(name, {})[ending] = _sha256(data)
        return found

    def report(self, name: str) -> DrillReport:
        """Return one. Raise AskedError where there is none of that id."""
        data = self._read(f"{self._stack}/{name}.json")
        if data is None:
            raise AskedError(f"{self.address} has no drill report `{name}`: `datatier drill report` shows what it has")
        return Kept(id=name, data=data).report

    def head(self) -> Head | None:
        """Where the chain ends; None where no drill has ended yet. Raise DamagedError."""
        data = self._read(f"{self._stack}/HEAD.json")
        if data is None:
            return None
        try:
            return Head.model_validate_json(data)
        except ValidationError:
            raise DamagedError(f"{self.address}/HEAD.json is damaged: it cannot be read") from None

    def append(self, report: DrillReport) -> DrillReport:
        """Keep a report as the newest of the chain and return it with the one before it named.

        Killed on the way, it is done again with the same report: the chain has it once. Its pages come first, so that a
        report that is there has them.
        """
        head, done = self.head(), self._read(f"{self._stack}/{report.id}.json")
        if done is not None:
            kept = Kept(id=report.id, data=done)
            report = kept.report
        else:
            report = report.model_copy(update={"previous": head.sha256 if head else None})
            pages = {"md": markdown(report).encode(), "html": html(report).encode()}
            report = report.model_copy(update={"pages": {ending: _sha256(data) for ending, data in pages.items()}})
            kept = Kept(id=report.id, data=written(report))
            self._write(self._place, {**pages, "json": kept.data}, report.id)
        if head is None or head.report != report.id:
            head = Head(report=report.id, sha256=kept.sha256, count=head.count + 1 if head else 1)
            self._keep("HEAD.json", _json(head))
        return report

    def copy(self) -> None:
        """Give each copy what it lacks of the chain. Raise KeepError where one cannot be written."""
        if (head := self.head()) is None:
            return
        for copy in self._copies:
            there = {key for *_, key in self._files(copy)}
            for name, ending, key in self._files(self._place):
                if key not in there and (data := self._read(key)) is not None:
                    self._write(copy, {ending: data}, name)
            self._write(copy, {"json": _json(head)}, "HEAD")

    def running(self) -> Notes | None:
        """The notes of the drill that runs, or of one that was killed."""
        data = self._read(f"{self._stack}/RUNNING.json")
        try:
            return Notes.model_validate_json(data) if data is not None else None
        except ValidationError:
            raise DamagedError(
                f"{self.address}/RUNNING.json is damaged: remove it, then `datatier drill clean`"
            ) from None

    def claim(self, notes: Notes) -> None:
        """Begin to keep the notes of a drill. Raise KeepError where another one has begun since `running` was asked."""
        try:
            self._keep("RUNNING.json", _json(notes), replace=False)
        except KeepError:
            if self.running() is None:
                raise
            raise KeepError(f"another drill of {self._stack} began just now: run it when that has ended") from None

    def note(self, notes: Notes) -> None:
        """Keep the notes of the drill that runs."""
        self._keep("RUNNING.json", _json(notes))

    def ended(self) -> None:
        """No drill runs any more."""
        with self._lock:
            self._place.remove(f"{self._stack}/RUNNING.json")

    def _files(self, place: Place) -> list[tuple[str, str, str]]:
        """Id, ending and key of every file of a report."""
        keys = (found.key for found in place.found(f"{self._stack}/"))
        return [(match[1], match[2], match[0]) for key in keys if (match := _REPORT.fullmatch(key))]

    def _write(self, place: Place, files: Mapping[str, bytes], name: str) -> None:
        for ending, data in files.items():
            with place.write(f"{self._stack}/{name}.{ending}", replace=True) as out:
                out.write(data)

    def _keep(self, name: str, data: bytes, *, replace: bool = True) -> None:
        with self._lock, self._place.write(f"{self._stack}/{name}", replace=replace) as out:
            out.write(data)

    def _read(self, key: str) -> bytes | None:
        try:
            with self._place.read(key) as source:
                return source.read()
        except KeyError:
            return None


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _json(model: BaseModel) -> bytes:
    return model.model_dump_json(indent=1).encode()


def written(report: DrillReport) -> bytes:
    """Return the only form of a report."""
    return (json.dumps(report.model_dump(mode="json"), indent=1, ensure_ascii=True) + "\n").encode("ascii")
