"""A major version by a blue/green deployment of RDS: a green copy that follows, then a switch. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from knowledge.parameters import Parameter
from knowledge.postgres.parameters import postgres_family
from upgrade import queries
from upgrade.check import Described, Look
from upgrade.deployed import Deployed
from upgrade.effect import MINUTES, Call
from upgrade.shared import reboot, restart, runs
from upgrade.step import PlanError, UpgradeChange, UpgradeStep, line

SOURCE = "RDS User Guide, blue-green-deployments-considerations"
_AT_ONCE = 20
"""Parameters that one call changes at most (Amazon RDS API Reference, ModifyDBParameterGroup)."""
_SWITCHED = ("SWITCHOVER_COMPLETED",)
_LOST = ("INVALID_CONFIGURATION", "DELETING")


def steps(stack: Deployed, change: UpgradeChange, major: int) -> tuple[UpgradeStep, ...]:
    """From logical replication to the deployment that takes over what was switched. Raise `PlanError`."""
    if stack.primary.referred:
        raise PlanError(
            f"{change}: blue/green needs rds.logical_replication, and the parameter group of "
            f"{stack.primary.identifier} is only referred to: take parameter_group out of postgres.existing, deploy "
            "and restart first, so that the stack has one of its own."
        )
    family = postgres_family(major)
    group = f"{stack.instances.prefix}-{family}-green"
    name = f"{stack.instances.prefix}-{major}"
    return (
        _logical(stack),
        _parameters(stack, group, family, major),
        _green(stack, change, name, group, major),
        _switch(stack, name),
        _take_over(stack, change, family),
    )


def _logical(stack: Deployed) -> UpgradeStep:
    primary = stack.primary
    waits = Described(
        says=f"a parameter of {primary.identifier} waits for a restart",
        look=stack.instance(primary, "DBParameterGroups[0].ParameterApplyStatus"),
        wanted=("pending-reboot",),
    )
    return UpgradeStep(
        id="logical",
        what="Turn logical replication on",
        do=(
            stack.deploy(line("postgres", '{parameters: {rds.logical_replication: "1"}}'), until=(waits,)),
            reboot(stack, primary),
        ),
        checks=(stack.available(primary), queries.LONG),
        users=restart(stack.settings, "when it is rebooted"),
        already=(queries.LOGICAL,),
        proofs=(queries.LOGICAL,),
        undo=(
            stack.deploy(line("postgres", '{parameters: {rds.logical_replication: "0"}}'), until=(waits,)),
            reboot(stack, primary),
        ),
        source=f"{SOURCE}: a major by blue/green replicates logically",
    )


def _parameters(stack: Deployed, group: str, family: str, major: int) -> UpgradeStep:
    """The stack's own group of that family is made by the deployment that follows the switch, and not before."""
    wanted = replace(stack.primary, version=str(major)).parameters
    of = {"DBParameterGroupName": group}
    exists = stack.look("rds", "DescribeDBParameterGroups", of, "DBParameterGroups[0].DBParameterGroupFamily")
    remove = stack.call(
        "DeleteDBParameterGroup", of, until=(Described(says=f"{group} is gone", look=exists, wanted=("",)),)
    )
    return UpgradeStep(
        id="parameters",
        what=f"Make a parameter group of family {family} for the green copy",
        do=(
            stack.call(
                "CreateDBParameterGroup",
                {**of, "DBParameterGroupFamily": family, "Description": f"{stack.primary.identifier} on {major}"},
                until=(Described(says=f"{group} is of family {family}", look=exists, wanted=(family,)),),
            ),
            *_filled(stack, group, wanted),
        ),
        users="Nothing.",
        undo=(remove,),
        source="Amazon RDS API Reference, CreateBlueGreenDeployment: TargetDBParameterGroupName",
    )


def _filled(stack: Deployed, group: str, wanted: tuple[Parameter, ...]) -> Iterator[Call]:
    given = stack.look(
        "rds",
        "DescribeDBParameters",
        {"DBParameterGroupName": group, "Source": "user"},
        "length(Parameters[?ParameterValue != null])",
    )
    for number in range(0, len(wanted), _AT_ONCE):
        some = wanted[number : number + _AT_ONCE]
        least = number + len(some)
        yield stack.call(
            "ModifyDBParameterGroup",
            {
                "DBParameterGroupName": group,
                "Parameters": [
                    {"ParameterName": each.name, "ParameterValue": str(each.value), "ApplyMethod": each.apply_method}
                    for each in some
                ],
            },
            until=(
                Described(
                    says=f"{group} has {least} parameters of its own",
                    look=given,
                    wanted=tuple(map(str, range(least, len(wanted) + 1))),
                ),
            ),
        )


