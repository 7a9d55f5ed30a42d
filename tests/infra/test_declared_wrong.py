"""What a component refuses is a sentence for whoever wrote the stack's file; a fault of a library is none."""

import runpy
from collections.abc import Callable
from pathlib import Path

import pulumi
import pytest

from components.alarms.server_alarms import AlarmsArgs
from components.alarms.target import AlarmTarget
from components.redis.replication_group import NodesError
from infra.program import BUNDLE
from infra.settings.problems import SettingsError, declared_wrong

ENTRY = Path(__file__).parents[2] / "infra" / "__main__.py"


def refused() -> None:
    silenced = AlarmTarget(dimension="DBInstanceIdentifier", id="orders", alarms=(), silenced_by="nobody")
    AlarmsArgs(prefix="orders", targets={"primary": silenced}, topic_arns={})


def settings() -> None:
    raise SettingsError("Pulumi.orders.yaml", ())


def library() -> None:
    int("seven")


def key() -> None:
    {}["orders"]


@pytest.mark.parametrize(("program", "ours"), [(refused, True), (settings, False), (library, False), (key, False)])
def test_only_a_value_error_of_the_programs_own_code_is_one(program: Callable[[], None], ours: bool) -> None:
    with pytest.raises((ValueError, KeyError)) as error:
        program()
    assert declared_wrong(error.value) is ours


@pytest.mark.parametrize(
    ("program", "seen"), [(refused, pulumi.RunError), (settings, pulumi.RunError), (library, ValueError)]
)
def test_the_engine_shows_it_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: Callable[[], None], seen: type[Exception]
) -> None:
    """The language host prints a `RunError` as it is, and a traceback of all else (pulumi-language-python-exec)."""
    monkeypatch.setattr("infra.program.program", lambda _: program())
    monkeypatch.setattr("pulumi.get_root_directory", lambda: str(tmp_path))
    (tmp_path / "build").mkdir()
    (tmp_path / BUNDLE).touch()
    with pytest.raises(seen) as error:
        runpy.run_path(str(ENTRY), run_name="__main__")
    assert type(error.value) is seen


def test_nodes_that_changed_by_hand_are_shown_without_a_traceback_too() -> None:
    """Found out when an output is known, after the entry point has returned; the SDK wraps a ValueError there."""
    assert issubclass(NodesError, pulumi.RunError)
    assert not issubclass(NodesError, ValueError)
