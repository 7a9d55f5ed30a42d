"""What a stack declared at a revision of Git: that revision's own program is previewed, from its own files."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from cli.errors import InputError
from cli.git import as_of
from cli.project import project_root
from infra.settings.stackfile import file_of

_SECONDS = 300
_NOTHING = '{"resources": []}'


def declared(stack: str, since: str) -> str:
    """The preview of a stack as it was, as `datatier preview --json` prints it; empty where there was no such stack.

    The revision's code runs with the libraries that are installed here. Raise `InputError`.
    """
    root = project_root()
    with as_of(root, since) as folder:
        if not (folder / file_of(stack)).is_file():
            return _NOTHING
        # `-m` puts the current folder before everything that is installed, this project included.
        command = [sys.executable, "-m", "cli.main", "preview", stack, "--json"]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
        try:
            json.loads(done.stdout)
        except ValueError:
            said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise InputError(f"`datatier preview {stack}` of {since} cannot be had: {said}") from None
        # Where the bundle is makes no difference.
        return done.stdout.replace(str(folder), str(root))
