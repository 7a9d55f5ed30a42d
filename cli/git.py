"""What Git knows of this project: the paths that changed since a revision, and the files as they were at one."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.errors import InputError


def changed_paths(root: Path, since: str) -> list[str]:
    """What differs from where this branch left `since`, what is not committed yet included; relative to `root`."""
    base = left(root, since)
    differ = _git(root, "diff", "--name-only", "--no-renames", "--relative", "-z", base)
    others = _git(root, "ls-files", "--others", "--exclude-standard", "-z")
    return sorted(set(filter(None, (differ + others).decode().split("\0"))))


def uncommitted(root: Path, paths: Iterable[Path]) -> list[str] | None:
    """Those of the paths, relative to `root`, that Git has not as they are; None without Git, or outside of it."""
    options = ("--porcelain", "-z", "--no-renames", "--untracked-files=all", "--ignored=no")
    done = _run(root, "status", *options, "--", *map(str, paths))
    if done is None or done.returncode:
        return None
    return [entry[3:] for entry in done.stdout.decode().split("\0") if entry]


@contextmanager
def as_of(root: Path, since: str) -> Iterator[Path]:
    """The project's files as where this branch left `since`, in a folder that is gone afterwards."""
    packed = _git(root, "archive", "--format=tar", left(root, since))
    with tempfile.TemporaryDirectory(prefix="datatier-since-") as folder:
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(folder, filter="data")
        yield Path(folder)


def left(root: Path, since: str) -> str:
    """The commit at which this branch left `since`. Raise `InputError`."""
    # A name that begins with a dash would be an option of git's.
    wanted = ("rev-parse", "--verify", "--quiet", f"{since}^{{commit}}")
    known = b"" if since.startswith("-") else _git(root, *wanted, ok=1)
    if not known:
        raise InputError(
            f"Git knows no revision `{since}` here: fetch it (`git fetch origin main`; in a workflow: fetch-depth: 0)."
        )
    return _git(root, "merge-base", known.decode().strip(), "HEAD").decode().strip()


def _git(root: Path, *words: str, ok: int = 0) -> bytes:
    done = _run(root, *words)
    if done is None:
        raise InputError("--since needs git, which is not on PATH: install it.")
    if done.returncode > ok:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise InputError(f"git {words[0]}: {said[-1] if said else 'it failed'}.")
    return done.stdout


def _run(root: Path, *words: str) -> subprocess.CompletedProcess[bytes] | None:
    """Git in a folder; None where there is no Git."""
    if (program := shutil.which("git")) is None:
        return None
    return subprocess.run([program, "-C", str(root), *words], capture_output=True, check=False)
