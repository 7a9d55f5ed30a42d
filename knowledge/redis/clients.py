"""What clients of Redis need beyond reading and writing, how each is kept under a prefix, and what it loses silently.

One file per client in `clients/`, found by running it: as a user who may do everything, as one who may only read and
write, with each thing that ACL LOG named added until it was empty, and without each of them again. `{prefix}` and the
names of options in braces are filled in for an identity.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).with_name("clients")
Value = bool | int | str | tuple[str, ...]
"""Of an option: a switch, a number, a word, or several words."""


@dataclass(frozen=True, kw_only=True)
class Rights:
    """Rights on top of reading, writing, transactions and pub/sub on the client's own keys and channels."""

    keys: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    """Patterns. PSUBSCRIBE is permitted by the very text of one, never by a wider one (Valkey's acl.c,
    ACLCheckChannelAgainstList), so what a client subscribes to by pattern is here word for word."""
    commands: tuple[str, ...] = ()

    def __add__(self, other: Rights) -> Rights:
        return Rights(
            keys=_each(self.keys + other.keys),
            channels=_each(self.channels + other.channels),
            commands=_each(self.commands + other.commands),
        )


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What the client has to be configured with."""

    option: str
    """In its own words, or the environment variable that it reads."""
    where: str
    value: str
    variable: bool = False
    """Whether `option` is an environment variable."""

    @property
    def assignment(self) -> str:
        """As it is written."""
        return f"{self.option}={self.value}" if self.variable else f"{self.option}: {self.value}"

    def __str__(self) -> str:
        return f"{self.assignment} ({self.where})"


@dataclass(frozen=True, kw_only=True)
class Option:
    """What may be chosen for a client in the declaration."""

    default: Value
    means: str
    rights: Rights = Rights()
    """What a switch adds when it is on."""
    settings: tuple[Setting, ...] = ()
    """What the client has to be configured with then."""


@dataclass(frozen=True, kw_only=True)
class RedisClient:
    """A library and what it needs."""

    name: str
    title: str
    package: str
    runtime: str
    """`python`, `node` or `go`."""
    versions: tuple[str, ...]
    """Those that were run."""
    purpose: str
    rights: Rights
    settings: tuple[Setting, ...]
    options: Mapping[str, Option]
    letters: str
    """Regular expression of a prefix that it takes as it is."""
    outside: tuple[str, ...]
    """What cannot be brought under a prefix, and what follows."""
    clears: tuple[str, ...]
    """What its own way to empty it would do; none where it has none."""
    refused: tuple[str, ...]
    """What it can do and may not."""
    silent: tuple[str, ...]
    """What goes wrong without an error when a right or the prefix is missing."""
    unusable: str
    """Why there are no rules for it; empty where there are."""
    sources: tuple[str, ...]
    recognised: tuple[str, ...]
    """Names of keys by which it is known in a cache, all of them: `*` is any text without a colon, or any at
    the end; what has no `{prefix}` may stand behind one. Empty where nothing tells its keys from anybody's."""

    @property
    def prefixed(self) -> bool:
        """Whether its keys or channels follow a prefix."""
        return any("{prefix}" in each for each in (*self.rights.keys, *self.rights.channels))

    def granted(self, prefix: str, chosen: Mapping[str, Value]) -> Rights:
        """Rights of an identity that uses it so; `chosen` may leave options out."""
        found = self.rights
        for option, value in self._switched(chosen):
            found += self.options[option].rights if value else Rights()
        filled = {"prefix": prefix, **self._words(chosen)}
        return Rights(
            keys=_filled(found.keys, filled), channels=_filled(found.channels, filled), commands=found.commands
        )

    def configured(self, prefix: str, chosen: Mapping[str, Value]) -> tuple[Setting, ...]:
        """What it has to be configured with then."""
        found = self.settings
        for option, value in self._switched(chosen):
            found += self.options[option].settings if value else ()
        filled = {"prefix": prefix, **self._words(chosen)}
        return tuple(
            replace(each, value=value, where=where)
            for each in found
            for value in _filled([each.value], filled)
            for where in _filled([each.where], filled)
        )

    def _switched(self, chosen: Mapping[str, Value]) -> Iterator[tuple[str, bool]]:
        for name, option in self.options.items():
            value = chosen.get(name, option.default)
            if isinstance(value, bool):
                yield name, value

    def _words(self, chosen: Mapping[str, Value]) -> dict[str, Value]:
        every = {name: chosen.get(name, option.default) for name, option in self.options.items()}
        return {name: value for name, value in every.items() if not isinstance(value, bool)}


@cache
def names() -> tuple[str, ...]:
    """Names of all clients."""
    return tuple(sorted(each.stem for each in _FOLDER.glob("*.toml")))


@cache
def client(name: str) -> RedisClient:
    """The client of that name, which is one of `names()`; its file is read when it is first asked for."""
    import tomllib

    read = tomllib.loads((_FOLDER / f"{name}.toml").read_text("utf-8"))
    return RedisClient(
        name=name,
        title=read["title"],
        package=read["package"],
        runtime=read["runtime"],
        versions=tuple(read["versions"]),
        purpose=read["purpose"],
        rights=_rights(read),
        settings=_settings(read),
        options={option: _option(said) for option, said in read.get("options", {}).items()},
        letters=read.get("letters", ""),
        outside=tuple(read.get("outside", ())),
        clears=(read["clears"],) if "clears" in read else (),
        refused=tuple(read.get("refused", ())),
        silent=tuple(read.get("silent", ())),
        unusable=read.get("unusable", ""),
        sources=tuple(read["sources"]),
        recognised=tuple(read.get("recognised", ())),
    )


def _option(said: Mapping[str, Any]) -> Option:
    default = said["default"]
    return Option(
        default=tuple(default) if isinstance(default, list) else default,
        means=said["means"],
        rights=_rights(said),
        settings=_settings(said),
    )


def _rights(said: Mapping[str, Any]) -> Rights:
    return Rights(**{kind: tuple(said.get(kind, ())) for kind in ("keys", "channels", "commands")})


def _settings(said: Mapping[str, Any]) -> tuple[Setting, ...]:
    return tuple(Setting(**each) for each in said.get("settings", ()))


def _filled(templates: Sequence[str], words: Mapping[str, Value]) -> tuple[str, ...]:
    found = list(templates)
    for name, value in words.items():
        values = [str(each) for each in value] if isinstance(value, tuple) else [str(value)]
        place = f"{{{name}}}"
        found = [
            made for each in found for made in ([each.replace(place, v) for v in values] if place in each else [each])
        ]
    return _each(tuple(found))


def _each(found: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))
