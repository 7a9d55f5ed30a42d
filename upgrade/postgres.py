"""PostgreSQL on RDS: minor and major versions, classes, storage. Pure."""

from __future__ import annotations

from infra.settings.model import Settings
from knowledge import storage as gp3
from knowledge.classes import rds_class
from knowledge.postgres.catalogue import POSTGRES_VERSIONS
from upgrade.deployed import Deployed
from upgrade.step import PlanError, UpgradeChange, UpgradeStep, line

_MINOR = "RDS User Guide, USER_UpgradeDBInstance.PostgreSQL.Minor"
_MAJOR = "RDS User Guide, USER_UpgradeDBInstance.PostgreSQL.MajorVersion.Process"
_BLUE_GREEN = "RDS User Guide, blue-green-deployments-considerations"
_MODIFYING = "RDS User Guide, Overview.DBInstance.Modifying"
_STORAGE = "RDS User Guide, USER_PIOPS.StorageTypes"


def version(stack: Deployed, change: UpgradeChange) -> tuple[UpgradeStep, ...]:
    """To another version. Raise `PlanError` where RDS knows no way."""
    major = new_major(change)
    return _major(stack, change, major) if major else _minor(stack, change)


def new_major(change: UpgradeChange) -> int | None:
    """The major version that it brings; None for a minor upgrade. Raise `PlanError` where RDS knows no way."""
    was, wanted = _parts(change.was), _parts(change.wanted)
    if wanted[0] not in POSTGRES_VERSIONS:
        known = ", ".join(map(str, POSTGRES_VERSIONS))
        raise PlanError(f"{change}: RDS offers {known} in standard support.")
    if len(wanted) > 1 and change.wanted not in POSTGRES_VERSIONS[wanted[0]]:
        raise PlanError(f"{change}: RDS offers {', '.join(POSTGRES_VERSIONS[wanted[0]])}.")
    if wanted[0] < was[0] or (wanted[0] == was[0] and len(wanted) > 1 and len(was) > 1 and wanted < was):
        raise PlanError(f"{change}: RDS never goes back; restore a snapshot from before into a new instance.")
    return wanted[0] if wanted[0] > was[0] else None


def _parts(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split("."))
    except ValueError:
        raise PlanError(f"`{text}` is not a PostgreSQL version: write 18 or 17.10.") from None


def _minor(stack: Deployed, change: UpgradeChange) -> tuple[UpgradeStep, ...]:
    replicas = tuple(
        UpgradeStep(
            what=f"Upgrade the replica {name} to {change.wanted}",
            how=(
                stack.aws(
                    f"rds modify-db-instance --db-instance-identifier {replica.identifier} "
                    f"--engine-version {change.wanted} --apply-immediately",
                    replica,
                ),
                stack.aws(f"rds wait db-instance-available --db-instance-identifier {replica.identifier}", replica),
            ),
            users="Readers of this replica are cut for some minutes; the others and the primary go on.",
            before=("its lag is near zero (ReplicaLag in CloudWatch)",),
            after=(f"select version() there says {change.wanted}", "its lag is back near zero"),
            source=f"{_MINOR}: replicas before their source; they carry no engineVersion in the program",
        )
        for name, replica in stack.instances.replicas.items()
    )
    primary = UpgradeStep(
        what=f"Upgrade the primary to {change.wanted}",
        how=(line("postgres", f'{{version: "{change.wanted}"}}'), stack.up),
        users=_restart(stack.settings, "in the maintenance window, or at once with apply_immediately"),
        before=("a snapshot or a point in time to go back to", "no transaction runs for longer than a minute"),
        after=(f"{stack.datatier('bootstrap')} says 0 otherwise than declared",),
        source=_MINOR,
    )
    return (*replicas, primary, _extensions(stack))


def _restart(settings: Settings, when: str) -> str:
    how = "One restart with a failover, a minute or two" if settings.postgres.multi_az else "Down for some minutes"
    return f"{how}, {when}."


def _extensions(stack: Deployed) -> UpgradeStep:
    return UpgradeStep(
        what="Update the extensions",
        how=(
            stack.manifest,
            stack.datatier(
                "psql master",
                "-- -Atc \"SELECT format('ALTER EXTENSION %I UPDATE', name) "
                'FROM pg_available_extensions WHERE installed_version <> default_version"',
            ),
        ),
        users="Nothing.",
        after=("that query finds none",),
        source="RDS User Guide, USER_UpgradeDBInstance.PostgreSQL: an upgrade leaves extensions as they are",
    )


