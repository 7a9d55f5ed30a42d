"""Where PostgreSQL's programs are and what this build can do."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from graph.errors import CloudError
from keep.errors import AskedError
from local.postgres import packages
from local.postgres.packages import Package

VARIABLE = "DATATIER_POSTGRES_BIN"
NEEDED = ("initdb", "postgres", "pg_basebackup")
LENDING = 18
"""The first major version whose server loads extensions from other folders than its own (PostgreSQL 18, Release Notes:
extension_control_path)."""


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
    """The programs of one PostgreSQL, and the packages of its major version that lend it extensions."""

    package: Package
    lenders: tuple[Package, ...] = ()

    def __getitem__(self, program: str) -> str:
        return str(self.folder / program)

    @property
    def folder(self) -> Path:
        return self.package.bin

    @functools.cached_property
    def version(self) -> str:
        """Such as `18.6`."""
        return _run(self["postgres"], "--version").split()[2]

    @property
    def major(self) -> int:
        return self.package.major

    @functools.cached_property
    def settings(self) -> dict[str, Setting]:
        """Every parameter that this server knows, from `postgres --describe-config`."""
        rows = (line.split("\t") for line in _run(self["postgres"], "--describe-config").splitlines())
        return {row[0]: Setting(row[1], row[3], row[5], row[6]) for row in rows if len(row) > 6}

    @functools.cached_property
    def libraries(self) -> frozenset[str]:
        """Names that shared_preload_libraries can load."""
        return frozenset().union(*(each.libraries for each in (self.package, *self.lenders)))

    @property
    def paths(self) -> dict[str, str]:
        """The parameters by which the server finds what it is lent (PostgreSQL 18, extension_control_path)."""
        if not self.lenders:
            return {}
        return {
            "extension_control_path": ":".join(("$system", *(str(each.share) for each in self.lenders))),
            "dynamic_library_path": ":".join(("$libdir", *(str(each.lib) for each in self.lenders))),
        }

    def source(self, extension: str) -> Package | None:
        """The package whose extension of that name the server makes; None where none has it."""
        return next((each for each in (self.package, *self.lenders) if extension in each.extensions), None)


def choose(packages: Sequence[Package], declared: int | None = None) -> Binaries | None:
    """Choose the server of the declared major version, else of the nearest, the newer of two; pure.

    Without a declaration the newest. None where no package has a server.
    """
    servers = [each for each in packages if each.server]
    if not servers:
        return None
    wanted = declared or max(each.major for each in servers)
    server = min(servers, key=lambda each: (abs(each.major - wanted), -each.major))
    if server.major < LENDING:
        return Binaries(server)
    has, lenders = set(server.extensions), list[Package]()
    for each in packages:
        if each.major == server.major and not each.extensions <= has:
            lenders.append(each)
            has |= each.extensions
    return Binaries(server, tuple(lenders))


@functools.cache
def find(declared: int | None = None) -> Binaries:
    """The installation that the environment names, else the one of those from pip that is nearest to what is declared.

    Raise CloudError.
    """
    named = _named()
    if named:
        return Binaries(named)
    found = choose(packages.found(), declared)
    if found is None:
        raise CloudError(
            f"there is no PostgreSQL: run `make up`, which installs one, or name a bin folder in {VARIABLE}"
        )
    return found


def of_major(major: int) -> Binaries:
    """The installation of that very major version. Raise AskedError where there is none."""
    found = choose([each for each in packages.found() if each.major == major], major)
    named = _named()
    if named and named.major == major:
        found = Binaries(named)
    if found is None:
        target = packages.installing(major)
        mend = f"`make {target}` installs it" if target else f"name its bin folder in {VARIABLE}"
        raise AskedError(f"this computer has no PostgreSQL {major}: {mend}")
    return found


def unlike(declared: int, actual: int) -> str:
    """What mends that another major version runs than the declared one, as the end of a sentence; may be empty."""
    if os.environ.get(VARIABLE):
        return f", as {VARIABLE} says"
    if any(each.major == declared and each.server for each in packages.found()):
        return f": its data are of {actual}"
    target = packages.installing(declared)
    return f": `make {target}` installs {declared}" if target else f": no package has {declared}"


def client(program: str, major: int | None = None) -> str:
    """Path of a client program such as psql: of the server's own major version, else of the next newer one.

    An older psql does not know a newer server's catalogues (PostgreSQL, psql, "Notes"). Without a `major`, that of the
    folder which the environment names, else the newest.

    Raise CloudError.
    """
    named = _named()
    servers = [*([named] if named else ()), *(each for each in packages.found() if each.server)]
    wanted = major or (named.major if named else max((each.major for each in servers), default=0))
    fitting = sorted((each for each in servers if each.major >= wanted), key=lambda each: each.major)
    for path in (*(str(each.bin / program) for each in fitting), shutil.which(program)):
        if path and os.access(path, os.X_OK) and _major(path) >= wanted:
            return path
    old = f" of PostgreSQL {wanted} or newer" if wanted else ""
    raise CloudError(
        f"there is no {program}{old}: run `make up`, which installs one, name a complete bin folder in {VARIABLE}, or "
        "install PostgreSQL's client programs"
    )


def _named() -> Package | None:
    """The installation that the environment names. Raise CloudError where it is not a whole one."""
    named = os.environ.get(VARIABLE)
    if not named:
        return None
    for program in NEEDED:
        if not os.access(Path(named) / program, os.X_OK):
            raise CloudError(
                f"{VARIABLE}={named} has no executable `{program}`; name a complete PostgreSQL bin folder in {VARIABLE}"
            )
    folder = Path(named).resolve()
    return packages.at(folder, _version(_run(str(folder / "postgres"), "--version")))


def _major(program: str) -> int:
    """0 for what does not run."""
    try:
        return _version(_run(program, "--version"))
    except (CloudError, OSError):
        return 0


def _version(told: str) -> int:
    """The major version in what a program says of itself, 19 of `psql (PostgreSQL) 19beta1`; 0 where it says none."""
    found = re.search(r"\) (\d+)", told)
    return int(found[1]) if found else 0


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    if done.returncode:
        raise CloudError(f"{command[0]} does not run on this computer: {done.stderr.strip()}")
    return done.stdout
