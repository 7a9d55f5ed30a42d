"""Logical copies on a schedule: a task on Fargate that dumps, proves, verifies and lets old copies go, once a day.

A function could not: pg_dump may take longer than Lambda's fifteen minutes, and its bundle has no client programs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.functions.vpc_function import manifest_secret
from components.policy import Statement, allow, called
from components.refuse import refuse
from components.tasks.args import TaskArgs
from components.tasks.definition import confined, definition, log_group, mounted
from components.tasks.group import security_group, to_s3
from components.tasks.roles import execution_role, secrets, task_role
from components.tasks.schedule import starts_task
from knowledge import limits
from knowledge.backups.copies import DAILY_DAYS, FOLDER, KEEP_DAYS

KIND = "copies"


@dataclass(frozen=True, kw_only=True)
class CopiesArgs(TaskArgs):
    """What is copied, when, and where to."""

    cron: str
    """When, an AWS cron expression in UTC."""
    bucket: pulumi.Input[str]
    """Bucket of the copies."""
    caches: bool = True
    """Whether there are caches, whose snapshots are exported to the bucket."""
    existing_caches: Sequence[str] = ()
    """Ids of those that were there before, whose names do not begin with the stack's."""
    folder: str = FOLDER
    """Folder in it, with a slash at its end; empty for all of it."""
    key_arn: pulumi.Input[str]
    """KMS key of the bucket's objects."""
    locked: bool = False
    """Whether the bucket locks whole copies: the task then sets their locks, and asks for those that are there."""
    keep_days: int = KEEP_DAYS
    """Days that the first copy of each week is kept. The last verified one stays however old it is."""
    daily_days: int = DAILY_DAYS
    """Days that every copy is kept."""
    watcher_security_group_id: pulumi.Input[str] | None = None
    """Group of the function that tells how old the copies are, where it has no way to S3 yet."""

    def __post_init__(self) -> None:
        """Refuse what ECS, EventBridge and the retention refuse."""
        super().__post_init__()
        refuse(
            "copies",
            folder=None if not self.folder or self.folder.endswith("/") else f"{self.folder!r} has no slash at its end",
            keep_days=limits.KEPT.problem(self.keep_days),
            daily_days=limits.KEPT.problem(self.daily_days),
        )


