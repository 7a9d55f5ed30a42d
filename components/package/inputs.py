"""From what another language sent to the arguments that a component takes.

The wire knows texts, floating-point numbers, lists and maps under camel-case names; a component takes a dataclass.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from enum import Enum
from typing import Any, TypeVar, get_args

import pulumi
from pulumi.errors import InputPropertyError
from pulumi.output import Unknown
from pulumi.provider.experimental import analyzer
from pulumi.provider.experimental.util import camel_case

from components.outputs import annotations
from components.package.analyzer import has_default

T = TypeVar("T")


def read(typ: type[T], sent: Mapping[str, object], where: str = "") -> T:
    """Return the dataclass made of what was sent; raise `InputPropertyError` with the path of what is wrong."""
    hints = annotations(typ)
    known = {camel_case(each.name): each for each in fields(typ)}  # type: ignore[arg-type] # a dataclass, by its callers
    for key in sent:
        if key not in known:
            nearest = get_close_matches(key, known, n=1)
            hint = f"; did you mean {nearest[0]!r}?" if nearest else f"; there are {', '.join(known)}"
            raise InputPropertyError(_at(where, key), f"{typ.__name__} has no property {key!r}{hint}")
    values = {}
    for key, field in known.items():
        if sent.get(key) is not None:
            values[field.name] = _value(hints[field.name], sent[key], _at(where, key))
        elif not has_default(field):
            raise InputPropertyError(_at(where, key), f"{typ.__name__} needs {key!r}")
    try:
        return typ(**values)
    except ValueError as error:
        raise InputPropertyError(where, str(error)) from error


def _value(hint: Any, sent: Any, where: str) -> Any:
    if analyzer.is_input(hint):
        inner = analyzer.unwrap_input(hint)
        return (
            _later(sent, lambda known: _value(inner, known, where)) if _is_later(sent) else _value(inner, sent, where)
        )
    if analyzer.is_optional(hint):
        return _value(analyzer.unwrap_optional(hint), sent, where)
    if analyzer.is_any(hint) or analyzer.is_archive(hint) or analyzer.is_asset(hint):
        return sent
    if _is_later(sent):
        raise InputPropertyError(
            where, "must be written out: it decides what is made, so no output or secret can be it"
        )
    if analyzer.is_list(hint):
        return [_value(get_args(hint)[0], each, f"{where}[{at}]") for at, each in enumerate(_of(list, sent, where))]
    if analyzer.is_dict(hint):
        inner = get_args(hint)[1]
        return {key: _value(inner, each, _at(where, key)) for key, each in _of(dict, sent, where).items()}
    if analyzer.is_enum(hint):
        return _member(hint, sent, where)
    if is_dataclass(hint) and isinstance(hint, type):
        return read(hint, _of(dict, sent, where), where)
    return _simple(hint, sent, where)


def _member(hint: type[Enum], sent: Any, where: str) -> Enum:
    try:
        return hint(sent)
    except ValueError:
        allowed = ", ".join(str(each.value) for each in hint)
        raise InputPropertyError(where, f"{sent!r} is none of {allowed}") from None


def _simple(hint: type, sent: object, where: str) -> Any:
    if hint is int and isinstance(sent, float) and sent.is_integer():
        return int(sent)
    if hint is str and isinstance(sent, float) and sent.is_integer():
        # The engine takes a configuration's digits, say an account's, for a number (with a zero in front it does not):
        # https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/config/object.go, coerce
        return str(int(sent))
    if hint is float and isinstance(sent, int | float) and not isinstance(sent, bool):
        return float(sent)
    return _of(hint, sent, where)


_NAMES = {str: "a text", int: "a whole number", float: "a number", bool: "true or false", list: "a list", dict: "a map"}


def _of(kind: type, sent: object, where: str) -> Any:
    if not isinstance(sent, kind) or (kind is int and isinstance(sent, bool)):
        raise InputPropertyError(where, f"must be {_NAMES[kind]}, and is {sent!r}")
    return sent


def _is_later(sent: object) -> bool:
    return isinstance(sent, pulumi.Output | Unknown)


def _later(sent: object, then: Callable[[Any], Any]) -> Any:
    return sent.apply(then) if isinstance(sent, pulumi.Output) else sent


def _at(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key
