"""What an instance had before its stack, and keeps; what others may use too is only referred to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from knowledge.postgres.parameters import postgres_family


@dataclass(frozen=True, kw_only=True)
class ExistingParameterGroup:
    """A parameter group that was there before."""

    name: str
    """Its name."""
    managed: bool = True
    """Whether the instance alone has it, so that its parameters are set; otherwise it is only referred to."""
    description: str | None = None
    """Its description, which cannot be changed."""
    family: str | None = None
    """Family that it is of, `postgres17`; the version's when absent. A version of another family needs a new group."""

    def serves(self, version: str) -> bool:
        """Whether an instance of that version can have it."""
        return self.family in (None, postgres_family(int(version.partition(".")[0])))


@dataclass(frozen=True, kw_only=True)
class ExistingParts:
    """What one instance keeps."""

    subnet_group: str | None = None
    """Its subnet group; one is made when absent."""
    security_group_ids: Sequence[pulumi.Input[str]] = ()
    """Security groups that it keeps besides those that it is given."""
    parameter_group: ExistingParameterGroup | None = None
    """Its parameter group; one is made when absent."""
    encrypted: bool = True
    """Whether it is encrypted at rest."""
    key_arn: str | None = None
    """KMS key at rest; the given one when absent."""
    insights_key_arn: str | None = None
    """KMS key of its insights, which is chosen once; the one at rest when absent."""
    public: bool = False
    """Whether it has a public address."""
    initial_database: str | None = None
    """Database that it was made with, as RDS has it (DBName); of a primary."""
