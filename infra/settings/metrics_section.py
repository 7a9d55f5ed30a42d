"""Settings of the metrics: a schedule that writes them to CloudWatch, a service that Prometheus reads, or both."""

from __future__ import annotations

from typing import Annotated

from pydantic import model_validator

from infra.settings.images import Image
from infra.settings.values import Client, Duration, Port, Section, asks, minutes
from knowledge import fargate, limits

EXPORTER_PORT = 9187
"""postgres_exporter's, which dashboards and scrape configurations expect (Prometheus, default port allocations)."""


def _schedule_problem(value: str) -> str | None:
    return limits.METRICS_MINUTES.problem(minutes(value))


class MetricsServiceSection(Section):
    """The exporter as a service of ECS on Fargate."""

    image: Image
    """Image that `make image` builds, in a registry that the network reaches."""
    cpu: int = 256
    """CPU units, 1024 to the vCPU."""
    memory: int = 512
    """MiB."""
    port: Port = EXPORTER_PORT
    """Port that is scraped."""
    clients: tuple[Client, ...]
    """Security groups and networks of those who scrape it."""

    @model_validator(mode="after")
    def _size(self) -> MetricsServiceSection:
        """`cpu` and `memory` are one of the sizes that Fargate has; `clients` are not empty."""
        if problem := fargate.size_problem(self.cpu, self.memory):
            raise ValueError(f"{problem}.")
        if not self.clients:
            raise ValueError("clients is empty: name the security groups or networks that scrape it.")
        return self


class MetricsSection(Section):
    """What the servers report, as metrics; absent: CloudWatch has only what AWS measures from outside."""

    schedule: Annotated[Duration, asks(_schedule_problem, limits.METRICS_MINUTES.words)] | None = None
    """How often a function looks and writes CloudWatch metrics, such as 5m; absent, it is not made."""
    service: MetricsServiceSection | None = None
