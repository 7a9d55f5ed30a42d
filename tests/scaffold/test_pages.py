"""Who says the name of the application that came with the checkout: its files, and the pages that `init` changes."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from scaffold import checkout
from scaffold.rename import renamed

ROOT = Path(__file__).parents[2]
JUSTIFIED = {
    "docs/adr/": "decisions are history",
    "scaffold/checkout.toml": "says which application came with the checkout",
}
"""Files and folders beside those that may say it -> why."""


def test_no_other_file_says_it() -> None:
    found = checkout.read(ROOT)
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not under Git")
    mine = (
        {path.as_posix() for path in (*found.files, *found.pages)} if found.application == found.comes_with else set()
    )
    # An application in examples may say its own name; so may the one in the root, which may be called like another's.
    own = (f"examples/{found.comes_with}/", *(path.as_posix() for path in found.files), *JUSTIFIED)
    wrong = []
    for name in filter(None, listed.stdout.decode().split("\0")):
        if name in mine or name.startswith(own) or not (ROOT / name).is_file():
            continue
        text = (ROOT / name).read_text("utf-8", errors="ignore")
        if re.search(found.comes_with, text, re.I) and renamed(text, found.comes_with, "x") != text:
            wrong.append(name)
    assert wrong == []


def test_each_pattern_of_pages_has_one_that_says_the_name_of_the_application() -> None:
    found = checkout.read(ROOT)
    patterns = tomllib.loads((ROOT / "scaffold" / "checkout.toml").read_text("utf-8"))["pages"]
    texts = {pattern: [path.read_text("utf-8") for path in ROOT.glob(pattern)] for pattern in patterns}
    assert [
        pattern
        for pattern, pages in texts.items()
        if not any(renamed(page, found.application, "x-9") != page for page in pages)
    ] == []
