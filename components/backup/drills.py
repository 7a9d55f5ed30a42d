"""Drills on a schedule: a task on Fargate that restores copies, proves and measures them, and removes them again.

A function could not: a restore takes longer than Lambda's fifteen minutes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.backup.copies import objects
from components.functions.vpc_function import manifest_secret
from components.policy import Statement, allow, called
from components.refuse import refuse
from components.tasks.args import TaskArgs
from components.tasks.definition import confined, definition, log_group, mounted
from components.tasks.group import security_group
from components.tasks.roles import secrets, starting, task_role
from components.tasks.schedule import starts_task
from knowledge.backups import drills
from knowledge.ownership import TAG

KIND = "drills"


@dataclass(frozen=True, kw_only=True)
class DrillsArgs(TaskArgs):
    """Which drills, when, and where their reports go."""

    cron: str
    """When, an AWS cron expression in UTC."""
    run: Sequence[str] = ("pitr",)
    """Which, one after another: `pitr`, `snapshot`, `deletion`, `primary`, `redis`."""
    instance: str
    """DB instance identifier of the primary, which copies are made of."""
    logins: Sequence[str] = ()
    """PostgreSQL logins by IAM token: a copy has an id of its own, which no policy can name before it is there."""
    bucket: pulumi.Input[str]
    """Bucket of the reports."""
    folder: str
    """Folder of the reports in it, with a slash at its end."""
    locked: bool = False
    """Whether the bucket locks what is kept in it."""
    key_arn: pulumi.Input[str]
    """KMS key of the instance, of the caches and of the bucket's objects."""

    def __post_init__(self) -> None:
        """Refuse what cannot run by itself, and names that copies would not have."""
        super().__post_init__()
        unknown = [each for each in self.run if each not in drills.SCHEDULED]
        refuse(
            "drills",
            run=f"has {unknown[0]!r}; one of {', '.join(drills.SCHEDULED)} runs by itself" if unknown else None,
            folder=None if self.folder.endswith("/") else f"{self.folder!r} has no slash at its end",
            prefix=drills.prefix_problem(self.prefix),
        )


