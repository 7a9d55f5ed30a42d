"""Reads a declaration in YAML strictly: no duplicate keys, and only what JSON, which the engine uses, can express."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.settings.problems import SettingsError, SettingsProblem, brief

if TYPE_CHECKING:  # most commands read no declaration
    import yaml

# A declaration has some hundred; aliases of aliases can stand for billions.
_MOST_VALUES = 50_000
_DEEPEST = 50


def read_mapping(path: Path, name: str) -> dict[str, Any] | None:
    """The mapping in a file, None for an empty one; `name` is what the file is called in errors.

    Raise `OSError`, or `SettingsError` for what is not YAML, not a mapping, or not expressible in JSON.
    """
    import yaml

    try:
        text = path.read_text(encoding="utf-8")
        document = yaml.load(text, Loader=_loader())  # noqa: S506 a SafeLoader
    except UnicodeDecodeError as error:
        raise SettingsError(name, [SettingsProblem("file", f"is not UTF-8 text (byte {error.start}).")]) from None
    except yaml.YAMLError as error:
        raise SettingsError(name, [_broken(error)]) from None
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError) as error:
        # PyYAML lets through what Python says to a value that is not of its tag: `!!int x`, `!!bool maybe`, a number of
        # five thousand digits, a list as a key.
        raise SettingsError(name, [SettingsProblem("file", f"not valid YAML: {brief(error)}.")]) from None
    if document is None:
        return None
    if not isinstance(document, dict):
        raise SettingsError(name, [SettingsProblem("file", "must be a mapping (key: value).")])
    if problem := next(_foreign(document), None):
        raise SettingsError(name, [problem])
    return document


def _foreign(document: dict[Any, Any]) -> Iterator[SettingsProblem]:
    """What JSON cannot express, and what is too much: each reported once."""
    waiting: list[tuple[str, Any, int]] = [("", document, 0)]
    seen = 0
    while waiting:
        where, value, depth = waiting.pop()
        seen += 1
        if seen > _MOST_VALUES or depth > _DEEPEST:
            key = ".".join(where.split(".")[:2]) or "file"
            yield SettingsProblem(key, "holds too much: an alias (`*name`) that stands inside itself, or many times.")
            return
        if isinstance(value, dict):
            for key, inner in value.items():
                if not isinstance(key, str):
                    yield SettingsProblem(_below(where, brief(key)), 'is not text: put the key in quotes ("...").')
                    return
                waiting.append((_below(where, key), inner, depth + 1))
        elif isinstance(value, list):
            waiting += [(_below(where, str(number)), inner, depth + 1) for number, inner in enumerate(value)]
        elif not isinstance(value, str | int | float | None) or (isinstance(value, float) and not math.isfinite(value)):
            yield SettingsProblem(where, f"{brief(value)} is neither text, number, true, false, list nor mapping.")
            return


def _below(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def _broken(error: Exception) -> SettingsProblem:
    mark = getattr(error, "problem_mark", None)
    where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "file"
    what = getattr(error, "problem", None) or str(error)
    return SettingsProblem(where, f"not valid YAML: {what}.")


@cache
def _loader() -> type[yaml.CSafeLoader]:
    """A SafeLoader that refuses a key named twice, which PyYAML would let the last one win."""
    import yaml

    class Loader(yaml.CSafeLoader):
        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
            seen: set[Any] = set()
            for key_node, _ in node.value:
                if key_node.tag == "tag:yaml.org,2002:merge":  # `<<: *other`: its keys stand behind the mapping's own
                    continue
                key = self.construct_object(key_node, deep=deep)
                if key in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key `{key}` stands here a second time", key_node.start_mark
                    )
                seen.add(key)
            return super().construct_mapping(node, deep=deep)

    # A day stays the text that it is written as: configuration is JSON, which has no days.
    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in Loader.yaml_implicit_resolvers.items()
    }
    return Loader
