"""docs/clients.md is what is known of clients."""

from __future__ import annotations

from pathlib import Path

from knowledge.redis.clients import names
from knowledge.redis.clients_document import document

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_is_current() -> None:
    page = (DOCS / "clients.md").read_text("utf-8")
    assert page == document(), "regenerate it: python -m knowledge.redis.clients_document > docs/clients.md"


def test_every_client_has_its_row() -> None:
    assert [name for name in names() if f"| `{name}` |" not in document()] == []
