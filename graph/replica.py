"""Which RDS instances are read replicas. Pure."""

from __future__ import annotations

from collections.abc import Mapping


def replica_source(inputs: Mapping[str, object]) -> str | None:
    """Return the identifier of the instance that one with these inputs replicates; None of a primary.

    `replicateSourceDb` is an identifier within a region and an ARN across regions (Pulumi AWS, `rds.Instance`).
    """
    source = inputs.get("replicateSourceDb")
    return str(source).rpartition(":")[2] if source else None
