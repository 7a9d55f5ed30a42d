"""Migration files in a folder, read by golang-migrate's rules: what it applies, this applies."""

from __future__ import annotations

import hashlib
import os
import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bootstrap.application import NONE_YET
from bootstrap.migrate.allow import AllowFile, allowed_in
from bootstrap.migrate.errors import SourceError, TargetError, shown
from bootstrap.migrate.numbering import after

# source/parse.go of golang-migrate 4.19. The extension is not looked at there: x.up.sql.bak counts as a migration.
NAME = re.compile(r"([0-9]+)_(.*)\.(down|up)\.(.*)")
MAX_VERSION = 2**63 - 1  # of a bigint, the table's column
_MAX_PARSED = 2**64 - 1  # golang-migrate parses a uint64, and passes over what is none
# Which of the names that are not migrations were probably meant for one; README, .gitkeep and embed.go were not.
_MEANT = re.compile(r"[0-9].*|.*\.sql(\..*)?", re.IGNORECASE | re.DOTALL)


class MigrationFile:
    """One file. It is read when it is needed and not kept, so that memory stays flat however many there are."""

    __slots__ = ("_checksum", "_name", "folder", "there")

    def __init__(self, folder: str, name: str, *, there: bool = True) -> None:
        self.folder = folder
        self._name = name
        self._checksum: bytes | None = None
        self.there = there
        """Whether there is one. A missing file is an empty one to golang-migrate: the version moves, nothing else."""

    @property
    def name(self) -> str:
        """Its name, as it can be printed."""
        return shown(self._name)

    @property
    def path(self) -> str:
        """Folder and name."""
        return os.path.join(self.folder, self._name)  # noqa: PTH118 - a Path for each of 10,000 files costs 10 MB

    def read(self) -> bytes:
        """Return what it holds now."""
        if not self.there:
            return b""
        try:
            with open(self.path, "rb") as file:  # noqa: PTH123
                return file.read()
        except OSError as error:
            raise SourceError(
                f"{shown(self.path)}: cannot be read: {error.strerror}", "make it a readable file, or remove it"
            ) from error

    @property
    def blank(self) -> bool:
        """Whether there is not a character in it: golang-migrate sends nothing then."""
        return not self.read().strip()

    @property
    def checksum(self) -> str:
        """Checksum of what it held when first asked."""
        if self._checksum is None:
            self._checksum = bytes.fromhex(checksum(self.read()))
        return self._checksum.hex()

    @property
    def text(self) -> str:
        """What it holds, as text."""
        return self.read().decode("utf-8", "replace")


def checksum(body: bytes) -> str:
    """SHA-256 in hex; line ends count as LF, as git may check the file out with CRLF."""
    return hashlib.sha256(body.replace(b"\r\n", b"\n")).hexdigest()


@dataclass(frozen=True, slots=True)
class Migration:
    """A version with its two files."""

    version: int
    up: MigrationFile
    down: MigrationFile

    @property
    def name(self) -> str:
        """Number and description as in the file's name: `000002_add_indexes`."""
        file, direction = (self.up, "up") if self.up.there else (self.down, "down")
        return file.name.rsplit(f".{direction}.", 1)[0]

    @property
    def number(self) -> str:
        """The number as it is written in the file's name."""
        return self.name.split("_", 1)[0]

    @property
    def retired(self) -> bool:
        """Whether its up file does nothing, so that there is nothing to undo."""
        return self.up.blank


