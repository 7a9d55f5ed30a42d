"""From `--to postgres.version=18` to the steps. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from upgrade import cache, postgres
from upgrade.deployed import Deployed
from upgrade.step import PlanError, UpgradeChange, UpgradeStep

Planner = Callable[[Deployed, UpgradeChange], tuple[UpgradeStep, ...]]
_POSTGRES: dict[str, Planner] = {
    "version": postgres.version,
    "class": postgres.size,
    "storage": postgres.storage,
}
_CACHE: dict[str, Planner] = {
    "engine": cache.engine,
    "version": cache.version,
    "class": cache.size,
    "auth": cache.auth,
    "tls": cache.tls,
}


@dataclass(frozen=True, kw_only=True)
class UpgradePlan:
    """What to do for one change."""

    change: UpgradeChange
    steps: tuple[UpgradeStep, ...]
    """Empty where there is nothing to do."""


def plan(stack: Deployed, to: Iterable[str], deployed: Iterable[str] = ()) -> tuple[UpgradePlan, ...]:
    """The steps for each `TARGET.KEY=VALUE` of `to`; `deployed` says the same of what runs, where the file is ahead.

    Raise `PlanError` for what cannot be read or has no legal way.
    """
    runs = {(target, key): value for target, key, value in map(read, deployed)}
    made = []
    for target, key, value in map(read, to):
        planner, was = _now(stack, target, key)
        change = UpgradeChange(target=target, key=key, was=runs.get((target, key), was), wanted=value)
        made.append(UpgradePlan(change=change, steps=() if change.was == value else planner(stack, change)))
    return tuple(_as_caller(stack, each) for each in made)


def _as_caller(stack: Deployed, made: UpgradePlan) -> UpgradePlan:
    if not made.steps or stack.caller is None:
        return made
    first = replace(made.steps[0], before=(stack.caller, *made.steps[0].before))
    return replace(made, steps=(first, *made.steps[1:]))


def read(text: str) -> tuple[str, str, str]:
    """Target, key and value of `TARGET.KEY=VALUE`. Raise `PlanError`."""
    where, equals, value = text.partition("=")
    target, dot, key = where.partition(".")
    if not (equals and dot and target and key and value):
        raise PlanError(f"`{text}`: write TARGET.KEY=VALUE, such as postgres.version=18 or main.engine=valkey.")
    return target, key, value


def _now(stack: Deployed, target: str, key: str) -> tuple[Planner, str]:
    planners = _POSTGRES if target == "postgres" else _CACHE
    caches = stack.instances.caches
    if target != "postgres" and target not in caches:
        raise PlanError(f"`{target}` is not a cache of this stack: write postgres, {', '.join(caches)}.")
    if key not in planners:
        raise PlanError(f"{target}.{key}: {', '.join(planners)} can be planned.")
    if target == "postgres":
        one = stack.primary
        values = {"version": one.version, "class": one.instance_class, "storage": str(one.allocated_storage)}
        return planners[key], values[key]
    cache = caches[target]
    values = {"engine": cache.engine, "version": cache.version, "class": cache.node_type}
    # The component requires TLS of every cache that it makes.
    return planners[key], {**values, "auth": "rbac" if cache.users else "token", "tls": "required"}[key]
