"""The least that a tier can be: one instance, with what is read of it before all else."""

from __future__ import annotations

from adopt.estate import Estate, Group, RunningInstance

_GROUP = Group(described={"DBParameterGroupName": "default.postgres17"}, parameters=())


def estate(**differs: object) -> Estate:
    """`differs` are keys of the DBInstance."""
    primary = {
        "DBInstanceIdentifier": "orders",
        "Engine": "postgres",
        "EngineVersion": "17.5",
        "DBInstanceClass": "db.m7g.large",
        **differs,
    }
    return Estate(
        account="123456789012",
        partition="aws",
        region="eu-west-1",
        primary=RunningInstance(region="eu-west-1", described=primary, parameter_group=_GROUP),
        replicas={},
        caches={},
    )