@dataclass(frozen=True)
class Source:
    """All migrations of a folder, in order of version."""

    migrations: tuple[Migration, ...]
    stray: tuple[str, ...] = ()
    """Names in the folder that look meant for migrations and are none; golang-migrate passes over them."""
    allowed: AllowFile = field(default_factory=AllowFile)
    """What is not to be reported, by the folder's own file or by who runs it."""

    @classmethod
    def load(cls, folder: Path | str, allow: Iterable[str] = ()) -> Source:
        """Read the names in `folder`. Raise SourceError where the order is ambiguous, or none is there by mistake.

        `allow` names rules that are not to be reported, whichever file breaks them.
        """
        where = str(folder)
        files: dict[int, dict[str, MigrationFile]] = {}
        stray: list[str] = []
        names = _names(folder)
        for name, ordinary in names:
            match = NAME.fullmatch(name)
            if match is None or int(match[1]) > _MAX_PARSED:
                if _MEANT.fullmatch(name):
                    stray.append(shown(name))
                continue
            file = MigrationFile(where, name)
            if not ordinary:  # a pipe would be waited for
                raise SourceError(f"{shown(file.path)}: is not an ordinary file", "make it one, or remove it")
            _add(files.setdefault(int(match[1]), {}), match, file)
        if not files and not any(name == NONE_YET for name, _ in names):
            raise SourceError(f"{shown(where)} holds no migrations", _elsewhere(folder))
        migrations = tuple(_paired(version, pair) for version, pair in sorted(files.items()))
        return cls(migrations, tuple(stray), allowed_in(Path(folder), allow))

    @property
    def versions(self) -> tuple[int, ...]:
        """Every version, ascending."""
        return tuple(m.version for m in self.migrations)

    def get(self, version: int) -> Migration:
        """Return the migration of `version`. Raise TargetError where there is none."""
        at = bisect_left(self.migrations, version, key=lambda m: m.version)
        if at < len(self.migrations) and self.migrations[at].version == version:
            return self.migrations[at]
        here = f"the files go from {self.versions[0]} to {self.versions[-1]}" if self.migrations else "no file is here"
        raise TargetError(f"no migration found for version {version}", f"{here}; restore its file or name one of these")

    @property
    def last(self) -> int:
        """The highest version; 0 where there is none."""
        return max(self.versions, default=0)


def _names(folder: Path | str) -> list[tuple[str, bool]]:
    """Names of what is not a folder, and whether each is a file or nothing at all.

    golang-migrate takes a link for a file, wherever it leads, and so does this.
    """
    if not Path(folder).is_dir():
        raise SourceError(f"no folder {shown(str(folder))}", "name the folder of the migrations with --path")
    try:
        with os.scandir(str(folder)) as entries:
            return sorted(
                (entry.name, entry.is_file() or not Path(entry.path).exists())
                for entry in entries
                if not entry.is_dir(follow_symlinks=False)
            )
    except OSError as error:
        raise SourceError(f"{shown(str(folder))}: cannot be read: {error.strerror}", "make it readable") from error


def _add(pair: dict[str, MigrationFile], match: re.Match[str], file: MigrationFile) -> None:
    version, direction = int(match[1]), match[3]
    if version > MAX_VERSION:
        raise SourceError(f"{shown(file.path)}: version {version} does not fit a bigint", f"use at most {MAX_VERSION}")
    if direction in pair:
        raise SourceError(
            f"duplicate migration: {pair[direction].name} and {file.name} are both {direction} of {version}",
            f"rename or remove one of them in {shown(file.folder)}",
        )
    pair[direction] = file


def _paired(version: int, pair: dict[str, MigrationFile]) -> Migration:
    if len(pair) == 2:
        return Migration(version, pair["up"], pair["down"])
    direction, other = ("up", "down") if "up" in pair else ("down", "up")
    there = pair[direction]
    stem, extension = there.name.rsplit(f".{direction}.", 1)
    missing = MigrationFile(there.folder, f"{stem}.{other}.{extension}", there=False)
    return Migration(version, pair.get("up", missing), pair.get("down", missing))


def _elsewhere(folder: Path | str) -> str:
    """Where the migrations may be meant to be."""
    for inner in sorted(path for path in Path(folder).iterdir() if path.is_dir()):
        if any(NAME.fullmatch(path.name) for path in inner.iterdir()):
            return f"subfolders are not looked into; {shown(inner.name)} has some: --path {shown(str(inner))}"
    return "datatier migrate create NAME makes the first"


def create(folder: Path | str, description: str, *, now: datetime | None = None) -> tuple[Path, Path]:
    """Make the next two files, numbered in the way of those that are there, and return their paths."""
    folder = Path(folder)
    slug = re.sub(r"[^a-z0-9]+", "_", description.lower()).strip("_")
    if not slug:
        raise TargetError(
            f"{description!r} gives no file name", "describe the change: datatier migrate create add_users"
        )
    folder.mkdir(parents=True, exist_ok=True)
    taken = [match[1] for p in folder.iterdir() if (match := NAME.fullmatch(p.name)) and int(match[1]) <= MAX_VERSION]
    number = after(taken, now or datetime.now(UTC))
    if int(number) > MAX_VERSION:
        raise TargetError(f"no version is left after {max(taken, key=int)}", "renumber the files, from a lower one")
    stem = f"{number}_{slug}"
    up, down = folder / f"{stem}.up.sql", folder / f"{stem}.down.sql"
    for path, purpose in ((up, "does"), (down, f"undoes all that {up.name} does")):
        with path.open("x", encoding="utf-8") as file:
            file.write(f"-- {stem}: what this {purpose}\n" if path == up else f"-- {purpose}\n")
    return up, down
