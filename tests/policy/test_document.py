"""docs/policy.md is what the rules say."""

from pathlib import Path

from policy.document import document
from policy.registry import every
from policy.uncovered import UNCOVERED


def test_the_page_is_current() -> None:
    page = Path(__file__).parents[2] / "docs" / "policy.md"
    assert page.read_text(encoding="utf-8") == document(), "regenerate it: python -m policy.document > docs/policy.md"


def test_no_control_is_both_covered_and_explained_away() -> None:
    assert not UNCOVERED.keys() & {control for rule in every() for control in rule.controls}
