"""What a stack's file says of caches that run: what differs from what a cache is by default. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from adopt import cache_facts as facts
from adopt.estate import Estate, RunningCache
from adopt.report import ParameterRow
from adopt.settings.cache_parameters import CacheParameters, cache_parameters
from adopt.settings.cache_token import token_secret
from adopt.settings.nearest import differing
from infra.settings.profiles import cache_defaults, defaults
from knowledge.parameters import as_value
from knowledge.redis.abilities import has_tls_mode
from knowledge.redis.parameters import redis_family
from knowledge.windows import as_written, overlap_problem, parse_utc

_PORT = int(defaults("staging")["cache_port"])
"""Port of every cache in every profile."""


@dataclass(frozen=True, kw_only=True)
class CacheSections:
    """`data-tier:redis` of a stack's file."""

    sections: Mapping[str, Mapping[str, Any]]
    """Name of a cache -> what stands under it; empty where there are none, and `redis: {}` is written."""
    parameters: tuple[ParameterRow, ...]
    """Every parameter whose live value is not the computed one."""
    remarks: Mapping[tuple[str, ...], str]
    """Keys below `data-tier:redis` -> what whoever reads the file should know."""
    referred: Mapping[str, str]
    """Name of a cache -> why its parameter group is only referred to; empty where it is not."""


def caches(estate: Estate, prefix: str, *, computed: bool) -> CacheSections:
    """The caches, each of which can be taken. With `computed` parameters are as the product computes them.

    `prefix` is that of the stack's names.
    """
    found = {
        name: cache_parameters(cache, computed=computed, beside=_beside(estate, cache))
        for name, cache in estate.caches.items()
    }
    tokens = {
        name: token_secret(estate, cache, prefix) for name, cache in estate.caches.items() if facts.has_token(cache)
    }
    return CacheSections(
        sections={
            name: _section(cache, found[name], tokens[name].arn if name in tokens else None)
            for name, cache in estate.caches.items()
        },
        parameters=tuple(row for each in found.values() for row in each.rows),
        remarks={(name, "existing", *each.key): each.remark for name, each in tokens.items()},
        referred={name: each.why for name, each in found.items()},
    )


def _beside(estate: Estate, cache: RunningCache) -> list[str]:
    """Ids of the other caches that have its parameter group."""
    group = facts.parameter_group(cache)
    found = (each for name, each in estate.caches.items() if name != cache.name)
    return [each.identifier for each in found if facts.parameter_group(each) == group]


def _section(cache: RunningCache, parameters: CacheParameters, token: str | None) -> dict[str, Any]:
    node, described = facts.node(cache), cache.described
    said = {
        "engine": facts.engine(cache),
        "version": facts.version(cache),
        "class": str(node["CacheNodeType"]),
        "replicas": facts.replicas(cache)[0],
        "shards": facts.shards(cache),
        "eviction": parameters.eviction,
        "auth": "token" if facts.has_token(cache) else "rbac",
        "keyspace_events": parameters.events,
        "parameters": {name: as_value(value) for name, value in parameters.overrides.items()},
        "snapshot": {
            "retention": int(described.get("SnapshotRetentionLimit", 0)),
            "window": _snapshots(described, node),
        },
        "maintenance": as_written(parse_utc(str(node["PreferredMaintenanceWindow"]), shortest=60)),
        "multi_az": described.get("MultiAZ") == "enabled",
    }
    return {**differing(cache_defaults(), said), "existing": _existing(cache, parameters, token)}


def _snapshots(described: Mapping[str, Any], node: Mapping[str, Any]) -> str:
    """When snapshots are taken; another time where there is none, or where a stack's file would refuse both windows."""
    maintenance = parse_utc(str(node["PreferredMaintenanceWindow"]), shortest=60)
    usual: str = cache_defaults()["snapshot"]["window"]
    hours = [f"{hour:02}:00-{(hour + 1) % 24:02}:00" for hour in range(24)]
    for text in (described.get("SnapshotWindow") or usual, usual, *hours):
        window = parse_utc(text, shortest=60)
        if not overlap_problem(maintenance, window, text):
            return as_written(window)
    raise ValueError(f"{node['PreferredMaintenanceWindow']} is all day")  # AWS takes no window of a week


def _existing(cache: RunningCache, parameters: CacheParameters, token: str | None) -> dict[str, Any]:
    """The section `existing`: what stays under its name."""
    found = {
        "identifier": cache.identifier,
        "subnet_group": facts.node(cache).get("CacheSubnetGroupName"),
        "security_groups": facts.security_groups(cache),
        "parameter_group": None if parameters.own else _group(cache, parameters),
        **_encryption(cache),
        "port": None if facts.endpoint(cache).get("Port") == _PORT else facts.endpoint(cache).get("Port"),
        "tls": _mode(cache),
        "user_group": facts.user_group(cache),
        "token_secret": token,
        "topic": facts.topic(cache),
        "logs": dict(_logs(cache)),
    }
    return {key: value for key, value in found.items() if value not in (None, [], {})}


def _mode(cache: RunningCache) -> str | None:
    """`required` or `preferred`; None before Redis 7.0.5, where ElastiCache takes no mode, whatever it describes."""
    if not has_tls_mode(facts.engine(cache), facts.version(cache)):
        return None
    return cache.described.get("TransitEncryptionMode") or facts.node(cache).get("TransitEncryptionMode")


def _encryption(cache: RunningCache) -> dict[str, Any]:
    if not facts.is_encrypted(cache):
        return {"encrypted": False}
    return {"key": facts.key(cache)}


def _group(cache: RunningCache, parameters: CacheParameters) -> dict[str, Any]:
    name = facts.parameter_group(cache)
    described = cache.parameter_group.described
    family = described.get("CacheParameterGroupFamily") or redis_family(facts.engine(cache), facts.version(cache))
    found = {"name": name, "family": family}
    if parameters.why:
        return {**found, "managed": False}
    return {**found, "description": str(described.get("Description", ""))}


def _logs(cache: RunningCache) -> Iterator[tuple[str, dict[str, str]]]:
    """Where its logs go: whoever reads them there goes on to."""
    for each in cache.described.get("LogDeliveryConfigurations", []):
        kind, destination = str(each["LogType"]), facts.destination(each)
        said = {"destination": destination, "type": str(each["DestinationType"]), "format": str(each["LogFormat"])}
        usual = {"type": "cloudwatch-logs", "format": "json"}
        yield kind, {key: value for key, value in said.items() if usual.get(key) != value}
