"""Drills of a stack that run by themselves: when, which, and where their reports go."""

from __future__ import annotations

from typing import Any

import pulumi

from components.backup.drills import Drills, DrillsArgs
from infra.parts.connect import connecting, master, prove
from infra.parts.copies import locked, reports
from infra.parts.site import Site
from infra.rules.backups import drills_cron
from infra.settings.model import Settings
from infra.settings.values import minutes
from knowledge.backups.drills import overdue_seconds


def drilled(settings: Settings) -> dict[str, object] | None:
    """Return the manifest's part on them."""
    wanted = settings.backup.drills if settings.backup else None
    if wanted is None:
        return None
    promised = settings.objectives
    return {
        "drill_seconds": overdue_seconds(wanted.every),
        "rto_seconds": 60 * minutes(promised.rto),
        "rpo_seconds": 60 * minutes(promised.rpo),
    }


def drills(site: Site, *, manifest: pulumi.Input[str], after: list[pulumi.Resource]) -> dict[str, Any] | None:
    """Make what `data-tier:backup.drills` asks for; return the outputs, if any.

    `after` is what gives the logins, and the bucket.
    """
    settings, credentials = site.settings, site.credentials
    wanted = settings.backup.drills if settings.backup else None
    found = reports(settings, site.prefix, site.place)
    if wanted is None or found is None:
        return None
    by_token = [connecting(site.access, site.instances, name) for name in sorted(site.access.by_token)]
    made = Drills(
        "drills",
        DrillsArgs(
            image=wanted.image,
            cpu=wanted.cpu,
            memory_mib=wanted.memory,
            cron=drills_cron(wanted, settings.time_zone),
            run=list(wanted.run),
            instance=site.instances.primary.identifier,
            logins=[*master(site.access, settings), *(login for each in by_token for login in each.logins)],
            bucket=found.bucket,
            folder=found.folder,
            locked=locked(site, found),
            key_arn=site.keys.storage_arn,
            manifest=manifest,
            # What came back is entered as those who use it.
            secret_arns=[
                credentials.master_secret_arn,
                *credentials.token_secret_arns.values(),
                *credentials.secret_arns.values(),
            ],
            connect=prove(site),
            **site.of_tasks,
        ),
        pulumi.ResourceOptions(depends_on=[*after, site.network, site.firewall]),
    )
    return {"place": made.place, "log": made.log_group}
