"""A project folder and the command line in it."""

import json
import os
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import clinic_project
from forked import Forked, forking

DATATIER = str(Path(sys.executable).with_name("datatier"))


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Project:
    """A project folder and the command line in it."""

    folder: Path
    program: str = DATATIER

    def run(self, *words: str, env: dict[str, str] | None = None, stdin: str = "") -> Answer:
        return Answer(*_forked().run(words, self.folder, {**os.environ, "COLUMNS": "200", **(env or {})}, stdin))

    def ok(self, *words: str, **more: Any) -> Answer:
        answer = self.run(*words, **more)
        assert answer.code == 0, f"{words}: {answer.code}\n{answer.out}\n{answer.err}"
        return answer


_open = ExitStack()


@cache
def _forked() -> Forked:
    return _open.enter_context(forking())


def close() -> None:
    """End the process that commands are forked from, if any was."""
    _open.close()
    _forked.cache_clear()


def declarations(folder: Path) -> Project:
    return Project(clinic_project.copy(folder))
