"""docs/migration-tools.md is what the data says, and the data are of the types that they are declared with."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from knowledge.postgres.tools import MigrationTool, tools
from knowledge.postgres.tools.document import document

PAGE = Path(__file__).parents[2] / "docs" / "migration-tools.md"


def test_the_page_is_what_the_data_says() -> None:
    again = "regenerate it: python -m knowledge.postgres.tools.document > docs/migration-tools.md"
    assert PAGE.read_text("utf-8") == document(), again


@pytest.mark.parametrize("name", tools())
def test_each_file_is_of_the_declared_types(name: str) -> None:
    """`knowledge` itself has no validator: the components need it, and theirs would be one requirement more."""
    assert TypeAdapter(MigrationTool).validate_python(asdict(tools()[name])) == tools()[name]
