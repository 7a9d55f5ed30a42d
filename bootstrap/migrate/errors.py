"""What can go wrong with migrations: each error says what is wrong, where, and what mends it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


def shown(name: str) -> str:
    """A file's name or path as it can be printed: what is not a character there, or ends a line, as an escape."""
    if name.isprintable():  # as nearly all of them are; the rest takes ten times as long
        return name
    return name.encode("utf-8", "backslashreplace").decode().translate(_ESCAPED)


_ESCAPED = {code: f"\\x{code:02x}" for code in (*range(32), 127)}


class MigrateError(Exception):
    """Base of every error of this package."""

    def __init__(self, what: str, fix: str = "") -> None:
        super().__init__(f"{what}; {fix}" if fix else what)
        self.what = what
        self.fix = fix
        """The command or change that mends it; empty where there is nothing to add."""


class SourceError(MigrateError):
    """The folder of migrations cannot be read as one."""


class TargetError(MigrateError):
    """The version or number asked for does not fit the files or the database."""


class ShortError(TargetError):
    """Fewer files were there than asked for; those that were there are done."""


class DirtyError(MigrateError):
    """A file failed or was cut short, and nobody has said yet what became of it."""


class LockedError(MigrateError):
    """Someone else is migrating, and did not finish in time."""


class ServerError(MigrateError):
    """Migrations cannot be run over this connection: a replica, or something between that changes the session."""


class StoppedError(MigrateError):
    """The run was stopped between two files, with the database clean: the time was up, or a replica lags."""


class LedgerError(MigrateError):
    """The database refused to keep the books: a privilege, a role, another tool's table."""


class FileError(MigrateError):
    """A migration file failed. `line` and `column` count from 1; 0 where the place is not known."""

    def __init__(
        self,
        what: str,
        fix: str = "",
        *,
        file: str,
        line: int = 0,
        column: int = 0,
        sqlstate: str = "",
        undone: bool = False,
        lost: bool = False,
    ) -> None:
        super().__init__(f"{file}:{line}:{column}: {what}" if line else f"{file}: {what}", fix)
        self.file = file
        self.line = line
        self.column = column
        self.sqlstate = sqlstate
        self.undone = undone
        """Whether PostgreSQL has certainly undone all of the file."""
        self.reason = f"line {line}: {what}" if line else what
        """What went wrong, without the file."""
        self.lost = lost
        """Whether the connection went with it."""

    def comes_of(self, cause: str) -> None:
        """Put what it comes of before what went wrong."""
        self.what = f"{cause}: {self.what}"
        self.args = (f"{self.what}; {self.fix}" if self.fix else self.what,)

    def explain(self, fix: str) -> None:
        """Add what mends the database to what mends the file."""
        self.fix = f"{self.fix}; {fix}" if self.fix else fix
        self.args = (f"{self.what}; {self.fix}",)


@dataclass(frozen=True)
class FileProblem:
    """One thing wrong with the files, by themselves or compared with what the database has applied."""

    rule: str
    file: str
    message: str
    fix: str
    severity: str = "error"
    """`error` stops `up`; `warning`, `style` and `note` are only shown by `validate`."""
    line: int = 0
    """From 1; 0 where it is the file as a whole."""
    column: int = 0

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return "; ".join(filter(None, (f"{place}: {self.message}" if place else self.message, self.fix)))


class ProblemsError(MigrateError):
    """Problems that must be mended before anything is applied, all of them at once."""

    def __init__(self, problems: Sequence[FileProblem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)