def _deployment(stack: Deployed, name: str, path: str) -> Look:
    filters = [{"Name": "blue-green-deployment-name", "Values": [name]}]
    return stack.look("rds", "DescribeBlueGreenDeployments", {"Filters": filters}, f"BlueGreenDeployments[0].{path}")


def _green(stack: Deployed, change: UpgradeChange, name: str, group: str, major: int) -> UpgradeStep:
    status = _deployment(stack, name, "Status")
    return UpgradeStep(
        id="green",
        what=f"Make the green copy on {major}",
        do=(
            stack.call(
                "CreateBlueGreenDeployment",
                {
                    "BlueGreenDeploymentName": name,
                    "TargetEngineVersion": change.wanted,
                    "TargetDBParameterGroupName": group,
                },
                finds={"Source": stack.instance(stack.primary, "DBInstanceArn")},
                until=(
                    Described(
                        says=f"the blue/green deployment {name} is available",
                        look=status,
                        wanted=("AVAILABLE", "SWITCHOVER_IN_PROGRESS", "SWITCHOVER_FAILED", *_SWITCHED),
                        failed=_LOST,
                    ),
                ),
                made=(Described(says=f"{name} is being made", look=status, wanted=("PROVISIONING",)),),
                minutes=12 * MINUTES,
            ),
        ),
        checks=(
            stack.available(stack.primary),
            queries.NO_KEY,
            queries.NO_SLOTS,
            Described(
                says="automated backups are on",
                look=stack.instance(stack.primary, "BackupRetentionPeriod"),
                wanted=tuple(map(str, range(1, 36))),
                mend="set `data-tier:postgres.backup.retention` to 1 or more, and deploy",
            ),
        ),
        users="Nothing; no DDL and no large objects until the switch.",
        then=("the green copy has caught up", "the application's tests pass on it"),
        undo=(
            stack.call(
                "DeleteBlueGreenDeployment",
                {"DeleteTarget": True},
                finds={"BlueGreenDeploymentIdentifier": _deployment(stack, name, "BlueGreenDeploymentIdentifier")},
                until=(Described(says=f"{name} and its green copy are gone", look=status, wanted=("",)),),
                made=(Described(says=f"{name} goes", look=status, wanted=("DELETING",)),),
            ),
        ),
        source=SOURCE,
    )


def _switch(stack: Deployed, name: str) -> UpgradeStep:
    status = _deployment(stack, name, "Status")
    return UpgradeStep(
        id="switchover",
        what="Switch over",
        do=(
            stack.call(
                "SwitchoverBlueGreenDeployment",
                {"SwitchoverTimeout": 300},
                finds={"BlueGreenDeploymentIdentifier": _deployment(stack, name, "BlueGreenDeploymentIdentifier")},
                until=(
                    Described(
                        says=f"{name} is switched over",
                        look=status,
                        wanted=_SWITCHED,
                        failed=("SWITCHOVER_FAILED", *_LOST),
                        mend="AWS has gone back to the blue instance; its events say why, and it can be run again",
                    ),
                ),
                made=(Described(says=f"{name} switches", look=status, wanted=("SWITCHOVER_IN_PROGRESS",)),),
            ),
        ),
        checks=(
            Described(
                says="the green copy is available",
                look=status,
                wanted=("AVAILABLE", "SWITCHOVER_FAILED"),
                mend="run the step `green` again",
            ),
            queries.LONG,
        ),
        users="Writes stop for about a minute; the endpoint stays.",
        hold=True,
        no_undo="The old instance goes on as `-old1` without what is written from here on: to go back is to lose that.",
        source=f"{SOURCE}: resource ids change, and the history for point-in-time recovery starts again",
    )


def _take_over(stack: Deployed, change: UpgradeChange, family: str) -> UpgradeStep:
    primary = stack.primary
    start = f"{stack.instances.prefix}-{family}-"
    own = f"DBParameterGroups[?starts_with(DBParameterGroupName, '{start}') && DBParameterGroupName != '{start}green']"
    return UpgradeStep(
        id="take-over",
        what="Have the stack take over what was switched",
        do=(
            stack.deploy(
                line("postgres", f'{{version: "{change.wanted}", major_upgrade: true}}'),
                before=(stack.refresh,),
                until=(
                    runs(stack, primary, change.wanted),
                    Described(
                        says=f"the parameter group is the stack's own of family {family}",
                        look=stack.instance(primary, f"{own}.ParameterApplyStatus"),
                        wanted=("in-sync", "pending-reboot", "applying"),
                    ),
                ),
            ),
        ),
        users="Nothing: its parameters are those of the green copy.",
        then=(
            f"{stack.datatier('bootstrap')} says 0 otherwise than declared",
            "the blue instance, its deployment and the green copy's parameter group are deleted after some days",
        ),
        source=f"{SOURCE}: resource ids change",
    )
