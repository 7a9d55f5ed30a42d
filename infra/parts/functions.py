"""The bootstrap's functions: the runner that every deployment calls, and the one that rotates."""

from __future__ import annotations

import pulumi

from components.connect import Connecting, connect
from components.functions.rotation import Rotation, RotationArgs
from components.functions.runner import Runner, RunnerArgs
from infra.parts.connect import master, prove
from infra.parts.site import Site, secret_days
from infra.settings.values import minutes


def runner(site: Site, *, code: pulumi.Archive, manifest: pulumi.Input[str], trigger: str) -> Runner:
    """Make the runner, and run it once all servers are there."""
    credentials = site.credentials
    return Runner(
        "runner",
        RunnerArgs(
            prefix=site.prefix,
            code=code,
            manifest=manifest,
            trigger=trigger,
            memory_mib=site.settings.runner.memory,
            reserved_concurrency=site.settings.runner.reserved,
            subnet_ids=site.network.subnet_ids,
            security_group_ids=site.function_groups,
            secret_arns=[
                credentials.master_secret_arn,
                *credentials.secret_arns.values(),
                *credentials.token_secret_arns.values(),
            ],
            existing_user_groups=[
                each.existing.user_group
                for each in site.instances.caches.values()
                if each.existing and each.existing.user_group
            ],
            token_caches=[site.caches[name].arn for name in credentials.token_secret_arns],
            secrets_key_arn=site.keys.secrets_arn,
            existing_secret_arns=site.credentials.existing_arns,
            connect=prove(site),
            logs_key_arn=site.keys.logs_arn,
            log_retention_days=site.settings.logs.retention,
            **site.place,
        ),
        pulumi.ResourceOptions(depends_on=[site.postgres, *site.caches.values(), site.firewall, site.network]),
    )


def rotation(site: Site, *, code: pulumi.Archive, manifest: pulumi.Input[str], after: Runner) -> None:
    """Make what `data-tier:rotation` asks for, where a secret has something in it that rotates."""
    wanted = site.settings.rotation
    rotating, fixed = _secrets(site)
    if wanted is None or not rotating:
        return
    Rotation(
        "rotation",
        RotationArgs(
            prefix=site.prefix,
            code=code,
            manifest=manifest,
            every_days=minutes(wanted.every) // 1440,
            grace_seconds=minutes(wanted.grace) * 60,
            memory_mib=site.settings.runner.memory,
            subnet_ids=site.network.subnet_ids,
            security_group_ids=site.function_groups,
            secret_arns=rotating,
            connect=connect(Connecting(logins=master(site.access, site.settings)), site.postgres, site.caches),
            read_secret_arns=[*fixed.values(), *site.credentials.token_secret_arns.values()],
            secrets_key_arn=site.keys.secrets_arn,
            existing_secret_arns=site.credentials.existing_arns,
            logs_key_arn=site.keys.logs_arn,
            log_retention_days=site.settings.logs.retention,
            recovery_window_days=secret_days(site.settings),
            **site.place,
        ),
        pulumi.ResourceOptions(depends_on=[after]),
    )


def _secrets(site: Site) -> tuple[dict[str, pulumi.Output[str]], dict[str, pulumi.Output[str]]]:
    """Secrets that rotate, and those that do not: of identities that log in by token, which have nothing to rotate, and
    of a master that was there before the stack."""
    arns = {"master": site.credentials.master_secret_arn, **site.credentials.secret_arns}
    fixed = site.access.by_token | ({"master"} if master(site.access, site.settings) else set())
    if site.settings.postgres.existing:
        # Applications may use the master's password, or its secret have a rotation of its own: a person rotates it.
        fixed |= {"master"}
    rotating = {name: arn for name, arn in arns.items() if name not in fixed}
    return rotating, {name: arn for name, arn in arns.items() if name in fixed}