def _major(stack: Deployed, change: UpgradeChange, major: int) -> tuple[UpgradeStep, ...]:
    check = UpgradeStep(
        what="Look for what stops the upgrade",
        how=(
            stack.manifest,
            stack.datatier(
                "psql master",
                "-- -c 'SELECT slot_name, slot_type FROM pg_replication_slots' "
                "-c 'SELECT gid FROM pg_prepared_xacts' "
                "-c \"SELECT attrelid::regclass, attname FROM pg_attribute WHERE atttypid::regtype::text LIKE 'reg%' "
                'AND attrelid >= 16384"',
            ),
        ),
        users="Nothing.",
        after=(
            "no logical slot (before 17), no prepared transaction",
            "no column of a reg* type but regtype, regrole and regclass",
        ),
        source=_MAJOR,
    )
    rehearse = UpgradeStep(
        what="Rehearse on a copy",
        how=(
            stack.aws(
                f"rds restore-db-instance-to-point-in-time --source-db-instance-identifier {stack.primary.identifier} "
                f"--target-db-instance-identifier {stack.primary.identifier}-rehearsal --use-latest-restorable-time"
            ),
            stack.aws(
                f"rds modify-db-instance --db-instance-identifier {stack.primary.identifier}-rehearsal "
                f"--engine-version {major} --allow-major-version-upgrade --apply-immediately"
            ),
        ),
        users="Nothing.",
        after=(
            "it is available, its pg_upgrade log has no error, and the time it took is known",
            "it is deleted again",
        ),
        source=_MAJOR,
    )
    replicated = bool(stack.instances.replicas)
    switch = _in_place(stack, change, major) if replicated else _blue_green(stack, change, major)
    analyse = UpgradeStep(
        what="Collect statistics",
        how=(stack.manifest, stack.datatier("psql master", "-- -c 'ANALYZE (VERBOSE)'")),
        users="Some queries are slow until it is done.",
        after=("pg_stat_user_tables.last_analyze is of today",),
        source=f"{_MAJOR}: pg_upgrade does not carry optimizer statistics over before 18",
    )
    return (check, rehearse, *switch, analyse, _extensions(stack), _prove(stack))


def _in_place(stack: Deployed, change: UpgradeChange, major: int) -> tuple[UpgradeStep, ...]:
    names = ", ".join(stack.instances.replicas)
    return (
        UpgradeStep(
            what=f"Upgrade the primary and its replicas ({names}) to {change.wanted}",
            how=(
                line("postgres", f'{{version: "{change.wanted}", major_upgrade: true, apply_immediately: true}}'),
                stack.preflight,
                stack.up,
            ),
            users="Primary and replicas in the region are down together for as long as the rehearsal took.",
            before=("the rehearsal's time is announced", "a manual snapshot", "long transactions are ended"),
            after=(
                f"select version() says {major}",
                f"the parameter group is of family postgres{major}",
                "major_upgrade and apply_immediately are out of the stack's file again",
            ),
            source=f"{_MAJOR}: replicas in the region are upgraded with the primary, to a parameter group of the new "
            f"family; {_BLUE_GREEN}: not by the provider where there are replicas",
        ),
    )


def _blue_green(stack: Deployed, change: UpgradeChange, major: int) -> tuple[UpgradeStep, ...]:
    return (
        UpgradeStep(
            what="Turn logical replication on",
            how=(
                line("postgres", '{parameters: {rds.logical_replication: "1"}}'),
                stack.up,
                stack.aws(f"rds reboot-db-instance --db-instance-identifier {stack.primary.identifier}"),
            ),
            users=_restart(stack.settings, "when it is rebooted"),
            after=("SHOW rds.logical_replication says on",),
            source=f"{_BLUE_GREEN}: a major by blue/green replicates logically",
        ),
        UpgradeStep(
            what=f"Make the green copy on {major}",
            how=(
                stack.aws(
                    f"rds create-blue-green-deployment --blue-green-deployment-name {stack.primary.identifier}-{major} "
                    f"--source {stack.primary_arn} --target-engine-version {change.wanted} "
                    f"--target-db-parameter-group-name <family postgres{major}>"
                ),
            ),
            users="Nothing; no DDL and no large objects until the switch.",
            before=("every table has a primary key", "automated backups are on"),
            after=("the green copy has caught up", "the application's tests pass on it"),
            source=_BLUE_GREEN,
        ),
        UpgradeStep(
            what="Switch over",
            how=(
                stack.aws(
                    "rds switchover-blue-green-deployment --blue-green-deployment-identifier <id> "
                    "--switchover-timeout 300"
                ),
                line("postgres", f'{{version: "{change.wanted}", major_upgrade: true}}'),
                f"{stack.refresh} && {stack.up}",
            ),
            users="Writes stop for about a minute; the endpoint stays.",
            before=("no long transaction",),
            after=(
                f"{stack.datatier('bootstrap')} says 0 otherwise than declared",
                "the blue instance is deleted after some days",
            ),
            source=f"{_BLUE_GREEN}: resource ids change, and the history for point-in-time recovery starts again",
        ),
    )


