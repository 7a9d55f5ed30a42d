"""What a stack may have beside its servers: backups by AWS Backup, a proxy, a bucket."""

from __future__ import annotations

from typing import Any

import pulumi

from bootstrap.access import Access
from components.backup.plan import Backup, BackupArgs, ScheduleArgs
from components.backup.restore_test import RestoreTest, RestoreTestArgs
from components.backup.second_region import BackupRegion, BackupRegionArgs
from components.backup.vault import LockArgs
from components.bucket import Bucket, BucketArgs
from components.postgres.proxy import PORT, Proxy, ProxyArgs
from infra.parts.copies import bucket_name, exports_to, users
from infra.parts.site import Site, secret_days
from infra.rules.backups import Job, cron, jobs, restore_test_start
from infra.settings.backup_sections import LockSection


def backup(site: Site, *, code: pulumi.Archive, manifest: pulumi.Input[str]) -> dict[str, Any] | None:
    """Make what `data-tier:backup` asks for; return the outputs, if any."""
    settings, place = site.settings, site.place
    plan = settings.backup
    if plan is None:
        return None
    found = jobs(plan, settings.time_zone, settings.postgres.backup.retention)
    lock, second = _lock(plan.lock), plan.second_region
    elsewhere = None
    if second:
        elsewhere = BackupRegion(
            "backup-region",
            BackupRegionArgs(
                prefix=site.prefix,
                region=second.region,
                account_id=place["account_id"],
                partition=place["partition"],
                copies=second.keep is not None,
                lock=lock,
                replicate_arn=site.postgres.arn if second.point_in_time else None,
                replicate_days=second.point_in_time or 7,
                deletion_window_days=settings.keys.deletion_window,
                protect=settings.protect,
            ),
        )
    made = Backup(
        "backup",
        BackupArgs(
            prefix=site.prefix,
            partition=place["partition"],
            key_arn=site.keys.storage_arn,
            resource_arns=[site.postgres.arn],
            schedules=[_schedule(job) for job in found],
            copy_vault_arn=elsewhere.vault_arn if elsewhere else None,
            copy_keep_days=(second.keep if second else None) or 30,
            lock=lock,
            told_topic_arn=site.notifications.topic_arns["info"],
            failed_topic_arn=site.notifications.topic_arns["warning"],
            protect=settings.protect,
        ),
    )
    outputs: dict[str, Any] = {"vault": made.vault_arn, "jobs": {job.rule: job.utc for job in found}}
    if elsewhere and elsewhere.vault_arn is not None:
        outputs["copies"] = elsewhere.vault_arn
    if plan.restore_test:
        test = _restore_test(site, made, code, manifest)
        outputs["restore_test"] = {"function": test.function_name, "plan": test.plan_arn}
    return outputs


def proxy(site: Site, *, after: pulumi.Resource) -> dict[str, Any] | None:
    """Make what `data-tier:proxy` asks for; return its part of the manifest, if any.

    `after` is what fills the secrets: a proxy that finds them empty has no login.
    """
    settings = site.settings
    if settings.proxy is None:
        return None
    wanted = settings.proxy
    names = served(site.access, wanted.identities)
    made = Proxy(
        "proxy",
        ProxyArgs(
            prefix=site.prefix,
            region=site.place["region"],
            vpc_id=site.network.vpc_id,
            subnet_ids=site.network.subnet_ids,
            instance_identifier=site.postgres.identifier,
            database_security_group_id=site.firewall.database_id,
            database_port=settings.postgres.port,
            clients=list(settings.network.clients),
            secret_arns={name: site.credentials.secret_arns[name] for name in names},
            secrets_key_arn=site.keys.secrets_arn,
            iam=wanted.iam,
            max_connections_percent=wanted.connections,
            max_idle_percent=wanted.idle,
            borrow_timeout=wanted.wait,
            idle_client_timeout=wanted.timeout,
        ),
        pulumi.ResourceOptions(depends_on=[after]),
    )
    return {
        "endpoint": {"name": "proxy", "host": made.endpoint, "port": PORT},
        "identities": names,
        "percent": wanted.connections,
        "iam": wanted.iam,
    }


