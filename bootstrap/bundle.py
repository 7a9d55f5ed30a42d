"""Builds the bundle of the Lambda functions: bootstrap, migrations, observe, libraries, RDS certificate authorities.

    python -m bootstrap.bundle build/runner.zip [--platform arm64|x86_64|local] [--certificates FILE]
        [--root FOLDER]

botocore is left out: Lambda's Python runtime brings it. The same files give the same bytes: names are sorted, every
entry carries the same time and mode, byte code names its source by hash. Byte code is in it because Lambda's folder is
read-only: every cold start would compile it again, which is two thirds of the time of its imports (bench/README.md).
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import Path

from bootstrap.application import CARRIED
from bootstrap.authorities import sort
from bootstrap.sources import LOOKING, SOURCES

ROOT = Path(__file__).parents[1]
# All of it, so that pip resolves nothing.
LIBRARIES = (
    "annotated-types",
    "psycopg",
    "psycopg-binary",
    "pydantic",
    "pydantic-core",
    "redis",
    "typing-extensions",
    "typing-inspection",
)
# What builds the bundle is of no use in it.
_BUILDER = (Path("bootstrap") / "authorities.py", Path("bootstrap") / "bundle.py")
# RDS User Guide, "Using SSL/TLS to encrypt a connection to a DB instance": the bundle of all commercial regions.
CERTIFICATES = "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem"
# Scripts; what pydantic has for version 1 and for mypy; what redis-py imports only for Redis' modules and several
# databases at once: 2.5 MB that nobody here loads.
_UNWANTED = (
    "bin",
    "pydantic/mypy.py",
    "pydantic/v1",
    "redis/asyncio/multidb",
    *(f"redis/commands/{name}" for name in ("bf", "json", "search", "timeseries", "vectorset")),
    "redis/multidb",
)
_TIME = (1980, 1, 1, 0, 0, 0)
_LAMBDA_FOLDER = "/var/task"


class BundleError(RuntimeError):
    """The bundle could not be built: the message says why and what mends it."""


@dataclass(frozen=True, kw_only=True)
class Platform:
    """Where the bundle is to run."""

    python: str
    """Version of Python, `3.13`."""
    tags: tuple[str, ...]
    """Platform tags of the wheels that load there; none for this computer's own."""


def _lambda(machine: str) -> Platform:
    # Lambda runs Amazon Linux 2023 (glibc 2.34), so wheels for glibc 2.17 and 2.28 both load.
    return Platform(python="3.13", tags=tuple(f"manylinux{glibc}_{machine}" for glibc in ("2014", "_2_28")))


PLATFORMS = {
    "arm64": _lambda("aarch64"),
    "x86_64": _lambda("x86_64"),
    # a function that runs on this computer, with this Python
    "local": Platform(python=f"{sys.version_info.major}.{sys.version_info.minor}", tags=()),
}


def build(target: Path, platform: Platform, *, certificates: bytes | None, root: Path = ROOT) -> Path:
    """Write the bundle of the application in `root` and return its path; nothing is left half-written.

    `certificates` is None for a bundle that speaks no TLS.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory(dir=target.parent) as beside:
        staging = Path(folder)
        _install(staging, platform)
        for name, path in _sources(root).items():
            copy = staging / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
        if certificates is not None:
            (staging / "bootstrap" / "rds-global-bundle.pem").write_bytes(certificates)
        _prune(staging)
        if interpreter := compiler(platform.python):
            _compile(staging, interpreter)
        partial = Path(beside) / target.name
        _zip(staging, partial)
        partial.replace(target)
    return target


def digest(platform: Platform, root: Path = ROOT) -> str:
    """SHA-256 of everything in a bundle without certificates, and of how it is built."""
    parts = [each.encode() for each in (platform.python, *platform.tags, *_pins())]
    for name, path in {Path("bundle.py"): Path(__file__), **_sources(root)}.items():
        parts += [name.as_posix().encode(), path.read_bytes()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def certificate_authorities(given: Path | None) -> bytes:
    """The CA bundle (PEM): the file as it is, else what is known to be RDS's of AWS's own.

    Raise BundleError where there is none in it.
    """
    if given is not None:
        try:
            content = given.read_bytes()
        except OSError as error:
            raise BundleError(f"--certificates {given}: {error.strerror}.") from None
        if b"-----BEGIN CERTIFICATE-----" not in content:
            raise BundleError(f"--certificates {given} holds no certificate (PEM): take {CERTIFICATES}.")
        _tell(sort(content).unknown, f"{given} and kept, since the file was named,")
        return content
    try:
        with urllib.request.urlopen(CERTIFICATES, timeout=30) as answer:
            found = sort(bytes(answer.read()))
    except OSError as error:
        raise BundleError(
            f"{CERTIFICATES} cannot be read ({error}): download it on a computer that can, then "
            "`make bundle CERTIFICATES=FILE`."
        ) from None
    if not found.known:
        raise BundleError(
            f"{CERTIFICATES} holds no certificate that is known to be RDS's: it is not what it should be."
        )
    _tell(found.unknown, f"{CERTIFICATES} and left out")
    return found.known


def _tell(unknown: tuple[str, ...], where: str) -> None:
    if unknown:
        sys.stderr.write(
            f"bundle: certificates in {where} that are not in bootstrap/rds_authorities.csv: {len(unknown)}, the first "
            f"with SHA-256 {unknown[0]}. A new region's are added there, once a second source has the same.\n"
        )


def compiler(python: str) -> str | None:
    """A Python of that version, whose byte code is the one wanted; None where this computer has none."""
    if PLATFORMS["local"].python == python:
        return sys.executable
    found = shutil.which(f"python{python}")
    # A version manager may have the name and not the version.
    works = found and subprocess.run([found, "--version"], capture_output=True, check=False).returncode == 0
    return found if works else None


def _sources(root: Path) -> dict[Path, Path]:
    """What it carries, by where that lies in it: the program's code, and the application in `root`."""
    places = ((ROOT, SOURCES), (ROOT, LOOKING), (root, CARRIED))
    found = {
        path.relative_to(place): path
        for place, patterns in places
        for pattern in patterns
        for path in place.glob(pattern)
        if path.is_file()
    }
    return {name: found[name] for name in sorted(found) if name not in _BUILDER}


