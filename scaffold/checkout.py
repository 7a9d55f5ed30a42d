"""A checkout as it is: whose application its root holds, in which files, and which pages say its name."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from bootstrap.application import ACCESS, DEFINITION, MIGRATIONS
from bootstrap.errors import AskedError
from infra.settings.stackfile import PROJECT_FILE, file_of, project_config
from scaffold.files import PAGE, TESTS

DATA = Path("scaffold") / "checkout.toml"
"""What every checkout has, whosever the application in it is."""


@dataclass(frozen=True, kw_only=True)
class Checkout:
    """The product's folder."""

    root: Path
    comes_with: str
    """Name of the application that it came with."""
    application: str
    """Name of the one in its root."""
    files: tuple[Path, ...]
    """That one's files, relative."""
    pages: tuple[Path, ...]
    """Relative."""


def read(root: Path) -> Checkout:
    """Look at a checkout. Raise AskedError for a folder that is none."""
    try:
        data = tomllib.loads((root / DATA).read_text("utf-8"))
    except FileNotFoundError:
        raise AskedError(f"{root} is not a checkout of data-tier: it has no {DATA}.") from None
    name = project_config(root).get("data-tier:name")
    if not isinstance(name, str):
        raise AskedError(f"{root / PROJECT_FILE} does not say whose it is: write `config: {{name: NAME}}`.")
    pages = {path for pattern in data["pages"] for path in root.glob(pattern) if path.is_file()}
    return Checkout(
        root=root,
        comes_with=str(data["application"]),
        application=name,
        files=tuple(sorted(_of_application(root))),
        pages=tuple(sorted(path.relative_to(root) for path in pages if path != root / PAGE)),
    )


def _of_application(root: Path) -> set[Path]:
    single = [root / PROJECT_FILE, root / ACCESS, root / PAGE, *root.glob(file_of("*"))]
    below = [path for folder in (MIGRATIONS, DEFINITION.parent, TESTS) for path in (root / folder).rglob("*")]
    return {
        path.relative_to(root)
        for path in (*single, *below)
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    }
