"""ElastiCache: the caches that were asked for, with their nodes, parameters and users."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from adopt.estate import Described, Group, RunningCache
from adopt.reading import calls
from adopt.reading.ask import Asking
from adopt.reading.found import near
from bootstrap.errors import AskedError


@dataclass(frozen=True, kw_only=True)
class Caches:
    """The caches that were asked for, and what else runs there."""

    running: Mapping[str, RunningCache] = field(default_factory=dict)
    """Name in the stack -> cache."""
    subnets: tuple[Described, ...] = ()
    """Their CacheSubnetGroups."""
    there: tuple[Described, ...] = ()
    """Every CacheCluster of the region."""


def caches(ask: Asking, wanted: Mapping[str, str]) -> Caches:
    """The caches of `wanted`, name in the stack -> id; none where they cannot be read.

    Raise `AskedError` for an id that is no cache's.
    """
    if not wanted:
        return Caches()
    groups, nodes = ask.soon(ask.maybe, calls.GROUPS), ask.soon(ask.maybe, calls.NODES, ShowCacheNodeInfo=True)
    users, user_groups = ask.soon(ask.all, calls.USERS), ask.soon(ask.all, calls.USER_GROUPS)
    parameter_groups = ask.soon(ask.all, calls.CACHE_PARAMETER_GROUPS)
    subnets = ask.soon(ask.all, calls.CACHE_SUBNETS)
    there, clusters = groups.result(), nodes.result()
    if there is None or clusters is None:
        return Caches()
    known = {str(each["ReplicationGroupId"]): each for each in there}
    found = {name: _cache(ask, name, id_, known, clusters) for name, id_ in sorted(wanted.items())}
    of_tier = {str(each["CacheClusterId"]) for cache in found.values() for each in cache.nodes}
    names = sorted({name for cache in found.values() if (name := group_name(cache.nodes))})
    parameters = dict(
        zip(
            names,
            ask.each(lambda each: ask.all(calls.CACHE_PARAMETERS, CacheParameterGroupName=each), names),
            strict=True,
        )
    )
    whole: dict[str, RunningCache] = {}
    for name, cache in found.items():
        group, ids = group_name(cache.nodes), cache.described.get("UserGroupIds") or ()
        own = tuple(each for each in user_groups.result() if each["UserGroupId"] in ids)
        members = {user for each in own for user in each.get("UserIds") or ()}
        listed = (each for each in parameter_groups.result() if each["CacheParameterGroupName"] == group)
        whole[name] = replace(
            cache,
            parameter_group=Group(
                described=next(listed, {"CacheParameterGroupName": group} if group else {}),
                parameters=parameters.get(group, ()),
                shared_with=_others(group, clusters, of_tier),
            ),
            user_groups=own,
            users=tuple(each for each in users.result() if each["UserId"] in members),
        )
    wanted_subnets = {each.get("CacheSubnetGroupName") for cache in whole.values() for each in cache.nodes}
    return Caches(
        running=whole,
        subnets=tuple(each for each in subnets.result() if each["CacheSubnetGroupName"] in wanted_subnets),
        there=clusters,
    )


def group_name(nodes: Iterable[Described]) -> str:
    """Name of the parameter group that a cache's nodes have."""
    return next((str(each.get("CacheParameterGroup", {}).get("CacheParameterGroupName", "")) for each in nodes), "")


def _cache(
    ask: Asking, name: str, asked: str, groups: Mapping[str, Described], clusters: Sequence[Described]
) -> RunningCache:
    id_, nothing = asked.lower(), Group(described={}, parameters=())
    if id_ in groups:
        nodes = tuple(each for each in clusters if each.get("ReplicationGroupId") == id_)
        return RunningCache(name=name, region=ask.region, described=groups[id_], nodes=nodes, parameter_group=nothing)
    if group := next((group for group, each in groups.items() if id_ in (each.get("MemberClusters") or ())), None):
        raise AskedError(f"{asked} is a node of the cache {group}: `--cache {name}={group}`.")
    if cluster := next((each for each in clusters if each["CacheClusterId"] == id_), None):
        return RunningCache(name=name, region=ask.region, described={}, nodes=(cluster,), parameter_group=nothing)
    for each in ask.all(calls.SERVERLESS):
        if each.get("ServerlessCacheName") == id_:
            return RunningCache(
                name=name, region=ask.region, described={}, serverless=each, nodes=(), parameter_group=nothing
            )
    alone = [str(each["CacheClusterId"]) for each in clusters if not each.get("ReplicationGroupId")]
    raise AskedError(f"{ask.region} has no cache {asked}{near(asked, [*groups, *alone])}")


def _others(group: str, clusters: Iterable[Described], of_tier: Iterable[str]) -> tuple[str, ...]:
    """Caches besides the tier's that have the parameter group, by the ids that people know them by."""
    tier = set(of_tier)
    return (
        tuple(
            sorted(
                {
                    str(each.get("ReplicationGroupId") or each["CacheClusterId"])
                    for each in clusters
                    if each["CacheClusterId"] not in tier and group_name((each,)) == group
                }
            )
        )
        if group
        else ()
    )
