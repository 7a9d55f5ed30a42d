"""Example declarations, in which every key stands once: each value of the references is one of theirs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path as File
from typing import Any

from bootstrap.application import ACCESS
from infra.settings.stackfile import PROJECT, file_of, stacks
from infra.settings.yamlfile import read_mapping
from reference.walk import ENTRY, ITEM, Path

FOLDER = File(__file__).parent / "examples"
"""A project's folder, as it were: stack files and an access.yaml."""
STACKS = tuple(stacks(FOLDER))


def text(file: str) -> str:
    """An example as it is written."""
    return (FOLDER / file).read_text(encoding="utf-8")


@cache
def settings() -> tuple[dict[str, Any], ...]:
    """The settings of each stack's file, without their namespace."""
    read = (read_mapping(FOLDER / file_of(stack), stack) or {} for stack in reversed(STACKS))
    return tuple({key.removeprefix(f"{PROJECT}:"): each for key, each in found["config"].items()} for found in read)


@cache
def access() -> tuple[dict[str, Any], ...]:
    """The declaration of access.yaml."""
    return (read_mapping(FOLDER / ACCESS, ACCESS) or {},)


def value(declarations: tuple[dict[str, Any], ...], path: Path) -> object:
    """The first value at a path; None where no example has one."""
    return next((found for each in declarations for found in _at(each, path)), None)


def _at(value: Any, path: Path) -> Iterator[object]:
    if not path:
        yield value
        return
    first, rest = path[0], path[1:]
    inside: list[Any] = []
    if first == ITEM:
        inside = value if isinstance(value, list) else []
    elif isinstance(value, dict):
        inside = list(value.values()) if first == ENTRY else [value[first]] if first in value else []
    for each in inside:
        yield from _at(each, rest)
