"""What every task on Fargate takes."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.network.firewall import check_peers
from components.policy import Statement
from components.refuse import refuse
from knowledge import fargate, limits


@dataclass(frozen=True, kw_only=True)
class TaskArgs:
    """Image, size and place, and as whom it logs in: what the arguments of each component with a task begin with."""

    prefix: str
    """Prefix of the names of all that is made."""
    account_id: pulumi.Input[str]
    """Account of the task."""
    region: pulumi.Input[str]
    """Region of the task."""
    partition: pulumi.Input[str] = "aws"
    """AWS partition."""
    image: str
    """Image with tag or digest; where it is in ECR, the task may pull it and no other."""
    cpu: int = 256
    """CPU units, 1024 to the vCPU."""
    memory_mib: int = 512
    """Memory; Fargate has a few sizes for each `cpu`."""
    vpc_id: pulumi.Input[str]
    """VPC of the task."""
    subnet_ids: pulumi.Input[list[str]]
    """Subnets of the task."""
    security_group_ids: Sequence[pulumi.Input[str]] = ()
    """Groups besides its own: those of endpoints that are there already."""
    database_security_group_id: pulumi.Input[str]
    """Group of the databases, which it is let into."""
    database_port: int = 5432
    """Port of PostgreSQL."""
    cache_security_group_id: pulumi.Input[str]
    """Group of the caches, which it is let into."""
    cache_port: int = 6379
    """Port of the caches."""
    other_cache_ports: Sequence[int] = ()
    """Ports of caches that were there before and have another."""
    endpoint_security_group_id: pulumi.Input[str] | None = None
    """Group of the private endpoints, which it is let into; None where `endpoint_cidrs` lead to AWS's APIs."""
    endpoint_cidrs: Sequence[str] = ()
    """Ranges in which it finds AWS's APIs where another part of the VPC holds the endpoints."""
    image_prefix_list_id: pulumi.Input[str] | None = None
    """Prefix list of S3 where the network has a gateway to it: ECR keeps an image's layers there."""
    manifest: pulumi.Input[str]
    """The manifest, JSON; it is kept in a secret of its own, which the task reads when it starts."""
    secret_arns: Sequence[pulumi.Input[str]]
    """Secrets that it logs in with: those of whom it logs in as, and no others."""
    connect: Sequence[Statement] = ()
    """What lets it log in by IAM token, where they do: see `components.connect`."""
    secrets_key_arn: pulumi.Input[str]
    """KMS key of the secrets."""
    existing_secret_arns: Sequence[str] = ()
    """Those of its secrets that were there before, under keys of others."""
    logs_key_arn: pulumi.Input[str]
    """KMS key of its log group."""
    log_retention_days: int = 30
    """Days that its logs are kept."""
    recovery_window_days: int = 30
    """Days that the manifest's secret can be brought back once deleted; 0 deletes at once."""

    def __post_init__(self) -> None:
        """Refuse what ECS, CloudWatch Logs and Secrets Manager refuse."""
        refuse(
            "task",
            size=fargate.size_problem(self.cpu, self.memory_mib),
            log_retention_days=limits.LOG_RETENTION.problem(self.log_retention_days),
            recovery_window_days=limits.RECOVERY_WINDOW.problem(self.recovery_window_days),
        )
        check_peers("task: endpoint_cidrs", self.endpoint_cidrs)
