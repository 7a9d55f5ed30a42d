"""Which of PostgreSQL's packages a stack needs and lacks here; `python -m cli.packages STACK` says it to make."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from bootstrap.declared_extensions import declared
from cli.project import project_root
from graph.errors import CloudError
from local.postgres import binaries, packages


def wanted(major: int, extensions: Iterable[str]) -> Iterator[str]:
    """Name the targets of `make` that would bring the declared major version and its extensions.

    None for whoever names a PostgreSQL of their own.
    """
    if os.environ.get(binaries.VARIABLE):
        return
    try:
        found = binaries.find(major)
    except CloudError:
        return
    target = packages.installing(major)
    if found.major != major and target:
        yield target
    for name in extensions:
        if found.source(name) is None and (adds := packages.adding(name, found.package)):
            yield adds


def lacking(root: Path, major: int) -> Iterator[str]:
    """Say of each declared extension that no package here has it, and what mends that, one sentence each."""
    found = binaries.find(major)
    for each in declared(root):
        if found.source(each.name) is None:
            yield f"extension {each.name}: {missing(each.name, found)}"


def missing(name: str, found: binaries.Binaries) -> str:
    """Why a server cannot make an extension, and what mends it."""
    target = packages.adding(name, found.package)
    mend = f"`make {target}` installs one that has it" if target else "only a PostgreSQL that has it runs it"
    return f"{found.package.name} does not have it; {mend}" + ("" if target else f" ({binaries.VARIABLE})")


def main(stack: str) -> None:
    """Print them; where the stack's file is wrong, nothing: `datatier up` says it."""
    from infra.load import load_stack

    root = project_root()
    try:
        major = load_stack(root, stack).instances.primary.major
        targets = wanted(major, [each.name for each in declared(root)])
    except ValueError:
        return
    sys.stdout.write("".join(f"{target}\n" for target in dict.fromkeys(targets)))


if __name__ == "__main__":
    main(sys.argv[1])
