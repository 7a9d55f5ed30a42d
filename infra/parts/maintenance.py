"""The maintenance of a stack that runs by itself: when, where, and as whom."""

from __future__ import annotations

import pulumi

from bootstrap.access import maintainer
from components.maintenance import Maintenance, MaintenanceArgs
from infra.parts import metrics
from infra.parts.site import Site, secret_days
from infra.rules.backups import cron
from infra.rules.maintenance import start
from knowledge.alarms.maintenance import namespace


def maintenance(
    site: Site, *, code: pulumi.Archive, manifest: pulumi.Input[str], after: pulumi.Resource
) -> dict[str, object] | None:
    """Make what `data-tier:maintenance` asks for; return the outputs, if any.

    It plans as the identities that watch and works as the one that maintains. `after` is what gives them their logins.
    """
    settings, there = site.settings, site.settings.network.endpoints
    wanted = settings.maintenance
    if wanted is None:
        return None
    who = maintainer(site.access)
    made = Maintenance(
        "maintenance",
        MaintenanceArgs(
            prefix=site.prefix,
            cron=cron(start(wanted, settings.time_zone)),
            budget_seconds=60 * wanted.budget_minutes,
            namespace=namespace(site.prefix),
            image=wanted.image or "",
            cpu=wanted.cpu,
            memory_mib=wanted.memory,
            code=code,
            function_memory_mib=settings.runner.memory,
            function_group_ids=site.function_groups,
            # One at a time, where the account has room to reserve any.
            reserved_concurrency=1 if settings.runner.reserved else None,
            vpc_id=site.network.vpc_id,
            subnet_ids=site.network.subnet_ids,
            security_group_ids=[each for each in there if each.startswith("sg-")],
            database_security_group_id=site.firewall.database_id,
            database_port=settings.postgres.port,
            cache_security_group_id=site.firewall.cache_id,
            cache_port=settings.cache_port,
            endpoint_security_group_id=site.network.endpoint_security_group_id,
            endpoint_cidrs=[each for each in there if not each.startswith("sg-")],
            image_prefix_list_id=site.network.image_prefix_list_id,
            manifest=manifest,
            secret_arns=metrics.secrets(site, who),
            connect=metrics.logins(site, who),
            secrets_key_arn=site.keys.secrets_arn,
            logs_key_arn=site.keys.logs_arn,
            log_retention_days=settings.logs.retention,
            recovery_window_days=secret_days(settings),
            **site.place,
        ),
        pulumi.ResourceOptions(depends_on=[after, site.network, site.firewall]),
    )
    return {"at": wanted.at, "runs_in": made.runs_in, "log": made.log_group}
