"""What a folder or a person says is not to be reported: by rule, for files, with a reason.

In an SQL file `-- datatier:allow RULE reason` stands for the statement that it is before or in; of the file as a whole
(no down file, too late a number) it may stand anywhere in it. A published folder, whose files nobody can change any
more, has it in a file of its own, which golang-migrate passes over: `datatier.allow`, a line each of
`RULE FILES reason`, where FILES is a name or a pattern as the shell knows it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path

from bootstrap.migrate.errors import FileProblem, SourceError

FILE = "datatier.allow"
COMMENT = re.compile(r"--[ \t]*datatier:allow[ \t]+([\w-]+)[ \t]*([^\r\n]*)")


@dataclass(frozen=True)
class Allowance:
    """One thing that is allowed."""

    rule: str
    files: str
    place: str = ""
    """Where it is said: the file and its line; empty for who runs it."""


@dataclass(frozen=True)
class AllowFile:
    """All that is allowed for a folder."""

    lines: tuple[Allowance, ...] = ()

    def covers(self, problem: FileProblem) -> bool:
        """Whether it is allowed."""
        return any(line.rule == problem.rule and fnmatchcase(problem.file, line.files) for line in self.lines)

    def check(self, known: Collection[str], fixed: Collection[str]) -> None:
        """Raise SourceError where a line names no rule, or one of the `fixed` that nobody can allow away."""
        for line in self.lines:
            if line.rule in fixed:
                raise SourceError(
                    f"{line.place or '--allow'}: {line.rule} cannot be allowed: such a file fails on every server",
                    "mend the file",
                )
            if line.rule not in known:
                raise SourceError(f"{line.place or '--allow'}: no rule {line.rule}", _meant(line.rule, known))


def allowed_in(folder: Path, rules: Iterable[str] = ()) -> AllowFile:
    """What the folder's own file allows, and `rules` for all files."""
    path = folder / FILE
    asked = tuple(Allowance(rule, "*") for rule in rules)
    if not path.is_file():
        return AllowFile(asked)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path}: cannot be read as text: {error}", "save it as UTF-8") from error
    return AllowFile((*_lines(str(path), text), *asked))


def _lines(path: str, text: str) -> Iterator[Allowance]:
    for number, line in enumerate(text.splitlines(), 1):
        words = [] if line.lstrip().startswith("#") else line.split()
        if not words:
            continue
        if len(words) < 3:
            raise SourceError(
                f"{path}:{number}: `{' '.join(words)}` is not RULE FILES reason",
                "for example: missing-down 000003_* nobody ever went down",
            )
        yield Allowance(words[0], words[1], f"{path}:{number}")


def _meant(rule: str, known: Collection[str]) -> str:
    close = get_close_matches(rule, known, 1)
    return f"did you mean {close[0]}?" if close else "docs/migrations.md lists them"