def _install(staging: Path, platform: Platform) -> None:
    requirements = staging / "requirements.txt"
    requirements.write_text("\n".join(_pins()), encoding="utf-8")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    command += ["--target", str(staging), "--no-deps", "--require-hashes", "--only-binary", ":all:"]
    command += [option for tag in platform.tags for option in ("--platform", tag)]
    command += ["--python-version", platform.python] if platform.tags else []
    done = subprocess.run([*command, "-r", str(requirements)], capture_output=True, text=True, check=False)
    requirements.unlink()
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise BundleError(f"pip could not install the libraries for Python {platform.python}: {last}")


def _pins() -> list[str]:
    """`name==version --hash=...` of the bundle's libraries, as the lock has them."""
    lock = ROOT / "requirements" / "runtime.txt"
    found: dict[str, str] = {}
    for entry in lock.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        name, equals, _ = entry.partition("==")
        if equals:
            requirement, *hashes = entry.split(" --hash=")
            found[name.split("[")[0]] = " --hash=".join([requirement.split(";")[0].strip(), *map(str.strip, hashes)])
    missing = set(LIBRARIES) - set(found)
    if missing:
        raise BundleError(f"{lock.name} does not pin {', '.join(sorted(missing))}: run `make requirements`.")
    return [found[name] for name in LIBRARIES]


def _prune(staging: Path) -> None:
    for name in _UNWANTED:
        path = staging / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    # Of a library's own records only METADATA counts: psycopg asks for its version there.
    for path in staging.glob("*.dist-info/**/*"):
        if path.is_file() and path.name != "METADATA":
            path.unlink()
    for path in [*staging.rglob("*.pyi"), *staging.rglob("py.typed")]:
        path.unlink()


def _compile(staging: Path, interpreter: str) -> None:
    # Hash-based and unchecked (PEP 552): a zip has no times worth comparing, and the sources never change in it.
    command = [interpreter, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    command += ["-s", str(staging), "-p", _LAMBDA_FOLDER, str(staging)]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BundleError(f"{interpreter} could not compile the bundle: {done.stdout.strip()[-300:]}")


def _zip(staging: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(path for path in staging.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(staging).as_posix(), _TIME)
            entry.create_system = 3  # Unix, whatever built it
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())


def main() -> int:
    """Command line; 1 when the bundle could not be built."""
    parser = argparse.ArgumentParser(description="Build the runner's Lambda bundle.")
    parser.add_argument("target", type=Path)
    parser.add_argument("--platform", choices=sorted(PLATFORMS), default="arm64", help="what it is to run on")
    parser.add_argument("--certificates", type=Path, help="RDS CA bundle (PEM) instead of a download")
    parser.add_argument("--root", type=Path, default=ROOT, help="folder of the application")
    options = parser.parse_args()
    platform = PLATFORMS[options.platform]
    try:
        target = build(
            options.target, platform, root=options.root, certificates=certificate_authorities(options.certificates)
        )
    except (BundleError, OSError) as error:
        sys.stderr.write(f"bundle: {error}\n")
        return 1
    with zipfile.ZipFile(target) as archive:
        unzipped = sum(entry.file_size for entry in archive.infolist())
    sys.stdout.write(f"{target}: {target.stat().st_size / 1e6:.1f} MB, {unzipped / 1e6:.1f} MB unzipped\n")
    if compiler(platform.python) is None:
        sys.stdout.write(
            f"without byte code: no python{platform.python} on PATH, so every cold start compiles for about a second\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
