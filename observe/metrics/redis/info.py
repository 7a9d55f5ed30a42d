"""The text of INFO, taken apart by hand: redis-py turns its numbers into its own types and its commands into others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

Version = tuple[int, ...]


@dataclass(frozen=True)
class Info:
    """What a node answered to INFO ALL."""

    sections: Mapping[str, Mapping[str, str]]
    """`Server` -> field -> value, in the order of the answer."""

    @cached_property
    def fields(self) -> dict[str, str]:
        """All of them together."""
        return {name: value for section in self.sections.values() for name, value in section.items()}

    @property
    def cluster(self) -> bool:
        """Whether it is a node in cluster mode."""
        return self.fields.get("cluster_enabled") == "1"

    @property
    def valkey(self) -> Version | None:
        """Version of Valkey; None on Redis."""
        text = self.fields.get("valkey_version")
        return _version(text) if text else None

    @property
    def redis(self) -> Version:
        """Version of Redis, which Valkey says it is compatible with."""
        return _version(self.fields.get("redis_version", "0"))


def parse(text: str) -> Info:
    """Take INFO's answer apart; a line that is neither a heading nor a field is left out."""
    sections: dict[str, dict[str, str]] = {}
    section = sections.setdefault("", {})
    for line in text.split("\r\n"):
        if line.startswith("# "):
            section = sections.setdefault(line[2:], {})
            continue
        name, colon, value = line.partition(":")
        if colon:
            section[name] = value
    return Info(sections)


def pairs(value: str) -> dict[str, str]:
    """`calls=1,usec=2` as a mapping."""
    return dict(_pairs(value))


def _pairs(value: str) -> Iterator[tuple[str, str]]:
    for part in value.split(","):
        name, equals, text = part.partition("=")
        if equals:
            yield name, text


def _version(text: str) -> Version:
    return tuple(int(part) for part in text.split(".") if part.isdecimal())
