"""AWS Backup in the emulator: vaults, plans and selections can be looked at there; no job ever runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graph import types
from graph.cloud import Made
from graph.naming import physical_name
from graph.resource import Resource
from local.handlers.base import RunContext
from local.handlers.emulated import Emulated, Outputs, given
from local.handlers.recorded import Recorded
from local.handlers.storage import api
from local.state import Entry

JOBS = "AWS Backup's vault and plan are in the emulator, which runs no job: no recovery point, copy or restore test"


@dataclass(frozen=True)
class OfBackup:
    """What is in this region is in the emulator, what is in another one is recorded: names may be the same in both."""

    here: Emulated
    elsewhere: Recorded
    recorded = False

    def ensure(self, context: RunContext, resource: Resource, previous: Entry | None) -> Made:
        context.differences["aws:backup"] = (JOBS,)
        if resource.inputs.get("region") not in (None, context.region):
            return self.elsewhere.ensure(context, resource, previous)
        return self.here.ensure(context, resource, previous)

    def remove(self, context: RunContext, entry: Entry) -> None:
        if entry["inputs"].get("region") in (None, context.region):
            self.here.remove(context, entry)


def _vaults(client: Any) -> dict[str, Any]:
    return {vault["BackupVaultName"]: vault for vault in client.list_backup_vaults()["BackupVaultList"]}


def _create_vault(client: Any, name: str, resource: Resource) -> Outputs:
    made = client.create_backup_vault(
        BackupVaultName=name, **given(resource.inputs, {"kmsKeyArn": "EncryptionKeyArn", "tags": "BackupVaultTags"})
    )
    return {"id": name, "name": name, "arn": made["BackupVaultArn"]}


def _vault(_: Any, found: Any, __: Resource) -> Outputs:
    return {"id": found["BackupVaultName"], "name": found["BackupVaultName"], "arn": found["BackupVaultArn"]}


def _plans(client: Any) -> dict[str, Any]:
    return {plan["BackupPlanName"]: plan for plan in client.list_backup_plans()["BackupPlansList"]}


def _plan_document(resource: Resource) -> dict[str, Any]:
    rules = []
    for rule in resource.inputs["rules"]:
        made = api({key: value for key, value in rule.items() if key not in _MINUTES})
        for key, name in _MINUTES.items():
            if rule.get(key) is not None:
                made[name] = int(rule[key])
        made["TargetBackupVaultName"] = made.pop("TargetVaultName")
        made["ScheduleExpression"] = made.pop("Schedule")
        for holder in (made, *made.get("CopyActions", ())):
            holder["Lifecycle"] = {"DeleteAfterDays": holder["Lifecycle"]["DeleteAfter"]}
        for copy in made.get("CopyActions", ()):
            copy["DestinationBackupVaultArn"] = copy.pop("DestinationVaultArn")
        rules.append(made)
    return {"BackupPlanName": physical_name(resource), "Rules": rules}


_MINUTES = {"startWindow": "StartWindowMinutes", "completionWindow": "CompletionWindowMinutes"}


def _create_plan(client: Any, _: str, resource: Resource) -> Outputs:
    return _plan_outputs(client.create_backup_plan(BackupPlan=_plan_document(resource)), resource)


def _update_plan(client: Any, found: Any, resource: Resource) -> Outputs:
    made = client.update_backup_plan(BackupPlanId=found["BackupPlanId"], BackupPlan=_plan_document(resource))
    return _plan_outputs(made, resource)


def _plan_outputs(made: Any, resource: Resource) -> Outputs:
    return {
        "id": made["BackupPlanId"],
        "arn": made["BackupPlanArn"],
        "version": made["VersionId"],
        "name": physical_name(resource),
    }


def _selections(client: Any) -> dict[str, Any]:
    return {
        f"{plan['BackupPlanId']} {selection['SelectionName']}": selection
        for plan in client.list_backup_plans()["BackupPlansList"]
        for selection in client.list_backup_selections(BackupPlanId=plan["BackupPlanId"])["BackupSelectionsList"]
    }


def _selection_key(resource: Resource, _: Entry | None) -> str:
    return f"{resource.inputs['planId']} {resource.inputs['name']}"


def _create_selection(client: Any, _: str, resource: Resource) -> Outputs:
    inputs = resource.inputs
    selection = {"SelectionName": inputs["name"], "IamRoleArn": inputs["iamRoleArn"], "Resources": inputs["resources"]}
    made = client.create_backup_selection(BackupPlanId=inputs["planId"], BackupSelection=selection)
    return {"id": made["SelectionId"], "name": inputs["name"]}


def _replace_selection(client: Any, found: Any, resource: Resource) -> Outputs:
    """It cannot be changed; the provider makes another too."""
    client.delete_backup_selection(BackupPlanId=resource.inputs["planId"], SelectionId=found["SelectionId"])
    return _create_selection(client, "", resource)


BACKUP = {
    types.VAULT: OfBackup(
        Emulated(
            "backup",
            "backup vaults",
            _vaults,
            lambda resource, _: physical_name(resource),
            _create_vault,
            _vault,
            lambda client, entry: client.delete_backup_vault(BackupVaultName=entry["id"]),
        ),
        Recorded(),
    ),
    types.BACKUP_PLAN: OfBackup(
        Emulated(
            "backup",
            "backup plans",
            _plans,
            lambda resource, _: physical_name(resource),
            _create_plan,
            _update_plan,
            lambda client, entry: client.delete_backup_plan(BackupPlanId=entry["id"]),
        ),
        Recorded(),
    ),
    types.BACKUP_SELECTION: OfBackup(
        Emulated(
            "backup",
            "backup selections",
            _selections,
            _selection_key,
            _create_selection,
            _replace_selection,
            lambda client, entry: client.delete_backup_selection(
                BackupPlanId=entry["inputs"]["planId"], SelectionId=entry["id"]
            ),
        ),
        Recorded(),
    ),
}
