"""Restore testing by AWS Backup: a recovery point becomes an instance each week, is looked into, and goes again.

AWS Backup restores and deletes; `bootstrap.restored` looks inside, as the bootstrap does, and gives the verdict.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.policy import Statement, allow, deny, document, trust

HANDLER = "bootstrap.restored.handler.handler"
RESTORED = "awsbackup-restore-test-*"
"""Names that AWS Backup gives to what it restores (restore-testing-inferred-metadata)."""


@dataclass(frozen=True, kw_only=True)
class RestoreTestArgs:
    """What is restored, how, and what looks at it."""

    prefix: str
    """Prefix of the names."""
    account_id: pulumi.Input[str]
    """Account of the restored instances."""
    region: pulumi.Input[str]
    """Region of the restored instances."""
    partition: pulumi.Input[str] = "aws"
    """AWS partition."""
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
    code: pulumi.Archive
    """The bootstrap and what it imports, for Python 3.13 on that architecture."""
    architecture: str = "arm64"
    """`arm64` or `x86_64`: what the code was built for."""
    manifest: pulumi.Input[str]
    """The manifest, JSON. It is kept in a secret of its own: too long for an environment variable (4 KB)."""
    master_secret_arn: pulumi.Input[str]
    """Secret of the master user."""
    secrets_key_arn: pulumi.Input[str]
    """KMS key of the secrets."""
    logs_key_arn: pulumi.Input[str]
    """KMS key of the function's log group."""
    failed_topic_arn: pulumi.Input[str]
    """Topic for a verdict that is not good."""
    topic_key_arn: pulumi.Input[str]
    """KMS key of that topic."""
    subnet_ids: pulumi.Input[list[str]]
    """Subnets of the function."""
    security_group_ids: Sequence[pulumi.Input[str]]
    """Security groups of the function: those of the bootstrap runner."""
    log_retention_days: int = 30
    """Days that its logs are kept."""
    recovery_window_days: int = 30
    """Days that the manifest's secret can be brought back once deleted; 0 deletes at once."""
    memory_mib: int = 512
    """Memory; Lambda gives CPU in proportion."""

    def __post_init__(self) -> None:
        """Refuse what AWS Backup refuses."""
        if not 1 <= self.window_days <= 365:
            raise ValueError(f"restore test: window_days is {self.window_days}; AWS Backup takes 1 to 365")
        if not 1 <= self.validation_hours <= 168:
            raise ValueError(f"restore test: validation_hours is {self.validation_hours}; AWS Backup takes 1 to 168")


