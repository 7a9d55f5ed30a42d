"""The application's declarations: their first line names a schema, which has nothing against them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from application_server import Application
from jsonschema import Draft202012Validator

from bootstrap.application import ACCESS
from infra.settings.stackfile import file_of, stacks
from infra.settings.yamlfile import read_mapping

ROOT = Application.around(__file__).folder


@pytest.mark.parametrize("name", [ACCESS, *map(file_of, stacks(ROOT))])
def test_an_editor_has_nothing_against_it(name: str) -> None:
    path: Path = ROOT / name
    named = re.match(r"# yaml-language-server: \$schema=(\S+)\n", path.read_text(encoding="utf-8"))
    assert named, "the first line names the schema: docs/settings.md, docs/access.md"
    schema = Draft202012Validator(json.loads((path.parent / named[1]).read_text(encoding="utf-8")))
    found = [
        f"{'.'.join(map(str, each.absolute_path))}: {each.message}"
        for each in schema.iter_errors(read_mapping(path, name))
    ]
    assert found == []
