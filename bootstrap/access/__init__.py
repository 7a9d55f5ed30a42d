"""The access declaration: who may do what in PostgreSQL and Redis, typed and checked before anything is touched."""

from __future__ import annotations

from bootstrap.access.analysis import Finding, analyse
from bootstrap.access.load import AccessError, Problem, load_access
from bootstrap.access.model import Access, Identity, Keyspace, Limits, PostgresAccess, RedisRules
from bootstrap.access.rules import access_string

__all__ = [
    "Access",
    "AccessError",
    "Finding",
    "Identity",
    "Keyspace",
    "Limits",
    "PostgresAccess",
    "Problem",
    "RedisRules",
    "access_string",
    "analyse",
    "load_access",
]
