"""Roles that a server has by itself and whose powers are its maker's business, not the declaration's. Pure.

Every name is one that nobody else can take: PostgreSQL reserves `pg_`, the superuser that made the cluster is known by
its oid, and a cloud's roles count only where that superuser is the cloud's own.
"""

from __future__ import annotations

# The superuser that made the cluster -> the roles made with it. RDS User Guide, "Understanding the rds_superuser role"
# and its table of roles; Google's "About PostgreSQL users and roles"; Azure's "Create users" (azuresu, azure_pg_admin).
_FELLOWS: dict[str, frozenset[str]] = {
    "rdsadmin": frozenset(
        [
            "rds_ad",
            "rds_extension",
            "rds_iam",
            "rds_password",
            "rds_replication",
            "rds_reserved",
            "rds_superuser",
            "rdsproxyadmin",
            "rdsrepladmin",
            "rdstopmgr",
            "rdswriteforwarduser",
        ]
    ),
    "cloudsqladmin": frozenset(
        [
            "cloudsqlagent",
            "cloudsqlconnpooladmin",
            "cloudsqliamgroup",
            "cloudsqliamgroupserviceaccount",
            "cloudsqliamgroupuser",
            "cloudsqliamserviceaccount",
            "cloudsqliamuser",
            "cloudsqlimportexport",
            "cloudsqlinactiveuser",
            "cloudsqllogical",
            "cloudsqlobservability",
            "cloudsqlreplica",
            "cloudsqlsuperuser",
        ]
    ),
    "alloydbadmin": frozenset(
        [
            "alloydbagent",
            "alloydbexport",
            "alloydbiamgroupuser",
            "alloydbiamuser",
            "alloydbimportexport",
            "alloydbmetadata",
            "alloydbobservability",
            "alloydbreplica",
            "alloydbsuperuser",
        ]
    ),
    "azuresu": frozenset({"azure_pg_admin", "azure_superuser", "replication"}),
}
POWERFUL = frozenset(
    [
        "pg_execute_server_program",
        "pg_maintain",
        "pg_read_all_data",
        "pg_read_server_files",
        "pg_write_all_data",
        "pg_write_server_files",
        "rds_replication",
        "rds_superuser",
        "cloudsqlsuperuser",
        "alloydbsuperuser",
        "azure_pg_admin",
    ]
)
"""Those whose members reach what no ACL gives them (PostgreSQL, "Predefined Roles")."""


def of_server(role: str, maker: str) -> bool:
    """Whether a role is the server's own, where `maker` is the superuser that made the cluster."""
    return role == maker or role.startswith("pg_") or role in _FELLOWS.get(maker, frozenset())


def of_cloud(maker: str) -> bool:
    """Whether a server is a cloud's: nobody else is a superuser there."""
    return maker in _FELLOWS
