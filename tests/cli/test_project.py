"""Whose migrations are applied, where a project lies in a folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from in_process import call
from shop import make

from cli.project import load, not_carried
from infra.trigger import PACKAGE


@pytest.mark.parametrize(("folder", "told"), [("migrations", True), ("sql", False), (None, False)])
def test_migrations_that_nobody_applies_are_told_of(tmp_path: Path, folder: str | None, told: bool) -> None:
    if folder:
        (tmp_path / folder).mkdir()
    sentence = (
        f"{tmp_path / 'migrations'} is not read: the migrations are those beside the program, {PACKAGE}/migrations."
    )
    assert not_carried(tmp_path) == (sentence if told else None)
    assert not_carried(PACKAGE) is None


def test_a_stack_tells_of_them_before_it_comes_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make(tmp_path)
    monkeypatch.chdir(folder.path)
    assert load("live").unread == ()
    (folder.path / "migrations").mkdir()
    assert [sentence.partition(" is ")[0] for sentence in load("live").unread] == [str(folder.path / "migrations")]
    monkeypatch.setenv("DATABASE_URL", "postgres://127.0.0.1:1/shop")
    assert "migrations is not read" in call(folder.path, "migrate", "version").err.replace("\n", " ")
