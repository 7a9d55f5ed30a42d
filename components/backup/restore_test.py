"""Restore testing by AWS Backup: a recovery point becomes an instance each week, is looked into, and goes again.

AWS Backup restores and deletes; `bootstrap.restored` looks inside, as the bootstrap does, and gives the verdict.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.functions.vpc_function import VpcFunctionArgs, manifest_secret, started_by, vpc_function
from components.opening import secrets_keys
from components.policy import Statement, allow
from components.refuse import refuse
from knowledge import classes, limits

HANDLER = "bootstrap.restored.handler.handler"
RESTORED = "awsbackup-restore-test-*"
"""Names that AWS Backup gives to what it restores (restore-testing-inferred-metadata)."""


@dataclass(frozen=True, kw_only=True)
class RestoreTestArgs(VpcFunctionArgs):
    """What is restored, how, and what looks at it."""

    vault_arn: pulumi.Input[str]
    """Vault whose recovery points are restored."""
    instance_arn: pulumi.Input[str]
    """Instance that they are of."""
    role_arn: pulumi.Input[str]
    """Role as which AWS Backup restores."""
    cron: str
    """When, an AWS cron expression in UTC."""
    continuous: bool = False
    """Restore from the continuous recovery point in place of a snapshot."""
    window_days: int = 8
    """How old the recovery point may be: a week and a day finds the last one of a weekly rule too."""
    validation_hours: int = 4
    """Hours that the restored instance stays for the verdict, 1 to 168; it is paid for meanwhile."""
    instance_class: str
    """Class of the restored instance."""
    parameter_group: pulumi.Input[str] | None = None
    """Parameter group, where the class is the primary's; its memory settings would be wrong for another. None: RDS's
    default group, which asks for TLS since PostgreSQL 15."""
    port: int = 5432
    """Port of PostgreSQL."""
    subnet_group: pulumi.Input[str]
    """Subnet group; without one RDS takes the default VPC."""
    database_security_group_ids: Sequence[pulumi.Input[str]]
    """Security groups of the restored instance: those of the primary, which the runner's group reaches."""
    manifest: pulumi.Input[str]
    """The manifest, JSON. It is kept in a secret of its own: too long for an environment variable (4 KB)."""
    master_secret_arn: pulumi.Input[str]
    """Secret of the master user."""
    failed_topic_arn: pulumi.Input[str]
    """Topic for a verdict that is not good."""
    topic_key_arn: pulumi.Input[str]
    """KMS key of that topic."""
    recovery_window_days: int = 30
    """Days that the manifest's secret can be brought back once deleted; 0 deletes at once."""

    def __post_init__(self) -> None:
        """Refuse what AWS Backup refuses."""
        super().__post_init__()
        refuse(
            "restore test",
            window_days=limits.RESTORE_TEST_WINDOW.problem(self.window_days),
            validation_hours=limits.RESTORE_TEST_HOURS.problem(self.validation_hours),
            recovery_window_days=limits.RECOVERY_WINDOW.problem(self.recovery_window_days),
            port=limits.PORT.problem(self.port),
            instance_class=classes.rds_problem(self.instance_class),
        )


