"""From a stack's configuration to its settings: all errors at once, before any resource is made.

Flow: the stack file's `data-tier:*` keys -> laid on the profile -> types (`settings`) -> rules between keys (`rules`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bootstrap.declared_extensions import declared
from infra.instances import Instances, instances
from infra.rules import stack as rules
from infra.settings.encrypted import decrypted
from infra.settings.model import NAME, Settings
from infra.settings.problems import SettingsError, SettingsProblem, brief, close, nearest, rule_of
from infra.settings.profiles import PROFILES, cache_defaults, defaults, merge, named
from infra.settings.stackfile import PROJECT, PROJECT_FILE, StackFile, file_of, read_file, said
from infra.settings.values import Section
from knowledge.regions import is_region

NAMESPACE = PROJECT
PAGE = "docs/settings.md"
"""The reference of a stack's file."""

_NAMELESS = "app"
# Written by people who come from redis.conf; ElastiCache has none of it.
_PERSISTENCE = {"appendonly", "appendfsync", "aof", "save", "persistence", "dir", "dbfilename", "rdb"}


@dataclass(frozen=True, kw_only=True)
class Declared:
    """A stack as its file declares it, for use without the engine, which would decrypt and import."""

    config: dict[str, Any]
    """`namespace:key` -> value, placeholders for what Pulumi has encrypted."""
    settings: Settings
    instances: Instances
    """Its servers."""
    unread: tuple[str, ...]
    """What the file does not say in the clear, one sentence each."""


def load_stack(root: Path, stack: str) -> Declared:
    """Read and check a stack's file. Raise `UnknownStackError` or `SettingsError`."""
    source = file_of(stack)
    file = read_file(root, stack)
    if misplaced := [*_misplaced(file)]:
        raise SettingsError(source, misplaced, page=PAGE)
    config, encrypted = decrypted(file.config, stack, source)
    unread = [f"{key} is encrypted by Pulumi: a placeholder is used here." for key in encrypted]
    unread += [
        f"environment {name} is imported by Pulumi alone: what it sets is unknown here." for name in file.environments
    ]
    return declare(config, stack=stack, extensions=declared_extensions(root), unread=unread)


def declare(
    config: Mapping[str, Any], *, stack: str, extensions: tuple[str, ...], unread: Iterable[str] = ()
) -> Declared:
    """What a configuration declares, of a file or of none yet. Raise `SettingsError`."""
    settings = load_settings(config, stack=stack, source=file_of(stack), extensions=extensions)
    servers = instances(stack, settings, region_of(config), extensions=extensions)
    return Declared(config=dict(config), settings=settings, instances=servers, unread=tuple(unread))


def declared_extensions(root: Path) -> tuple[str, ...]:
    """Names of the extensions that the application declares beside its migrations. Raise DeclaredExtensionsError."""
    return tuple(each.name for each in declared(root))


def _misplaced(file: StackFile) -> Iterator[SettingsProblem]:
    """Keys that look like settings and are none where they stand: outside of `config`, without or below another name.

    Other keys there are anchors (`base: &base {...}`), or another provider's.
    """
    settings = _known(())
    for key in file.outside:
        name = key.removeprefix(f"{NAMESPACE}:")
        if name != key or name in settings or close(name, settings):
            setting = close(name, settings) or name
            yield SettingsProblem(
                "file",
                f"`{key}` is outside `config`, where it is not read: move it there, as `{NAMESPACE}:{setting}`.",
            )
        elif close(key, ["config"]):
            yield SettingsProblem("file", f"unknown key `{key}`. Did you mean `config`?")
    for key in file.bare:
        setting = close(key, settings) or key
        yield SettingsProblem(f"config.{key}", f"has no namespace: write `{NAMESPACE}:{setting}`.")
    for key in file.config:
        namespace, _, name = key.partition(":")
        if namespace == NAMESPACE:
            continue
        if close(namespace, [NAMESPACE]):
            setting = close(name, settings) or name
            yield SettingsProblem(
                f"config.{key}", f"`{namespace}` is not a namespace here. Did you mean `{NAMESPACE}:{setting}`?"
            )
        elif namespace == "aws" and name != "region" and close(name, ["region"]):
            yield SettingsProblem(f"config.{key}", "the AWS provider has no such setting. Did you mean `aws:region`?")


def load_settings(
    config: Mapping[str, object], *, stack: str, source: str, extensions: tuple[str, ...] = ()
) -> Settings:
    """The settings in a stack's configuration (`data-tier:key` -> value; other namespaces are left alone).

    `extensions` are those that the application declares: they are checked against the version of PostgreSQL.

    Raise `SettingsError` with every problem found; `source` names the file in its message.
    """
    given = {key.partition(":")[2]: said(value) for key, value in config.items() if key.startswith(f"{NAMESPACE}:")}
    given["profile"] = profile = profile_of(config, stack, source)
    settings, problems = _parse(given, profile)
    if settings is not None:
        problems += [*rules.region_problems(config.get("aws:region"))]
        problems += rules.check(settings, instances(stack, settings, region_of(config), extensions=extensions))
    if problems or settings is None:
        raise SettingsError(source, problems, page=PAGE)
    return settings


