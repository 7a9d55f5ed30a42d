"""What could change the result of an `up`, in one hash: equal means that there is nothing to do."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from bootstrap.application import ACCESS, CARRIED
from infra.settings.stackfile import file_of
from infra.trigger import PACKAGE, content_hash

# The program and everything it consists of, including data files, besides the declarations of the stack itself.
_ROOMS = ("bootstrap", "components", "graph", "infra", "knowledge", "local", "runtime")
_KINDS = ("py", "json", "csv", "toml", "sh")
CODE = (*(f"{room}/**/*.{kind}" for room in _ROOMS for kind in _KINDS), "requirements/runtime.txt")


def fingerprint(root: Path, stack: str, variables: Iterable[str] = ()) -> str:
    """The hash of a stack in a project folder; `variables` of the environment change the result too."""
    parts = [
        sys.version,
        content_hash(PACKAGE, CODE),
        content_hash(root, ("Pulumi.yaml",)),
        *declarations(root, stack).values(),
        *(f"{name}={os.environ.get(name, '')}" for name in variables),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def declarations(root: Path, stack: str) -> dict[str, str]:
    """What a stack is declared by -> a hash of it as it is on disk."""
    patterns = {each: each for each in (ACCESS, file_of(stack))}
    patterns |= {each.partition("/")[0] + "/": each for each in CARRIED}
    return {name: content_hash(root, (pattern,)) for name, pattern in patterns.items()}
