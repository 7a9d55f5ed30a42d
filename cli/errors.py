"""Every failure as one sentence and an exit code; a traceback only when asked for (`DATATIER_DEBUG=1`)."""

from __future__ import annotations

import errno
import sys
import traceback

from cli.output import console, debugging
from cli.project import PACKAGE

FAILED, WRONG_INPUT, DIFFERENT = 1, 2, 3


class InputError(ValueError):
    """What was asked for cannot be: the sentence says why and what mends it."""


class NothingUpError(RuntimeError):
    """The command needs a tier that is up."""


def report(error: BaseException) -> int:
    """Say what went wrong on standard error; return the exit code."""
    if isinstance(error, KeyboardInterrupt):
        _say("interrupted; what was made is kept, run it again to go on.")
        return 130
    if debugging():
        traceback.print_exception(error)
    code, sentence = _judge(error)
    _say(sentence)
    return code


def _judge(error: BaseException) -> tuple[int, str]:
    from infra.problems import declared_wrong

    # Wrong input is known by its type, so that a ValueError from a library is not taken for one.
    if type(error).__name__ in _INPUT or declared_wrong(error):
        return WRONG_INPUT, str(error)
    if isinstance(error, OSError):
        return FAILED, _operating_system(error)
    if type(error).__module__.partition(".")[0] in _ROOMS:
        return FAILED, str(error)
    kind = f"{type(error).__module__}.{type(error).__name__}"
    return FAILED, f"unexpected {kind}: {_first_line(error)} (DATATIER_DEBUG=1 shows where)"


_ROOMS = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
_INPUT = {
    "SettingsError",
    "UnknownStackError",
    "AccessError",
    "InputError",
    "UnknownClassError",
    "ParameterError",
    "UrlError",
    "PlanError",
    "DefinitionError",
    "NotEmptyError",
    "RecordError",
    "SourceError",
    "TargetError",
    "ProblemsError",
}
_MENDS = {
    errno.ENOSPC: "the disk is full: free space and run it again.",
    errno.EROFS: "the folder is on a read-only file system: choose another folder.",
    errno.EACCES: "this user may not write there: change the folder's owner, or choose another folder.",
    errno.EPERM: "this user may not do that: change the folder's owner, or choose another folder.",
    errno.ENOENT: "it does not exist.",
}


def _operating_system(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{_MENDS.get(error.errno or 0, error.strerror or str(error))}"


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or ["no message"])[0]


def _say(sentence: str) -> None:
    sys.stdout.flush()
    console(stderr=True).print(f"[bold red]error:[/] {_escape(sentence)}")


def _escape(text: str) -> str:
    return text.replace("[", r"\[")
