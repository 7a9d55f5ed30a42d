"""Rules between the keys of a cache."""

from __future__ import annotations

from dataclasses import replace

from bootstrap.rule import says
from infra.instances import ReplicationGroup
from infra.rules.broken import Broken
from infra.rules.parameters import SETTABLE, wrong
from infra.settings.sections import CacheSection
from knowledge import names
from knowledge.redis import catalogue
from knowledge.redis.catalogue import REDIS_VERSIONS
from knowledge.redis.parameters import multi_az_problem, nodes_problem
from knowledge.windows import overlap_problem, parse_window


@says(
    {
        "redis.NAME": f"on AWS it is called NAME-STACK-CACHE: at most {names.LONGEST_CACHE} characters",
        "redis.NAME.existing.identifier": "as ElastiCache has it, in lower case",
        "redis.NAME.version": "one that ElastiCache has of the engine",
        "redis.NAME.maintenance": "does not overlap `snapshot.window`",
        "redis.NAME.shards": "with the replicas no more nodes than ElastiCache takes",
        "redis.NAME.multi_az": "needs a replica",
        "redis.NAME.parameters": f"{SETTABLE}; no `databases` in cluster mode",
        "redis.NAME.class": "a node type that ElastiCache has",
    }
)
def rules(given: CacheSection, cache: ReplicationGroup) -> Broken:
    """What of the section of a cache does not fit together."""
    if problem := names.cache_problem(cache.identifier):
        yield "existing.identifier" if given.existing else "", f"{problem}."
    elif (
        given.existing
        and cache.users
        and not given.existing.user_group
        and (problem := names.cache_problem(cache.named))
    ):
        yield "", f"{problem}: so is the user group that it gets."
    if unknown := catalogue.version_problem(cache.engine, cache.version, running=given.existing is not None):
        yield "version", f"{unknown}."
    snapshot, maintenance = (
        parse_window(given.snapshot.window, shortest=60),
        parse_window(given.maintenance, shortest=60),
    )
    if problem := overlap_problem(maintenance, snapshot, f"snapshot.window {given.snapshot.window}"):
        yield "maintenance", f"{problem}."
    if problem := nodes_problem(cache.shards, cache.replicas):
        yield "shards", f"{problem}."
    if problem := multi_az_problem(given.multi_az, cache.replicas):
        yield "multi_az", f"{problem}."
    if cache.shards and given.parameters.get("databases", 16) not in (16, "16"):
        yield "parameters.databases", "cluster mode has one database."
    # Beside a version that does not exist only the node type can be judged.
    judged = replace(cache, version=min(REDIS_VERSIONS[cache.engine]), overrides={}) if unknown else cache
    if found := wrong(judged):
        yield found
