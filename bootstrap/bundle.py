"""Builds the runner's Lambda bundle: bootstrap, migrations, its libraries and the RDS certificate authorities.

    python -m bootstrap.bundle build/runner.zip [--architecture arm64|x86_64]

boto3 is left out: Lambda's Python runtime brings it. The same files give the same bytes: names are sorted and every
entry carries the same time.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHON = "3.13"
LIBRARIES = ("psycopg", "psycopg-binary", "redis", "pydantic", "pyyaml", "tenacity")
# RDS User Guide, "Using SSL/TLS to encrypt a connection to a DB instance": the bundle of all commercial regions.
CERTIFICATES = "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem"
# Lambda runs Amazon Linux 2023 (glibc 2.34), so wheels for glibc 2.17 and 2.28 both load.
_PLATFORMS = {
    name: [f"manylinux{glibc}_{machine}" for glibc in ("2014", "_2_28")]
    for name, machine in (("arm64", "aarch64"), ("x86_64", "x86_64"))
}
_TIME = (1980, 1, 1, 0, 0, 0)


class BundleError(RuntimeError):
    """The bundle could not be built: the message says why and what mends it."""


def build(target: Path, *, architecture: str, certificates: Path | None = None) -> Path:
    """Write the bundle and return its path; nothing is left half-written."""
    with tempfile.TemporaryDirectory() as folder:
        staging = Path(folder)
        _install(staging, architecture)
        _copy(staging)
        (staging / "bootstrap" / "rds-global-bundle.pem").write_bytes(_certificates(certificates))
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_suffix(".partial")
        _zip(staging, partial)
        partial.replace(target)
    return target


def _install(staging: Path, architecture: str) -> None:
    pins = _pins(ROOT / "requirements" / "runtime.txt", LIBRARIES)
    requirements = staging / "requirements.txt"
    requirements.write_text("\n".join(pins), encoding="utf-8")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(staging), "--no-compile"]
    command += [option for name in _PLATFORMS[architecture] for option in ("--platform", name)]
    command += ["--python-version", PYTHON, "--only-binary", ":all:"]
    done = subprocess.run([*command, "-r", str(requirements)], capture_output=True, text=True, check=False)
    requirements.unlink()
    if done.returncode:
        raise BundleError(f"pip could not install the libraries: {done.stderr.strip().splitlines()[-1:]}")


def _pins(lock: Path, names: tuple[str, ...]) -> list[str]:
    """`name==version` of the given projects as the lock has them."""
    wanted = set(names)
    lines = (line.split(";")[0].strip(" \\") for line in lock.read_text(encoding="utf-8").splitlines())
    found = {name.split("[")[0]: line for line in lines if "==" in line and (name := line.split("==")[0])}
    missing = wanted - set(found)
    if missing:
        raise BundleError(f"{lock.name} does not pin {', '.join(sorted(missing))}: run `make requirements`.")
    return [found[name] for name in sorted(wanted)]


def _copy(staging: Path) -> None:
    for pattern in ("bootstrap/**/*.py", "migrations/*.sql", "schema/*.json", "access.yaml"):
        for path in ROOT.glob(pattern):
            copy = staging / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())


def _certificates(given: Path | None) -> bytes:
    if given is not None:
        return given.read_bytes()
    try:
        with urllib.request.urlopen(CERTIFICATES, timeout=30) as answer:
            return bytes(answer.read())
    except OSError as error:
        raise BundleError(
            f"{CERTIFICATES} cannot be read ({error}); download it and pass --certificates FILE."
        ) from None


def _zip(staging: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(staging.rglob("*")):
            # Of a library's own records only METADATA counts: psycopg asks for its version there.
            unwanted = "__pycache__" in path.parts or (path.match("*.dist-info/*") and path.name != "METADATA")
            if path.is_file() and not unwanted:
                entry = zipfile.ZipInfo(path.relative_to(staging).as_posix(), _TIME)
                entry.external_attr = 0o644 << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())


def main() -> int:
    """Command line; 1 when the bundle could not be built."""
    parser = argparse.ArgumentParser(description="Build the runner's Lambda bundle.")
    parser.add_argument("target", type=Path)
    parser.add_argument("--architecture", choices=sorted(_PLATFORMS), default="arm64")
    parser.add_argument("--certificates", type=Path, help="RDS CA bundle (PEM) instead of a download")
    options = parser.parse_args()
    try:
        target = build(options.target, architecture=options.architecture, certificates=options.certificates)
    except (BundleError, OSError) as error:
        sys.stderr.write(f"bundle: {error}\n")
        return 1
    sys.stdout.write(f"{target} ({target.stat().st_size / 1e6:.1f} MB)\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
