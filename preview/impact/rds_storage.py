"""RDS storage, encryption, name, place and address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from knowledge.storage import BASE_IOPS, BASE_THROUGHPUT, STRIPED_FROM, Volume, ceiling_problem, least_growth
from preview.impact.conditions import less, number, replica
from preview.impact.effect import Edit, Effect, Rule

_MODIFYING = "RDS User Guide, Overview.DBInstance.Modifying"
_STORAGE = "RDS User Guide, USER_PIOPS.StorageTypes and CHAP_Storage"
_RESTORE = "Restore a snapshot into an instance with the new setting, switch over, then delete the old one."
_FIXED = f"Below {STRIPED_FROM} GiB gp3 has"
_GROW_FIRST = f"Grow to {STRIPED_FROM} GiB first, or leave"


def _gp3(edit: Edit) -> bool:
    return ((edit.change.now or {}).get("storageType") or "gp3") == "gp3"


def _smaller_gp3(edit: Edit) -> bool:
    # The size that RDS has grown to counts, not the program's initial size.
    sizes = [number((side or {}).get("allocatedStorage")) for side in (edit.change.was, edit.change.now)]
    return _gp3(edit) and max(sizes) < STRIPED_FROM


def _slower(edit: Edit) -> bool:
    was, now = (_volume(side or {}) for side in (edit.change.was, edit.change.now))
    return was is not None and now is not None and now.lasting_iops < was.lasting_iops


def _volume(held: Mapping[str, Any]) -> Volume | None:
    """The volume of an instance; None where its size is not known."""
    if not (size := int(number(held.get("allocatedStorage")))):
        return None
    iops = int(number(held.get("iops"))) or None
    return Volume(type=str(held.get("storageType") or "gp3"), allocated=size, iops=iops)


def _over_the_step(edit: Edit) -> bool:
    """Grows from where gp3 has 3,000 IOPS to where it has 12,000 at least, and says no IOPS."""
    grows = number(edit.before) < STRIPED_FROM <= number(edit.after)
    return grows and _gp3(edit) and not (edit.change.now or {}).get("iops")


def _no_room(edit: Edit) -> bool:
    """A maximum that RDS refuses; what is allocated already is how the provider turns the growth off."""
    after, there = int(number(edit.after)), int(_there(edit))
    return after != there and ceiling_problem(there, after) is not None


def _small_step(edit: Edit) -> bool:
    return number(edit.before) < number(edit.after) < least_growth(int(number(edit.before)))


def _never_grows(edit: Edit) -> bool:
    return not edit.after or number(edit.after) == _there(edit)


def _there(edit: Edit) -> float:
    return number((edit.change.was or {}).get("allocatedStorage"))


STORAGE: tuple[Rule, ...] = (
    Rule(
        id="rds-storage-shrink",
        key="allocatedStorage",
        effect=Effect.BLOCKED,
        when=less,
        users="RDS storage never shrinks.",
        source=_STORAGE,
        way_round="Dump and load into a smaller instance, or leave it.",
    ),
    Rule(
        id="rds-storage-step",
        key="allocatedStorage",
        effect=Effect.BLOCKED,
        when=_over_the_step,
        users=f"From {STRIPED_FROM} GiB gp3 has {BASE_IOPS[1]:,} IOPS or more; the provider sends the old "
        f"{BASE_IOPS[0]:,}, and RDS refuses them.",
        source="hashicorp/terraform-provider-aws#47411 and #28382; RDS User Guide, CHAP_Storage",
        way_round=f"Give iops in the same change: {BASE_IOPS[1]}, or more.",
    ),
    Rule(
        id="rds-storage-small-step",
        key="allocatedStorage",
        effect=Effect.BLOCKED,
        when=_small_step,
        users="RDS takes steps of 10 % or more.",
        source="RDS API Reference, ModifyDBInstance: AllocatedStorage",
        way_round="Grow by more, or leave it: with a maximum RDS grows it automatically.",
    ),
    Rule(
        id="rds-storage-grow",
        key="allocatedStorage",
        effect=Effect.IN_PLACE,
        users="Grows without a pause; latency may rise while it is optimised, and no further change for 6 hours.",
        source=_STORAGE,
    ),
    Rule(
        id="rds-autoscaling-below",
        key="maxAllocatedStorage",
        effect=Effect.BLOCKED,
        when=_no_room,
        users="RDS refuses a maximum that is not 10 % above what is allocated now, which may have grown.",
        source="RDS User Guide, USER_PIOPS.Autoscaling",
        way_round="A maximum of a quarter more than what is allocated, at least.",
    ),
    Rule(
        id="rds-autoscaling-off",
        key="maxAllocatedStorage",
        effect=Effect.DATA_AT_RISK,
        when=_never_grows,
        users="Storage no longer grows automatically: a full disk stops the database.",
        source="RDS User Guide, USER_PIOPS.Autoscaling",
        way_round="Keep a maximum well above the allocated storage.",
    ),
    Rule(
        id="rds-autoscaling",
        key="maxAllocatedStorage",
        effect=Effect.IN_PLACE,
        users="Only the limit of the growth changes.",
        source="RDS User Guide, USER_PIOPS.Autoscaling",
    ),
    Rule(
        id="rds-storage-magnetic",
        key="storageType",
        effect=Effect.DOWNTIME,
        when=lambda e: "standard" in (e.before, e.after),
        users="From or to magnetic storage the instance is down for a moment, and slow for hours.",
        source=_STORAGE,
    ),
    Rule(
        id="rds-storage-slower",
        key="storageType",
        effect=Effect.DOWNTIME,
        when=_slower,
        users="The new volume has fewer IOPS at all times than the old one: what needs them waits from then on.",
        source=_STORAGE,
        way_round="Choose as many with iops, or compare with ReadIOPS and WriteIOPS of a busy week first.",
    ),
    Rule(
        id="rds-storage-type",
        key="storageType",
        effect=Effect.IN_PLACE,
        users="Changes while the database runs; latency is higher until it is done, which may take hours.",
        source=_STORAGE,
        way_round="At a quiet time.",
    ),
    Rule(
        id="rds-iops-fixed",
        key="iops",
        effect=Effect.BLOCKED,
        when=lambda e: bool(e.after) and _smaller_gp3(e),
        users=f"{_FIXED} {BASE_IOPS[0]:,} IOPS and nothing else.",
        source=_STORAGE,
        way_round=f"{_GROW_FIRST} iops out.",
    ),
    Rule(id="rds-iops", key="iops", effect=Effect.IN_PLACE, users="Changes while the database runs.", source=_STORAGE),
    Rule(
        id="rds-throughput-fixed",
        key="storageThroughput",
        effect=Effect.BLOCKED,
        when=lambda e: bool(e.after) and _smaller_gp3(e),
        users=f"{_FIXED} {BASE_THROUGHPUT[0]} MiB/s and nothing else.",
        source=_STORAGE,
        way_round=f"{_GROW_FIRST} it out.",
    ),
    Rule(
        id="rds-throughput",
        key="storageThroughput",
        effect=Effect.IN_PLACE,
        users="Changes while the database runs.",
        source=_STORAGE,
    ),
    Rule(
        id="rds-log-volume",
        key="dedicatedLogVolume",
        effect=Effect.DOWNTIME,
        users="The instance restarts.",
        source=_MODIFYING,
    ),
    Rule(
        id="rds-replica-key",
        key="kmsKeyId",
        when=replica,
        users="The replica is replaced by one under the other key; its readers are cut off until it has caught up.",
        way_round="Add a second replica under the new key, move the readers, remove the first.",
    ),
    Rule(
        id="rds-key",
        key="kmsKeyId",
        effect=Effect.DATA_AT_RISK,
        users="A key cannot be exchanged: the instance would be replaced by an empty one.",
        way_round=f"Copy a snapshot under the new key. {_RESTORE}",
    ),
    Rule(
        id="rds-encryption",
        key="storageEncrypted",
        effect=Effect.DATA_AT_RISK,
        users="Encryption cannot be switched: the instance would be replaced by an empty one.",
        way_round=f"Copy a snapshot with encryption. {_RESTORE}",
    ),
    Rule(
        id="rds-insights-key",
        key="performanceInsightsKmsKeyId",
        effect=Effect.BLOCKED,
        when=lambda e: bool(e.before),
        users="The key of Performance Insights is chosen once.",
        source="RDS User Guide, USER_PerfInsights.Enabling",
        way_round="Leave the key, or turn Performance Insights off and lose its history.",
    ),
    Rule(
        id="rds-replica-zone",
        key="availabilityZone",
        when=replica,
        users="The replica is replaced by one in the other zone.",
        way_round="Add a replica in the new zone first.",
    ),
    Rule(
        id="rds-zone",
        key="availabilityZone",
        effect=Effect.DATA_AT_RISK,
        users="The instance would be replaced by an empty one in the other zone.",
        way_round="Multi-AZ and a failover move it without loss.",
    ),
    Rule(
        id="rds-database",
        key="dbName",
        effect=Effect.DATA_AT_RISK,
        users="The instance would be replaced by an empty one.",
        way_round="Keep `data-tier:postgres: {database: ...}` as it was, which follows `data-tier:name` unless it is "
        "said; make another database inside this instance by hand.",
    ),
    Rule(
        id="rds-username",
        key="username",
        effect=Effect.DATA_AT_RISK,
        users="The instance would be replaced by an empty one.",
        way_round="Keep `data-tier:postgres: {master: ...}` as it was, which follows `data-tier:name` unless it is "
        "said; declare an identity in access.yaml.",
    ),
    Rule(
        id="rds-snapshot",
        key="snapshotIdentifier",
        effect=Effect.DATA_AT_RISK,
        users="The instance would be replaced by one restored from that snapshot: what came later is gone.",
        way_round="Restore beside it and merge: see the runbook on accidental deletion.",
    ),
    Rule(
        id="rds-identifier",
        key="identifier",
        effect=Effect.DOWNTIME,
        users="The endpoint changes: every client needs the new one, dashboards and alarms lose their instance.",
        source="RDS User Guide, USER_RenameInstance",
        way_round="Leave the name.",
    ),
    Rule(
        id="rds-port",
        key="port",
        effect=Effect.DOWNTIME,
        users="The instance restarts at once, whatever the window, and listens on another port.",
        source=_MODIFYING,
        way_round="Change the clients' setting and the firewall in the same deployment.",
    ),
    Rule(
        id="rds-subnets",
        key="dbSubnetGroupName",
        effect=Effect.DOWNTIME,
        users="The instance moves to the other network: down for minutes, another address.",
        source=_MODIFYING,
    ),
    Rule(
        id="rds-network-type",
        key="networkType",
        effect=Effect.DOWNTIME,
        users="The instance is down for a moment.",
        source=_MODIFYING,
    ),
    Rule(
        id="rds-public",
        key="publiclyAccessible",
        effect=Effect.DATA_AT_RISK,
        when=lambda e: bool(e.after),
        users="The database gets a public address.",
        source="Security Hub, RDS.2",
        way_round="Leave it private; people come through a bastion or Session Manager.",
    ),
    Rule(
        id="rds-private",
        key="publiclyAccessible",
        effect=Effect.DOWNTIME,
        users="Clients outside of the VPC lose the database.",
        source=_MODIFYING,
    ),
)
