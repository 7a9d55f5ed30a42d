"""What an instance keeps that was there before the stack: nothing in it is replaced."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.existing import ExistingParameterGroup


@dataclass(frozen=True, kw_only=True)
class ExistingInstance:
    """An instance, primary or replica, that is imported. What others may use too is referred to and never managed."""

    subnet_group: str | None = None
    """Its subnet group; one is made when absent."""
    security_group_ids: Sequence[pulumi.Input[str]] = ()
    """Security groups that it keeps besides those that are given."""
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
