"""What could change the result of an `up`, in one hash: equal means that there is nothing to do."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from cli.project import PACKAGE
from infra.stackfile import file_of
from infra.trigger import content_hash

# The program and everything it is made of, beside the declarations of the stack itself.
CODE = (
    *(
        f"{room}/**/*.{kind}"
        for room in ("infra", "components", "bootstrap", "local")
        for kind in ("py", "json", "csv")
    ),
    "migrations/*.sql",
    "schema/*.json",
    "requirements/runtime.txt",
)
DECLARATIONS = ("Pulumi.yaml", "access.yaml")
# Which servers run, see `datatier doctor`.
SERVERS = ("DATATIER_POSTGRES_BIN", "DATATIER_REDIS_SERVER")


def fingerprint(root: Path, stack: str) -> str:
    """The hash of a stack in a project folder, on this computer."""
    parts = [
        sys.version,
        content_hash(PACKAGE, CODE),
        content_hash(root, (*DECLARATIONS, file_of(stack))),
        *(f"{name}={os.environ.get(name, '')}" for name in SERVERS),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
