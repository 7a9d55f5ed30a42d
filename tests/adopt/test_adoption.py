"""An existing tier to its report, import and state, with the program run offline."""

from offline_program import run

from adopt.adoption import adoption
from adopt.estate import Estate, Group, RunningInstance

GROUP = Group(described={"DBParameterGroupName": "default.postgres17"}, parameters=())


def estate(**differs: object) -> Estate:
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
        primary=RunningInstance(region="eu-west-1", described=primary, parameter_group=GROUP),
        replicas={},
        caches={},
    )


def test_a_member_of_an_aurora_cluster_is_refused_whole() -> None:
    found = adoption(estate(Engine="aurora-postgresql"), "live", "shop", run("live"))
    assert found.report.refused
    assert (found.config, found.imports, found.state) == ({}, {}, {})
