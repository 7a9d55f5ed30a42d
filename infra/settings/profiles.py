"""What an environment is by default: a stack file names a profile and says only what differs.

RTO, RPO and backup values are those of the requirements: dev 4 h / 24 h, staging 2 h / 4 h, prod 30 min / 15 min.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from knowledge import names, passwords

# Maps whose entries are the user's own: naming one replaces the profile's whole map.
WHOLE = (("postgres", "replicas"), ("redis",))

_CACHE: dict[str, Any] = {
    "engine": "valkey",
    "version": "8.0",
    "class": "cache.t4g.micro",
    "replicas": 0,
    "shards": 0,
    "eviction": "volatile-lru",
    "auth": "rbac",
    "keyspace_events": "",
    "parameters": {},
    "snapshot": {"retention": 7, "window": "03:00-04:00"},
    "maintenance": "Sun 05:30-06:30",
    "multi_az": False,
}

_DEV: dict[str, Any] = {
    "time_zone": "UTC",
    "protect": False,
    "final_snapshots": False,
    "cache_port": 6379,
    "network": {"zones": 2},
    "postgres": {
        "class": "db.t4g.medium",
        "storage": {"allocated": 20, "max": 100},
        "multi_az": False,
        "replicas": {},
        "parameters": {},
        "pgaudit": False,
        # Hours away from the jobs of AWS Backup, which it does not begin near this window: see infra.rules.backups.
        "backup": {"retention": 7, "window": "21:00-22:00"},
        "maintenance": "Sun 04:00-05:00",
        "insights": "standard",
        "monitoring": 60,
        "port": 5432,
        "apply_immediately": False,
        "replica_lag": 30,
    },
    "redis": {"main": {}, "queue": {"eviction": "noeviction"}},
    "notify": {"critical": [], "warning": [], "info": []},
    "objectives": {"rpo": "24h", "rto": "4h"},
    "passwords": {"length": passwords.USUAL_LENGTH, "special": passwords.USUAL_SPECIAL},
    "keys": {"deletion_window": 7},
    "logs": {"retention": 30},
    "runner": {"memory": 512},
    "maintenance": {"at": "Sun 03:00", "budget": "10m"},
}

_STAGING: dict[str, Any] = {
    "final_snapshots": True,
    "network": {"zones": 2},
    "postgres": {
        "class": "db.m7g.large",
        "storage": {"allocated": 50, "max": 200},
        "replicas": {"standby": {}},
        "backup": {"retention": 14},
        "replica_lag": 5,
    },
    "redis": {
        "main": {"class": "cache.m7g.large", "replicas": 1},
        "queue": {"class": "cache.m7g.large", "eviction": "noeviction"},
    },
    "objectives": {"rpo": "4h", "rto": "2h"},
    "keys": {"deletion_window": 14},
}

_PROD: dict[str, Any] = {
    "protect": True,
    "final_snapshots": True,
    "network": {"zones": 3},
    "postgres": {
        "class": "db.r7g.large",
        "storage": {"allocated": 100, "max": 1000},
        "multi_az": True,
        "replicas": {"standby": {}, "reporting": {}},
        "backup": {"retention": 30},
        "pgaudit": True,
        "insights": "advanced",
        "monitoring": 15,
        "replica_lag": 1,
    },
    "redis": {
        "main": {"class": "cache.r7g.large", "replicas": 2, "multi_az": True},
        "queue": {"class": "cache.m7g.large", "replicas": 1, "multi_az": True, "eviction": "noeviction"},
    },
    "objectives": {"rpo": "15m", "rto": "30m"},
    "backup": {"restore_test": {}},
    "keys": {"deletion_window": 30},
    "logs": {"retention": 90},
}

# The laptop: dev's sizes with the topology that shows something, a replica of each.
_LOCAL: dict[str, Any] = {
    "postgres": {"replicas": {"standby": {}}, "replica_lag": 5},
    "redis": {"main": {"replicas": 1}, "queue": {"eviction": "noeviction"}},
}


def merge(base: Mapping[str, object], over: Mapping[str, object], path: tuple[str, ...] = ()) -> dict[str, Any]:
    """`over` laid on `base`, maps merged key by key except those in `WHOLE`."""
    merged = dict(base)
    for key, value in over.items():
        here = (*path, key)
        known = base.get(key)
        if isinstance(known, dict) and isinstance(value, dict) and here not in WHOLE:
            merged[key] = merge(known, value, here)
        else:
            merged[key] = value
    return merged


PROFILES: dict[str, dict[str, Any]] = {
    "dev": _DEV,
    "staging": merge(_DEV, _STAGING),
    "prod": merge(_DEV, _PROD),
    "local": merge(_DEV, _LOCAL),
}


def defaults(profile: str) -> dict[str, Any]:
    """All settings of a profile, a copy."""
    return deepcopy(PROFILES[profile])


def named(name: str) -> dict[str, Any]:
    """What follows from the application's name, `shop-eu`: its database and the master user of that."""
    plain = names.plain(name)
    # RDS takes 16 characters for a master user (CreateDBInstance, MasterUsername).
    return {"postgres": {"database": plain, "master": f"{plain[:10].rstrip('_')}_admin"}}


def cache_defaults() -> dict[str, Any]:
    """What a named cache is unless it says otherwise, a copy."""
    return deepcopy(_CACHE)
