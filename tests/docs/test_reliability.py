"""Every claim of docs/reliability.md names a test that exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "reliability.md").read_text("utf-8")
CLAIMS = [line for line in TEXT.splitlines() if line.startswith("| ") and not line.startswith("| What happens")]
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)))


def defined_in(path: Path) -> set[str]:
    """The tests of a file, those of its suites among them."""
    tree = ast.parse(path.read_text("utf-8"))
    bodies = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))]
    found = {node.name for body in bodies for node in body if isinstance(node, ast.FunctionDef)}
    return {name for name in found if name.startswith("test_")}


def test_every_claim_names_a_test() -> None:
    assert len(CLAIMS) > 10
    assert [claim for claim in CLAIMS if not re.search(r"\| `tests/[\w/]+\.py::\w+` \|$", claim)] == []


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_the_named_test_exists(file: str, name: str) -> None:
    assert name in defined_in(ROOT / file)


def test_every_test_of_the_folder_is_named() -> None:
    here = {
        (f"tests/reliability/{path.name}", name)
        for path in (ROOT / "tests/reliability").glob("test_*.py")
        for name in defined_in(path)
    }
    assert here - set(NAMED) == set()
