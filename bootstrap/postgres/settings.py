"""Settings of roles: named without regard to case, as PostgreSQL does, and compared by what they mean. Pure.

PostgreSQL folds the name of a setting (guc.c, guc_name_compare) and keeps it as the server spells it: `SET timezone`
comes back as `TimeZone`. A value comes back as it was written: `5min` and `300000` are the same statement_timeout.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from bootstrap.postgres.change import comma, literal


@dataclass(frozen=True, kw_only=True)
class Form:
    """What pg_settings says of a setting's values."""

    kind: str
    """`bool`, `integer`, `real`, `enum` or `string`."""
    unit: str | None
    """What a bare number counts: `ms`, `8kB`."""


# Settings that are lists of names: each is quoted by itself (guc_tables, GUC_LIST_QUOTE).
_LISTS = frozenset({"search_path", "temp_tablespaces", "session_preload_libraries", "local_preload_libraries"})
_ELEMENT = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^,]*?))\s*(?:,|$)')
_NUMBER = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*([A-Za-z]*)")
# guc.c, memory_unit_conversion_table and time_unit_conversion_table; in bytes and in microseconds.
_MEMORY = {"B": 1, "kB": 2**10, "MB": 2**20, "GB": 2**30, "TB": 2**40}
_TIME = {"us": 1, "ms": 10**3, "s": 10**6, "min": 6 * 10**7, "h": 36 * 10**8, "d": 864 * 10**8}
# bool.c, parse_bool: any unambiguous beginning.
_WORDS = {"true": "on", "yes": "on", "on": "on", "1": "on", "false": "off", "no": "off", "off": "off", "0": "off"}


def value(name: str, text: str) -> str:
    """Return a setting's value as SET takes it, from the form in which PostgreSQL shows it."""
    if name.lower() not in _LISTS:
        return literal(text)
    return comma(literal(each) for each in _elements(text)) or "''"


def same(name: str, one: str, other: str, forms: Mapping[str, Form]) -> bool:
    """Whether two values of a setting mean the same; `forms` by the setting's name in lower case."""
    if value(name, one) == value(name, other):
        return True
    form = forms.get(name.lower())
    return form is not None and _meaning(one, form) == _meaning(other, form)


def _elements(text: str) -> list[str]:
    # What is not quoted is folded, as in any list of names (varlena.c, SplitIdentifierString).
    found = [(quoted.replace('""', '"'), bare.lower()) for quoted, bare in _ELEMENT.findall(text)]
    return [quoted or bare for quoted, bare in found if quoted or bare]


def _meaning(text: str, form: Form) -> object:
    word = text.strip()
    if form.kind == "bool":
        means = {on for full, on in _WORDS.items() if word and full.startswith(word.lower())}
        return means.pop() if len(means) == 1 else word
    if form.kind == "enum":
        return word.lower()
    if form.kind in {"integer", "real"} and (found := _NUMBER.fullmatch(word)):
        try:
            return Decimal(found[1]) * _scale(found[2], form.unit)
        except (InvalidOperation, KeyError):
            return text
    return text


def _scale(unit: str, base: str | None) -> int:
    """How many bytes or microseconds one of a unit is; the setting's own for a bare number."""
    units = {**_MEMORY, **_TIME}
    if unit or base is None:
        return units[unit] if unit else 1
    found = re.fullmatch(r"(\d*)(\w+)", base)
    return int(found[1] or 1) * units[found[2]] if found else 1
