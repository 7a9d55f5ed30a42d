"""What a primary and a replica have in common: log groups, parameter group, insights, identifier rules."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.existing import ExistingParameterGroup
from knowledge.parameters import Parameter
from knowledge.postgres.parameters import postgres_family

LOGS = ("postgresql", "upgrade")
"""Log exports of RDS for PostgreSQL that every instance has."""

TIMEOUTS = pulumi.CustomTimeouts(create="3h", update="3h", delete="2h")
"""The provider gives up after 40 minutes; a replica of some terabytes, or a major upgrade, takes longer."""

INSIGHTS = ("off", "standard", "advanced")


def insights_problems(mode: str, days: int) -> list[str]:
    """Return what RDS would refuse of this mode of Database Insights and its retention."""
    if mode not in INSIGHTS:
        return [f"insights {mode!r} is none of {', '.join(INSIGHTS)}"]
    if mode == "off":
        return []
    if days not in (7, 731) and not (days % 31 == 0 and 1 <= days // 31 <= 23):
        return [f"insights_retention_days is {days}; RDS takes 7, 731 and multiples of 31 up to 713"]
    if mode == "advanced" and days < 465:
        return [f"insights_retention_days is {days}; advanced insights ask for 465 in the same request"]
    return []


def log_groups(
    name: str,
    identifier: str,
    *,
    key_arn: pulumi.Input[str],
    retention_days: int,
    keep: bool,
    opts: pulumi.ResourceOptions,
    existing: bool = False,
    region: pulumi.Input[str] | None = None,
) -> list[aws.cloudwatch.LogGroup]:
    """Make the groups that RDS would otherwise make itself, without retention and without the key.

    RDS writes its last lines while an instance is being deleted, and would recreate the groups. A protected instance's
    groups are therefore retained; to deploy a stack of the same name again, import them.

    Those of an `existing` instance stay as they are: a shorter retention deletes lines, a longer one costs, and whoever
    reads them need not have a right to the stack's key.
    """
    kept = ["kmsKeyId", "retentionInDays"] if existing else None
    return [
        aws.cloudwatch.LogGroup(
            f"{name}-{kind}-log",
            name=f"/aws/rds/instance/{identifier}/{kind}",
            retention_in_days=retention_days,
            kms_key_id=key_arn,
            region=region,
            opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(retain_on_delete=keep, ignore_changes=kept)),
        )
        for kind in LOGS
    ]


def parameter_group(
    name: str,
    identifier: str,
    version: str,
    parameters: Sequence[Parameter],
    *,
    existing: ExistingParameterGroup | None,
    opts: pulumi.ResourceOptions,
    region: pulumi.Input[str] | None = None,
) -> pulumi.Output[str]:
    """Make a parameter group with a generated name: a new family replaces it, the new one first, the old one last.

    One that is there already keeps its name and description until the family changes; neither can be changed
    (ModifyDBParameterGroup takes parameters alone). Return its name.
    """
    family = postgres_family(int(version.partition(".")[0]))
    kept = existing if existing and existing.serves(family) else None
    if kept and not kept.managed:
        return pulumi.Output.from_input(kept.name)
    return aws.rds.ParameterGroup(
        f"{name}-parameters",
        name=kept.name if kept else None,
        name_prefix=None if kept else f"{identifier}-{family}-",
        family=family,
        description=(kept and kept.description) or f"Parameters of {identifier}",
        parameters=[
            aws.rds.ParameterGroupParameterArgs(
                name=parameter.name, value=parameter.value, apply_method=parameter.apply_method
            )
            for parameter in parameters
        ],
        region=region,
        opts=opts,
    ).name