class RestoreTest(pulumi.ComponentResource):
    """Plan, selection, and the function that looks at what was restored."""

    function_name: pulumi.Output[str]
    """Name of the function that gives the verdict."""
    plan_arn: pulumi.Output[str]
    """ARN of the restore testing plan."""

    def __init__(self, name: str, args: RestoreTestArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make them."""
        super().__init__("data-tier:index:RestoreTest", name, {}, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        plan = self._plan()
        function = self._function(self._manifest())
        self._called(plan, function)
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
        secret = aws.secretsmanager.Secret(
            f"{self._name}-manifest",
            name=f"{args.prefix}/restore-test/manifest",
            description=f"What a restore of {args.prefix} is held against: addresses and references, nothing secret",
            kms_key_id=args.secrets_key_arn,
            recovery_window_in_days=args.recovery_window_days,
            opts=self._child,
        )
        return aws.secretsmanager.SecretVersion(
            f"{self._name}-manifest-content", secret_id=secret.arn, secret_string=args.manifest, opts=self._child
        )

    def _function(self, manifest: aws.secretsmanager.SecretVersion) -> aws.lambda_.Function:
        name, args = self._name, self._args
        function_name = f"{args.prefix}-restore-test"
        logs = aws.cloudwatch.LogGroup(
            f"{name}-logs",
            name=f"/aws/lambda/{function_name}",
            retention_in_days=args.log_retention_days,
            kms_key_id=args.logs_key_arn,
            opts=self._child,
        )
        role = aws.iam.Role(
            f"{name}-role",
            name=function_name,
            description="Looks into restored instances from inside the VPC",
            assume_role_policy=trust("lambda.amazonaws.com"),
            opts=self._child,
        )
        policy = aws.iam.RolePolicy(
            f"{name}-policy",
            role=role.name,
            policy=document(*permissions(args, logs.arn, manifest.secret_id)),
            opts=self._child,
        )
        return aws.lambda_.Function(
            f"{name}-function",
            name=function_name,
            description="Verdict on restored instances of the data tier",
            role=role.arn,
            runtime="python3.13",
            architectures=[args.architecture],
            handler=HANDLER,
            code=args.code,
            memory_size=args.memory_mib,
            timeout=900,
            environment=aws.lambda_.FunctionEnvironmentArgs(variables={"DATATIER_MANIFEST_SECRET": manifest.secret_id}),
            vpc_config=aws.lambda_.FunctionVpcConfigArgs(
                subnet_ids=args.subnet_ids, security_group_ids=args.security_group_ids
            ),
            logging_config=aws.lambda_.FunctionLoggingConfigArgs(log_format="JSON", log_group=logs.name),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )

    def _called(self, plan: aws.backup.RestoreTestingPlan, function: aws.lambda_.Function) -> None:
        name, args = self._name, self._args
        # Of one's own accord Lambda would try twice more, and a verdict cannot be changed (restore-testing-validation).
        # Lambda itself publishes, so the function needs no way to SNS.
        aws.lambda_.FunctionEventInvokeConfig(
            f"{name}-verdict",
            function_name=function.name,
            maximum_retry_attempts=0,
            destination_config=aws.lambda_.FunctionEventInvokeConfigDestinationConfigArgs(
                on_failure=aws.lambda_.FunctionEventInvokeConfigDestinationConfigOnFailureArgs(
                    destination=args.failed_topic_arn
                )
            ),
            opts=self._child,
        )
        rule = aws.cloudwatch.EventRule(
            f"{name}-restored",
            name=f"{args.prefix}-restored",
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
        allowed = aws.lambda_.Permission(
            f"{name}-events",
            statement_id="events",
            action="lambda:InvokeFunction",
            function=function.name,
            principal="events.amazonaws.com",
            source_arn=rule.arn,
            opts=self._child,
        )
        aws.cloudwatch.EventTarget(
            f"{name}-target",
            rule=rule.name,
            arn=function.arn,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[allowed]),
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


def permissions(
    args: RestoreTestArgs, log_group_arn: pulumi.Input[str], manifest_arn: pulumi.Input[str]
) -> list[Statement]:
    """Find the restored instance, log in as its master, give the verdict; its log and a network interface."""
    restored = pulumi.Output.format(
        "arn:{0}:rds:{1}:{2}:db:{3}", args.partition, args.region, args.account_id, RESTORED
    )
    function = pulumi.Output.format(
        "arn:{0}:lambda:{1}:{2}:function:{3}-restore-test", args.partition, args.region, args.account_id, args.prefix
    )
    through = pulumi.Output.format("secretsmanager.{0}.amazonaws.com", args.region)
    interfaces = ["ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface"]
    interfaces += ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses"]
    return [
        # The password of a restored instance is that of its day: where the master has changed it since, the function
        # gives the copy a new one. Only what AWS Backup restored for a test bears that name.
        allow("Restored", ["rds:DescribeDBInstances", "rds:ModifyDBInstance"], restored),
        # A restore job has no ARN that a policy could name (Service Authorization Reference, AWS Backup).
        allow("Verdict", ["backup:PutRestoreValidationResult"], "*"),
        allow("Secrets", ["secretsmanager:GetSecretValue"], [manifest_arn, args.master_secret_arn]),
        allow(
            "SecretsKey",
            ["kms:Decrypt"],
            args.secrets_key_arn,
            Condition={"StringEquals": {"kms:ViaService": through}},
        ),
        allow("Tell", ["sns:Publish"], args.failed_topic_arn),
        allow("TopicKey", ["kms:Decrypt", "kms:GenerateDataKey"], args.topic_key_arn),
        allow("Logs", ["logs:CreateLogStream", "logs:PutLogEvents"], pulumi.Output.format("{0}:*", log_group_arn)),
        # As the runner's: Lambda attaches the function with its own role, the code itself must not.
        allow("Network", interfaces, "*"),
        deny("NetworkFromCode", interfaces, "*", Condition={"ArnEquals": {"lambda:SourceFunctionArn": function}}),
    ]
