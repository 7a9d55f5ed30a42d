"""Which exit code an error gets: wrong input by its type; what is neither that nor a room's own is a fault of ours."""

from __future__ import annotations

import errno

import pytest

from account.reader import NotThereError
from bootstrap.access.load import AccessError
from bootstrap.access.load import Problem as AccessProblem
from bootstrap.access_explain import UnknownRoleError
from bootstrap.errors import BootstrapError, UnknownCacheError
from bootstrap.migrate.errors import DirtyError, ProblemsError, ShortError, SourceError, TargetError
from bootstrap.rehearse import NotEmptyError
from bootstrap.schema.file import DefinitionError
from bootstrap.secrets import LoginError, UrlError
from cli.errors import FAILED, WRONG_INPUT, InputError, NothingUpError, report
from clients.errors import EmptySecretError, NoLoginError
from graph.errors import CloudError
from infra.settings.problems import SettingsError, SettingsProblem
from infra.settings.stackfile import UnknownStackError
from knowledge.classes import UnknownClassError
from knowledge.parameters import ParameterError
from local.logs import LogsError
from pipeline.record import RecordError
from upgrade.step import PlanError

SAYS = "the shop is shut; open it"


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (InputError(SAYS), WRONG_INPUT, SAYS),
        (NoLoginError(SAYS), WRONG_INPUT, SAYS),
        (LogsError(SAYS), WRONG_INPUT, SAYS),
        (UnknownCacheError(SAYS), WRONG_INPUT, SAYS),
        (UnknownRoleError("shop", ["web"]), WRONG_INPUT, "the server has no role `shop`: web"),
        (UnknownStackError(SAYS), WRONG_INPUT, SAYS),
        (UnknownClassError(SAYS), WRONG_INPUT, SAYS),
        (ParameterError([SAYS]), WRONG_INPUT, SAYS),
        (UrlError(SAYS), WRONG_INPUT, SAYS),
        (PlanError(SAYS), WRONG_INPUT, SAYS),
        (DefinitionError(SAYS), WRONG_INPUT, SAYS),
        (NotEmptyError(SAYS), WRONG_INPUT, SAYS),
        (RecordError(SAYS), WRONG_INPUT, SAYS),
        (SourceError(SAYS), WRONG_INPUT, SAYS),
        (TargetError(SAYS), WRONG_INPUT, SAYS),
        (ShortError(SAYS), FAILED, SAYS),
        (ProblemsError([]), WRONG_INPUT, ""),
        (SettingsError("f", [SettingsProblem("k", "r.")]), WRONG_INPUT, "f has 1 problem:\n  k: r."),
        (
            AccessError((AccessProblem(path="p", rule="r"),)),
            WRONG_INPUT,
            "the access declaration is wrong:\n  p: r"
            "\nEvery key with what it takes, its default and an example: docs/access.md",
        ),
        (
            SettingsError("f", [SettingsProblem("k", "r.")], page="docs/p.md"),
            WRONG_INPUT,
            "f has 1 problem:\n  k: r.\nEvery key with what it takes, its default and an example: docs/p.md",
        ),
        (NothingUpError(SAYS), FAILED, SAYS),
        (EmptySecretError(SAYS), FAILED, SAYS),
        (BootstrapError(SAYS), FAILED, SAYS),
        (LoginError(SAYS, refused=True), FAILED, SAYS),
        (DirtyError(SAYS), FAILED, SAYS),
        (CloudError(SAYS), FAILED, SAYS),
        (NotThereError(SAYS), FAILED, SAYS),
        (OSError(errno.ENOSPC, "No space left", "/shop"), FAILED, "/shop: the disk is full: free space and run it ag"),
        (ValueError(SAYS), FAILED, f"a fault of datatier, builtins.ValueError: {SAYS}; DATATIER_DEBUG=1"),
        (InputError("no table `\\[/shop]`"), WRONG_INPUT, "no table `\\[/shop]`"),
        (KeyError("shop"), FAILED, "a fault of datatier, builtins.KeyError: 'shop'; DATATIER_DEBUG=1"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_the_exit_code_of_an_error(capsys: pytest.CaptureFixture[str], error: Exception, code: int, says: str) -> None:
    assert report(error) == code
    assert capsys.readouterr().err.startswith(f"error: {says}")


def test_an_error_of_the_same_name_is_not_taken_for_ours(capsys: pytest.CaptureFixture[str]) -> None:
    other = type("SettingsError", (ValueError,), {})
    assert report(other(SAYS)) == FAILED
    assert "a fault of datatier" in capsys.readouterr().err
