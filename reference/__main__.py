"""Writes the references: `python -m reference docs`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from bootstrap.application import ACCESS
from infra.settings.stackfile import file_of
from reference import access, examples, stack
from reference.editor import published
from reference.page import page

_SETTINGS = """# Settings

Every key of a stack's file, `Pulumi.<stack>.yaml`, under `config` and with the namespace `data-tier:`. A file names a
profile and says what differs from it; `datatier preview STACK` checks it. Mappings are merged with the profile's key by
key, but `redis` and `postgres.replicas` are replaced as a whole. Where a default depends on the profile, the first one
is that of most profiles. What Pulumi has encrypted (`pulumi config set --secret`) may stand anywhere but in `profile`,
`name` and `protect`.

Editors that read the first line of the files have the same: completion, descriptions, errors
([stack.schema.json](schemas/stack.schema.json)). This page is made from the types (`make reference`).
"""
_ACCESS = """# access.yaml

Every key of `access.yaml`: who may do what inside PostgreSQL and Redis. `datatier preview` checks it, `datatier access
plan` says what it would change, and [access-traps.md](access-traps.md) what is easily got wrong.

Editors that read the first line of the file have the same: completion, descriptions, errors
([access.schema.json](schemas/access.schema.json)). This page is made from the types (`make reference`).
"""


def documents() -> dict[str, str]:
    """Path below docs/ -> text of each reference."""
    files = {f"Example: {file_of(each)}": examples.text(file_of(each)) for each in reversed(examples.STACKS)}
    found = {
        "settings.md": page(_SETTINGS, stack.types(), lambda path: examples.value(examples.settings(), path), files),
        "access.md": page(
            _ACCESS,
            access.types(),
            lambda path: examples.value(examples.access(), path),
            {f"Example: {ACCESS}": examples.text(ACCESS)},
        ),
    }
    for name, schema, title in (
        ("stack", stack.file_schema(), "The settings of a stack, Pulumi.<stack>.yaml"),
        ("access", access.file_schema(), "Who may do what inside PostgreSQL and Redis, access.yaml"),
    ):
        found[f"schemas/{name}.schema.json"] = json.dumps(published(schema, title), indent=1, ensure_ascii=False) + "\n"
    return found


def main(folder: Path) -> None:
    """Write each file below `folder`."""
    for name, text in documents().items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
