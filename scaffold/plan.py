"""What `init` changes in a checkout: the application of its root goes to the examples, another takes its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bootstrap.errors import AskedError
from infra.settings.stackfile import PROJECT_FILE
from scaffold.application import Application
from scaffold.checkout import Checkout
from scaffold.files import TESTS, files
from scaffold.rename import renamed
from scaffold.yaml_text import flow

EXAMPLES = Path("examples")
LOCAL = Path(".local")
"""What is kept of an application's tiers on this computer."""
# What names a file of the product by a path from the application's folder, with the path.
_POINTERS = re.compile(r"^(main: +|\s+virtualenv: +|# yaml-language-server: \$schema=)(?!/|\w+:)(\S+)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Change:
    """What happens to a checkout; every path is relative to it."""

    application: str
    """Whose it is afterwards."""
    kept: Path
    """Folder of the application that was in the root."""
    keeps: Mapping[Path, bytes]
    """Its files there."""
    writes: Mapping[Path, bytes]
    """Files that are new or different in the root."""
    removes: tuple[Path, ...]
    """Files of the former application that the new one has none of."""
    data: tuple[str, ...]
    """What is in `LOCAL` of the former one's tiers, which goes with it."""
    pages: tuple[Path, ...]
    """Those of `writes` that differ by its name alone."""


def change(checkout: Checkout, application: Application, *, replace: bool = False) -> Change:
    """Plan it, from the files as they are.

    Raise AskedError where the former application has no place to go, or is somebody's own and `replace` was not said.
    """
    root, old = checkout.root, checkout.application
    if old != checkout.comes_with and not replace:
        raise AskedError(
            f"the application of this checkout is {old}, which did not come with it: --replace moves it to "
            f"{EXAMPLES / old} and makes {application.name} the checkout's."
        )
    if application.name != old and (root / (taken := EXAMPLES / application.name)).exists():
        raise AskedError(
            f"{taken} is there already, so that {application.name} could not be kept there one day: take another name, "
            "or rename that folder. An application that `init` moved there comes back by undoing that commit "
            "(`git revert`)."
        )
    kept = EXAMPLES / old
    if (root / kept).exists():
        raise AskedError(
            f"{kept} is there already, where {old} would be kept: rename that folder, for example to {kept}-before."
        )
    contents = {path: (root / path).read_bytes() for path in checkout.files}
    made = {path: text.encode() for path, text in files(application).items()}
    made[Path(PROJECT_FILE)] = _called(contents[Path(PROJECT_FILE)].decode(), old, application.name).encode()
    named = pages(checkout, application.name)
    made |= named
    return Change(
        application=application.name,
        kept=kept,
        keeps={_among_examples(path): _pointing(content) for path, content in contents.items()},
        writes=made,
        removes=tuple(path for path in checkout.files if path not in made),
        data=tuple(sorted(path.name for path in (root / LOCAL).glob("*") if not path.name.startswith(".init"))),
        pages=tuple(named),
    )


def pages(checkout: Checkout, name: str) -> dict[Path, bytes]:
    """The pages that say another application's name, with this one."""
    made: dict[Path, bytes] = {}
    for path in checkout.pages:
        before = (checkout.root / path).read_text("utf-8")
        after = before
        for old in {checkout.comes_with, checkout.application} - {name}:
            after = renamed(after, old, name)
        if after != before:
            made[path] = after.encode()
    return made


def _among_examples(path: Path) -> Path:
    """Where a file of the root lies in the example's folder."""
    return Path("tests") / path.relative_to(TESTS) if path.is_relative_to(TESTS) else path


def _pointing(content: bytes) -> bytes:
    """A file of the root for a folder two levels below: what it says of the product's files."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return content
    return _POINTERS.sub(r"\1../../\2", text).encode()


def _called(text: str, old: str, new: str) -> str:
    """Pulumi.yaml with another name of the application."""
    said = flow(new)  # `no` would be a truth value
    made, count = re.subn(
        rf"^(\s+(?:data-tier:)?name: +)(['\"]?){re.escape(old)}\2(?=\s|$)", rf"\g<1>{said}", text, flags=re.M
    )
    if count != 1:
        raise AskedError(f"{PROJECT_FILE} must say `name: {old}` once, on a line of its own below `config:`.")
    return made
