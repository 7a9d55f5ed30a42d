"""Database instances that cannot be taken over, each with why and the way. Pure.

The ways are those of the RDS User Guide: Overview.DBInstance.Modifying, rds-secrets-manager, blue-green-deployments,
multi-az-db-clusters-migrating-to-instance-with-read-replica, extended-support, CHAP_Storage, UsingWithRDS.SSL,
accessing-monitoring (DB instance status).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from adopt import instance_facts as facts
from adopt.estate import Described, Estate
from adopt.refusal import Refusal
from infra.settings.sections import CertificateAuthority, StorageType
from knowledge import classes, names
from knowledge.commands import in_region
from knowledge.postgres.catalogue import POSTGRES_VERSIONS
from knowledge.storage import SMALLEST

_QUIET = ("available", "backing-up", "storage-optimization")
"""States in which what is described is what is, and can be changed."""
_AUTHORITIES, _STORAGE = get_args(CertificateAuthority), get_args(StorageType)

Reason = tuple[str, str]
"""Why and the way."""


def instance_refusals(estate: Estate) -> Iterator[Refusal]:
    """Everything that keeps an instance out; without the primary there is no stack."""
    it = estate.primary
    for why, way in _of(estate, it.described, it.identifier):
        yield Refusal(what=it.identifier, why=why, way=in_region(way, it.region), whole=True)
    for name, it in estate.replicas.items():
        for why, way in _of_replica(estate, it.described):
            yield Refusal(what=it.identifier, why=why, way=in_region(way, it.region), server=("replica", name))


def _of(estate: Estate, own: Described, name: str) -> Iterator[Reason]:
    """What is in the way of the primary."""
    cluster = own.get("DBClusterIdentifier") or own.get("ReadReplicaSourceDBClusterIdentifier")
    if str(own.get("Engine")).startswith("aurora"):
        yield (
            "it is a member of an Aurora cluster, which is another resource than an RDS instance",
            "Aurora stays where it is; a copy for RDS comes by logical replication or by a dump",
        )
    elif cluster:
        yield (
            f"it is of the Multi-AZ DB cluster {cluster}, which is another resource than an RDS instance",
            f"`aws rds create-db-instance-read-replica --db-instance-identifier {name}-instance "
            f"--source-db-cluster-identifier {cluster}` makes an instance of it; promote that and adopt it",
        )
    elif own.get("Engine") != "postgres":
        yield f"it is {own.get('Engine')}, and a stack's database is PostgreSQL", "leave it outside the stack"
    else:
        yield from _any(estate, own)
        yield from _master(own)
        if not own.get("BackupRetentionPeriod"):
            yield (
                "it has no automated backups, so that nothing which a stack promises could be restored",
                f"`aws rds modify-db-instance --db-instance-identifier {name} --backup-retention-period 7 "
                "--apply-immediately`, which takes it down for a moment",
            )


def _of_replica(estate: Estate, own: Described) -> Iterator[Reason]:
    """What is in the way of a replica."""
    name, primary = str(own["DBInstanceIdentifier"]), estate.primary.described
    modify = f"`aws rds modify-db-instance --db-instance-identifier {name}"
    if facts.source(own) != estate.primary.identifier:
        yield (
            f"it replicates {facts.source(own)}, and the replicas of a stack replicate its primary",
            "leave it outside the stack, or make a replica of the primary for its readers and adopt again",
        )
    yield from _any(estate, own)
    if facts.port(own) and facts.port(own) != facts.port(primary):
        yield (
            f"its port is {facts.port(own)}, and a stack's databases have one, {facts.port(primary)}",
            f"{modify} --db-port-number {facts.port(primary)}`, which restarts it, once its clients know",
        )
    authority = primary.get("CACertificateIdentifier")
    if own.get("CACertificateIdentifier") in _AUTHORITIES and own["CACertificateIdentifier"] != authority:
        yield (
            f"its certificate is of {own['CACertificateIdentifier']}, and a stack's databases have one authority, "
            f"{authority}",
            f"{modify} --ca-certificate-identifier {authority}`, once its clients trust RDS's whole bundle",
        )


def _any(estate: Estate, own: Described) -> Iterator[Reason]:
    """What is in the way of either."""
    yield from _state(estate, own)
    yield from _known(own)
    modify = f"`aws rds modify-db-instance --db-instance-identifier {own['DBInstanceIdentifier']}"
    if own.get("DedicatedLogVolume"):
        yield (
            "it has a dedicated log volume, which a stack would take away",
            f"{modify} --no-dedicated-log-volume`, which restarts it",
        )
    if own.get("DomainMemberships"):
        yield (
            "it is in a directory of Active Directory, out of which a stack would take it",
            f"{modify} --disable-domain`, once nobody logs in by Kerberos",
        )


def _state(estate: Estate, own: Described) -> Iterator[Reason]:
    """What it is in the middle of."""
    name, status = str(own["DBInstanceIdentifier"]), str(own.get("DBInstanceStatus"))
    if status == "stopped":
        yield (
            "it is stopped, and nothing of it can be changed",
            f"`aws rds start-db-instance --db-instance-identifier {name}`",
        )
    elif status == "storage-full":
        grow = f"--allocated-storage {facts.more_storage(own)} --apply-immediately"
        yield (
            "its storage is full, and it takes no connections",
            f"`aws rds modify-db-instance --db-instance-identifier {name} {grow}`",
        )
    elif status not in _QUIET:
        yield f"it is {status}", "wait until it is available, and try again"
    if pending := sorted(own.get("PendingModifiedValues") or {}):
        yield (
            f"changes wait for its maintenance window ({', '.join(pending)}), and would come after it was read",
            "let the window pass, or ask for the same again with `--apply-immediately`, and adopt it then",
        )
    for each in estate.around.blue_green:
        if own.get("DBInstanceArn") in (each.get("Source"), each.get("Target")):
            deployment = each["BlueGreenDeploymentIdentifier"]
            yield (
                f"the Blue/Green deployment {each.get('BlueGreenDeploymentName', deployment)} is under way: another "
                "instance has its name after that",
                f"`aws rds switchover-blue-green-deployment --blue-green-deployment-identifier {deployment}`, or "
                "delete-blue-green-deployment, and adopt what is there then",
            )


def _known(own: Described) -> Iterator[Reason]:
    """What no stack's file says."""
    modify = f"`aws rds modify-db-instance --db-instance-identifier {own['DBInstanceIdentifier']}"
    if int(facts.major(own)) not in POSTGRES_VERSIONS:
        oldest, newest = min(POSTGRES_VERSIONS), max(POSTGRES_VERSIONS)
        yield (
            f"it is PostgreSQL {own['EngineVersion']}, and a stack's is {oldest} to {newest}",
            f"upgrade it first: {modify} --engine-version {oldest} --allow-major-version-upgrade --apply-immediately`, "
            "tried on a copy of a snapshot before",
        )
    if problem := classes.rds_problem(str(own["DBInstanceClass"])):
        yield problem, f"{modify} --db-instance-class CLASS`, which restarts it"
    if own.get("StorageType") not in _STORAGE:
        yield (
            f"its storage is {own.get('StorageType')} (magnetic), which RDS makes no more",
            f"{modify} --storage-type gp3 --apply-immediately`; it runs meanwhile, and is slower",
        )
    if int(own["AllocatedStorage"]) < SMALLEST:
        yield (
            f"it has {own['AllocatedStorage']} GiB, and RDS's own least is {SMALLEST} today",
            f"{modify} --allocated-storage {SMALLEST} --apply-immediately`",
        )
    if own.get("CACertificateIdentifier") not in _AUTHORITIES:
        yield (
            f"its certificate is of {own.get('CACertificateIdentifier')}, a stack's of {', '.join(_AUTHORITIES)}",
            f"{modify} --ca-certificate-identifier {_AUTHORITIES[0]} --apply-immediately`, once its clients trust the "
            "whole bundle of RDS",
        )


def managed_password(own: Described) -> Reason | None:
    """Why no stack takes a master whose password RDS manages, and the way; None where it does not."""
    if not own.get("MasterUserSecret"):
        return None
    return (
        "RDS manages its master's password, which forbids read replicas and Blue/Green deployments",
        f"`aws rds modify-db-instance --db-instance-identifier {own['DBInstanceIdentifier']} "
        "--no-manage-master-user-password --master-user-password file://password.txt --apply-immediately` (a file "
        "without a line end); RDS deletes its secret then, so whoever reads that needs the new one first",
    )


def _master(own: Described) -> Iterator[Reason]:
    """The master user, whose name RDS never changes, and whose password a stack keeps."""
    if managed := managed_password(own):
        yield managed
    if problem := names.master_problem(str(own.get("MasterUsername", ""))):
        yield (
            f"{problem.removesuffix('.')}, and RDS renames none",
            "make a new database with the stack and move the data there (pg_dump, or logical replication)",
        )