class Drills(pulumi.ComponentResource):
    """Task, role, security group, log and the rule that starts the task."""

    place: pulumi.Output[str]
    """Where the reports are, `s3://BUCKET/FOLDER`."""
    log_group: pulumi.Output[str]
    """Log group of the task."""

    def __init__(self, name: str, args: DrillsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the task and what starts it, once all that the component depends on is there."""
        super().__init__("data-tier:index:Drills", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.place = pulumi.Output.concat("s3://", args.bucket, "/", args.folder.rstrip("/"))
        group, _ = security_group(name, args, KIND, "Drills of the data tier", child)
        manifest = manifest_secret(
            name,
            args,
            args.manifest,
            kind=KIND,
            purpose=f"What the drills of {args.prefix} restore",
            keep=args.recovery_window_days,
            opts=child,
        )
        logs = log_group(name, args, KIND, child)
        # One role both starts the task and is its own: a permissions boundary has no characters for a second one.
        may = [
            *secrets(args, manifest.secret_id),
            *objects(args, args.bucket, args.folder, args.key_arn, locked=args.locked),
            *instances(args),
            *caches(args),
            *starting(args, logs),
        ]
        role, allowed = task_role(name, args, KIND, "Restores copies, proves and removes them", may, child)
        task = definition(
            name,
            args,
            KIND,
            container(args, manifest.secret_id, manifest.version_id, logs.name),
            (role, role),
            child,
            scratch=True,
        )
        rule = aws.cloudwatch.EventRule(
            f"{name}-schedule",
            name=f"{args.prefix}-{KIND}",
            description="What is kept is restored as a drill",
            schedule_expression=args.cron,
            opts=pulumi.ResourceOptions.merge(
                pulumi.ResourceOptions(parent=self, depends_on=[allowed]),
                pulumi.ResourceOptions(depends_on=opts.depends_on if opts else None),
            ),
        )
        starts_task(
            name,
            args,
            KIND,
            task,
            group,
            (role,),
            rule,
            child,
            says="EventBridge starts the task of the drills",
            # The next one may be a quarter away: a day of tries to start it.
            retry=aws.cloudwatch.EventTargetRetryPolicyArgs(
                maximum_retry_attempts=24, maximum_event_age_in_seconds=86_400
            ),
        )
        self.log_group = logs.name
        self.register_outputs({"place": self.place, "log_group": self.log_group})


def container(
    args: DrillsArgs,
    manifest_arn: pulumi.Input[str],
    manifest_version: pulumi.Input[str],
    log_group: pulumi.Input[str],
) -> dict[str, Any]:
    """The one container of the task. Nothing secret is in its environment."""
    return {
        **confined(args, KIND, log_group, manifest_version),
        "command": ["drill", "run", *args.run, "--manifest", manifest_arn, "--yes"],
        "mountPoints": mounted(),
    }


def instances(args: DrillsArgs) -> list[Statement]:
    """What drills ask RDS for: copies are made by name, and what is not one of the stack's copies is not changed."""
    copies = _arns(args, "rds", f"db:{args.prefix}-drill-*", f"snapshot:{args.prefix}-drill-*")
    given = (f"db:{args.instance}", f"subgrp:{args.prefix}", f"subgrp:{args.prefix}-*", f"pg:{args.prefix}-*")
    sources = _arns(args, "rds", *given, "og:default:*")
    making = [f"rds:{each}" for each in _of(args, drills.INSTANCES_MADE)]
    changing = [f"rds:{each}" for each in _of(args, drills.INSTANCES_CHANGED)]
    found = [
        allow("InstancesRead", [f"rds:{each}" for each in drills.INSTANCES_READ], "*"),
        allow("InstancesChanged", changing, copies, Condition=_own(args)),
    ]
    if making:
        found += [
            allow("InstancesMade", making, [*copies, *sources]),
            allow("InstancesMarked", ["rds:AddTagsToResource"], copies, Condition=_own(args, "Request")),
        ]
    if "rds:RestoreDBInstanceToPointInTime" in making:
        backups = _arns(args, "rds", "auto-backup:*")
        found.append(allow("BackupsRestored", ["rds:RestoreDBInstanceToPointInTime"], backups, Condition=_own(args)))
    if args.logins:
        logins = _arns(args, "rds-db", *(f"dbuser:*/{each}" for each in args.logins))
        found.append(allow("CopiesEntered", ["rds-db:connect"], logins, Condition=_own(args)))
    services = [called(each, args.region) for each in ("rds", "elasticache")]
    through = {"StringEquals": {"kms:ViaService": services}}
    return [*found, allow("GrantedKey", ["kms:CreateGrant", "kms:DescribeKey"], args.key_arn, Condition=through)]


def caches(args: DrillsArgs) -> list[Statement]:
    """The same of ElastiCache: with every drill what is left of earlier ones is looked for, and removed."""
    copies = _arns(args, "elasticache", *(f"{kind}:{args.prefix}-drill-*" for kind in ("replicationgroup", "snapshot")))
    own = _arns(args, "elasticache", f"*:{args.prefix}-*")
    found = [
        allow("CachesRead", [f"elasticache:{each}" for each in drills.CACHES_READ], "*"),
        allow("CachesTold", [f"elasticache:{each}" for each in drills.CACHES_TOLD], own),
        allow("CachesChanged", [f"elasticache:{each}" for each in drills.CACHES_CHANGED], copies, Condition=_own(args)),
    ]
    if "redis" not in args.run:
        return found
    entered = _arns(args, "elasticache", f"replicationgroup:{args.prefix}-drill-*")
    return [
        *found,
        allow("CachesMade", [f"elasticache:{each}" for each in drills.CACHES_MADE], own),
        allow("CachesEntered", ["elasticache:Connect"], entered),
    ]


def _of(args: DrillsArgs, table: dict[Any, tuple[str, ...]]) -> list[str]:
    return sorted({action for each in args.run for action in table[each]})


def _own(args: DrillsArgs, of: str = "Resource") -> dict[str, Any]:
    return {"StringEquals": {f"aws:{of}Tag/{TAG}": args.prefix}}


def _arns(args: DrillsArgs, service: str, *things: str) -> list[pulumi.Output[str]]:
    return [
        pulumi.Output.format("arn:{0}:{1}:{2}:{3}:{4}", args.partition, service, args.region, args.account_id, each)
        for each in things
    ]
