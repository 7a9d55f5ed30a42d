"""docs/migration-tools.md is what the data says, and the data are of the types that they are declared with."""

from __future__ import annotations

from dataclasses import asdict
from fnmatch import fnmatch
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from knowledge.postgres.migration_tables import TABLES
from knowledge.postgres.tools import MigrationTool, tools
from knowledge.postgres.tools.document import document

PAGE = Path(__file__).parents[2] / "docs" / "migration-tools.md"


def test_the_page_is_what_the_data_says() -> None:
    again = "regenerate it: python -m knowledge.postgres.tools.document > docs/migration-tools.md"
    assert PAGE.read_text("utf-8") == document(), again


@pytest.mark.parametrize("name", tools())
def test_each_file_is_of_the_declared_types(name: str) -> None:
    """The components import `knowledge` and have no pydantic, so the types are checked here and not when it is read."""
    assert TypeAdapter(MigrationTool).validate_python(asdict(tools()[name])) == tools()[name]


def test_a_table_by_which_a_tool_is_known_is_one_that_it_leaves() -> None:
    known = [(table, tool) for table, owners in TABLES.items() for tool, _ in owners]
    leaves = {tool.title: [leaf.split()[0] for leaf in tool.leaves] for tool in tools().values()}
    strange = {
        (table, tool)
        for table, tool in known
        if not any(
            title.startswith(tool) and any(fnmatch(f"{leaf.partition('.')[0]}.{table}", leaf) for leaf in left)
            for title, left in leaves.items()
        )
    }
    from_their_documentation = {
        ("_prisma_migrations", "Prisma"),
        ("ar_internal_metadata", "Rails"),
        ("schema_migrations", "Ecto"),
        ("schema_migrations", "Rails or dbmate"),
    }
    assert strange == from_their_documentation
