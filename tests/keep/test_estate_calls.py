"""The page that says what a drill's role needs names every call that changes something in AWS."""

from __future__ import annotations

import re
from pathlib import Path

from botocore.session import Session

ROOT = Path(__file__).parents[2]
CALLS = {"rds": "aws_instances.py", "elasticache": "aws_caches.py"}
NOT_OF_A_DRILL = {"CopySnapshot"}
"""Exports a cache's snapshot: `datatier backup` does that."""


def test_every_call_that_changes_something_is_named() -> None:
    page = (ROOT / "docs" / "delivery.md").read_text(encoding="utf-8")
    role = page[page.index("## Drills") : page.index("## On a laptop")]
    called: set[str] = set()
    for service, file in CALLS.items():
        client = Session().create_client(service, "eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
        names = client.meta.method_to_api_mapping
        text = (ROOT / "keep" / "estate" / file).read_text(encoding="utf-8")
        called |= {names[each] for each in re.findall(rf"self\._{service}\.(\w+)\(", text) if each in names}
    changing = {each for each in called if not each.startswith(("Describe", "List"))} - NOT_OF_A_DRILL
    assert len(changing) == 11
    assert changing <= set(re.findall(r"`(\w+)`", role))
