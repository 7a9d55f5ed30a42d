"""What rules between keys give. Data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

Broken: TypeAlias = Iterator[tuple[str, str]]
"""Key below what is checked, empty for itself, and the rule that it breaks, as a sentence."""