def _prove(stack: Deployed) -> UpgradeStep:
    return UpgradeStep(
        what="Prove access and schema",
        how=(stack.manifest, stack.datatier("bootstrap")),
        users="Nothing.",
        after=("0 otherwise than declared",),
    )


def size(stack: Deployed, change: UpgradeChange) -> tuple[UpgradeStep, ...]:
    """Plan the change to another instance class."""
    was, wanted = rds_class(change.was), rds_class(change.wanted)
    before: tuple[str, ...] = ()
    if wanted.memory_gib < was.memory_gib:
        before = ("connections and the working set fit: max_connections and shared_buffers shrink with the class",)
    settings = stack.settings
    users = "One failover, usually 60 to 120 seconds" if settings.postgres.multi_az else "Down for some minutes"
    inheriting = [name for name, replica in settings.postgres.replicas.items() if replica.class_ is None]
    bigger = wanted.memory_gib > was.memory_gib
    order = "replicas first" if bigger else "the primary first"
    restart = f"Restart {order}: max_connections of a replica must never be below the primary's"
    steps = [
        UpgradeStep(
            what=f"Move to {change.wanted}",
            how=(line("postgres", f"{{class: {change.wanted}}}"), stack.up),
            users=f"{users}, in the maintenance window" + (f"; {', '.join(inheriting)} too." if inheriting else "."),
            before=before,
            after=(f"{stack.preflight} says no changes", "alarms have the new thresholds: they follow the class"),
            source=_MODIFYING,
        )
    ]
    if stack.instances.replicas:
        steps.append(
            UpgradeStep(
                what=restart,
                how=_restarts(stack, replicas_first=bigger),
                users="Each is away for about a minute.",
                after=("SHOW max_connections is the new value everywhere",),
                source="RDS User Guide, USER_PostgreSQL.Replication.ReadReplicas",
            )
        )
    return tuple(steps)


def _restarts(stack: Deployed, *, replicas_first: bool) -> tuple[str, ...]:
    reboot = "rds reboot-db-instance --db-instance-identifier"
    primary, *replicas = (stack.aws(f"{reboot} {each.identifier}", each) for each in stack.instances.databases)
    return (*replicas, primary) if replicas_first else (primary, *replicas)


def storage(stack: Deployed, change: UpgradeChange) -> tuple[UpgradeStep, ...]:
    """To another allocated storage, in GiB."""
    if not change.wanted.isdigit():
        raise PlanError(f"{change}: a number of GiB, such as 200.")
    was, wanted = int(change.was), int(change.wanted)
    if wanted < was:
        raise PlanError(f"{change}: RDS storage never shrinks; dump and load into a smaller instance.")
    if wanted < gp3.least_growth(was):
        raise PlanError(f"{change}: RDS takes steps of 10 % or more: at least {gp3.least_growth(was)}.")
    if wanted > gp3.LARGEST:
        raise PlanError(f"{change}: gp3 ends at {gp3.LARGEST} GiB.")
    maximum = stack.primary.max_allocated_storage
    limit = f", max: {min(wanted * 2, gp3.LARGEST)}" if maximum and maximum * 100 < wanted * 126 else ""
    striped = was < gp3.STRIPED_FROM <= wanted
    # Left out, the provider sends what the smaller volume had, which RDS refuses: `Invalid iops value for engine name
    # postgres and storage type gp3: 3000` (hashicorp/terraform-provider-aws, issue 28382 and pull request 47411).
    speed = f", iops: {gp3.base_iops(wanted)}, throughput: {gp3.base_throughput(wanted)}" if striped else ""
    return (
        UpgradeStep(
            what=f"Grow to {wanted} GiB",
            how=(
                line("postgres", f"{{storage: {{allocated: {wanted}{limit}{speed}}}}}"),
                stack.up,
            ),
            users="Nothing but some latency; no further change of storage for six hours"
            + (
                f"; IOPS rise to {gp3.base_iops(wanted):,} once it is optimised, which takes hours." if striped else "."
            ),
            after=(
                stack.aws(f"rds describe-db-instances --db-instance-identifier {stack.primary.identifier}")
                + " says available, not storage-optimization",
            ),
            source=_STORAGE,
        ),
    )
