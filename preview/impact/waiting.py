"""What holds between a deployment and the maintenance window in which AWS does the rest of it. Pure."""

from __future__ import annotations

from graph.types import INSTANCE, PARAMETER_GROUP
from preview.impact.effect import Edit


def meanwhile(edit: Edit) -> str:
    """What users and operators meet until the window, of a change that waits for it.

    Source: RDS User Guide, Overview.DBInstance.Modifying and parameter-groups-overview: a class waits, a dynamic
    parameter applies at once, a static one from the next restart on, whatever its cause.
    """
    consequence = "Until then every `pulumi up` proposes it again."
    if edit.change.type == INSTANCE and edit.key == "instanceClass" and _parameters_come_first(edit):
        consequence += (
            " The parameters for the new class come before it: the dynamic ones apply to the old class at once, the "
            "static ones from any restart on. With data-tier:postgres.apply_immediately: true for this deployment they "
            "come together."
        )
    return consequence


def _parameters_come_first(edit: Edit) -> bool:
    group = str((edit.change.now or {}).get("parameterGroupName") or "")
    return any(
        "parameters" in other.keys and group.startswith(str((other.now or {}).get("namePrefix") or group))
        for other in edit.others(PARAMETER_GROUP)
    )