class Copies(pulumi.ComponentResource):
    """Task, roles, security group, log and the rule that starts the task."""

    place: pulumi.Output[str]
    """Where the copies are, `s3://BUCKET/FOLDER`."""
    log_group: pulumi.Output[str]
    """Log group of the task."""

    def __init__(self, name: str, args: CopiesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the task and what starts it, once all that the component depends on is there."""
        super().__init__("data-tier:index:Copies", name, {}, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        self.place = pulumi.Output.concat("s3://", args.bucket, "/", args.folder.rstrip("/"))
        says = "Logical copies of the data tier"
        group, _ = security_group(name, args, KIND, says, self._child)
        if args.image_prefix_list_id is not None and args.watcher_security_group_id is not None:
            text = "The scheduled look at the copies in S3"
            to_s3(f"{name}-watched", args.watcher_security_group_id, args.image_prefix_list_id, text, self._child)
        manifest = manifest_secret(
            name,
            args,
            args.manifest,
            kind=KIND,
            purpose=f"What the copies of {args.prefix} are of",
            keep=args.recovery_window_days,
            opts=self._child,
        )
        logs = log_group(name, args, KIND, self._child)
        starts, may_start = execution_role(name, args, KIND, logs, self._child)
        may = [
            *secrets(args, manifest.secret_id),
            *objects(args, args.bucket, args.folder, args.key_arn, locked=args.locked),
            *(exports(args) if args.caches else []),
        ]
        runs, may_run = task_role(
            name, args, KIND, "Reads the database and the caches, and writes copies", may, self._child
        )
        task = definition(
            name,
            args,
            KIND,
            container(args, self.place, manifest.secret_id, manifest.version_id, logs.name),
            (starts, runs),
            self._child,
            scratch=True,
        )
        after = pulumi.ResourceOptions.merge(
            pulumi.ResourceOptions(parent=self, depends_on=[may_start, may_run]),
            pulumi.ResourceOptions(depends_on=opts.depends_on if opts else None),
        )
        rule = aws.cloudwatch.EventRule(
            f"{name}-schedule",
            name=f"{args.prefix}-{KIND}",
            description="A logical copy is made",
            schedule_expression=args.cron,
            opts=after,
        )
        starts_task(
            name,
            args,
            KIND,
            task,
            group,
            (starts, runs),
            rule,
            self._child,
            says="EventBridge starts the task of the copies",
            # Two more tries within the hour: a copy of later would be the next day's.
            retry=aws.cloudwatch.EventTargetRetryPolicyArgs(
                maximum_retry_attempts=2, maximum_event_age_in_seconds=3600
            ),
        )
        self.log_group = logs.name
        self.register_outputs({"place": self.place, "log_group": self.log_group})


def container(
    args: CopiesArgs,
    place: pulumi.Input[str],
    manifest_arn: pulumi.Input[str],
    manifest_version: pulumi.Input[str],
    log_group: pulumi.Input[str],
) -> dict[str, Any]:
    """The one container of the task. Nothing secret is in its environment."""
    command = ["backup", "schedule", "--now", "--manifest", manifest_arn, "--to", place]
    return {
        **confined(args, KIND, log_group, manifest_version),
        "command": [*command, "--days", str(args.keep_days), "--daily", str(args.daily_days)],
        "mountPoints": mounted(),
    }


def objects(
    args: TaskArgs, bucket: pulumi.Input[str], folder: str, key_arn: pulumi.Input[str], *, locked: bool
) -> list[Statement]:
    """The objects of a task's folder, by the bucket's key, and no others; to what is locked deletion adds a mark."""
    arn = pulumi.Output.format("arn:{0}:s3:::{1}", args.partition, bucket)
    inside = {"StringLike": {"s3:prefix": [f"{folder}*"]}}
    used = ["AbortMultipartUpload", "DeleteObject", "GetObject", "ListMultipartUploadParts", "PutObject"]
    if locked:
        # What locks an object is in the answer to HeadObject for those who may read that (S3 API Reference).
        used = sorted([*used, "GetObjectLegalHold", "GetObjectRetention", "PutObjectRetention"])
    through = {"StringEquals": {"kms:ViaService": called("s3", args.region)}}
    return [
        allow("Copies", [f"s3:{each}" for each in used], pulumi.Output.format("{0}/{1}*", arn, folder)),
        allow("Listing", ["s3:ListBucket", "s3:ListBucketMultipartUploads"], arn, Condition=inside),
        allow("CopiesKey", ["kms:Decrypt", "kms:GenerateDataKey"], key_arn, Condition=through),
    ]


def exports(args: CopiesArgs) -> list[Statement]:
    """Snapshots of the caches, and what ElastiCache exports of them beside everything else in the bucket, by names that
    begin with the stack's (`keep.redis.exported`)."""
    bucket = pulumi.Output.format("arn:{0}:s3:::{1}", args.partition, args.bucket)
    exported = pulumi.Output.format("{0}/{1}-*", bucket, args.prefix)
    snapshots = ["AddTagsToResource", "CopySnapshot", "CreateSnapshot", "DeleteSnapshot", "DescribeReplicationGroups"]
    snapshots += ["DescribeSnapshots", "ListTagsForResource"]
    named = [f"{kind}:{args.prefix}-*" for kind in ("cluster", "replicationgroup", "snapshot")]
    for each in args.existing_caches:
        named += [f"cluster:{each}-*", f"replicationgroup:{each}"]
    whose = [
        pulumi.Output.format("arn:{0}:elasticache:{1}:{2}:{3}", args.partition, args.region, args.account_id, each)
        for each in named
    ]
    inside = {"StringLike": {"s3:prefix": [f"{args.prefix}-*"]}}
    return [
        allow("Snapshots", [f"elasticache:{each}" for each in snapshots], whose),
        allow("Exported", ["s3:DeleteObject", "s3:GetObject"], exported),
        allow("ExportedListed", ["s3:ListBucket"], bucket, Condition=inside),
        # CopySnapshot asks for it of whoever calls it (ElastiCache User Guide, "Exporting a backup").
        allow("Buckets", ["s3:ListAllMyBuckets"], "*"),
    ]


def watching(
    bucket: pulumi.Input[str],
    folder: str,
    key_arn: pulumi.Input[str],
    *,
    partition: pulumi.Input[str],
    region: pulumi.Input[str],
) -> list[Statement]:
    """What tells how old the copies are: what is there, and the manifests, verdicts and reports, not the data."""
    arn = pulumi.Output.format("arn:{0}:s3:::{1}", partition, bucket)
    inside = {"StringLike": {"s3:prefix": [f"{folder}*"]}}
    through = {"StringEquals": {"kms:ViaService": called("s3", region)}}
    small = [pulumi.Output.format("{0}/{1}*.json", arn, folder)]
    return [
        allow("CopiesListed", ["s3:ListBucket"], arn, Condition=inside),
        allow("CopiesTold", ["s3:GetObject"], small),
        allow("CopiesKey", ["kms:Decrypt"], key_arn, Condition=through),
    ]
