"""Every Redis and Valkey parameter that ElastiCache lets be set, per family (`parameters.csv`).

Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ParameterGroups.Engine.html
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib.resources import files

from knowledge.parameters import Value, did_you_mean
from knowledge.redis.refused import REFUSED, RENAMEABLE

REDIS_VERSIONS: dict[str, dict[str, str]] = {
    "redis": {"5.0.6": "redis5.0", "6.0": "redis6.x", "6.2": "redis6.x", "7.0": "redis7", "7.1": "redis7"},
    "valkey": {
        "7.2": "valkey7",
        "8.0": "valkey8",
        "8.1": "valkey8",
        "8.2": "valkey8",
        "9.0": "valkey9",
        "9.1": "valkey9",
    },
}
"""Engine -> version on ElastiCache -> parameter group family. Before 6 a version is its patch too."""
FORMER = {"redis": ("5.0.6", "6.0", "6.2")}
"""Versions that only a cache of before may have: their standard support is over, or ends soon (`support.csv`)."""


def engine_problem(engine: str) -> str | None:
    """What is wrong with an engine of ElastiCache; None when nothing is."""
    return None if engine in REDIS_VERSIONS else f"{engine!r} is neither valkey nor redis (lower case)"


def version_problem(engine: str, version: str, *, running: bool = False) -> str | None:
    """What is wrong with a version of an engine that is known; None when nothing is.

    :param running: whether a cache may have it already, so that only its name can be wrong.
    """
    known = REDIS_VERSIONS.get(engine, {version: ""})
    if version in known and (running or version not in FORMER.get(engine, ())):
        return None
    taken = [each for each in known if running or each not in FORMER.get(engine, ())]
    why = "is only for a cache that runs it already; a new one of" if version in known else "does not exist for"
    return f"{version!r} {why} {engine}: {', '.join(taken)}"


EVENT_CLASSES = "KEg$lshzxeA"


@dataclass(frozen=True)
class RedisParameter:
    """What one parameter accepts, and where it exists."""

    name: str
    type: str
    minimum: int
    maximum: int
    values: tuple[str, ...]
    families: tuple[str, ...]
    since: tuple[int, ...]

    def exists_in(self, family: str, version: str) -> bool:
        in_family = not self.families or family in self.families
        return in_family and tuple(map(int, version.split("."))) >= self.since


def _read() -> dict[str, RedisParameter]:
    text = files(__package__).joinpath("parameters.csv").read_text("utf-8")
    return {
        row["name"]: RedisParameter(
            name=row["name"],
            type=row["type"],
            minimum=int(row["min"] or 0),
            maximum=int(row["max"] or 0),
            values=tuple(row["values"].split("|")),
            families=tuple(row["families"].split("|")) if row["families"] else (),
            since=tuple(map(int, row["since"].split("."))) if row["since"] else (),
        )
        for row in csv.DictReader(text.splitlines())
    }


CATALOGUE = _read()


def check(name: str, value: Value, family: str, version: str) -> tuple[str, str | None]:
    """Return the value as the parameter group wants it, and the problem with it if there is one."""
    definition = CATALOGUE.get(name)
    if name in REFUSED and (definition is None or not definition.exists_in(family, version)):
        return "", f"{name}: cannot be set on ElastiCache: {REFUSED[name]}"
    if definition is None:
        return "", f"{name}: {family} has no such parameter{did_you_mean(name, CATALOGUE)}"
    if not definition.exists_in(family, version):
        where = ", ".join(definition.families) + (
            f" from {'.'.join(map(str, definition.since))}" * bool(definition.since)
        )
        return "", f"{name}: version {version} ({family}) does not have it; it exists in {where}"
    text = str(value).strip()
    match definition.type:
        case "bool":
            text = {"1": "yes", "true": "yes", "on": "yes", "0": "no", "false": "no", "off": "no"}.get(
                text.lower(), text.lower()
            )
            problem = None if text in definition.values else "it is a switch: yes or no"
        case "enum":
            problem = None if text in definition.values else f"it takes one of {', '.join(definition.values)}"
        case "events":
            problem = events_problem(text)
        case "renames":
            problem = _renames_problem(text.lower().split())
        case _:
            problem = _number_problem(definition, value)
    return text, f"{name}: {text!r} is refused: {problem}" if problem else None


def events_problem(text: str) -> str | None:
    """ElastiCache takes a string without K or E without complaint, and then delivers nothing."""
    strange = sorted(set(text) - set(EVENT_CLASSES))
    if strange:
        return f"{', '.join(strange)} is not a class of events; the classes are {EVENT_CLASSES}"
    if text and not set(text) & {"K", "E"}:
        return "without K (by key) or E (by event) nothing is ever delivered"
    if text and not set(text) - {"K", "E"}:
        return "K and E say how events are delivered; add which ones, e.g. x for expired keys or A for all"
    return None


def _renames_problem(words: list[str]) -> str | None:
    old, new = words[::2], words[1::2]
    if not words or len(old) != len(new):
        return "it takes pairs of a command and its new name, e.g. 'flushall hidden_flushall keys hidden_keys'"
    strange = sorted(set(old) - RENAMEABLE)
    if strange:
        return f"ElastiCache does not let {', '.join(strange)} be renamed"
    if len(set(old)) != len(old) or len(set(new)) != len(new) or set(new) & RENAMEABLE:
        return "every command and every new name may occur once, and a new name may not be a command"
    return None


def _number_problem(definition: RedisParameter, value: Value) -> str | None:
    text = str(value).strip()
    if isinstance(value, bool) or not text.removeprefix("-").isdecimal():
        return "it takes a whole number"
    if not definition.minimum <= int(text) <= definition.maximum:
        return f"it must be from {definition.minimum} to {definition.maximum}"
    if definition.name == "timeout" and 1 <= int(text) <= 19:
        return "it is 0 (never) or at least 20 seconds"
    return None