def region_of(config: Mapping[str, object]) -> str | None:
    """The region that a stack's configuration names; None where it names none, or what is not one."""
    region = config.get("aws:region")
    return region if is_region(region) else None


def profile_of(config: Mapping[str, object], stack: str, source: str) -> str:
    """The profile that a stack takes its values from: the one it names, or its own namesake. Raise `SettingsError`."""
    profile = config.get(f"{NAMESPACE}:profile", stack)
    if not isinstance(profile, str) or profile not in PROFILES:
        rule = f"{brief(profile)} is not one of {', '.join(PROFILES)}.{nearest(str(profile)[:20], PROFILES)}"
        raise SettingsError(source, [SettingsProblem(f"{NAMESPACE}:profile", rule)], page=PAGE)
    return profile


def _parse(given: Mapping[str, object], profile: str) -> tuple[Settings | None, list[SettingsProblem]]:
    """Parse; where something is wrong, note it, take it out and parse again, so that the rules see the rest."""
    problems: list[SettingsProblem] = []
    remaining = deepcopy(given)
    taken: list[tuple[str | int, ...]] = []
    for _ in range(4):
        try:
            return Settings.model_validate(_complete(remaining, profile)), problems
        except ValidationError as failure:
            found: list[tuple[str | int, ...]] = []
            for error in failure.errors(include_url=False):
                loc = tuple(part for part in error["loc"] if part != "[key]")
                # What a section lacks because it was taken out, itself or below, is no second problem.
                if not any(each[: len(loc)] == loc for each in taken):
                    problems.append(SettingsProblem(_path(loc), _rule(error, loc)))
                _take_out(remaining, loc)
                found.append(loc)
            taken += found
    return None, problems


def _complete(given: Mapping[str, object], profile: str) -> dict[str, Any]:
    name = given.get("name")
    # Where the name is wrong or missing, nothing that follows from it is a second problem.
    base = merge(
        defaults(profile), named(name if isinstance(name, str) and re.fullmatch(NAME, name, re.ASCII) else _NAMELESS)
    )
    whole = merge(base, given)
    caches = whole.get("redis")
    if isinstance(caches, dict):
        whole["redis"] = {
            name: merge(cache_defaults(), cache or {}) if isinstance(cache, dict | None) else cache
            for name, cache in caches.items()
        }
    replicas = whole["postgres"].get("replicas") if isinstance(whole["postgres"], dict) else None
    if isinstance(replicas, dict):
        whole["postgres"]["replicas"] = {name: replica or {} for name, replica in replicas.items()}
    return whole


def _path(loc: tuple[int | str, ...]) -> str:
    return f"{NAMESPACE}:" + ".".join(str(part) for part in loc)


def _rule(error: Any, loc: tuple[int | str, ...]) -> str:
    if error["type"] == "missing" and loc == ("name",):
        return (
            f"is missing: the application's name, with which all names begin, stands in {PROJECT_FILE} as "
            "`config: {name: shop}`."
        )
    if error["type"] == "extra_forbidden" and loc[0] == "redis" and str(loc[-1]) in _PERSISTENCE:
        return (
            "ElastiCache has no such knob: no append-only file and no save points. What serves instead: replicas with "
            "automatic failover, `snapshot: {retention, window}`, and PostgreSQL for what must not be lost."
        )
    return rule_of(error, _known(loc[:-1]))


def _known(loc: tuple[int | str, ...]) -> list[str]:
    """The keys that the section at `loc` has."""
    model: Any = Settings
    for part in loc:
        # A part that is not a field of the section is an entry's name or number: it has the same section.
        field = next((f for name, f in model.model_fields.items() if part in (name, f.alias)), None)
        if field is not None and (model := _section_in(field.annotation)) is None:
            return []
    return [field.alias or name for name, field in model.model_fields.items()]


def _section_in(annotation: object) -> Any:
    """The section that an annotation such as `dict[str, Cache]` or `Storage | None` is about."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return next((found for each in getattr(annotation, "__args__", ()) if (found := _section_in(each))), None)


def _take_out(tree: object, loc: tuple[int | str, ...]) -> None:
    """Remove the value at `loc`, or the nearest enclosing one that the user wrote."""
    parents: list[tuple[Any, Any]] = []
    for part in loc:
        if isinstance(tree, dict) and part in tree:
            parents.append((tree, part))
            tree = tree[part]
        elif isinstance(tree, list) and isinstance(part, int) and part < len(tree):
            parents.append((tree, slice(None)))
            tree = tree[part]
        else:
            break
    if parents:
        holder, key = parents[-1]
        del holder[key]
