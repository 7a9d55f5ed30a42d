"""What minor and major upgrades of PostgreSQL have in common. Pure."""

from __future__ import annotations

from infra.instances import DatabaseInstance
from infra.settings.model import Settings
from upgrade import queries
from upgrade.check import Described
from upgrade.deployed import Deployed
from upgrade.effect import Call
from upgrade.step import UpgradeStep


def runs(stack: Deployed, on: DatabaseInstance, version: str) -> Described:
    """An instance has a version of the engine."""
    look = stack.instance(on, "EngineVersion")
    return Described(says=f"{on.identifier} runs {version}", look=look, wanted=(version,), version=True)


def upgrading(stack: Deployed, on: DatabaseInstance) -> Described:
    """RDS upgrades it at this moment."""
    look = stack.instance(on, "DBInstanceStatus")
    return Described(says=f"{on.identifier} is being upgraded", look=look, wanted=("upgrading",))


def pending(stack: Deployed, on: DatabaseInstance, name: str, wanted: str) -> Described:
    """RDS has taken a change of it, for the maintenance window."""
    return Described(
        says=f"{name} {wanted} waits for the maintenance window of {on.identifier}",
        look=stack.instance(on, f"PendingModifiedValues.{name}"),
        wanted=(wanted,),
        version=True,
    )


def restart(settings: Settings, when: str) -> str:
    """What users notice of a restart."""
    how = "One restart with a failover, a minute or two" if settings.postgres.multi_az else "Down for some minutes"
    return f"{how}, {when}."


def reboot(stack: Deployed, on: DatabaseInstance) -> Call:
    """Restart it where a parameter waits for that; where none does, nothing is done."""
    in_sync = Described(
        says=f"no parameter of {on.identifier} waits for a restart",
        look=stack.instance(on, "DBParameterGroups[0].ParameterApplyStatus"),
        wanted=("in-sync",),
    )
    return stack.call(
        "RebootDBInstance",
        {"DBInstanceIdentifier": on.identifier},
        on=on,
        until=(in_sync, stack.available(on)),
        made=(
            Described(
                says=f"{on.identifier} restarts", look=stack.instance(on, "DBInstanceStatus"), wanted=("rebooting",)
            ),
        ),
    )


def extensions(stack: Deployed) -> UpgradeStep:
    """Bring every extension to the version that the server has of it."""
    return UpgradeStep(
        id="extensions",
        what="Update the extensions",
        do=(stack.sql(queries.UPDATE_EXTENSIONS),),
        users="Nothing.",
        proofs=(queries.OUTDATED,),
        no_undo="An extension has no way back to an older version but to be made again.",
        source="RDS User Guide, USER_UpgradeDBInstance.PostgreSQL: an upgrade leaves extensions as they are",
    )
