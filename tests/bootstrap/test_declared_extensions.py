"""What an application's schema definition declares of extensions, and what is said of one that cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootstrap.application import DEFINITION
from bootstrap.declared_extensions import DeclaredExtension, DeclaredExtensionsError, declared
from bootstrap.migrate import FileError
from bootstrap.run import blame_extensions


def write(root: Path, text: str) -> None:
    (root / DEFINITION).parent.mkdir()
    (root / DEFINITION).write_text(text)


def extension(name: str, schema: str | None = None) -> DeclaredExtension:
    return DeclaredExtension(name=name, schema=schema)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, ()),
        ("{}", ()),
        ('{"version": 3, "extensions": {}, "tables": {}}', ()),
        (
            '{"extensions": {"hstore": {}, "citext": {"schema": "outside"}}}',
            (extension("hstore"), extension("citext", "outside")),
        ),
        (
            '{"extensions": {"uuid-ossp": {"schema": "\\"Odd \\"\\"name\\"\\"\\""}}}',
            (extension("uuid-ossp", 'Odd "name"'),),
        ),
    ],
)
def test_they_are_those_of_the_definition(
    text: str | None, expected: tuple[DeclaredExtension, ...], tmp_path: Path
) -> None:
    if text is not None:
        write(tmp_path, text)
    assert declared(tmp_path) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "is not JSON .*; restore it from version control"),
        ("[]", "`extensions` must be by name"),
        ('{"extensions": ["citext"]}', "`extensions` must be by name"),
        ('{"extensions": {"citext": "1.6"}}', 'extensions.citext must be {} or {"schema": "NAME"}'),
        ('{"extensions": {"citext": {"schema": 1}}}', "extensions.citext must be"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(text: str, says: str, tmp_path: Path) -> None:
    write(tmp_path, text)
    with pytest.raises(DeclaredExtensionsError, match=says) as caught:
        declared(tmp_path)
    assert str(tmp_path / DEFINITION) in str(caught.value)


LACKS = ["extension ltree: this server does not have it", "something else of the server"]


@pytest.mark.parametrize(
    ("sqlstate", "what", "declares", "differences", "says"),
    [
        ("42704", 'type "ltree" does not exist', True, LACKS, f'{LACKS[0]}: type "ltree" does not exist'),
        ("42883", "function digest(text) does not exist", True, LACKS, f"{LACKS[0]}: function digest"),
        ("0A000", 'extension "ltree" is not available', True, LACKS, f'{LACKS[0]}: extension "ltree" is not'),
        # Its own mistake: a key that is there twice is not the extension's fault.
        ("23505", "duplicate key", True, LACKS, "duplicate key"),
        ("42704", 'type "mood" does not exist', True, LACKS[1:], 'type "mood" does not exist'),
        (
            "42704",
            'type "ltree" does not exist',
            False,
            [],
            'type "ltree" does not exist; where an extension brings it, declare that in schema/schema.json',
        ),
        (
            "42501",
            'permission denied to create extension "vector"',
            False,
            [],
            'permission denied to create extension "vector"; declare the extension in schema/schema.json: '
            '{"extensions": {"NAME": {}}}; the bootstrap makes it before the migrations, as the master, and '
            "CREATE EXTENSION IF NOT EXISTS then finds it",
        ),
        ("42501", "permission denied for table t", False, [], "permission denied for table t"),
    ],
)
def test_a_migration_that_lacks_an_extension_names_it(
    sqlstate: str, what: str, declares: bool, differences: list[str], says: str
) -> None:
    error = FileError(what, file="000007_tree.up.sql", sqlstate=sqlstate)
    blame_extensions(error, [extension("ltree")] if declares else [], differences)
    assert str(error).replace("000007_tree.up.sql: ", "").startswith(says)
