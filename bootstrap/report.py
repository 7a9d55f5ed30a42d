"""What a bootstrap did, what it proved and what differs: free of secrets, the same for people and machines."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, computed_field

Expected = Literal["allowed", "refused"]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True)


class Step(_Model):
    """One step of the run."""

    name: str
    seconds: float
    changed: int
    """How many things it changed; 0 in a run that had nothing to do."""
    detail: tuple[str, ...] = ()
    """What it changed, one entry each."""


class Check(_Model):
    """One thing tried under an identity's own login."""

    identity: str
    engine: Literal["postgres", "redis"]
    target: str
    """Where: `primary`, a replica, or cache/node."""
    action: str
    expected: Expected
    outcome: str
    """`allowed`, `refused`, or what went wrong."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def ok(self) -> bool:
        """Whether the outcome is the expected one."""
        return self.outcome == self.expected


class MigrationReached(_Model):
    """Where the schema is."""

    version: int | None = None
    dirty: bool = False


class AccessCount(_Model):
    """How the checks came out."""

    allowed: int = 0
    """Proved to be allowed."""
    refused: int = 0
    """Proved to be refused."""
    failed: int = 0
    """Came out otherwise than declared."""


class Report(_Model):
    """The whole run."""

    stack: str
    seconds: float
    steps: tuple[Step, ...]
    migration: MigrationReached
    checks: tuple[Check, ...]
    differences: tuple[str, ...] = ()
    """What is not as declared and was left so, each with what mends it."""
    schema_errors: int = 0
    """How many of the differences are objects that are missing or other than the schema's definition has them."""
    warnings: tuple[str, ...] = ()
    """What is allowed but unwise."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def access(self) -> AccessCount:
        """The checks, counted."""
        return AccessCount(
            allowed=sum(c.ok and c.expected == "allowed" for c in self.checks),
            refused=sum(c.ok and c.expected == "refused" for c in self.checks),
            failed=sum(not c.ok for c in self.checks),
        )

    @computed_field  # type: ignore[prop-decorator]
    @property
    def changed(self) -> int:
        """How many things the run changed."""
        return sum(step.changed for step in self.steps)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def ok(self) -> bool:
        """Whether every check came out as declared and the schema is clean and as defined."""
        return self.access.failed == 0 and not self.migration.dirty and not self.schema_errors