class RestoreTest(pulumi.ComponentResource):
    """Plan, selection, and the function that looks at what was restored."""

    function_name: pulumi.Output[str]
    """Name of the function that gives the verdict."""
    plan_arn: pulumi.Output[str]
    """ARN of the restore testing plan."""

    def __init__(self, name: str, args: RestoreTestArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the function, the restore testing plan and the rules that start the function."""
        super().__init__("data-tier:index:RestoreTest", name, {}, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        plan = self._plan()
        manifest = self._manifest()
        function, _ = vpc_function(
            name,
            args,
            kind="restore-test",
            task="Looks into restored instances",
            may=permissions(args, manifest.secret_id),
            parent=self,
            description="Verdict on restored instances of the data tier",
            handler=HANDLER,
            environment=aws.lambda_.FunctionEnvironmentArgs(variables={"DATATIER_MANIFEST_SECRET": manifest.secret_id}),
        )
        self._failures(function)
        started_by(name, self._restored(plan), function, parent=self)
        self.function_name, self.plan_arn = function.name, plan.arn
        self.register_outputs({"function_name": self.function_name, "plan_arn": self.plan_arn})

    def _plan(self) -> aws.backup.RestoreTestingPlan:
        args = self._args
        plan = aws.backup.RestoreTestingPlan(
            f"{self._name}-plan",
            name=f"{args.prefix}_restore".replace("-", "_"),  # letters, digits and _ alone
            schedule_expression=args.cron,
            start_window_hours=1,
            recovery_point_selection=aws.backup.RestoreTestingPlanRecoveryPointSelectionArgs(
                algorithm="LATEST_WITHIN_WINDOW",
                include_vaults=[args.vault_arn],
                recovery_point_types=["CONTINUOUS" if args.continuous else "SNAPSHOT"],
                selection_window_days=args.window_days,
            ),
            opts=self._child,
        )
        aws.backup.RestoreTestingSelection(
            f"{self._name}-selection",
            name=f"{args.prefix}_primary".replace("-", "_"),
            restore_testing_plan_name=plan.name,
            protected_resource_type="RDS",
            protected_resource_arns=[args.instance_arn],
            iam_role_arn=args.role_arn,
            validation_window_hours=args.validation_hours,
            restore_metadata_overrides=overrides(args),
            opts=self._child,
        )
        return plan

    def _manifest(self) -> aws.secretsmanager.SecretVersion:
        args = self._args
        return manifest_secret(
            self._name,
            args,
            args.manifest,
            kind="restore-test",
            purpose=f"What a restore of {args.prefix} is held against",
            keep=args.recovery_window_days,
            opts=self._child,
        )

    def _failures(self, function: aws.lambda_.Function) -> None:
        # By default Lambda retries twice, and a verdict cannot be changed (restore-testing-validation).
        # Lambda itself publishes, so the function needs no way to SNS.
        aws.lambda_.FunctionEventInvokeConfig(
            f"{self._name}-verdict",
            function_name=function.name,
            maximum_retry_attempts=0,
            destination_config=aws.lambda_.FunctionEventInvokeConfigDestinationConfigArgs(
                on_failure=aws.lambda_.FunctionEventInvokeConfigDestinationConfigOnFailureArgs(
                    destination=self._args.failed_topic_arn
                )
            ),
            opts=self._child,
        )

    def _restored(self, plan: aws.backup.RestoreTestingPlan) -> aws.cloudwatch.EventRule:
        return aws.cloudwatch.EventRule(
            f"{self._name}-restored",
            name=f"{self._args.prefix}-restored",
            description="A restore test has made its instance",
            event_pattern=pulumi.Output.json_dumps(
                {
                    "source": ["aws.backup"],
                    "detail-type": ["Restore Job State Change"],
                    "detail": {
                        "resourceType": ["RDS"],
                        "restoreTestingPlanArn": [plan.arn],
                        "status": ["COMPLETED"],
                    },
                }
            ),
            opts=self._child,
        )


def overrides(args: RestoreTestArgs) -> Mapping[str, pulumi.Input[str]]:
    """What AWS Backup would guess otherwise: the default VPC, its default group, and the class (values are text)."""
    given: dict[str, pulumi.Input[str]] = {
        "dbInstanceClass": args.instance_class,
        "dbSubnetGroupName": args.subnet_group,
        "vpcSecurityGroupIds": pulumi.Output.json_dumps(list(args.database_security_group_ids)),
        "port": str(args.port),
        "multiAz": "false",
        "publiclyAccessible": "false",
    }
    if args.parameter_group is not None:
        given["dbParameterGroupName"] = args.parameter_group
    return given


def permissions(args: RestoreTestArgs, manifest_arn: pulumi.Input[str]) -> list[Statement]:
    """Find the restored instance, log in as its master, give the verdict."""
    return [
        # The password of a restored instance is that of its day: where the master has changed it since, the function
        # gives the copy a new one. Only what AWS Backup restored for a test bears that name.
        allow("Restored", ["rds:DescribeDBInstances", "rds:ModifyDBInstance"], args.arn("rds", f"db:{RESTORED}")),
        # A restore job has no ARN that a policy could name (Service Authorization Reference, AWS Backup).
        allow("Verdict", ["backup:PutRestoreValidationResult"], "*"),
        allow("Secrets", ["secretsmanager:GetSecretValue"], [manifest_arn, args.master_secret_arn]),
        *secrets_keys(args, "kms:Decrypt"),
        allow("Tell", ["sns:Publish"], args.failed_topic_arn),
        allow("TopicKey", ["kms:Decrypt", "kms:GenerateDataKey"], args.topic_key_arn),
    ]
