"""A declaration as text: read back it is the same, and comments stand where they belong."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from scaffold.application import Comments
from scaffold.yaml_text import text

TREE: dict[str, Any] = {
    "owner": "o",
    "limits": {"connection_limit": 60, "lock_timeout": "5s"},
    "identities": {
        "app": {"postgres": "readwrite", "redis": {"main": {"keys": ["a:*"], "commands": ["@read"]}}},
        "cache": {"redis": {"main": "monitoring"}},
    },
    "upkeep": [{"table": "t", "expire": {"column": "c", "after": "7d"}}],
    "keep": [],
}


@pytest.mark.parametrize(
    ("comments", "expected"),
    [
        (
            {},
            "owner: o\n\nlimits:\n  connection_limit: 60\n  lock_timeout: 5s\n\nidentities:\n  app:\n"
            "    postgres: readwrite\n    redis: {main: {keys: ['a:*'], commands: ['@read']}}\n  cache:\n"
            "    redis: {main: monitoring}\n\nupkeep:\n  - {table: t, expire: {column: c, after: 7d}}\n\nkeep: []\n",
        ),
        (
            {
                (): ("First.", "Second."),
                ("owner",): ("Of everything.",),
                ("identities", "app", "redis", "main", "keys"): ("A guess.",),
                ("identities", "worker"): ("worker:\n  postgres: readwrite",),
                ("keyspaces",): ("keyspaces: {}",),
            },
            "# First.\n# Second.\n\n# Of everything.\nowner: o\n\nlimits:\n  connection_limit: 60\n"
            "  lock_timeout: 5s\n\n"
            "identities:\n  app:\n    postgres: readwrite\n    redis:\n      main:\n        # A guess.\n"
            "        keys: ['a:*']\n        commands: ['@read']\n  cache:\n    redis: {main: monitoring}\n"
            "  # worker:\n  #   postgres: readwrite\n\nupkeep:\n  - {table: t, expire: {column: c, after: 7d}}\n\n"
            "keep: []\n\n"
            "# keyspaces: {}\n",
        ),
    ],
)
def test_the_whole_text(comments: Comments, expected: str) -> None:
    made = text(TREE, comments)
    assert made == expected
    assert yaml.safe_load(made) == TREE


@pytest.mark.parametrize(
    "value",
    [
        "yes",
        "1",
        "2026-01-01",
        "a: b",
        "# no comment",
        "{user}:x",
        "ä",
        "null",
        "'",
        "*",
        "",
        "@read",
        "x" * 300,
        "a\nb",
    ],
)
def test_any_text_is_read_back_as_it_was(value: str) -> None:
    tree = {"top": {value or "k": {"a": {"b": value, "c": [value, value]}}}, "list": [value] * 3}
    assert yaml.safe_load(text(tree, {})) == tree
