"""The patterns and the declaration say the same of every key: name, cache, type, life and database."""

from __future__ import annotations

import importlib
import pkgutil
import re
import runpy

import pytest
from pattern_caches import IDENTITY, Caches, declared, readme_outputs

import examples.patterns.python as patterns
from bootstrap.access.keyspaces import glob_of
from bootstrap.acl.glob import matches
from examples.patterns.python.keys import Space

SPACES = {
    f"{name}.{each}": space
    for name in sorted(module.name for module in pkgutil.iter_modules(patterns.__path__) if module.name != "__main__")
    for each, space in vars(importlib.import_module(f"{patterns.__name__}.{name}")).items()
    if isinstance(space, Space)
}


def test_there_are_spaces() -> None:
    assert list(SPACES) == [
        "cache_aside.USERS",
        *("rate_limiter.PER_ADDRESS", "rate_limiter.PER_USER", "rate_limiter.PER_API_KEY"),
        "revocation.REVOKED",
        "sessions.SESSIONS",
    ]


@pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
def test_a_space_is_as_declared(space: Space) -> None:
    (found,) = (each for each in declared().keyspaces.values() if each.pattern == space.pattern)
    assert found.owner == IDENTITY
    assert space == Space(
        pattern=found.pattern, cache=found.cache, type=found.type, ttl=found.ttl or 0, database=found.database
    )


@pytest.mark.parametrize("value", ["ann", "a:b", "*", "[a]", "{tag}", "\\", "@", " ", "ä", "\r\n", "2001:db8::1"])
def test_a_value_never_changes_the_shape_of_a_name(value: str) -> None:
    space = SPACES["rate_limiter.PER_USER"]
    name = space.key(user=value, action=value)
    assert re.fullmatch(r"rate_limit:user:[\w.~%-]+:[\w.~%-]+", name)
    assert matches(glob_of(declared().keyspaces["rate_limit_user"]), name)
    assert name != space.index(user=value)
    assert space.key(user=f"{value}:x", action="y") != space.key(user=value, action="x:y")


def test_the_program_prints_what_the_page_shows(
    tier: Caches, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in tier.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.argv", ["patterns", "rounds:ward-7"])
    runpy.run_module("examples.patterns.python", run_name="__main__")
    assert capsys.readouterr().out == readme_outputs()[0]
