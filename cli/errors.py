"""Every failure as one sentence and an exit code; a traceback only when asked for (`DATATIER_DEBUG=1`)."""

from __future__ import annotations

import errno
import sys
import traceback

from cli.output import console, debugging, escape
from infra.trigger import PACKAGE

FAILED, WRONG_INPUT, DIFFERENT = 1, 2, 3
INTERRUPTED = 130
"""As a shell says of whatever SIGINT has ended: 128 and its number."""


class InputError(ValueError):
    """What was asked for cannot be: the sentence says why and what mends it."""


class NothingUpError(RuntimeError):
    """The command needs a tier that is up."""


def report(error: BaseException) -> int:
    """Say what went wrong on standard error; return the exit code."""
    if isinstance(error, KeyboardInterrupt):
        _say("interrupted; what was made is kept, run it again to go on.")
        return INTERRUPTED
    if debugging():
        traceback.print_exception(error)
    code, sentence = _judge(error)
    _say(sentence)
    return code


def _judge(error: BaseException) -> tuple[int, str]:
    from bootstrap.migrate.errors import ShortError
    from infra.settings.problems import declared_wrong

    # Wrong input is known by its type, so that a ValueError from a library is not taken for one.
    if isinstance(error, ShortError):  # a number that does not fit, met when something was done already
        return FAILED, str(error)
    if isinstance(error, _wrong_input()) or declared_wrong(error):
        return WRONG_INPUT, str(error)
    if isinstance(error, OSError):
        return FAILED, _operating_system(error)
    if type(error).__module__.partition(".")[0] in _ROOMS:
        return FAILED, str(error)
    kind = f"{type(error).__module__}.{type(error).__name__}"
    return FAILED, f"a fault of datatier, {kind}: {_first_line(error)}; DATATIER_DEBUG=1 shows where to report it"


_ROOMS = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}


def _wrong_input() -> tuple[type[BaseException], ...]:
    """The errors that say that what was asked for, or a file that was named, cannot be: exit code 2.

    Imported when there is an error: a command that ends well has no need of them.
    """
    from bootstrap.access.load import AccessError
    from bootstrap.access_explain import UnknownRoleError
    from bootstrap.errors import AskedError, UnknownCacheError
    from bootstrap.migrate.errors import ProblemsError, SourceError, TargetError
    from bootstrap.rehearse import NotEmptyError
    from bootstrap.schema.file import DefinitionError
    from bootstrap.schema.read import UnreadableError
    from bootstrap.secrets.urls import UrlError
    from clients.errors import NoLoginError
    from infra.settings.problems import SettingsError
    from infra.settings.stackfile import UnknownStackError
    from knowledge.classes import UnknownClassError
    from knowledge.parameters import ParameterError
    from local.logs import LogsError
    from observe.errors import QuestionError
    from pipeline.record import RecordError
    from upgrade.step import PlanError

    return (
        AccessError,
        AskedError,
        DefinitionError,
        InputError,
        LogsError,
        NoLoginError,
        NotEmptyError,
        ParameterError,
        PlanError,
        ProblemsError,
        QuestionError,
        RecordError,
        SettingsError,
        SourceError,
        TargetError,
        UnknownCacheError,
        UnknownClassError,
        UnknownRoleError,
        UnknownStackError,
        UnreadableError,
        UrlError,
    )


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
    console(stderr=True).print(f"[bold red]error:[/] {escape(sentence)}")
