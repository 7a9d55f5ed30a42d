"""The clients that an identity uses in a cache, as access.yaml names them: one, several, or each with its options."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import model_validator

from bootstrap.access.commands import near
from bootstrap.access.postgres import Model
from bootstrap.rule import Rule
from knowledge.redis.clients import RedisClient, Rights, Setting, Value, client, names

# `{` and `}` are for hash tags; none of these is special in a pattern.
_PREFIX = re.compile(r"[A-Za-z0-9_.:/@{}-]*[A-Za-z0-9_.@{}-]")


class UsedClient(Model):
    """One client, with what was chosen for it."""

    name: str
    prefix: str | None = None
    """Its own, where it is not that of the cache."""
    options: tuple[tuple[str, bool | int | str | tuple[str, ...]], ...] = ()

    @property
    def known(self) -> RedisClient:
        """What is known of it."""
        return client(self.name)

    def rights(self, prefix: str | None) -> Rights:
        """What it needs, with the prefix of the cache."""
        return self.known.granted(self._prefix(prefix), dict(self.options))

    def settings(self, prefix: str | None) -> tuple[Setting, ...]:
        """What it has to be configured with, with the prefix of the cache."""
        return self.known.configured(self._prefix(prefix), dict(self.options))

    def _prefix(self, prefix: str | None) -> str:
        return self.prefix or prefix or ""

    @model_validator(mode="after")
    def _as_it_can_be(self) -> UsedClient:
        if self.name not in names():
            raise ValueError(f"no client `{self.name}` is known{near(self.name, names())}; known: {', '.join(names())}")
        if self.known.unusable:
            raise ValueError(f"`{self.name}` cannot be used: {self.known.unusable}")
        if self.prefix is not None:
            prefix_of(self.prefix, [self])
        for name, value in self.options:
            self._option(name, value)
        return self

    def _option(self, name: str, value: Value) -> None:
        options = self.known.options
        if name not in options:
            known = ("prefix", *options) if self.known.prefixed else tuple(options)
            said = f"it has {', '.join(known)}{near(name, known)}" if known else "it has none"
            raise ValueError(f"`{self.name}` has no option `{name}`: {said}")
        default = options[name].default
        if type(value) is not type(default):
            form = {bool: "true or false", int: "a number", str: "a word", tuple: "a list of words"}[type(default)]
            raise ValueError(f"`{name}` of `{self.name}` must be {form}")
        for word in value if isinstance(value, tuple) else (str(value),):
            if not word.isascii() or any(each.isspace() or not each.isprintable() for each in word) or not word:
                raise ValueError(f"`{name}` of `{self.name}` is part of a pattern: ASCII without spaces")


def prefix_of(prefix: str, clients: list[UsedClient]) -> str:
    """Return a prefix that the clients take, or raise ValueError."""
    if prefix.endswith(":"):
        raise ValueError(
            f"prefix `{prefix}` ends with a colon: write `{prefix.rstrip(':')}`, it is put there as needed"
        )
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(f"prefix `{prefix}` must be letters, digits and _ . : / @ {{ }} -, and end in no separator")
    if not any(each.known.prefixed for each in clients):
        keys = ", ".join(f"`{key}`" for key in clients[0].known.rights.keys)
        raise ValueError(f"`{clients[0].name}` takes no prefix, its keys are {keys}: take out `prefix`")
    for each in clients:
        if each.known.letters and not re.fullmatch(each.known.letters, prefix):
            raise ValueError(f"prefix `{prefix}`: `{each.name}` drops every character but {each.known.letters}")
    return prefix


def written(value: object) -> object:
    """Return what access.yaml says in any of its forms as a tuple of mappings."""
    if isinstance(value, str):
        value = [value]
    if isinstance(value, Mapping):
        return tuple(_used(name, said) for name, said in value.items())
    if isinstance(value, list | tuple):
        return tuple(each if isinstance(each, UsedClient) else _used(each, None) for each in value)
    return value


def _forms() -> dict[str, object]:
    """As JSON Schema has them; options are each client's own."""
    named: dict[str, object] = {"enum": list(names())}
    options = {"type": ["object", "null"]}
    return {
        "anyOf": [
            named,
            {"type": "array", "items": named},
            {"type": "object", "propertyNames": named, "additionalProperties": options},
        ]
    }


CLIENT_RULE = Rule(
    words="those of docs/clients.md: `bullmq`, `[bullmq, redis-py]`, `{celery: {database: 1}}`",
    check=written,
    when="before",
    schema=_forms,
    instead=True,
)


def _used(name: object, said: object) -> dict[str, Any]:
    if not isinstance(name, str):
        raise ValueError("must be names of clients: bullmq, [bullmq, redis-py], or {celery: {database: 1}}")  # noqa: TRY004
    if not isinstance(said, Mapping | None):
        raise ValueError(f"`{name}` takes a mapping of options: {{{name}: {{prefix: ...}}}}")  # noqa: TRY004
    options = dict(said or {})
    prefix = options.pop("prefix", None)
    made = tuple((key, tuple(value) if isinstance(value, list) else value) for key, value in options.items())
    return {"name": name, "prefix": prefix, "options": made}
