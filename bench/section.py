"""A measurement's section of bench/README.md: shown, and written there when WRITE is set."""

from __future__ import annotations

import os
from pathlib import Path

README = Path(__file__).with_name("README.md")


def publish(name: str, text: str) -> None:
    """Print it, and put it between the section's marks when asked; a section that is not there is added."""
    print(text)
    if not os.environ.get("WRITE"):
        return
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    document = README.read_text(encoding="utf-8")
    if start not in document:
        document += f"\n## {name.capitalize()}\n\n{start}\n{end}\n"
    before, after = document.split(start)[0], document.split(end)[1]
    README.write_text(f"{before}{start}\n{text}\n{end}{after}", encoding="utf-8")
