"""A command in this process: what the program would print and how it would end, without the start of an interpreter."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from recorded_program import recorded

from cli.errors import report
from cli.main import COMMANDS, application
from cli.project import StackSource
from graph.deployment import Deployment


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def all(self) -> str:
        return self.out + self.err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def call(folder: Path, *words: str, stdin: str = "") -> Said:
    """`datatier WORDS` in a folder."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        patch.object(StackSource, "offline", _recorded),
        _standard_input(stdin),
    ):
        try:
            application(words[:1] if words[0] in COMMANDS else COMMANDS)(list(words), prog_name="datatier")
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        except BaseException as error:
            code = report(error)
    return Said(code, out.getvalue(), err.getvalue())


def _recorded(source: StackSource) -> Deployment:
    return recorded(source.stack, source.config, root=source.root, region=source.region)


@contextlib.contextmanager
def _standard_input(text: str) -> Any:
    import sys

    before, sys.stdin = sys.stdin, io.StringIO(text)
    try:
        yield
    finally:
        sys.stdin = before
