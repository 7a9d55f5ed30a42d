"""Folders spoilt in one place, by the hundred: exit 2, the file named, nothing changed; the tool itself never fails."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from foreign import FOLDERS, Folder
from hypothesis import given, settings
from hypothesis import strategies as st

from bootstrap.migrate import MemoryDatabase, MemoryLedger, MigrateError, MigrationRunner, Source
from cli.errors import WRONG_INPUT, report

Spoil = Callable[[Path, float], str]
"""Spoils a folder at a place between 0 and 1; returns the name that has to be in the message."""


def _between(insert: bytes) -> Spoil:
    """Put it before a statement or behind the last, where SQL is expected, in a file that is not empty."""

    def spoil(folder: Path, place: float) -> str:
        path = _up(folder, place)
        body = path.read_bytes()
        path.write_bytes(insert + body if place < 0.5 else body.rstrip(b";\r\n") + b";\n" + insert)
        return path.name

    return spoil


def _anywhere(insert: bytes) -> Spoil:
    def spoil(folder: Path, place: float) -> str:
        path = _up(folder, place)
        body = path.read_bytes()
        at = int(len(body) * place)
        while 0 < at < len(body) and body[at] & 0xC0 == 0x80:  # not within a character
            at -= 1
        path.write_bytes(body[:at] + insert + body[at:])
        return path.name

    return spoil


def _added(name: str, body: bytes = b"SELECT 1") -> Spoil:
    def spoil(folder: Path, place: float) -> str:
        (folder / name).write_bytes(body)
        return name.split("\n", maxsplit=1)[0]

    return spoil


def _twice(folder: Path, place: float) -> str:
    path = _up(folder, place)
    (folder / f"0{path.name.replace('.up.', '_again.up.')}").write_bytes(b"SELECT 1")
    return path.name


def _pipe(folder: Path, place: float) -> str:
    os.mkfifo(folder / "9000_pipe.up.sql")
    return "9000_pipe.up.sql"


def _nowhere(folder: Path, place: float) -> str:
    (folder / "9000_link.up.sql").symlink_to("nowhere")
    return "9000_link.up.sql"


def _inner(folder: Path, place: float) -> str:
    (folder / "9000_inner.up.sql").symlink_to(folder, target_is_directory=True)
    return "9000_inner.up.sql"


def _up(folder: Path, place: float) -> Path:
    ups = [m.up for m in Source.load(folder).migrations if not m.up.blank]
    return Path(ups[min(int(len(ups) * place), len(ups) - 1)].path)


SPOILT: dict[str, Spoil] = {
    "byte order mark": _between(b"\xef\xbb\xbf"),
    "NUL": _anywhere(b"\0"),
    "not UTF-8": _anywhere(b"\xff"),
    "Latin-1": _anywhere(b"\xe9t\xe9"),
    "psql": _between(b"\\restrict k3y\n"),
    "psql's include": _between(b"\\ir more.sql\n"),
    "rows": _between(b"COPY t (id) FROM stdin;\n1\n\\.\n"),
    "an open string": _between(b"SELECT 'open"),
    "an open comment": _between(b"/* open"),
    "an open body": _between(b"DO $open$ BEGIN"),
    "an open parenthesis": _between(b"CREATE TABLE z (id int;\n"),
    "a transaction": lambda folder, place: _between(b"BEGIN;")(folder, 0.5 + place / 2),
    "company": _between(b"SELECT 1; VACUUM; SELECT 2;\n"),
    "the same number twice": _twice,
    "too large a number": _added("9999999999999999999_x.up.sql"),
    "a pipe": _pipe,
    "a link to nowhere": _nowhere,
    "a link to a folder": _inner,
    "allowed nothing": _added("datatier.allow", b"gap"),
    "allowed no rule": _added("datatier.allow", b"\n\ngaps * why not\n"),
    "allowed what cannot be": _added("datatier.allow", b"psql * why not\n"),
    "allowed in Latin-1": _added("datatier.allow", b"gap * caf\xe9\n"),
}


@settings(max_examples=300, deadline=None)
@given(
    folder=st.sampled_from(list(FOLDERS.values())),
    how=st.sampled_from(list(SPOILT)),
    place=st.floats(0, 1, exclude_max=True),
)
def test_a_spoilt_folder_is_wrong_input(folder: Folder, how: str, place: float) -> None:
    with tempfile.TemporaryDirectory(prefix="datatier-spoilt-") as made:
        path = folder.write(Path(made))
        named, before = SPOILT[how](path, place), _names(path)
        database = MemoryDatabase()
        with pytest.raises(MigrateError) as refused:
            MigrationRunner(Source.load(path), MemoryLedger(database)).up()
        assert report(refused.value) == WRONG_INPUT, refused.value
        assert named in str(refused.value)
        assert "\n" not in str(refused.value) or all(line.strip() for line in str(refused.value).splitlines())
        assert (database.state.version, database.ran, _names(path)) == (None, [], before)


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@settings(max_examples=100, deadline=None)
@given(
    names=st.lists(st.from_regex(rb"\A[0-9]{0,22}_?[^/\x00]{0,12}(\.(up|down|UP)\.[^/\x00]{0,5})?\Z"), min_size=1),
    body=st.binary(max_size=80),
)
def test_no_name_and_no_content_makes_the_tool_fail(names: list[bytes], body: bytes) -> None:
    """Whatever bytes: it is applied, or it is wrong input."""
    with tempfile.TemporaryDirectory(prefix="datatier-any-") as made:
        for name in names:
            if name not in (b"", b".", b".."):
                Path(os.fsdecode(os.fsencode(made) + b"/" + name)).write_bytes(body)
        database = MemoryDatabase()
        refused: list[MigrateError] = []
        try:
            MigrationRunner(Source.load(made), MemoryLedger(database)).up()
        except MigrateError as error:
            refused.append(error)
        assert [report(error) for error in refused] in ([], [WRONG_INPUT]), refused
        assert not (refused and database.ran)
