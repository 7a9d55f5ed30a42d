"""A preview says which tables access.yaml keeps that the schema's definition does not have."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from bootstrap.access import load_access
from bootstrap.errors import BootstrapError
from cli.preview import _upkeep
from cli.project import StackSource


def source(root: Path, *upkeep: dict[str, object]) -> StackSource:
    access = load_access({"owner": "o", "identities": {"app": {"postgres": "readwrite"}}, "upkeep": list(upkeep)})
    return cast("StackSource", SimpleNamespace(root=root, access=access))


@pytest.mark.parametrize(
    ("defined", "expected"),
    [
        ('{"tables": {"public.visits": {"columns": {"at": {"type": "date"}}}}}', []),
        (
            '{"tables": {"public.visit": {}}}',
            ["access.yaml: upkeep.0.table: the schema has no table `visits`; nearest: `visit`"],
        ),
        (None, []),
    ],
)
def test_a_table_that_the_schema_does_not_have(tmp_path: Path, defined: str | None, expected: list[str]) -> None:
    (tmp_path / "schema").mkdir()
    if defined is not None:
        (tmp_path / "schema" / "schema.json").write_text(defined)
    declared = source(tmp_path, {"table": "visits", "expire": {"column": "at", "after": "1d"}})
    assert [each.message for each in _upkeep(declared)] == expected


def test_a_definition_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "schema").mkdir()
    (tmp_path / "schema" / "schema.json").write_text("{")
    with pytest.raises(BootstrapError, match="is not a schema definition"):
        list(_upkeep(source(tmp_path, {"table": "t", "expire": {"column": "at", "after": "1d"}})))
    assert list(_upkeep(source(tmp_path))) == []
