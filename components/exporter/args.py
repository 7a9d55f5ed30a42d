"""What the exporter's service takes."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.network.firewall import check_peers
from components.refuse import refuse
from components.tasks.args import TaskArgs
from knowledge import limits


@dataclass(frozen=True, kw_only=True)
class MetricsServiceArgs(TaskArgs):
    """Image, size and place of the exporter, and as whom it looks."""

    port: int = 9187
    """Port that it listens on."""
    clients: Sequence[str]
    """Security groups and networks of those who scrape it."""
    described_secret_arns: Sequence[pulumi.Input[str]] = ()
    """Secrets whose age it tells; it cannot read what is in them."""

    def __post_init__(self) -> None:
        """Refuse what ECS, CloudWatch Logs and Secrets Manager refuse, and a service that nobody reaches."""
        super().__post_init__()
        refuse(
            "metrics service",
            port=limits.PORT.problem(self.port),
            clients=None if self.clients else "is empty; nobody would reach the exporter",
        )
        check_peers("metrics service: clients", self.clients)
