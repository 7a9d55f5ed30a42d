"""The access declaration: who may do what in PostgreSQL and Redis, typed and checked before anything is touched."""

from __future__ import annotations

from bootstrap.access.analysis import Finding, analyse
from bootstrap.access.load import AccessError, Problem, load_access
from bootstrap.access.model import Access, Identity, Keyspace, RedisRules
from bootstrap.access.postgres import Grant, Limits, MemberOf, Policy, PostgresAccess, TablePolicies
from bootstrap.access.rules import access_string
from bootstrap.access.watchers import cache_watcher, key_lister, listable, maintainer, watcher

__all__ = [
    "Access",
    "AccessError",
    "Finding",
    "Grant",
    "Identity",
    "Keyspace",
    "Limits",
    "MemberOf",
    "Policy",
    "PostgresAccess",
    "Problem",
    "RedisRules",
    "TablePolicies",
    "access_string",
    "analyse",
    "cache_watcher",
    "key_lister",
    "listable",
    "load_access",
    "maintainer",
    "watcher",
]
