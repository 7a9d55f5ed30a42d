"""ElastiCache cluster mode, failover, TLS, encryption, place, durability and snapshots."""

from __future__ import annotations

from preview.impact.conditions import less
from preview.impact.effect import Edit, Effect, Rule, replaced

_TLS = "ElastiCache User Guide, in-transit-encryption-enable"
_FAILOVER = "ElastiCache User Guide, AutoFailover"
_NEW_BESIDE = (
    "Make a cache beside it, fill it (from a snapshot, or by the application), switch over, delete the old one."
)


def _mode(edit: Edit) -> str:
    return str((edit.change.now or {}).get("transitEncryptionMode") or "")


SETTINGS: tuple[Rule, ...] = (
    Rule(
        id="cache-cluster-mode-jump",
        key="clusterMode",
        effect=Effect.BLOCKED,
        when=lambda e: {str(e.before or "disabled"), str(e.after or "disabled")} == {"enabled", "disabled"},
        users="Cluster mode is not switched in one step.",
        source="ElastiCache User Guide, modify-cluster-mode",
        way_round="`compatible` first, move every client to the cluster protocol, then `enabled`, which cannot be "
        "undone.",
    ),
    Rule(
        id="cache-cluster-mode",
        key="clusterMode",
        effect=Effect.DOWNTIME,
        users="Clients must speak the cluster protocol and use the configuration endpoint afterwards.",
        source="ElastiCache User Guide, modify-cluster-mode",
    ),
    Rule(
        id="cache-failover-off",
        key="automaticFailoverEnabled",
        effect=Effect.DOWNTIME,
        when=lambda e: not e.after,
        users="No pause now, but the next lost primary stays lost until somebody acts.",
        source=_FAILOVER,
        way_round="Keep it on.",
    ),
    Rule(
        id="cache-failover-on",
        key="automaticFailoverEnabled",
        effect=Effect.IN_PLACE,
        users="A replica takes over from now on.",
        source=_FAILOVER,
    ),
    Rule(
        id="cache-one-zone",
        key="multiAzEnabled",
        effect=Effect.DOWNTIME,
        when=lambda e: not e.after,
        users="No pause now, but a lost zone takes the cache with it.",
        source=_FAILOVER,
        way_round="Keep it on.",
    ),
    Rule(
        id="cache-zones",
        key="multiAzEnabled",
        effect=Effect.IN_PLACE,
        users="Nodes may be redistributed over the zones.",
        source=_FAILOVER,
    ),
    Rule(
        id="cache-tls-jump",
        key="transitEncryptionMode",
        effect=Effect.BLOCKED,
        when=lambda e: e.after == "required" and e.before != "preferred",
        users="TLS is not required in one step on a running cache.",
        source=_TLS,
        way_round="`preferred` first, move every client to TLS, then `required`.",
    ),
    Rule(
        id="cache-tls-required",
        key="transitEncryptionMode",
        effect=Effect.DOWNTIME,
        when=lambda e: e.after == "required",
        users="Clients that still speak plain text are refused.",
        source=_TLS,
        way_round="Look at the clients (CLIENT LIST) before; all must use TLS.",
    ),
    Rule(
        id="cache-tls-preferred",
        key="transitEncryptionMode",
        effect=Effect.IN_PLACE,
        when=lambda e: e.after == "preferred",
        users="Both TLS and plain text are taken.",
        source=_TLS,
    ),
    Rule(
        id="cache-tls-at-creation",
        key="transitEncryptionEnabled",
        effect=Effect.DATA_AT_RISK,
        when=replaced,
        users="Before Redis OSS 7 TLS is chosen when the cache is made: the cache would be replaced by an empty one.",
        way_round="Upgrade the engine first. " + _NEW_BESIDE,
    ),
    Rule(
        id="cache-tls-on-jump",
        key="transitEncryptionEnabled",
        effect=Effect.BLOCKED,
        when=lambda e: bool(e.after) and _mode(e) != "preferred",
        users="TLS is turned on in two steps on a running cache.",
        source=_TLS,
        way_round="Deploy with transitEncryptionMode `preferred`, move every client to TLS, then `required`.",
    ),
    Rule(
        id="cache-tls-on",
        key="transitEncryptionEnabled",
        effect=Effect.IN_PLACE,
        when=lambda e: bool(e.after),
        users="Both TLS and plain text are taken.",
        source=_TLS,
    ),
    Rule(
        id="cache-tls-off",
        key="transitEncryptionEnabled",
        effect=Effect.DOWNTIME,
        users="Passwords and data would cross the network in plain text; users and AUTH need TLS and are refused.",
        source=_TLS,
        way_round="Leave TLS on.",
    ),
    Rule(
        id="cache-encryption",
        key="atRestEncryptionEnabled",
        effect=Effect.DATA_AT_RISK,
        users="Cannot be switched: the cache would be replaced by an empty one.",
        way_round=_NEW_BESIDE,
    ),
    Rule(
        id="cache-key",
        key="kmsKeyId",
        effect=Effect.DATA_AT_RISK,
        users="A key cannot be exchanged: the cache would be replaced by an empty one.",
        way_round=_NEW_BESIDE,
    ),
    Rule(
        id="cache-subnets",
        key="subnetGroupName",
        effect=Effect.DATA_AT_RISK,
        users="The cache would be replaced by an empty one in the other network.",
        way_round=_NEW_BESIDE,
    ),
    Rule(
        id="cache-network-type",
        key="networkType",
        effect=Effect.DATA_AT_RISK,
        users="The cache would be replaced by an empty one.",
        way_round=_NEW_BESIDE,
    ),
    Rule(
        id="cache-port",
        key="port",
        effect=Effect.DATA_AT_RISK,
        users="The cache would be replaced by an empty one.",
        way_round="Leave the port.",
    ),
    Rule(
        id="cache-name",
        key="replicationGroupId",
        effect=Effect.DATA_AT_RISK,
        users="The cache would be replaced by an empty one with another address.",
        way_round="Leave the name.",
    ),
    Rule(
        id="cache-clients-out",
        key="securityGroupIds",
        effect=Effect.DOWNTIME,
        when=lambda e: bool(set(e.before or ()) - set(e.after or ())),
        users="Clients that only the security groups let in which are taken away reach the cache no more.",
        source="ElastiCache User Guide, VPCs",
        way_round="Name them in `existing.security_groups`, until every client is let in by another.",
    ),
    Rule(
        id="cache-clients-in",
        key="securityGroupIds",
        effect=Effect.IN_PLACE,
        users="Whoever the added security groups let in reaches the cache too.",
        source="ElastiCache User Guide, VPCs",
    ),
    Rule(
        id="cache-logs",
        key="logDeliveryConfigurations",
        effect=Effect.IN_PLACE,
        users="From then on slow log and engine log go to the new place; what was logged stays where it is.",
        source="ElastiCache User Guide, Log_Delivery",
    ),
    Rule(
        id="cache-events-elsewhere",
        key="notificationTopicArn",
        effect=Effect.IN_PLACE,
        when=lambda e: bool(e.before),
        users="Events of the cache go to the new topic alone: subscribers of the one before hear no more.",
        source="ElastiCache User Guide, ElastiCacheSNS",
        way_round="Let them subscribe to the new topic too.",
    ),
    Rule(
        id="cache-events",
        key="notificationTopicArn",
        effect=Effect.IN_PLACE,
        users="Events of the cache go to the topic.",
        source="ElastiCache User Guide, ElastiCacheSNS",
    ),
    Rule(
        id="cache-minors",
        key="autoMinorVersionUpgrade",
        effect=Effect.IN_PLACE,
        users="Minor versions come by the declaration, or by themselves; patches are service updates either way.",
        source="ElastiCache API, ModifyReplicationGroup",
    ),
    Rule(
        id="cache-durability",
        key="durability",
        effect=Effect.DATA_AT_RISK,
        when=lambda e: e.after in (None, "", "disabled"),
        users="From then on a write that was acknowledged may be lost with its node.",
        source="ElastiCache User Guide, Durability.ChangingDurability",
        way_round="Leave it at `async` or `sync`.",
    ),
    Rule(
        id="cache-durability-mode",
        key="durability",
        effect=Effect.IN_PLACE,
        users="`sync` acknowledges a write when it is safe, `async` may lose up to 10 seconds.",
        source="ElastiCache User Guide, durability",
    ),
    Rule(
        id="cache-parameter-group",
        key="parameterGroupName",
        effect=Effect.IN_PLACE,
        users="The group's parameters hold at once, those of connections for new connections.",
        source="ElastiCache User Guide, ParameterGroups",
    ),
    Rule(
        id="cache-snapshots-off",
        key="snapshotRetentionLimit",
        effect=Effect.DATA_AT_RISK,
        when=lambda e: not e.after,
        users="Automatic snapshots are deleted and no more are taken.",
        source="ElastiCache User Guide, backups-automatic",
        way_round="At least 1 day, 7 in production.",
    ),
    Rule(
        id="cache-snapshots-fewer",
        key="snapshotRetentionLimit",
        effect=Effect.DATA_AT_RISK,
        when=less,
        users="Snapshots older than the new retention are deleted.",
        source="ElastiCache User Guide, backups-automatic",
    ),
    Rule(
        id="cache-snapshots",
        key="snapshotRetentionLimit",
        effect=Effect.IN_PLACE,
        users="Snapshots are kept longer.",
        source="ElastiCache User Guide, backups-automatic",
    ),
)
