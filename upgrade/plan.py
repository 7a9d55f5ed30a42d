"""From `--to postgres.version=18` to the steps. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from infra.instances import ReplicationGroup
from upgrade import cache, certificate, postgres
from upgrade.check import Described
from upgrade.deployed import Deployed
from upgrade.step import PlanError, UpgradeChange, UpgradeStep

Planner = Callable[[Deployed, UpgradeChange], tuple[UpgradeStep, ...]]
_POSTGRES: dict[str, Planner] = {
    "version": postgres.version,
    "class": postgres.size,
    "storage": postgres.storage,
    "ca": certificate.steps,
}
_CACHE: dict[str, Planner] = {
    "engine": cache.engine,
    "version": cache.version,
    "class": cache.size,
    "auth": cache.auth,
    "tls": cache.tls,
}
_INSTANCE_PATHS = {
    "version": "EngineVersion",
    "class": "DBInstanceClass",
    "storage": "AllocatedStorage",
    "ca": "CACertificateIdentifier",
}


@dataclass(frozen=True, kw_only=True)
class UpgradePlan:
    """What to do for one change."""

    change: UpgradeChange
    steps: tuple[UpgradeStep, ...]
    """Empty where there is nothing to do."""
    fits: tuple[Described, ...] = ()
    """What is deployed: what it was planned from, or what its steps make of that. Anything else, and it is stale."""


def plan(stack: Deployed, to: Iterable[str], deployed: Iterable[str] = ()) -> tuple[UpgradePlan, ...]:
    """The steps for each `TARGET.KEY=VALUE` of `to`; `deployed` says the same of what runs, where the file is ahead.

    Raise `PlanError` for what cannot be read or has no legal way.
    """
    runs = {(target, key): value for target, key, value in map(read, deployed)}
    asked = list(map(read, to))
    made = []
    for target, key, value in asked:
        planner, was = _now(stack, target, key)
        change = UpgradeChange(target=target, key=key, was=runs.get((target, key), was), wanted=value)
        steps = () if change.was == value else planner(stack, change)
        if len(asked) > 1:  # each step has a name of its own in the whole file
            steps = tuple(replace(each, id=f"{target}.{key}/{each.id}") for each in steps)
        made.append(UpgradePlan(change=change, steps=steps, fits=_fits(stack, change)))
    return tuple(_as_caller(stack, each) for each in made)


def _as_caller(stack: Deployed, made: UpgradePlan) -> UpgradePlan:
    if not made.steps or stack.caller is None:
        return made
    first = made.steps[0]
    account = stack.account_check
    if account is not None:
        first = replace(first, checks=(account, *first.checks))
    if stack.role is not None:
        first = replace(first, first=(stack.caller, *first.first))
    return replace(made, steps=(first, *made.steps[1:]))


def _fits(stack: Deployed, change: UpgradeChange) -> tuple[Described, ...]:
    values = (change.was, change.wanted)
    if change.target == "postgres":
        primary = stack.primary
        replicas = sorted(each.identifier for each in stack.instances.replicas.values() if not each.elsewhere)
        # Those of another region are there by their ARNs.
        here = "join(',', sort(ReadReplicaDBInstanceIdentifiers[?!starts_with(@, 'arn:')]))"
        look = stack.instance(primary, _INSTANCE_PATHS[change.key])
        return (
            Described(says=f"{primary.identifier}: {change.key}", look=look, wanted=values, version=True),
            Described(
                says=f"{primary.identifier}: replicas", look=stack.instance(primary, here), wanted=(",".join(replicas),)
            ),
        )
    of = stack.instances.caches[change.target]
    return (_cache_fits(stack, of, change, values),)


def _cache_fits(stack: Deployed, of: ReplicationGroup, change: UpgradeChange, values: tuple[str, str]) -> Described:
    says = f"{of.identifier}: {change.key}"
    match change.key:
        case "engine":
            return Described(says=says, look=stack.nodes(of, "Engine"), wanted=values)
        case "version":
            return Described(says=says, look=stack.nodes(of, "EngineVersion"), wanted=values, version=True)
        case "class":
            return Described(says=says, look=stack.cache(of, "CacheNodeType"), wanted=values)
        case "auth":
            # `rbac` where there are user groups, `token` where there is one; anything else has neither.
            look = stack.cache(of, "[AuthTokenEnabled, length(UserGroupIds || `[]`) > `0`] | contains(@, `true`)")
            return Described(says=says, look=look, wanted=("true",))
        case _:
            look = stack.cache(of, "TransitEncryptionMode || (TransitEncryptionEnabled && 'required') || 'none'")
            return Described(says=says, look=look, wanted=("none", "preferred", "required"))


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
        values = {"version": one.version, "class": one.instance_class, "storage": str(one.volume.allocated)}
        return planners[key], {**values, "ca": stack.settings.postgres.ca}[key]
    cache = caches[target]
    values = {"engine": cache.engine, "version": cache.version, "class": cache.node_type}
    # The component requires TLS of every cache that it makes.
    return planners[key], {**values, "auth": "rbac" if cache.users else "token", "tls": "required"}[key]
