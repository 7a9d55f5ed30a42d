"""Logical copies of a stack: where they go, the task that makes them, and who may see how old they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi

from components.backup.copies import KIND as COPIES
from components.backup.copies import Copies, CopiesArgs, watching
from components.backup.drills import KIND as DRILLS
from components.connect import Connecting, connect
from components.functions.metrics import KIND as METRICS
from components.policy import Statement
from infra.parts.connect import master
from infra.parts.site import Site, StackPlace
from infra.rules.backups import copies_start, cron
from infra.settings.backup_sections import LogicalSection
from infra.settings.model import Settings
from knowledge import buckets
from knowledge.backups import drills
from knowledge.backups.copies import BETWEEN_MINUTES, FOLDER, MAKING_MINUTES


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where copies go."""

    bucket: str
    folder: str
    """With a slash at its end; empty for all of the bucket."""

    @property
    def place(self) -> str:
        """As commands take it."""
        return f"s3://{self.bucket}/{self.folder}".rstrip("/")


def bucket_name(settings: Settings, prefix: str, where: StackPlace) -> str | None:
    """Return the name of the stack's own bucket; None where it has none."""
    if settings.bucket is None:
        return None
    return settings.bucket.name or buckets.default_name(prefix, where["account_id"], where["region"])


def exports_to(settings: Settings, prefix: str, where: StackPlace) -> str | None:
    """Return the stack's own bucket where it has caches to export snapshots of: by the schedule, or by hand."""
    return bucket_name(settings, prefix, where) if settings.redis else None


def target(settings: Settings, prefix: str, where: StackPlace) -> Target | None:
    """Return where the copies go; None where none are made."""
    wanted = settings.backup.logical if settings.backup else None
    if wanted is None:
        return None
    own = bucket_name(settings, prefix, where)
    if wanted.to is None:
        assert own  # noqa: S101 infra.rules.backups
        return Target(bucket=own, folder=FOLDER)
    name, _, folder = wanted.to.removeprefix("s3://").strip("/").partition("/")
    return Target(bucket=name, folder=f"{folder}/" if folder else "")


def reports(settings: Settings, prefix: str, where: StackPlace) -> Target | None:
    """Return where drills on a schedule put their reports: beside the copies; None where there are no such drills."""
    if settings.backup is None or settings.backup.drills is None:
        return None
    beside = target(settings, prefix, where)
    if beside is None:
        own = bucket_name(settings, prefix, where)
        assert own  # noqa: S101 infra.rules.drills
        beside = Target(bucket=own, folder=FOLDER)
    return Target(bucket=beside.bucket, folder=f"{beside.folder}{drills.FOLDER}")


def reached(settings: Settings, prefix: str, where: StackPlace) -> list[str]:
    """Return the buckets that tasks of the stack write to."""
    found = (target(settings, prefix, where), reports(settings, prefix, where))
    return sorted({each.bucket for each in found if each is not None})


def kept(settings: Settings, prefix: str, where: StackPlace) -> dict[str, object] | None:
    """Return the manifest's part on them."""
    found = target(settings, prefix, where)
    return {"place": found.place, "backup_seconds": 60 * (BETWEEN_MINUTES + MAKING_MINUTES)} if found else None


def users(settings: Settings, prefix: str, where: StackPlace) -> list[pulumi.Input[str]]:
    """Return the ARNs of the roles that use the stack's bucket for copies: known before the roles are there."""
    own = bucket_name(settings, prefix, where)
    made, drilled = target(settings, prefix, where), reports(settings, prefix, where)
    role = "arn:{0}:iam::{1}:role/{2}-{3}"
    kinds: list[str] = []
    if made is not None and made.bucket == own:
        kinds += [COPIES, *([METRICS] if _watched(settings) else [])]
    if drilled is not None and drilled.bucket == own:
        kinds.append(DRILLS)
    return [pulumi.Output.format(role, where["partition"], where["account_id"], prefix, kind) for kind in kinds]


def watches(site: Site) -> list[Statement]:
    """What lets the scheduled look see how old they are."""
    found = target(site.settings, site.prefix, site.place)
    if found is None:
        return []
    place = site.place
    return watching(
        found.bucket, found.folder, site.keys.storage_arn, partition=place["partition"], region=place["region"]
    )


def copies(site: Site, *, manifest: pulumi.Input[str], after: list[pulumi.Resource]) -> dict[str, Any] | None:
    """Make what `data-tier:backup.logical` asks for; return the outputs, if any.

    `after` is what gives the logins, and the bucket.
    """
    settings = site.settings
    wanted = settings.backup.logical if settings.backup else None
    found = target(settings, site.prefix, site.place)
    if wanted is None or found is None:
        return None
    made = _made(site, wanted, found, manifest, after)
    return {"place": made.place, "log": made.log_group}


def _made(
    site: Site, wanted: LogicalSection, found: Target, manifest: pulumi.Input[str], after: list[pulumi.Resource]
) -> Copies:
    settings = site.settings
    return Copies(
        "copies",
        CopiesArgs(
            image=wanted.image,
            cpu=wanted.cpu,
            memory_mib=wanted.memory,
            cron=cron(copies_start(wanted, settings.time_zone)),
            bucket=found.bucket,
            folder=found.folder,
            caches=bool(site.caches),
            existing_caches=[each.identifier for each in site.instances.caches.values() if each.existing],
            key_arn=site.keys.storage_arn,
            locked=locked(site, found),
            keep_days=wanted.keep,
            daily_days=wanted.daily,
            watcher_security_group_id=site.firewall.runner_id if _watched(settings) else None,
            manifest=manifest,
            secret_arns=[site.credentials.master_secret_arn, *site.credentials.token_secret_arns.values()],
            connect=connect(Connecting(logins=master(site.access, settings)), site.postgres, site.caches),
            **site.of_tasks,
        ),
        pulumi.ResourceOptions(depends_on=[*after, site.network, site.firewall]),
    )


def locked(site: Site, found: Target) -> bool:
    """Whether what lies there is locked: the manifest says so of the stack's own bucket, and of no other."""
    own = site.settings.bucket
    return (
        own is not None and own.lock is not None and found.bucket == bucket_name(site.settings, site.prefix, site.place)
    )


def _watched(settings: Settings) -> bool:
    return settings.metrics is not None and settings.metrics.schedule is not None
