"""PostgreSQL on RDS to another major version: looked at, rehearsed on a copy, then in place. Pure.

Where nothing replicates from the primary it is `upgrade.blue_green` in place of the upgrade in place.
"""

from __future__ import annotations

from dataclasses import replace

from knowledge.postgres.parameters import postgres_family
from upgrade import blue_green, queries
from upgrade.check import Described
from upgrade.deployed import Deployed
from upgrade.effect import MINUTES, Again
from upgrade.shared import extensions, pending, runs, upgrading
from upgrade.step import UpgradeChange, UpgradeStep, line

_MAJOR = "RDS User Guide, USER_UpgradeDBInstance.PostgreSQL.MajorVersion.Process"
_STATISTICS_KEPT = 18
"""pg_upgrade carries the optimizer's statistics over to this version (PostgreSQL 18 release notes)."""


def steps(stack: Deployed, change: UpgradeChange, was: int, wanted: int) -> tuple[UpgradeStep, ...]:
    """All of them, in order."""
    replicated = bool(stack.instances.replicas)
    # A blue instance that is a logical source is refused (RDS User Guide, blue-green-deployments-considerations).
    slots = not replicated or was < queries.SLOTS_KEPT
    switch = _in_place(stack, change, wanted) if replicated else blue_green.steps(stack, change, wanted)
    after = (_statistics(stack, wanted), extensions(stack), *((_slots_again(),) if slots else ()), _prove(stack))
    return (_look(stack), _rehearse(stack, change, wanted), *((_drop_slots(stack),) if slots else ()), *switch, *after)


def _look(stack: Deployed) -> UpgradeStep:
    checks = (queries.PREPARED, queries.BROKEN, queries.REG)
    return UpgradeStep(
        id="look",
        what="Look for what stops the upgrade",
        commands=(stack.manifest, stack.psql(*(each.statement for each in checks))),
        checks=checks,
        users="Nothing.",
        then=("none of these finds anything",),
        source=_MAJOR,
    )


def _rehearse(stack: Deployed, change: UpgradeChange, major: int) -> UpgradeStep:
    primary = stack.primary
    name = f"{stack.instances.prefix}-rehearsal"
    rehearsed = stack.datatier(f"upgrade rehearse {stack.stack} --to postgres.version={change.wanted}")
    copy = replace(primary, identifier=name)
    made = Described(says=f"{name} is being made", look=stack.instance(copy, "DBInstanceIdentifier"), wanted=(name,))
    gone = Described(says="it is deleted again", look=stack.instance(copy, "DBInstanceStatus"), wanted=("",))
    going = Described(says=f"{name} goes", look=stack.instance(copy, "DBInstanceStatus"), wanted=("deleting",))
    remove = stack.call(
        "DeleteDBInstance",
        {"DBInstanceIdentifier": name, "SkipFinalSnapshot": True, "DeleteAutomatedBackups": True},
        on=copy,
        until=(gone,),
        made=(going,),
    )
    return UpgradeStep(
        id="rehearse",
        what="Rehearse on a copy",
        do=(
            stack.call(
                "RestoreDBInstanceToPointInTime",
                {
                    "SourceDBInstanceIdentifier": primary.identifier,
                    "TargetDBInstanceIdentifier": name,
                    "UseLatestRestorableTime": True,
                    "PubliclyAccessible": False,
                    "MultiAZ": False,
                    "DeletionProtection": False,
                },
                # Left out, the copy is in the default groups (Amazon RDS API Reference).
                finds={
                    "DBSubnetGroupName": stack.instance(primary, "DBSubnetGroup.DBSubnetGroupName"),
                    "VpcSecurityGroupIds": stack.instance(primary, "VpcSecurityGroups[].VpcSecurityGroupId"),
                },
                on=copy,
                until=(stack.available(copy),),
                made=(made,),
                minutes=6 * MINUTES,
            ),
            stack.call(
                "ModifyDBInstance",
                {
                    "DBInstanceIdentifier": name,
                    "EngineVersion": change.wanted,
                    "DBParameterGroupName": f"default.{postgres_family(major)}",
                    "AllowMajorVersionUpgrade": True,
                    "ApplyImmediately": True,
                },
                on=copy,
                until=(runs(stack, copy, change.wanted), stack.available(copy)),
                made=(pending(stack, copy, "EngineVersion", change.wanted), upgrading(stack, copy)),
                minutes=6 * MINUTES,
            ),
            remove,
        ),
        checks=(stack.available(primary),),
        first=(f"{rehearsed} has passed here: it also runs the slowest statements before and after",),
        users="Nothing.",
        then=("its pg_upgrade log had no error, and the time it took is known",),
        undo=(remove,),
        source=_MAJOR,
    )


def _drop_slots(stack: Deployed) -> UpgradeStep:
    return UpgradeStep(
        id="drop-slots",
        what="Drop the logical slots",
        do=(stack.sql(queries.DROP_SLOTS),),
        checks=(queries.USED_SLOTS,),
        users="Nothing: whoever reads from one is stopped before, and has to copy again what changes meanwhile.",
        proofs=(queries.NO_SLOTS,),
        undo=(Again(step="drop-slots"),),
        source=f"{_MAJOR}: logical slots stop an upgrade from before 17; {blue_green.SOURCE}: and any blue/green",
    )


