"""Migration files in a folder, read by golang-migrate's rules and stricter where those are silent."""

from __future__ import annotations

import hashlib
import os
import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from bootstrap.migrate.errors import Problem, SourceError, TargetError
from bootstrap.migrate.statements import concurrent, line_and_column, statements

# source/parse.go of golang-migrate 4.19. The extension is not looked at there: x.up.sql.bak counts as a migration.
NAME = re.compile(r"([0-9]+)_(.*)\.(down|up)\.(.*)")
MAX_VERSION = 2**63 - 1  # golang-migrate parses uint64, but the table's column is a bigint
DIGITS = 6  # of the numbers that `create` gives


class MigrationFile:
    """One file. It is read when it is needed and not kept, so that memory stays flat however many there are."""

    __slots__ = ("_checksum", "folder", "name")

    def __init__(self, folder: str, name: str) -> None:
        self.folder = folder
        self.name = name
        self._checksum: bytes | None = None

    @property
    def path(self) -> str:
        """Folder and name."""
        return os.path.join(self.folder, self.name)  # noqa: PTH118 - a Path for each of 10,000 files costs 10 MB

    def read(self) -> bytes:
        """Return what it holds now."""
        with open(self.path, "rb") as file:  # noqa: PTH123
            return file.read()

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
    """A version with its two files; one that is missing is None."""

    version: int
    up: MigrationFile | None
    down: MigrationFile | None

    @property
    def name(self) -> str:
        """Number and description as in the file's name: `000002_add_indexes`."""
        file = self.up or self.down
        return file.name.split(f".{'up' if self.up else 'down'}.")[0] if file else str(self.version)


@dataclass(frozen=True)
class Source:
    """All migrations of a folder, in order of version."""

    migrations: tuple[Migration, ...]
    stray: tuple[str, ...] = ()
    """Names in the folder that are no migrations; golang-migrate passes over them without a word."""

    @classmethod
    def load(cls, folder: Path | str) -> Source:
        """Read the names in `folder`. Raise SourceError where there is no unambiguous order."""
        if not Path(folder).is_dir():
            raise SourceError(f"no folder {folder}", "name the folder of the migrations with --path")
        where = str(folder)
        with os.scandir(where) as entries:
            names = sorted(entry.name for entry in entries if entry.is_file())
        files: dict[int, dict[str, MigrationFile]] = {}
        stray: list[str] = []
        for name in names:
            match = NAME.fullmatch(name)
            if match is None:
                stray.append(name)
                continue
            version, direction = int(match[1]), match[3]
            if version > MAX_VERSION:
                raise SourceError(
                    f"{where}/{name}: version {version} does not fit a bigint", f"use at most {MAX_VERSION}"
                )
            pair = files.setdefault(version, {})
            if direction in pair:
                raise SourceError(
                    f"duplicate migration: {pair[direction].name} and {name} are both {direction} of {version}",
                    f"rename or remove one of them in {folder}",
                )
            pair[direction] = MigrationFile(where, name)
        if not files:
            raise SourceError(f"{folder} holds no migrations", "datatier migrate create NAME makes the first")
        return cls(tuple(Migration(v, p.get("up"), p.get("down")) for v, p in sorted(files.items())), tuple(stray))

    @property
    def versions(self) -> tuple[int, ...]:
        """Every version, ascending."""
        return tuple(m.version for m in self.migrations)

    def get(self, version: int) -> Migration:
        """Return the migration of `version`. Raise TargetError where there is none."""
        at = bisect_left(self.migrations, version, key=lambda m: m.version)
        if at < len(self.migrations) and self.migrations[at].version == version:
            return self.migrations[at]
        raise TargetError(
            f"no migration found for version {version}",
            f"the files go from {self.versions[0]} to {self.versions[-1]}; restore its file or name one of these",
        )

    def problems(self, above: int | None = None) -> tuple[Problem, ...]:
        """Return what is wrong with the files, whatever database they are meant for.

        Only files of versions above `above` are opened.
        """
        opened = [m for m in self.migrations if above is None or m.version > above]
        return (
            *_missing(self.migrations),
            *_empty(opened),
            *_gaps(self.migrations),
            *_company(opened),
            *_stray(self.stray),
        )


def _missing(migrations: Iterable[Migration]) -> Iterable[Problem]:
    for m in migrations:
        if m.up is None:
            file = f"{m.name}.up.sql"
            yield Problem("missing-up", file, "the file is missing", "write it, or remove its down file")
        if m.down is None:
            file = f"{m.name}.down.sql"
            fix = "write it; where nothing can undo the up file, let it say so with RAISE EXCEPTION"
            yield Problem("missing-down", file, "the file is missing", fix)


def _empty(migrations: Iterable[Migration]) -> Iterable[Problem]:
    for m in migrations:
        for file in (m.up, m.down):
            if file is not None and not file.read().strip():
                yield Problem("empty", file.name, "the file is empty", "write its statements, or a comment saying why")


def _gaps(migrations: Iterable[Migration]) -> Iterable[Problem]:
    # Only the numbers that `create` gives have to follow one another; time stamps leave gaps by nature.
    numbered = [m for m in migrations if len(m.name.split("_")[0]) == DIGITS]
    for before, after in pairwise(numbered):
        if after.version != before.version + 1:
            fix = f"restore version {before.version + 1:0{DIGITS}d}, or renumber the files that no database has"
            yield Problem("gap", after.name, f"the version before it is {before.version}", fix)


def _company(migrations: Iterable[Migration]) -> Iterable[Problem]:
    for file in (f for m in migrations for f in (m.up, m.down) if f is not None):
        body = file.read()
        if b"concurrently" not in body.lower():
            continue
        found = statements(body.decode("utf-8", "replace"))
        alone = next(filter(concurrent, found), None)
        if len(found) > 1 and alone is not None:
            message = "CONCURRENTLY cannot run in a transaction, and the statements of a file make one"
            place = line_and_column(body.decode("utf-8", "replace"), alone.offset)
            yield Problem("concurrently", file.name, message, "give it a migration of its own", "error", *place)


def _stray(names: Iterable[str]) -> Iterable[Problem]:
    for name in names:
        fix = "name it NNNNNN_description.up.sql or move it elsewhere"
        yield Problem("stray", name, "the name is not a migration's, so the file is not applied", fix, "warning")


def create(folder: Path | str, description: str) -> tuple[Path, Path]:
    """Make the next two files, as `migrate create -seq -digits 6 -ext sql` does, and return their paths."""
    folder = Path(folder)
    slug = re.sub(r"[^a-z0-9]+", "_", description.lower()).strip("_")
    if not slug:
        raise TargetError(
            f"{description!r} gives no file name", "describe the change: datatier migrate create add_users"
        )
    folder.mkdir(parents=True, exist_ok=True)
    taken = [int(match[1]) for p in folder.iterdir() if (match := NAME.fullmatch(p.name))]
    stem = f"{max(taken, default=0) + 1:0{DIGITS}d}_{slug}"
    up, down = folder / f"{stem}.up.sql", folder / f"{stem}.down.sql"
    for path, purpose in ((up, "does"), (down, f"undoes all that {up.name} does")):
        with path.open("x", encoding="utf-8") as file:
            file.write(f"-- {stem}: what this {purpose}\n" if path == up else f"-- {purpose}\n")
    return up, down
