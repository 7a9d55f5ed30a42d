"""The metrics of a stack: a function on a schedule that writes them to CloudWatch, a service that Prometheus reads."""

from __future__ import annotations

import pulumi

from bootstrap.access import cache_watcher, key_lister, watcher
from bootstrap.access.names import token_user
from components.connect import Connecting, connect
from components.exporter.args import MetricsServiceArgs
from components.exporter.service import MetricsService
from components.functions.metrics import ScheduledMetrics, ScheduledMetricsArgs
from components.policy import Statement
from infra.parts.connect import master
from infra.parts.copies import watches
from infra.parts.site import Site, secret_days
from infra.settings.metrics_section import MetricsServiceSection
from infra.settings.values import minutes
from knowledge.alarms.facts import namespace


def metrics(
    site: Site, *, code: pulumi.Archive, manifest: pulumi.Input[str], after: pulumi.Resource
) -> dict[str, object] | None:
    """Make what `data-tier:metrics` asks for; return the outputs, if any.

    `after` is what gives the watchers their logins.
    """
    wanted = site.settings.metrics
    if wanted is None:
        return None
    found: dict[str, object] = {}
    if wanted.schedule is not None:
        made = _scheduled(site, minutes(wanted.schedule), code, manifest, after)
        found["function"] = made.function_name
    if wanted.service is not None:
        found["exporter"] = _service(site, wanted.service, manifest, after).address
    return found


def watchers(site: Site) -> list[str]:
    """Who looks, each once: `master` where no identity watches PostgreSQL."""
    caches = (each for name, cache in site.instances.caches.items() if cache.users for each in _of_cache(site, name))
    return list(dict.fromkeys([watcher(site.access), *caches]))


def _of_cache(site: Site, cache: str) -> list[str]:
    """Who looks at a cache's counters, and who at its keys."""
    found = (cache_watcher(site.access, cache), key_lister(site.access, cache))
    return list(dict.fromkeys(each for each in found if each is not None))


def secrets(site: Site, *others: str) -> list[pulumi.Input[str]]:
    """What the watchers, and `others`, log in with: their own secrets, and the AUTH token of a cache that has one."""
    held = {"master": site.credentials.master_secret_arn, **site.credentials.secret_arns}
    who = dict.fromkeys([*watchers(site), *others])
    return [*(held[each] for each in who), *site.credentials.token_secret_arns.values()]


def logins(site: Site, *others: str) -> list[Statement]:
    """What lets the watchers, and `others`, that log in by token do so."""
    caches = site.instances.caches
    names, users = list[str](), list[tuple[str, str]]()
    for who in dict.fromkeys([watcher(site.access), *others]):
        if who == "master":
            names += master(site.access, site.settings)
        elif who in site.access.by_token:
            names += site.access.logins(who)
    for name, cache in caches.items():
        if cache.takes_tokens:
            may = site.access.cache_users(name)
            who_looks = dict.fromkeys([*_of_cache(site, name), *(each for each in others if each in may)])
            by_token = (each for each in who_looks if each in site.access.by_token)
            users += [(name, token_user(site.prefix, name, each)) for each in by_token]
    return connect(Connecting(logins=names, cache_users=users), site.postgres, site.caches)


def _secrets_told(site: Site) -> list[pulumi.Input[str]]:
    """Those whose ages are told (observe/metrics/own/secrets.py)."""
    master = [] if site.settings.postgres.existing else [site.credentials.master_secret_arn]
    return [*master, *site.credentials.secret_arns.values()]


def _scheduled(
    site: Site, every: int, code: pulumi.Archive, manifest: pulumi.Input[str], after: pulumi.Resource
) -> ScheduledMetrics:
    return ScheduledMetrics(
        "metrics",
        ScheduledMetricsArgs(
            prefix=site.prefix,
            code=code,
            manifest=manifest,
            namespace=namespace(site.prefix),
            insights=site.instances.primary.insights,
            every_minutes=every,
            # One at a time, where the account has room to reserve any.
            reserved_concurrency=1 if site.settings.runner.reserved else None,
            memory_mib=site.settings.runner.memory,
            subnet_ids=site.network.subnet_ids,
            security_group_ids=site.function_groups,
            secret_arns=secrets(site),
            described_secret_arns=_secrets_told(site),
            connect=logins(site),
            copies=watches(site),
            secrets_key_arn=site.keys.secrets_arn,
            existing_secret_arns=site.credentials.existing_arns,
            logs_key_arn=site.keys.logs_arn,
            log_retention_days=site.settings.logs.retention,
            recovery_window_days=secret_days(site.settings),
            **site.place,
        ),
        pulumi.ResourceOptions(depends_on=[after]),
    )


def _service(
    site: Site, wanted: MetricsServiceSection, manifest: pulumi.Input[str], after: pulumi.Resource
) -> MetricsService:
    return MetricsService(
        "exporter",
        MetricsServiceArgs(
            image=wanted.image,
            cpu=wanted.cpu,
            memory_mib=wanted.memory,
            port=wanted.port,
            clients=list(wanted.clients),
            manifest=manifest,
            secret_arns=secrets(site),
            described_secret_arns=_secrets_told(site),
            connect=logins(site),
            **site.of_tasks,
        ),
        pulumi.ResourceOptions(depends_on=[after, site.network, site.firewall]),
    )