def served(access: Access, identities: tuple[str, ...]) -> list[str]:
    """Whom the proxy serves. By default neither the migrator nor the maintainer, whose advisory locks would pin each of
    their sessions.

    Raise `ValueError` for one without a password: the proxy logs in with what is in the secret.
    """
    able = [name for name in sorted(access.identities) if access.logins(name) and name not in access.by_token]
    unable = sorted(set(identities) - set(able))
    if unable:
        raise ValueError(
            f"data-tier:proxy.identities: {', '.join(unable)} has no PostgreSQL login with a password in access.yaml; "
            f"those who have: {', '.join(able)}."
        )
    alone = (*access.with_privilege("migrator"), *access.with_privilege("maintainer"))
    return list(identities) or [name for name in able if name not in alone]


def bucket(site: Site) -> dict[str, Any] | None:
    """Make what `data-tier:bucket` asks for; return the outputs, if any."""
    wanted, place = site.settings.bucket, site.place
    if wanted is None:
        return None
    made = Bucket(
        "bucket",
        BucketArgs(
            bucket=bucket_name(site.settings, site.prefix, place) or "",
            account_id=place["account_id"],
            key_arn=site.keys.storage_arn,
            roles=list(wanted.roles),
            own_roles=users(site.settings, site.prefix, place),
            exports_in=place["region"] if exports_to(site.settings, site.prefix, place) else None,
            expire_days=wanted.expire,
            noncurrent_days=wanted.former,
            object_lock=wanted.lock is not None,
            force_destroy=not site.settings.protect,
            protect=site.settings.protect,
        ),
    )
    return {"name": made.name, "arn": made.arn}


def _lock(lock: LockSection | None) -> LockArgs | None:
    return LockArgs(mode=lock.mode, min_days=lock.min, max_days=lock.max, grace_days=lock.grace) if lock else None


def _schedule(job: Job) -> ScheduleArgs:
    return ScheduleArgs(rule=job.rule, cron=job.cron, keep_days=job.keep, continuous=job.continuous)


def _restore_test(site: Site, made: Backup, code: pulumi.Archive, manifest: pulumi.Input[str]) -> RestoreTest:
    settings = site.settings
    plan = settings.backup
    assert plan  # noqa: S101 the caller has looked
    assert plan.restore_test  # noqa: S101
    primary = site.instances.primary.instance_class
    own = plan.restore_test.class_ or primary
    return RestoreTest(
        "restore-test",
        RestoreTestArgs(
            prefix=site.prefix,
            vault_arn=made.vault_arn,
            instance_arn=site.postgres.arn,
            role_arn=made.role_arn,
            cron=cron(restore_test_start(plan, settings.time_zone)),
            continuous=plan.continuous,
            validation_hours=plan.restore_test.hours,
            instance_class=own,
            parameter_group=site.postgres.parameter_group_name if own == primary else None,
            port=settings.postgres.port,
            subnet_group=site.postgres.subnet_group_name,
            database_security_group_ids=[site.firewall.database_id],
            code=code,
            manifest=manifest,
            master_secret_arn=site.credentials.master_secret_arn,
            secrets_key_arn=site.keys.secrets_arn,
            existing_secret_arns=site.credentials.existing_arns,
            logs_key_arn=site.keys.logs_arn,
            failed_topic_arn=site.notifications.topic_arns["warning"],
            topic_key_arn=site.keys.notifications_arn,
            subnet_ids=site.network.subnet_ids,
            security_group_ids=site.function_groups,
            log_retention_days=settings.logs.retention,
            recovery_window_days=secret_days(settings),
            memory_mib=settings.runner.memory,
            **site.place,
        ),
    )
