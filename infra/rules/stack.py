"""Rules between the keys of a stack: what AWS would refuse, or accept and regret, refused before anything is made."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bootstrap.application import DEFINITION
from bootstrap.manifest import PRIMARY
from bootstrap.rule import says
from infra.instances import STACK, Instances
from infra.rules import (
    backups,
    caches,
    databases,
    drills,
    existing,
    existing_caches,
    maintenance,
    network,
    objectives,
    partitions,
)
from infra.rules.broken import Broken
from infra.rules.opened import TOGETHER, opened
from infra.settings.model import Settings
from infra.settings.problems import SettingsProblem
from infra.settings.sections import NotifySection
from knowledge import buckets, names
from knowledge.postgres.extensions import extension_problem
from knowledge.regions import REGIONS, partition_of, region_problem


def check(settings: Settings, tier: Instances) -> list[SettingsProblem]:
    """Every broken rule of a stack's settings and of the servers that they declare."""
    return [
        *_stack(tier),
        *_named("", _shared_names(tier)),
        *_named("", partitions.rules(settings, tier.prefix, tier.region)),
        *_named("postgres", databases.rules(settings.postgres, tier)),
        *_named("", existing.rules(settings, tier)),
        *_named("", existing_caches.rules(settings, tier)),
        *_extensions(tier),
        *_named("objectives", objectives.broken(settings)),
        *_named("backup", backups.rules(settings, tier.region)),
        *_named("backup", drills.rules(settings, tier.prefix)),
        *_named("maintenance", maintenance.rules(settings)),
        *_named("bucket", _bucket(settings, tier)),
        *_named("network", network.rules(settings.network, tier.region)),
        *_named("metrics", _metrics(settings)),
        *_named("notify", _notify(settings.notify)),
        *(
            problem
            for name, cache in tier.caches.items()
            for problem in _named(f"redis.{name}", caches.rules(settings.redis[name], cache))
        ),
    ]


@says(
    {
        "postgres.version": "one for which RDS has the extensions of `schema/schema.json`",
    }
)
def _extensions(tier: Instances) -> Iterator[SettingsProblem]:
    """Extensions of the application that RDS does not have for the declared version."""
    primary, *_ = databases.with_known_version(tier)
    for name in primary.extensions:
        if problem := extension_problem(name, primary.major):
            yield SettingsProblem(f"{DEFINITION}: extensions", problem if problem.endswith("?") else f"{problem}.")


@says(
    {
        "name": (
            f"everything on AWS is called NAME-STACK: at most {names.LONGEST_PREFIX} characters, which do not begin "
            "with `sg-`"
        ),
    }
)
def _stack(tier: Instances) -> Iterator[SettingsProblem]:
    """Everything on AWS is called by the names of project and stack."""
    if problem := names.prefix_problem(tier.prefix):
        likely = re.sub(r"[^a-z0-9]+", "-", tier.stack.lower()).strip("-")
        mend = f"`{likely}` can." if likely and likely != tier.stack else "Change it, or data-tier:name."
        # The whole beginning `sg-` is the name's: no other stack would do.
        key = "data-tier:name" if tier.prefix.startswith("sg-") else "stack"
        yield SettingsProblem(key, f"`{tier.stack}` cannot be part of the names on AWS: {problem}. {mend}")


def region_problems(region: object) -> Iterator[SettingsProblem]:
    """What is wrong with `aws:region`, where a stack's file has it."""
    if region is not None and (problem := region_problem(region)):
        yield SettingsProblem("aws:region", problem)


def _named(section: str, broken: Broken) -> Iterator[SettingsProblem]:
    for key, rule in broken:
        yield SettingsProblem(f"data-tier:{'.'.join(filter(None, (section, key)))}", rule)


@says(
    {
        "redis.NAME": (
            "its name is that of no replica, of no other cache's node (`main-1`), and not `primary`, `postgres`, "
            "`master` or `stack`"
        ),
        "postgres.replicas.NAME": "its name is that of no cache's node (`main-1`), and not `stack`",
    }
)
def _shared_names(tier: Instances) -> Broken:
    """Servers are called by their names in alarms, logs and commands, the nodes of a cache `a` by `a-1`, `a-2` ..."""
    for name in tier.caches:
        if name in (PRIMARY, "postgres", "master"):
            yield f"redis.{name}", "is what the database is called: choose another name."
        elif name in tier.replicas:
            yield f"redis.{name}", "is the name of a replica too: choose another name for one of them."
    for section, servers in (("postgres.replicas", tier.replicas), ("redis", tier.caches)):
        for name in servers:
            if name == STACK and STACK in tier.facts:
                yield f"{section}.{name}", "is what metrics of the stack as a whole are called: choose another name."
            cache, _, number = name.rpartition("-")
            if number.isdigit() and cache in tier.caches:
                yield f"{section}.{name}", f"is what a node of cache `{cache}` is called: choose another name."


@says(
    {
        "bucket.lock.mode": "`compliance` needs `protect: true`",
        "bucket.name": "needed where the name that the stack would give is too long",
    }
)
def _bucket(settings: Settings, tier: Instances) -> Broken:
    """Its lock; and the name that it is given where it has none: an account's number has 12 digits."""
    if settings.bucket is None:
        return
    if settings.bucket.lock and settings.bucket.lock.mode == "compliance" and not settings.protect:
        yield "lock.mode", "compliance cannot be undone: not for a stack that is not protected. Use governance."
    if settings.bucket.name is not None:
        return
    region = tier.region or max((each for each in REGIONS if partition_of(each).name == "aws"), key=len)
    if problem := buckets.name_problem(buckets.default_name(tier.prefix, "0" * 12, region)):
        yield "name", f"{problem}: name it here."


@says(
    {
        "metrics.service.clients": TOGETHER,
        "metrics.service": "in an existing VPC it needs `network.endpoints`",
    }
)
def _metrics(settings: Settings) -> Broken:
    """Fargate pulls an image through the task's own subnets: in a network of others its way is theirs."""
    service = settings.metrics.service if settings.metrics else None
    if service is None:
        return
    yield from opened("service.clients", service.clients)
    if settings.network.vpc and not settings.network.endpoints:
        yield "service", "pulls its image through the existing VPC: name its endpoints or NAT in network.endpoints."


@says(
    {
        "notify.critical.[]": "exactly one of `email`, `https`, `sqs` and `slack`, and none of them twice",
    }
)
def _notify(notify: NotifySection) -> Broken:
    for severity in ("critical", "warning", "info"):
        before: set[str] = set()
        for number, subscription in enumerate(getattr(notify, severity)):
            if len(subscription.model_fields_set) != 1:
                yield f"{severity}.{number}", "takes exactly one of email, https, sqs and slack."
            # SNS takes two addresses that are equal for one subscription: the end of either would be both's.
            elif (address := subscription.model_dump_json()) in before:
                yield f"{severity}.{number}", "is there already: take it out."
            else:
                before.add(address)
