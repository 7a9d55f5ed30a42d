"""The clients that an identity uses in a cache, as access.yaml names them: one, several, or each with its options."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bootstrap.access.commands import near
from bootstrap.rule import Rule
from knowledge.redis.clients import RedisClient, Rights, Setting, Value, client, names

CLIENT = "clients of docs/clients.md: `bullmq`, `[bullmq, redis-py]`, `{celery: {database: 1}}`"
PREFIX = "letters, digits and _ . : / @ { } -, without a separator at the end"
# `{` and `}` are for hash tags; none of these is special in a pattern.
PREFIX_FORM = r"[A-Za-z0-9_.:/@{}\-]*[A-Za-z0-9_@}]"


@dataclass(frozen=True, kw_only=True)
class UsedClient:
    """One client, with what was chosen for it."""

    name: str
    prefix: str | None = None
    """Its own, where it is not that of the cache."""
    options: tuple[tuple[str, Value], ...] = ()

    @property
    def known(self) -> RedisClient:
        """What is known of it."""
        return client(self.name)

    def rights(self, of_cache: str | None) -> Rights:
        """What it needs, with the prefix of the cache."""
        return self.known.granted(self.prefix or of_cache or "", dict(self.options))

    def settings(self, of_cache: str | None) -> tuple[Setting, ...]:
        """What it has to be configured with, with the prefix of the cache."""
        return self.known.configured(self.prefix or of_cache or "", dict(self.options))


def prefix_of(text: str) -> str:
    """Return a prefix, or raise ValueError."""
    if text.endswith(":"):
        raise ValueError(f"`{text}` ends with a colon: write `{text.rstrip(':')}`, the colon is put there as needed")
    if not re.fullmatch(PREFIX_FORM, text):
        raise ValueError(f"`{text}` must be {PREFIX}")
    return text


def takes(clients: Sequence[UsedClient], prefix: str) -> None:
    """Raise ValueError where none of the clients takes a prefix, or one of them not this."""
    if not any(each.known.prefixed for each in clients):
        keys = ", ".join(f"`{key}`" for key in clients[0].known.rights.keys)
        raise ValueError(f"`{clients[0].name}` takes no prefix, its keys are {keys}: take out `prefix`")
    for each in clients:
        if each.known.letters and not re.fullmatch(each.known.letters, prefix):
            raise ValueError(f"prefix `{prefix}`: `{each.name}` drops every character but {each.known.letters}")


def used(value: object) -> tuple[UsedClient, ...]:
    """Return the clients that access.yaml names in any of its forms, or raise ValueError."""
    if isinstance(value, str):
        value = [value]
    if isinstance(value, Mapping):
        found = [_used(name, said) for name, said in value.items()]
    elif isinstance(value, list | tuple):
        found = [each if isinstance(each, UsedClient) else _used(each, None) for each in value]
    else:
        found = [_used(value, None)]
    if twice := [each.name for each in found if [other.name for other in found].count(each.name) > 1]:
        raise ValueError(f"names `{twice[0]}` twice")
    return tuple(found)


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


CLIENT_RULE = Rule(words=CLIENT, check=used, when="instead", schema=_forms)
"""What `client` takes."""


def _used(name: object, said: object) -> UsedClient:
    if not isinstance(name, str):
        raise ValueError(f"must be {CLIENT}")  # noqa: TRY004
    if name not in names():
        raise ValueError(f"no client `{name}` is known{near(name, names())}; known: {', '.join(names())}")
    known = client(name)
    if known.unusable:
        raise ValueError(f"`{name}` cannot be used: {known.unusable}")
    if not isinstance(said, Mapping | None):
        raise ValueError(f"`{name}` takes a mapping of options: {{{name}: {{prefix: ...}}}}")  # noqa: TRY004
    chosen = {key: tuple(each) if isinstance(each, list) else each for key, each in (said or {}).items()}
    own = chosen.pop("prefix", None)
    for option, each in chosen.items():
        _option(known, option, each)
    found = UsedClient(name=name, prefix=None if own is None else str(own), options=tuple(chosen.items()))
    if found.prefix is not None:
        try:
            takes([found], prefix_of(found.prefix))
        except ValueError as error:
            raise ValueError(f"prefix of `{name}`: {error}") from None
    return found


def _option(known: RedisClient, name: str, value: object) -> None:
    if name not in known.options:
        has = ("prefix", *known.options) if known.prefixed else tuple(known.options)
        said = f"it has {', '.join(has)}{near(str(name), has)}" if has else "it has none"
        raise ValueError(f"`{known.name}` has no option `{name}`: {said}")
    default = known.options[name].default
    if type(value) is not type(default):
        form = {bool: "true or false", int: "a number", str: "a word", tuple: "a list of words"}[type(default)]
        raise ValueError(f"`{name}` of `{known.name}` must be {form}")
    for word in value if isinstance(value, tuple) else (value,):
        if not re.fullmatch(r"[!-~]+", str(word)):
            raise ValueError(f"`{name}` of `{known.name}` is part of a pattern: ASCII without spaces")
