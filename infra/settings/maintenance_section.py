"""Settings of the maintenance that runs by itself, once a week."""

from __future__ import annotations

from typing import Annotated

from pydantic import model_validator

from infra.settings.backup_sections import Weekly
from infra.settings.images import Image
from infra.settings.values import Duration, Section, asks, minutes
from knowledge import fargate, limits
from knowledge.maintenance import FUNCTION_MINUTES


def _budget_problem(value: str) -> str | None:
    return limits.MAINTENANCE_SECONDS.problem(60 * minutes(value))


class MaintenanceSection(Section):
    """Maintenance of PostgreSQL and the caches (`datatier maintain plan`), in a function or a task."""

    at: Weekly = "Sun 03:00"
    """When, by the stack's standard time."""
    budget: Annotated[Duration, asks(_budget_problem, f"1m to {limits.MAINTENANCE_SECONDS.edges[-1] // 3600}h")] = "10m"
    """How long it works; what is left is the next run's. Beyond 14m it takes a task on Fargate, and `image`."""
    image: Image | None = None
    """Image that `make image` builds, in a registry that the network reaches; none for a function."""
    cpu: int = 256
    """CPU units of the task, 1024 to the vCPU."""
    memory: int = 512
    """MiB of the task. The work itself is done by the database."""

    @property
    def budget_minutes(self) -> int:
        """How long it works, in minutes."""
        return minutes(self.budget)

    @property
    def in_task(self) -> bool:
        """Whether a task does it: an image is only given where the budget is beyond what a function has."""
        return self.image is not None

    @model_validator(mode="after")
    def _place(self) -> MaintenanceSection:
        """`cpu` and `memory` are one of the sizes that Fargate has. A `budget` beyond the 14m of a function needs
        `image`, and only such a one takes it."""
        if problem := fargate.size_problem(self.cpu, self.memory):
            raise ValueError(f"{problem}.")
        longer = self.budget_minutes > FUNCTION_MINUTES
        if longer and self.image is None:
            raise ValueError(
                f"budget {self.budget} is beyond the {FUNCTION_MINUTES}m of a function: name the `image` of a task "
                "(`make image`), or give it less."
            )
        if self.image is not None and not longer:
            raise ValueError(f"image is for a budget beyond {FUNCTION_MINUTES}m, which is a task's: leave it out.")
        return self
