"""docs/migration-tools.md is what the data says."""

from __future__ import annotations

from pathlib import Path

from knowledge.postgres.tools.document import document

PAGE = Path(__file__).parents[2] / "docs" / "migration-tools.md"


def test_the_page_is_what_the_data_says() -> None:
    again = "regenerate it: python -m knowledge.postgres.tools.document > docs/migration-tools.md"
    assert PAGE.read_text("utf-8") == document(), again
