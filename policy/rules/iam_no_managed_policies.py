"""Roles have policies of their own."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import ROLE_POLICY_ATTACHMENT
from policy.rule import PolicyRule, RuledStack, RuleVerdict, not_applicable, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    arn = str(it.inputs.get("policyArn"))
    if arn.endswith("service-role/AmazonRDSEnhancedMonitoringRole"):
        return not_applicable("RDS asks for this very policy for Enhanced Monitoring")
    if "service-role/AWSBackupServiceRolePolicyFor" in arn:
        return not_applicable("AWS Backup's own role: what it calls of each service changes with AWS Backup")
    return required(":iam::aws:" not in arn, f"{arn} is AWS's")


RULE = PolicyRule(
    id="iam-no-managed-policies",
    controls=("AwsSolutions-IAM4",),
    types=(ROLE_POLICY_ATTACHMENT,),
    what=__doc__,
    why="AWS changes its managed ones, and they are made for everybody.",
    mend="Write what the role needs into a RolePolicy.",
    check=check,
)
