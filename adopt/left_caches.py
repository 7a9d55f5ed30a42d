"""What is around caches and stays as it is, with why. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from adopt import cache_facts as facts
from adopt.estate import Estate, RunningCache
from adopt.report import Left
from bootstrap.acl.rules import RuleError, parse
from knowledge.commands import in_region


def left_caches(estate: Estate, referred: Mapping[str, str]) -> Iterator[Left]:
    """Each thing once. `referred`: cache -> why its parameter group is only referred to; empty where it is not."""
    found = (
        Left(what=what, why=in_region(why, cache.region))
        for cache in estate.caches.values()
        for what, why in _of(cache, referred.get(cache.name, ""))
    )
    yield from dict.fromkeys(found)


def _of(cache: RunningCache, referred: str) -> Iterator[tuple[str, str]]:
    if referred:
        yield f"parameter group {facts.parameter_group(cache)}", f"{referred}: it is only referred to"
    yield from _users(cache)
    if topic := facts.topic(cache):
        yield f"topic {topic}", f"it goes on hearing of {cache.identifier}, and the stack's own topics do not"
    for each in cache.described.get("LogDeliveryConfigurations", []):
        yield f"{each['LogType']} of {cache.identifier}", f"it goes on to {facts.destination(each)}"
    if not facts.is_encrypted(cache):
        yield (
            f"data of {cache.identifier}",
            "they are not encrypted at rest, which nothing changes in place; the way is a new group from a snapshot "
            f"(`aws elasticache create-snapshot --replication-group-id {cache.identifier} --snapshot-name "
            f"{cache.identifier}-encrypt`, then `--snapshot-name` with `--at-rest-encryption-enabled`)",
        )


def _users(cache: RunningCache) -> Iterator[tuple[str, str]]:
    group = next((each for each in cache.user_groups if each["UserGroupId"] == facts.user_group(cache)), None)
    if group is None:
        return
    others = sorted({*group.get("ReplicationGroups", []), *group.get("ServerlessCaches", [])} - {cache.identifier})
    shared = f"; whoever is in it logs in to {', '.join(others)} too" if others else ""
    yield (
        f"user group {group['UserGroupId']}",
        f"its users stay, and the bootstrap adds those of access.yaml to it{shared}",
    )
    for user in cache.users:
        if (
            user["UserName"] == "default"
            and user["UserId"] in group.get("UserIds", [])
            and _is_on(user["AccessString"])
        ):
            yield (
                f"user {user['UserId']}",
                f"clients that name no user are it (`{user['AccessString']}`), so it stays until they do: `aws "
                f'elasticache modify-user --user-id {user["UserId"]} --access-string "off -@all"`',
            )


def _is_on(access: str) -> bool:
    """Whether somebody can be the user; ElastiCache takes one without a word on it for switched off."""
    try:
        return parse(access).on
    except RuleError:
        return "off" not in access.split()
