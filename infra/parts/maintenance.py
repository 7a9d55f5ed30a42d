"""The maintenance of a stack that runs by itself: when, where, and as whom."""

from __future__ import annotations

import pulumi

from bootstrap.access import maintainer
from components.maintenance import Maintenance, MaintenanceArgs
from infra.parts import metrics
from infra.parts.site import Site
from infra.rules.backups import cron
from infra.rules.maintenance import start
from knowledge.alarms.maintenance import namespace


def maintenance(
    site: Site, *, code: pulumi.Archive, manifest: pulumi.Input[str], after: pulumi.Resource
) -> dict[str, object] | None:
    """Make what `data-tier:maintenance` asks for; return the outputs, if any.

    It plans as the identities that watch and works as the one that maintains. `after` is what gives them their logins.
    """
    settings = site.settings
    wanted = settings.maintenance
    if wanted is None:
        return None
    who = maintainer(site.access)
    made = Maintenance(
        "maintenance",
        MaintenanceArgs(
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
            manifest=manifest,
            secret_arns=metrics.secrets(site, who),
            connect=metrics.logins(site, who),
            **site.of_tasks,
        ),
        pulumi.ResourceOptions(depends_on=[after, site.network, site.firewall]),
    )
    return {"at": wanted.at, "runs_in": made.runs_in, "log": made.log_group}
