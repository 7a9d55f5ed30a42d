"""RDS Proxy: what its clients notice."""

from __future__ import annotations

from graph import types
from preview.impact.effect import Effect, Rule

_MANAGING = "RDS User Guide, rds-proxy-managing"

PROXY: dict[str, tuple[Rule, ...]] = {
    types.PROXY: (
        Rule(
            id="proxy-delete",
            key="*",
            effect=Effect.DOWNTIME,
            users="Applications that use its address can no longer connect.",
            source=_MANAGING,
            way_round="Give them the instance's address first (`datatier env`).",
        ),
        Rule(
            id="proxy-name",
            key="name",
            effect=Effect.DOWNTIME,
            users="It is renamed, and its address changes with it: clients need the new one.",
            source="terraform-provider-aws, rds/proxy.go: NewDBProxyName",
            way_round="Leave the name.",
        ),
        Rule(
            id="proxy-subnets",
            key="vpcSubnetIds",
            users="The proxy is replaced, with its target group and target: minutes without it, then a new address.",
            way_round="Let applications use the instance meanwhile.",
        ),
        Rule(
            id="proxy-family",
            key="engineFamily",
            users="The proxy is replaced, with its target group and target.",
            way_round="It stands before PostgreSQL alone.",
        ),
        Rule(
            id="proxy-plain",
            key="requireTls",
            effect=Effect.DATA_AT_RISK,
            when=lambda e: not e.after,
            users="Passwords and rows may cross the network in plain text.",
            source="RDS User Guide, rds-proxy.howitworks, security",
            way_round="Leave it on.",
        ),
        Rule(
            id="proxy-tls",
            key="requireTls",
            effect=Effect.DOWNTIME,
            users="Clients that do not speak TLS are refused.",
            source="RDS User Guide, rds-proxy.howitworks, security",
            way_round="Look for them in the proxy's log first.",
        ),
        Rule(
            id="proxy-identities",
            key="auths",
            effect=Effect.DOWNTIME,
            users="An identity that is no longer named, or logs in another way, is refused.",
            source="RDS User Guide, rds-proxy-secrets-arns",
            way_round="Move its applications to the instance first.",
        ),
        Rule(
            id="proxy-role",
            key="roleArn",
            effect=Effect.DOWNTIME,
            users="New connections wait until the new role may read every secret.",
            source=_MANAGING,
            way_round="Give the new role its policy first.",
        ),
        Rule(
            id="proxy-groups",
            key="vpcSecurityGroupIds",
            effect=Effect.DOWNTIME,
            users="Clients that the new groups do not admit are cut off, and so is the proxy from the instance.",
            source=_MANAGING,
            way_round="Add the new group's rules first.",
        ),
        Rule(
            id="proxy-patience",
            key="idleClientTimeout",
            effect=Effect.IN_PLACE,
            users="Silent clients are cut off after the new time.",
            source=_MANAGING,
        ),
    ),
    types.PROXY_TARGET_GROUP: (
        Rule(
            id="proxy-share-less",
            key="connectionPoolConfig",
            effect=Effect.DOWNTIME,
            when=lambda e: _share(e.after) < _share(e.before),
            users="With fewer connections to the server, clients wait longer and may be turned away.",
            source="RDS User Guide, rds-proxy-connection-pooling-tuning",
            way_round="Look at DatabaseConnectionsBorrowLatency first.",
        ),
        Rule(
            id="proxy-share",
            key="connectionPoolConfig",
            effect=Effect.IN_PLACE,
            users="Connections are redistributed.",
            source="RDS User Guide, rds-proxy-connection-pooling-tuning",
            way_round="What the proxy takes, others do not have: `datatier pools`.",
        ),
        Rule(
            id="proxy-targets-delete",
            key="*",
            effect=Effect.IN_PLACE,
            users="Nothing: it goes with its proxy, and until then stays as it is.",
            source="pulumi-aws, rds.ProxyDefaultTargetGroup",
        ),
    ),
    types.PROXY_TARGET: (
        Rule(
            id="proxy-target-delete",
            key="*",
            effect=Effect.DOWNTIME,
            users="The proxy has no database behind it.",
            source="RDS User Guide, rds-proxy-managing",
            way_round="Give applications the instance's address first.",
        ),
        Rule(
            id="proxy-target",
            key="dbInstanceIdentifier",
            users="Every client is cut off while the other instance is registered.",
            way_round="At a quiet time.",
        ),
    ),
}


def _share(config: object) -> float:
    return float((config if isinstance(config, dict) else {}).get("maxConnectionsPercent") or 100)
