"""Make the program wrong at each place of places.toml, one at a time in a copy, and see that the near tests notice.

A copy is used again and again, so that Python compiles the program once.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).parents[2]
WORKERS = 2


@dataclass(frozen=True)
class Mutation:
    """One wrong line."""

    file: str
    before: str
    after: str
    tests: str

    def __str__(self) -> str:
        return f"{self.file}: {self.before!r} -> {self.after!r}"


def mutations() -> Iterator[Mutation]:
    """Those of places.toml."""
    for place in tomllib.loads(Path(__file__).with_name("places.toml").read_text(encoding="utf-8"))["place"]:
        for after in place["after"]:
            yield Mutation(place["file"], place["before"], after, place["tests"])


def copied(folder: Path) -> Path:
    """The project as git has it, in that folder."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for path in listed.rstrip("\0").split("\0"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, folder / path, follow_symlinks=False)
    return folder


def noticed(mutation: Mutation, copy: Path) -> str:
    """Why it counts as unnoticed; empty where a test failed on it. The copy is as before afterwards."""
    file = copy / mutation.file
    text = file.read_text(encoding="utf-8")
    if text.count(mutation.before) != 1:
        return f"the text is there {text.count(mutation.before)} times: correct places.toml"
    file.write_text(text.replace(mutation.before, mutation.after), encoding="utf-8")
    # The copy's own packages come first: `-m` puts the working folder before those of the environment.
    command = [sys.executable, "-m", "pytest", "-n", "0", "-x", "-q", *shlex.split(mutation.tests)]
    done = subprocess.run(command, cwd=copy, env=dict(os.environ), capture_output=True, text=True, check=False)
    # With its old time: that is how Python knows that what it compiled of the wrong text is not of this one.
    shutil.copy2(ROOT / mutation.file, file)
    # 1 is pytest's code for tests that failed; others say that none ran.
    return {0: "no test noticed", 1: ""}.get(done.returncode, f"pytest ended with {done.returncode}: {done.stdout}")


def main() -> int:
    """Print a line for each; the exit code is 1 where one went unnoticed."""
    every = list(mutations())
    left = 0
    with tempfile.TemporaryDirectory(prefix="dt-mutation-") as name, ThreadPoolExecutor(WORKERS) as workers:
        free = SimpleQueue[Path]()
        for number in range(WORKERS):
            free.put(copied(Path(name) / str(number)))

        def judged(mutation: Mutation) -> str:
            copy = free.get()
            try:
                return noticed(mutation, copy)
            finally:
                free.put(copy)

        for mutation, problem in zip(every, workers.map(judged, every), strict=True):
            left += bool(problem)
            sys.stdout.write(f"{problem or 'noticed'}: {mutation}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{len(every) - left} of {len(every)} noticed\n")
    return int(left > 0)


if __name__ == "__main__":
    sys.exit(main())
