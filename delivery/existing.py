"""What was there before each stack of the account, from the stack's own file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from components.delivery.existing import ExistingResources
from infra.load import load_stack
from infra.settings.existing import ExistingCache, ExistingReplica
from infra.settings.model import Settings
from infra.settings.stackfile import stacks


def declared(root: Path, environments: Iterable[str], account: str, partition: str) -> dict[str, ExistingResources]:
    """Environment -> what its stack's file in `root` declares; without one nothing. Raise `SettingsError`."""
    here = stacks(root)
    found = {
        each: existing(load_stack(root, each).settings, account, partition) for each in environments if each in here
    }
    return {name: each for name, each in found.items() if each.own}


def existing(settings: Settings, account: str, partition: str) -> ExistingResources:
    """The servers that were there before a stack and what they have, by ARN."""
    postgres = settings.postgres
    databases = [each for each in (postgres.existing, *(r.existing for r in postgres.replicas.values())) if each]
    caches = [each.existing for each in settings.redis.values() if each.existing]
    own = [*(n for each in databases for n in _database(each)), *(n for each in caches for n in _cache(each))]
    used = [*(n for each in databases for n in _beside_database(each)), *(n for e in caches for n in _beside_cache(e))]
    given = [postgres.existing.master_secret] if postgres.existing else []
    given += [each.insights_key for each in databases]
    given += [each.token_secret for each in caches]
    given += [each.key for each in (*databases, *caches)]
    start = f"arn:{partition}:"
    return ExistingResources(
        own=[f"{start}{each.format(account=account)}" for each in dict.fromkeys(own)],
        used=[
            *(f"{start}{each.format(account=account)}" for each in dict.fromkeys(used)),
            *dict.fromkeys(each for each in given if each),
        ],
    )


def _database(each: ExistingReplica) -> Iterator[str]:
    yield f"rds:*:{{account}}:db:{each.identifier}"
    yield f"logs:*:{{account}}:log-group:/aws/rds/instance/{each.identifier}/*"
    if each.parameter_group and each.parameter_group.managed:
        yield f"rds:*:{{account}}:pg:{each.parameter_group.name}"


def _beside_database(each: ExistingReplica) -> Iterator[str]:
    if each.subnet_group:
        yield f"rds:*:{{account}}:subgrp:{each.subnet_group}"
    if each.parameter_group and not each.parameter_group.managed:
        yield f"rds:*:{{account}}:pg:{each.parameter_group.name}"


def _cache(each: ExistingCache) -> Iterator[str]:
    yield f"elasticache:*:{{account}}:replicationgroup:{each.identifier}"
    yield f"elasticache:*:{{account}}:cluster:{each.identifier}-*"
    if each.parameter_group and each.parameter_group.managed:
        yield f"elasticache:*:{{account}}:parametergroup:{each.parameter_group.name}"


def _beside_cache(each: ExistingCache) -> Iterator[str]:
    if each.subnet_group:
        yield f"elasticache:*:{{account}}:subnetgroup:{each.subnet_group}"
    if each.user_group:
        yield f"elasticache:*:{{account}}:usergroup:{each.user_group}"
    if each.parameter_group and not each.parameter_group.managed:
        yield f"elasticache:*:{{account}}:parametergroup:{each.parameter_group.name}"
