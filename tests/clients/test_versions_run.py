"""A version that is said to have been run is one that the tests have: the pins of each runtime."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from knowledge.redis.clients import client, names

ROOT = Path(__file__).parents[2]
REAL = Path(__file__).parent / "real"
REQUIREMENTS = "".join(
    (ROOT / "requirements" / f"{name}.txt").read_text("utf-8") for name in ("clients", "clients-arq")
)
# Django is pinned twice, for older and newer Pythons, and redis-py for arq alone.
PINNED: dict[str, set[tuple[str, str]]] = {
    "python": set(re.findall(r"^([a-z0-9-]+)==(\S+)", REQUIREMENTS, re.MULTILINE)),
    "node": set(json.loads((REAL / "node" / "package.json").read_text("utf-8"))["dependencies"].items()),
    "go": set(re.findall(r"^\s(\S+) v(\S+)$", (REAL / "go" / "go.mod").read_text("utf-8"), re.MULTILINE)),
}


@pytest.mark.parametrize("name", [name for name in names() if not client(name).unusable])
def test_what_is_pinned_was_run(name: str) -> None:
    known = client(name)
    pinned = {version for package, version in PINNED[known.runtime] if package == known.package.lower()}
    assert pinned & set(known.versions)
