"""Reads `Pulumi.<stack>.yaml` as the engine would, for runs without it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from infra.problems import Problem, SettingsError, nearest


class UnknownStackError(ValueError):
    """No such stack file."""


def stacks(root: Path) -> list[str]:
    """The stacks that have a file in this folder."""
    return sorted(path.name.split(".")[1] for path in root.glob("Pulumi.*.yaml"))


def read_stack(root: Path, stack: str) -> dict[str, Any]:
    """The `config` of a stack: `namespace:key` -> value.

    Raise `UnknownStackError`, or `SettingsError` for a file that is no YAML or names a key twice.
    """
    path = root / f"Pulumi.{stack}.yaml"
    if not path.is_file():
        known = stacks(root)
        where = (
            f"stacks here: {', '.join(known)}"
            if known
            else f"no Pulumi.*.yaml in {root}: run it in the project's folder"
        )
        raise UnknownStackError(f"There is no stack `{stack}` ({where}).{nearest(stack, known)}")
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 a SafeLoader
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(path.name, [_broken(error)]) from None
    if document is None:
        return {}
    config = document.get("config") if isinstance(document, dict) else None
    if not isinstance(config, dict | None) or not isinstance(document, dict):
        raise SettingsError(path.name, [Problem("config", "must be a mapping of `namespace:key` to value.")])
    return {str(key): value for key, value in (config or {}).items()}


def _broken(error: Exception) -> Problem:
    mark = getattr(error, "problem_mark", None)
    where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "file"
    what = getattr(error, "problem", None) or str(error)
    return Problem(where, f"not valid YAML: {what}.")


class _Loader(yaml.CSafeLoader):
    """A SafeLoader that refuses a key named twice, which PyYAML would let the last one win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=deep)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key `{key}` stands here a second time", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


# A day stays the text that it is written as: configuration is JSON, which has no days.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}
