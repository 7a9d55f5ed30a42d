"""What a stack's file says of the primary, every key that is known of it. Pure."""

from __future__ import annotations

from typing import Any

from adopt import instance_facts as facts
from adopt.estate import RunningInstance
from knowledge.names import database_problem
from knowledge.windows import as_written, parse_utc

_SHORTEST = 30
"""Minutes of a window of RDS."""


def section(it: RunningInstance) -> dict[str, Any]:
    """`postgres` without replicas, parameters and `existing`. Windows are in UTC, as AWS has them."""
    own = it.described
    return {
        "version": facts.version(own),
        "class": own["DBInstanceClass"],
        "storage": facts.storage(own),
        "multi_az": bool(own.get("MultiAZ")),
        "pgaudit": has_pgaudit(it),
        "backup": {
            "retention": int(own.get("BackupRetentionPeriod") or 0),
            "window": as_written(parse_utc(str(own["PreferredBackupWindow"]), shortest=_SHORTEST)),
        },
        "maintenance": as_written(parse_utc(str(own["PreferredMaintenanceWindow"]), shortest=_SHORTEST)),
        "insights": facts.insights(own),
        "monitoring": int(own.get("MonitoringInterval") or 0),
        **({} if database_problem(own.get("DBName") or "") else {"database": own["DBName"]}),
        "master": own["MasterUsername"],
        "port": facts.port(own),
        "ca": own["CACertificateIdentifier"],
    }


def database_remark(it: RunningInstance) -> str:
    """What is to be said where the application's database is not known, or cannot be declared; else empty."""
    name = it.described.get("DBName")
    if not name:
        return "RDS made no database with the instance: say here which one (`database`) the application has."
    if not database_problem(name):
        return ""
    return f"RDS made the database `{name}`, which cannot be a stack's: say here which one (`database`) comes after it."


def has_pgaudit(it: RunningInstance) -> bool:
    """Whether its group audits as a stack with `pgaudit` does: the library, and a role and classes to audit."""
    live = facts.set_parameters(it)
    libraries = live.get("shared_preload_libraries", "").replace(" ", "").split(",")
    return "pgaudit" in libraries and live.get("pgaudit.role") == "rds_pgaudit" and "pgaudit.log" in live
