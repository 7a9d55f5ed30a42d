"""What following a recommendation does to users: the preflight of the stack's program with it, and without."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from capacity.report import CapacityReport

if TYPE_CHECKING:
    from capacity.limit import Recommendation, Section
    from cli.project import StackSource
    from graph.resource import Resource
    from preview.impact.effect import Impact

_NAMESPACE = "data-tier"


def judged(report: CapacityReport, source: StackSource) -> CapacityReport:
    """The same with lines, users and command of each recommendation; the program is run once for each that differs."""
    before: tuple[Resource, ...] = ()
    known: dict[str, Recommendation] = {}
    limits = []
    for limit in report.limits:
        found = limit.recommendation
        if found is not None and found.settings:
            key = json.dumps(found.settings, sort_keys=True)
            if key not in known:
                before = before or _declared(source)
                known[key] = _judged(found, source, before)
            same = known[key]
            found = replace(found, lines=same.lines, users=same.users, command=same.command, blocked=same.blocked)
        limits.append(replace(limit, recommendation=found))
    return replace(report, limits=tuple(limits))


def laid(source: StackSource, settings: Section) -> dict[str, Any]:
    """The stack's keys with the settings laid on them.

    A map whose entries are the stack's own is whole: where the file has none, it begins with what the profile has,
    since naming one entry takes the others out.
    """
    from infra.settings.profiles import WHOLE, defaults, merge

    profile = defaults(source.settings.profile)
    given: dict[str, Any] = {}
    for section, value in settings.items():
        there = deepcopy(source.config.get(f"{_NAMESPACE}:{section}")) or {}
        for path in WHOLE:
            if path[0] == section:
                there = _with_whole(there, profile[section], path[1:], value)
        given[f"{_NAMESPACE}:{section}"] = merge(there, value) if isinstance(value, Mapping) else value
    return given


def _with_whole(there: Any, usual: Any, path: tuple[str, ...], value: object) -> Any:
    if not path:
        return there or deepcopy(usual)
    key, *rest = path
    if isinstance(value, Mapping) and key in value:
        there = {**there, key: _with_whole(there.get(key), usual[key], tuple(rest), value[key])}
    return there


def _lines(settings: Section, given: Mapping[str, Any]) -> tuple[str, ...]:
    from upgrade.step import line

    made = []
    for section, value in settings.items():
        whole = given[f"{_NAMESPACE}:{section}"]
        shown = {key: whole[key] for key in value} if isinstance(value, Mapping) and section != "redis" else whole
        made.append(line(section, _flow(shown)))
    return tuple(made)


def _flow(value: object) -> str:
    import yaml

    return yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10_000).strip()


def _judged(found: Recommendation, source: StackSource, before: tuple[Resource, ...]) -> Recommendation:
    from infra.load import load_settings
    from infra.settings.problems import SettingsError
    from infra.settings.stackfile import file_of
    from preview.impact.effect import Effect
    from preview.preflight import preflight

    given = laid(source, found.settings)
    found = replace(found, lines=_lines(found.settings, given), command=_command(found, source))
    config = {**source.config, **given}
    extensions = source.instances.primary.extensions
    try:
        load_settings(config, stack=source.stack, source=file_of(source.stack), extensions=extensions)
    except SettingsError as error:
        return replace(found, blocked="; ".join(map(str, error.problems)))
    impacts = preflight(replace(source, config=config).offline(), before).impacts
    refused = [each for each in impacts if each.effect is Effect.BLOCKED]
    return replace(found, users=_users(impacts), blocked=" ".join(dict.fromkeys(each.users for each in refused)))


def _declared(source: StackSource) -> tuple[Resource, ...]:
    from preview.preflight import declared

    return declared(source.offline())


def _users(impacts: tuple[Impact, ...]) -> tuple[str, ...]:
    """What is noticed, the worst first; where nothing is, what happens to the servers."""
    from graph.types import CACHE, INSTANCE
    from preview.impact.effect import Effect
    from preview.preflight import NOTICED

    noticed = [each for each in impacts if each.effect in NOTICED and each.effect is not Effect.BLOCKED]
    said: dict[tuple[str, str], list[str]] = {}
    for each in noticed or [each for each in impacts if each.type in (CACHE, INSTANCE)]:
        said.setdefault((each.users, each.takes_effect), []).append(each.name)
    return tuple(f"{', '.join(dict.fromkeys(names))}, {when}: {users}" for (users, when), names in said.items())


def _command(found: Recommendation, source: StackSource) -> str:
    """What plans it, where there is a plan for it; else what shows what deploying it does."""
    from upgrade.deployed import deployed

    wanted = [*_wanted(found.settings)]
    if wanted:
        return f"datatier upgrade plan {source.stack} " + " ".join(f"--to {each}" for each in wanted)
    return deployed(source.instances, source.settings, source.config).preflight


def _wanted(settings: Section) -> list[str]:
    """As `--to` says it; empty where no plan is made of one of them."""
    found = []
    for section, value in settings.items():
        targets = {"postgres": value} if section == "postgres" else value
        if not isinstance(targets, Mapping):
            return []
        for target, keys in targets.items():
            if not isinstance(keys, Mapping):
                return []
            for key, wanted in keys.items():
                if key == "class":
                    found.append(f"{target}.class={wanted}")
                elif key == "storage" and isinstance(wanted, Mapping) and "allocated" in wanted:
                    found.append(f"{target}.storage={wanted['allocated']}")
                else:
                    return []
    return found
