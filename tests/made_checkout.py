"""A checkout that is small enough to be made for each test: the clinic is the application it came with."""

from __future__ import annotations

from pathlib import Path

import clinic_project

PAGES = {
    "README.md": "`clinic_app` of the clinic\n",
    "docs/up.svg": "<svg>clinic-local</svg>\n",
    "docs/runbooks/down.md": "Nothing to say.\n",
}


def make(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    clinic_project.copy(folder)
    for path in folder.glob("*.yaml"):
        path.write_text(path.read_text().replace("../../", ""))
    own = {
        "docs/schema.md": "# The schema of the clinic\n",
        "tests/application/conftest.py": '"""Of the clinic."""\n',
        "scaffold/checkout.toml": 'application = "clinic"\npages = ["README.md", "docs/*.[ms]*", "docs/*/*.md"]\n',
    }
    for name, text in (PAGES | own).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "tests" / "application" / "__pycache__").mkdir()
    (folder / "tests" / "application" / "__pycache__" / "conftest.pyc").touch()
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Every file in it: relative path -> content."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
