"""Parameters of a cache that runs beside those that the program computes, and what becomes of its group. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from adopt import cache_facts as facts
from adopt.estate import Group, RunningCache
from adopt.report import ParameterRow
from knowledge.classes import cache_class
from knowledge.existing import AWS_GROUPS
from knowledge.parameters import DEFAULT, EVERY, ParameterError
from knowledge.redis.catalogue import events_problem
from knowledge.redis.parameters import EVENTS, EVICTION, USUAL_EVICTION, redis_parameters

_OF_THE_CACHE = (EVICTION, EVENTS, "cluster-enabled")
"""What a stack's file says by a key of the cache."""


@dataclass(frozen=True, kw_only=True)
class CacheParameters:
    """What a stack's file says of a cache's parameters."""

    eviction: str
    events: str
    """Key space events; empty where nothing is published."""
    overrides: Mapping[str, str] = field(default_factory=dict)
    """`parameters` of the cache: the group sets what it sets now."""
    own: bool = False
    """Whether the stack makes a group of its own in its place."""
    why: str = ""
    """Why the group that is there is only referred to; empty where the stack sets its parameters."""
    rows: tuple[ParameterRow, ...] = ()
    """Every parameter whose live value is not the computed one."""


def cache_parameters(cache: RunningCache, *, computed: bool, beside: Sequence[str] = ()) -> CacheParameters:
    """Live values kept, or with `computed` left to the program, where the group is the cache's alone.

    The cache's version and node type are known ones. `beside` are the ids of other caches of the tier that have the
    same group.
    """
    there = facts.parameters(cache.parameter_group)
    eviction, events = there.get(EVICTION, USUAL_EVICTION), there.get(EVENTS, "")
    others = (*beside, *cache.parameter_group.shared_with)
    why = _referred(cache, others)
    if problem := events_problem(events):
        why = why or f"{EVENTS} is `{events}` in it: {problem}"
        events = ""
    own = computed and (facts.parameter_group(cache).startswith(AWS_GROUPS) or bool(others))
    program = _program(cache, eviction, events, {}, own=own)
    differ = {name: there[name] for name in _differing(cache, there, program)}
    overrides = {} if computed or why else {EVERY: DEFAULT, **_set(cache.parameter_group)}
    try:
        _program(cache, eviction, events, overrides, own=own)
    except ParameterError as error:
        why, overrides = f"a stack's file cannot say what is set in it ({error})", {}
    return CacheParameters(
        eviction=eviction,
        events=events,
        overrides=overrides,
        own=own,
        why="" if own else why,
        rows=tuple(
            ParameterRow(
                server=cache.name,
                parameter=name,
                live=value,
                computed=program.get(name),
                kept=not computed or bool(why and not own),
            )
            for name, value in differ.items()
        ),
    )


def _set(group: Group) -> dict[str, str]:
    """What somebody has set, but for what follows from a key of the cache."""
    found = facts.set_parameters(group)
    usual = {EVICTION: USUAL_EVICTION}
    return {name: found[name] for name in sorted(found) if name not in _OF_THE_CACHE or usual.get(name) == found[name]}


def _referred(cache: RunningCache, others: Sequence[str]) -> str:
    """Why the stack cannot have the group for itself; empty where it can."""
    if facts.parameter_group(cache).startswith(AWS_GROUPS):
        return "it is one of AWS's, in which nobody changes anything"
    if others:
        return f"{', '.join(others)} {'uses' if len(others) == 1 else 'use'} it too"
    if not cache.parameter_group.parameters or "CacheParameterGroupFamily" not in cache.parameter_group.described:
        return "it could not be read whole"
    return ""


def _differing(cache: RunningCache, there: Mapping[str, str], program: Mapping[str, str]) -> list[str]:
    """Names of live values that the program would change: it sets another, or none where somebody has set one."""
    wanted = sorted({*program, *facts.set_parameters(cache.parameter_group)} - set(_OF_THE_CACHE))
    return [name for name in wanted if name in there and there[name] != program.get(name)]


def _program(
    cache: RunningCache, eviction: str, events: str, overrides: Mapping[str, str], *, own: bool
) -> dict[str, str]:
    """What the program sets, in a group of the stack's own or in the one that is there. Raise `ParameterError`."""
    found = redis_parameters(
        cache_class(str(facts.node(cache)["CacheNodeType"])).memory_bytes,
        facts.engine(cache),
        facts.version(cache),
        eviction=eviction,
        cluster_mode=facts.shards(cache) > 0,
        keyspace_events=events,
        overrides=overrides,
        in_use=not own,
    )
    return {each.name: each.value for each in found}