def _slots_again() -> UpgradeStep:
    return UpgradeStep(
        id="slots",
        what="Make the logical slots again",
        do=(Again(step="drop-slots"),),
        users="Nothing: their consumers copy again, then read on.",
        then=("each consumer has copied its tables again and reads from its slot",),
        source=_MAJOR,
    )


def _in_place(stack: Deployed, change: UpgradeChange, major: int) -> tuple[UpgradeStep, ...]:
    primary = stack.primary
    names = ", ".join(stack.instances.replicas)
    snapshot = f"{primary.identifier}-before-{major}"
    seen = stack.look("rds", "DescribeDBSnapshots", {"DBSnapshotIdentifier": snapshot}, "DBSnapshots[0].Status")
    start = f"{stack.instances.prefix}-{postgres_family(major)}-"
    here = tuple(each for each in stack.instances.databases if not each.elsewhere)
    return (
        UpgradeStep(
            id="snapshot",
            what="Take a manual snapshot",
            do=(
                stack.call(
                    "CreateDBSnapshot",
                    {"DBInstanceIdentifier": primary.identifier, "DBSnapshotIdentifier": snapshot},
                    until=(
                        Described(
                            says=f"the snapshot {snapshot} is available",
                            look=seen,
                            wanted=("available",),
                            failed=("failed",),
                        ),
                    ),
                    made=(Described(says=f"{snapshot} is being taken", look=seen, wanted=("creating",)),),
                    minutes=6 * MINUTES,
                ),
            ),
            checks=(stack.available(primary),),
            users="Nothing but some latency where the instance is in one zone only.",
            undo=(
                stack.call(
                    "DeleteDBSnapshot",
                    {"DBSnapshotIdentifier": snapshot},
                    until=(Described(says=f"{snapshot} is gone", look=seen, wanted=("",)),),
                    made=(Described(says=f"{snapshot} goes", look=seen, wanted=("deleting",)),),
                ),
            ),
            source=_MAJOR,
        ),
        UpgradeStep(
            id="upgrade",
            what=f"Upgrade the primary and its replicas ({names}) to {change.wanted}",
            do=(
                stack.deploy(
                    line("postgres", f'{{version: "{change.wanted}", major_upgrade: true, apply_immediately: true}}'),
                    before=(stack.preflight,),
                    until=(
                        *(runs(stack, each, change.wanted) for each in here),
                        *(stack.available(each) for each in here),
                        Described(
                            says=f"the parameter group is of family {postgres_family(major)}",
                            look=stack.instance(
                                primary,
                                f"DBParameterGroups[?starts_with(DBParameterGroupName, '{start}')]"
                                ".ParameterApplyStatus",
                            ),
                            wanted=("in-sync", "pending-reboot", "applying"),
                        ),
                    ),
                    pending=(pending(stack, primary, "EngineVersion", change.wanted),),
                ),
            ),
            checks=(stack.available(primary), queries.PREPARED, queries.LONG),
            users="Primary and replicas in the region are down together for as long as the rehearsal took.",
            first=(
                "the rehearsal's time is announced",
                # A standby is a physical copy, which no other major version reads (PostgreSQL, "Upgrading a cluster").
                *(
                    f"the replica {each.name} in {each.region} is deleted, and deployed again afterwards: RDS takes "
                    "along those of the primary's region alone"
                    for each in stack.instances.replicas.values()
                    if each.elsewhere
                ),
            ),
            then=("major_upgrade and apply_immediately are out of the stack's file again",),
            no_undo=f"RDS never goes back: restore the snapshot {snapshot} into a new instance.",
            source=f"{_MAJOR}: replicas in the region are upgraded with the primary, to a parameter group of the new "
            f"family; {blue_green.SOURCE}: not by the provider where there are replicas",
        ),
    )


def _statistics(stack: Deployed, major: int) -> UpgradeStep:
    kept = major >= _STATISTICS_KEPT
    return UpgradeStep(
        id="statistics",
        what="Collect statistics",
        do=(stack.sql(queries.ANALYZE),),
        users="Nothing: 18 keeps what the planner knew; extended statistics and autovacuum's counters are new."
        if kept
        else "Some queries are slow until it is done.",
        proofs=(queries.UNKNOWN,),
        source="PostgreSQL, pg_upgrade: from 18 on it carries optimizer statistics over, extended ones excepted"
        if kept
        else f"{_MAJOR}: pg_upgrade does not carry optimizer statistics over before 18",
    )


def _prove(stack: Deployed) -> UpgradeStep:
    return UpgradeStep(
        id="prove",
        what="Prove access and schema",
        commands=(stack.manifest, stack.datatier("bootstrap")),
        users="Nothing.",
        proofs=(stack.as_declared,),
    )
