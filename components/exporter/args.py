"""What the exporter's service takes."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.network.firewall import check_peers
from components.policy import Statement
from components.refuse import refuse
from knowledge import fargate, limits


@dataclass(frozen=True, kw_only=True)
class MetricsServiceArgs:
    """Image, size and place of the exporter, and as whom it looks."""

    prefix: str
    """Prefix of the names of all that is made."""
    account_id: pulumi.Input[str]
    """Account of the service."""
    region: pulumi.Input[str]
    """Region of the service."""
    partition: pulumi.Input[str] = "aws"
    """AWS partition."""
    image: str
    """Image with tag or digest; where it is in ECR, the service may pull it and no other."""
    cpu: int = 256
    """CPU units, 1024 to the vCPU."""
    memory_mib: int = 512
    """Memory; Fargate has a few sizes for each `cpu`."""
    port: int = 9187
    """Port that it listens on."""
    clients: Sequence[str]
    """Security groups and networks of those who scrape it."""
    vpc_id: pulumi.Input[str]
    """VPC of the service, and of its name."""
    subnet_ids: pulumi.Input[list[str]]
    """Subnets of the service."""
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
    endpoint_security_group_id: pulumi.Input[str] | None = None
    """Group of the private endpoints, which it is let into; None where `endpoint_cidrs` lead to AWS's APIs."""
    endpoint_cidrs: Sequence[str] = ()
    """Ranges in which it finds AWS's APIs where another part of the VPC holds the endpoints."""
    image_prefix_list_id: pulumi.Input[str] | None = None
    """Prefix list of S3 where the network has a gateway to it: ECR keeps an image's layers there."""
    manifest: pulumi.Input[str]
    """The manifest, JSON; it is kept in a secret of its own, which the exporter reads when it starts."""
    secret_arns: Sequence[pulumi.Input[str]]
    """Secrets that it logs in with: those of the identities that watch, and no others."""
    described_secret_arns: Sequence[pulumi.Input[str]] = ()
    """Secrets whose age it tells; it cannot read what is in them."""
    connect: Sequence[Statement] = ()
    """What lets it log in by IAM token, where those identities do: see `components.connect`."""
    secrets_key_arn: pulumi.Input[str]
    """KMS key of the secrets."""
    logs_key_arn: pulumi.Input[str]
    """KMS key of its log group."""
    log_retention_days: int = 30
    """Days that its logs are kept."""
    recovery_window_days: int = 30
    """Days that the manifest's secret can be brought back once deleted; 0 deletes at once."""

    def __post_init__(self) -> None:
        """Refuse what ECS, CloudWatch Logs and Secrets Manager refuse, and a service that nobody reaches."""
        refuse(
            "metrics service",
            size=fargate.size_problem(self.cpu, self.memory_mib),
            port=limits.PORT.problem(self.port),
            log_retention_days=limits.LOG_RETENTION.problem(self.log_retention_days),
            recovery_window_days=limits.RECOVERY_WINDOW.problem(self.recovery_window_days),
            clients=None if self.clients else "is empty; nobody would reach the exporter",
        )
        check_peers("metrics service: clients", self.clients)
        check_peers("metrics service: endpoint_cidrs", self.endpoint_cidrs)
