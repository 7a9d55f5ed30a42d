"""A stack of AWS on this computer: what was there before it is not, and nothing else differs."""

from __future__ import annotations

from typing import Any

import pytest

from infra.apart import without_existing
from infra.load import load_settings
from infra.settings.stackfile import read_stack
from reference import examples

BEFORE: dict[str, Any] = {"identifier": "billing"}


@pytest.mark.parametrize(
    ("postgres", "redis", "expected"),
    [
        ({"version": "16"}, {"main": None}, None),
        (
            {"version": "16.3", "existing": BEFORE, "replicas": {"reads": {"existing": BEFORE}, "new": None}},
            {},
            ({"version": "16", "replicas": {"reads": {}, "new": None}}, {}),
        ),
        ({"version": "17.9", "existing": BEFORE}, {}, ({"version": "17.9"}, {})),
        ({}, {"main": {"existing": BEFORE, "engine": "redis"}}, ({}, {"main": {"engine": "redis"}})),
    ],
)
def test_the_sections_go(
    postgres: dict[str, Any], redis: dict[str, Any], expected: tuple[dict[str, Any], dict[str, Any]] | None
) -> None:
    given = {"data-tier:postgres": postgres, "data-tier:redis": redis, "aws:region": "eu-west-1"}
    found = without_existing(given)
    if expected is None:
        assert found is None
    else:
        assert found == {"data-tier:postgres": expected[0], "data-tier:redis": expected[1], "aws:region": "eu-west-1"}


def test_what_is_left_is_a_stack() -> None:
    found = without_existing(read_stack(examples.FOLDER, "adopted"))
    assert found is not None
    settings = load_settings(found, stack="adopted", source="a test")
    assert settings.postgres.existing is None
    assert (settings.postgres.version, settings.postgres.storage.type) == ("16", "io2")
