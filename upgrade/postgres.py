"""PostgreSQL on RDS: minor versions, classes, storage; a major version is `upgrade.major`. Pure."""

from __future__ import annotations

from dataclasses import replace

from infra.instances import DatabaseInstance
from knowledge import storage as volumes
from knowledge.classes import rds_class
from knowledge.postgres.catalogue import POSTGRES_VERSIONS
from upgrade import major, queries
from upgrade.check import Described
from upgrade.deployed import Deployed
from upgrade.shared import extensions, pending, reboot, restart, runs, upgrading
from upgrade.step import PlanError, UpgradeChange, UpgradeStep, line

_MINOR = "RDS User Guide, USER_UpgradeDBInstance.PostgreSQL.Minor"
_MODIFYING = "RDS User Guide, Overview.DBInstance.Modifying"
_STORAGE = "RDS User Guide, USER_PIOPS.StorageTypes"


def version(stack: Deployed, change: UpgradeChange) -> tuple[UpgradeStep, ...]:
    """To another version. Raise `PlanError` where RDS knows no way."""
    wanted = new_major(change)
    return major.steps(stack, change, _parts(change.was)[0], wanted) if wanted else _minor(stack, change)


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
    replicas = tuple(_replica(stack, change.wanted, name, each) for name, each in stack.instances.replicas.items())
    primary = UpgradeStep(
        id="primary",
        what=f"Upgrade the primary to {change.wanted}",
        do=(
            stack.deploy(
                line("postgres", f'{{version: "{change.wanted}"}}'),
                until=(runs(stack, stack.primary, change.wanted), stack.available(stack.primary)),
                pending=(pending(stack, stack.primary, "EngineVersion", change.wanted),),
            ),
        ),
        checks=(stack.available(stack.primary), queries.LONG),
        users=restart(stack.settings, "in the maintenance window, or at once with apply_immediately"),
        first=("a snapshot or a point in time to go back to",),
        proofs=(stack.as_declared,),
        no_undo="RDS never goes back: restore to a point in time before it, into a new instance.",
        source=_MINOR,
    )
    return (*replicas, primary, extensions(stack))


