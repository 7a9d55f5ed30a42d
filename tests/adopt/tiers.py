"""Existing tiers of databases: the base tier, and tiers that differ from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from described_around import (
    alarm,
    log_group,
    route_table,
    secret,
    security_group,
    subscription,
    topic,
    vpc,
)
from described_rds import ACCOUNT, REGION, grouped, instance, parameter_group, replica, running, subnet_group

from adopt.estate import Estate, Group, RunningInstance, Surroundings


def around(**differs: Any) -> Surroundings:
    """What stands around the base tier."""
    given: dict[str, Any] = {
        "subnet_groups": (subnet_group(),),
        "security_groups": (security_group(),),
        "vpcs": (vpc(),),
        "route_tables": (route_table(),),
        "log_groups": (log_group(retentionInDays=90),),
        "event_subscriptions": (subscription(),),
        "secrets": (secret(),),
        "alarms": (alarm(),),
        "topics": (
            topic("orders-oncall", ("email", "oncall@example.org")),
            topic("orders-events", ("email", "dba@example.org"), ("https", "https://hooks.example.org/a1b2c3d4hook")),
        ),
        **differs,
    }
    return Surroundings(**given)


def replicas() -> dict[str, RunningInstance]:
    """Those of the base tier."""
    own = parameter_group("orders-reports-pg16", chosen={"max_connections": "400", "work_mem": "65536"})
    reports = replica(
        "orders-reports", DBInstanceClass="db.r6i.xlarge", DBParameterGroups=grouped("orders-reports-pg16")
    )
    return {"reports": running(reports, own), "standby": running(replica("orders-standby"))}


def tier(
    *,
    group: Group | None = None,
    replicas: Mapping[str, RunningInstance] | None = None,
    around: Mapping[str, Any] | None = None,
    **differs: Any,
) -> Estate:
    """The base tier with a primary that differs in these keys of its DBInstance.

    `group` is its parameter group, `replicas` are its replicas in place of the two, `around` fields of what is around.
    """
    if group is not None:
        differs.setdefault("DBParameterGroups", grouped(str(group.described["DBParameterGroupName"])))
    kept = _replicas() if replicas is None else replicas
    names = [each.identifier for each in kept.values()]
    return Estate(
        account=ACCOUNT,
        partition="aws",
        region=REGION,
        primary=running(instance(**{"ReadReplicaDBInstanceIdentifiers": names, **differs}), group),
        replicas=kept,
        caches={},
        around=_around(**(around or {})),
    )


_replicas, _around = replicas, around  # under the names of keywords
