"""Writes a declaration as a person would: short mappings on one line, in the order given, with its comments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import yaml

from scaffold.application import Comments, KeyPath, Tree

_WIDTH = 120
_INDENT = "  "


class _Dumper(yaml.SafeDumper):
    """Keeps every text on one line."""


def _one_line(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if "\n" in text else None)


_Dumper.add_representer(str, _one_line)
# Most of what is written, and a call of the library for each takes a second of a thousand tables.
_PLAIN = re.compile(r"[a-z][a-z0-9_]*")
_OTHER_THAN_TEXT = frozenset({"false", "n", "no", "null", "off", "on", "true", "y", "yes"})


def text(tree: Tree, comments: Comments) -> str:
    """The file: what stands under `()` at its top, then the tree."""
    head = [*_remarks(comments.get((), ()), "")]
    first = next(iter(tree), "")
    lines = [*head, *([""] if head and (first,) in comments else []), *_mapping(tree, (), comments)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _mapping(tree: Mapping[str, object], path: KeyPath, comments: Comments) -> Iterator[str]:
    indent = _INDENT * len(path)
    for key, value in tree.items():
        here = (*path, key)
        if not path and key != next(iter(tree)):
            yield ""
        yield from _remarks(comments.get(here, ()), indent)
        yield from _entry(key, value, here, comments)
    for where, sentences in comments.items():
        if where and where[:-1] == path and where[-1] not in tree:
            if not path:
                yield ""
            yield from _remarks(sentences, indent)


def _entry(key: str, value: object, here: KeyPath, comments: Comments) -> Iterator[str]:
    indent = _INDENT * (len(here) - 1)
    inside = any(where[: len(here)] == here and where != here for where in comments)
    short = f"{indent}{flow(key)}: {flow(value)}"
    if not inside and not _is_block(value, len(here)) and len(short) <= _WIDTH:
        yield short
    elif isinstance(value, Mapping):
        yield f"{indent}{flow(key)}:" + ("" if value else " {}")
        yield from _mapping(value, here, comments)
    elif isinstance(value, Sequence) and not isinstance(value, str) and value:
        yield f"{indent}{flow(key)}:"
        yield from (f"{indent}{_INDENT}- {flow(each)}" for each in value)
    else:
        yield short


def _is_block(value: object, depth: int) -> bool:
    """Whether it takes several lines though one would hold it: what is at the top, and an identity with sections."""
    if depth == 1 and isinstance(value, list | tuple):
        return any(isinstance(each, Mapping) for each in value)
    if depth == 1:
        return isinstance(value, Mapping) and bool(value)
    return depth == 2 and isinstance(value, Mapping) and any(isinstance(each, Mapping) for each in value.values())


def flow(value: object) -> str:
    """A value on one line."""
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value not in _OTHER_THAN_TEXT:
        return value
    made = yaml.dump(
        _plain(value), Dumper=_Dumper, default_flow_style=True, width=float("inf"), allow_unicode=True, sort_keys=False
    )
    return made.removesuffix("\n").removesuffix("\n...")


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def _remarks(sentences: Sequence[str], indent: str) -> Iterator[str]:
    for sentence in sentences:
        for line in sentence.splitlines():
            yield f"{indent}# {line}"