def _replica(stack: Deployed, wanted: str, name: str, replica: DatabaseInstance) -> UpgradeStep:
    runs_it = runs(stack, replica, wanted)
    return UpgradeStep(
        id=f"replica-{name}",
        what=f"Upgrade the replica {name} to {wanted}",
        do=(
            stack.call(
                "ModifyDBInstance",
                {"DBInstanceIdentifier": replica.identifier, "EngineVersion": wanted, "ApplyImmediately": True},
                on=replica,
                until=(runs_it, stack.available(replica)),
                made=(pending(stack, replica, "EngineVersion", wanted), upgrading(stack, replica)),
            ),
        ),
        checks=(stack.available(replica), queries.BEHIND),
        users="Readers of this replica are cut for some minutes; the others and the primary go on.",
        proofs=(queries.BEHIND,),
        no_undo="RDS never goes back: delete the replica, and a deployment makes it again as the primary is.",
        source=f"{_MINOR}: replicas before their source; they carry no engineVersion in the program",
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
    servers = (stack.primary, *(stack.instances.replicas[name] for name in inheriting))
    bigger = wanted.memory_gib > was.memory_gib
    steps = [
        UpgradeStep(
            id="class",
            what=f"Move to {change.wanted}",
            do=(
                stack.deploy(
                    line("postgres", f"{{class: {change.wanted}}}"),
                    until=tuple(_of_class(stack, each, change.wanted) for each in servers)
                    + tuple(stack.available(each) for each in servers),
                    pending=(pending(stack, stack.primary, "DBInstanceClass", change.wanted),),
                ),
            ),
            checks=(stack.available(stack.primary),),
            users=f"{users}, in the maintenance window" + (f"; {', '.join(inheriting)} too." if inheriting else "."),
            first=before,
            then=(f"{stack.preflight} says no changes", "alarms have the new thresholds: they follow the class"),
            undo=(
                stack.deploy(
                    line("postgres", f"{{class: {change.was}}}"),
                    until=(_of_class(stack, stack.primary, change.was), stack.available(stack.primary)),
                    pending=(pending(stack, stack.primary, "DBInstanceClass", change.was),),
                ),
            ),
            source=_MODIFYING,
        )
    ]
    if stack.instances.replicas:
        steps.append(_restarts(stack, replicas_first=bigger))
    return tuple(steps)


def _of_class(stack: Deployed, on: DatabaseInstance, wanted: str) -> Described:
    look = stack.instance(on, "DBInstanceClass")
    return Described(says=f"{on.identifier} is a {wanted}", look=look, wanted=(wanted,))


def _restarts(stack: Deployed, *, replicas_first: bool) -> UpgradeStep:
    order = "replicas first" if replicas_first else "the primary first"
    primary, *replicas = stack.instances.databases
    servers = (*replicas, primary) if replicas_first else (primary, *replicas)
    return UpgradeStep(
        id="restart",
        what=f"Restart {order}: max_connections of a replica must never be below the primary's",
        do=tuple(reboot(stack, each) for each in servers),
        users="Each is away for about a minute.",
        then=("SHOW max_connections is the new value everywhere",),
        no_undo="A restart is over when it is over.",
        source="RDS User Guide, USER_PostgreSQL.Replication.ReadReplicas",
    )


def storage(stack: Deployed, change: UpgradeChange) -> tuple[UpgradeStep, ...]:
    """To another allocated storage, in GiB."""
    if not change.wanted.isdigit():
        raise PlanError(f"{change}: a number of GiB, such as 200.")
    was, wanted, volume = int(change.was), int(change.wanted), stack.primary.volume
    if wanted < was:
        raise PlanError(f"{change}: RDS storage never shrinks; dump and load into a smaller instance.")
    if wanted < volumes.least_growth(was):
        raise PlanError(f"{change}: RDS takes steps of 10 % or more: at least {volumes.least_growth(was)}.")
    if wanted > volumes.LARGEST:
        raise PlanError(f"{change}: {volume.type} ends at {volumes.LARGEST} GiB.")
    # Of gp3 what the larger volume needs is said below.
    refused = [] if volume.type == "gp3" else [*replace(volume, allocated=wanted).problems()]
    if refused:
        raise PlanError(f"{change}: in the same change postgres.storage.{refused[0][0]} {refused[0][1]}")
    maximum = stack.primary.max_allocated_storage
    limit = f", max: {min(wanted * 2, volumes.LARGEST)}" if maximum and maximum * 100 < wanted * 126 else ""
    striped = volume.type == "gp3" and was < volumes.STRIPED_FROM <= wanted
    # Left out, the provider sends what the smaller volume had, which RDS refuses: `Invalid iops value for engine name
    # postgres and storage type gp3: 3000` (hashicorp/terraform-provider-aws, issue 28382 and pull request 47411).
    speed = f", iops: {volumes.base_iops(wanted)}, throughput: {volumes.base_throughput(wanted)}" if striped else ""
    primary = stack.primary
    grown = Described(
        says=f"{primary.identifier} has {wanted} GiB",
        look=stack.instance(primary, "AllocatedStorage"),
        wanted=(str(wanted),),
    )
    settled = Described(
        says=f"{primary.identifier} says available, not storage-optimization",
        look=stack.instance(primary, "DBInstanceStatus"),
        wanted=("available", "backing-up"),
        mend="wait: RDS takes no other change of storage for six hours after one, nor while it optimises",
    )
    return (
        UpgradeStep(
            id="storage",
            what=f"Grow to {wanted} GiB",
            do=(
                stack.deploy(
                    line("postgres", f"{{storage: {{allocated: {wanted}{limit}{speed}}}}}"),
                    until=(grown, stack.available(primary)),
                    pending=(pending(stack, stack.primary, "AllocatedStorage", str(wanted)),),
                ),
            ),
            checks=(settled,),
            users="Nothing but some latency; no further change of storage for six hours"
            + (
                f"; IOPS rise to {volumes.base_iops(wanted):,} once it is optimised, which takes hours."
                if striped
                else "."
            ),
            no_undo="RDS storage never shrinks: dump and load into a smaller instance.",
            source=_STORAGE,
        ),
    )
