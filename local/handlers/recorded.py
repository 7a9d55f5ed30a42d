"""Resources that only matter inside AWS: written down with ids of AWS's form, and listed as recorded."""

from __future__ import annotations

from dataclasses import dataclass

from graph import types
from graph.cloud import Made
from graph.identity import identify, name_of
from graph.kinds import KINDS
from graph.naming import hexes, physical_name
from graph.resource import Resource
from local.emulator import ACCOUNT
from local.handlers.base import RunContext
from local.state import Entry

PROXY = types.PROXY


@dataclass(frozen=True)
class Recorded:
    """A resource type without a body here."""

    configures: bool = False
    """Whether its content becomes the configuration of a real server."""

    @property
    def recorded(self) -> bool:
        return not self.configures

    def ensure(self, context: RunContext, resource: Resource, previous: Entry | None) -> Made:
        if resource.type not in KINDS:  # a provider, which is nothing in AWS
            return Made(id=physical_name(resource))
        name = name_of(resource)
        known = identify(resource, context.region, ACCOUNT, {})
        kind = KINDS[resource.type]
        drawn = "{name}" not in kind.id + kind.arn
        outputs: dict[str, object] = {} if drawn else {kind.named: name}
        if known.arn:
            outputs["arn"] = known.arn
        if resource.type == types.VPC:
            outputs |= {"defaultSecurityGroupId": f"sg-0{hexes(resource.urn + 'd', 16)}", "ownerId": ACCOUNT}
            outputs |= {"defaultRouteTableId": f"rtb-0{hexes(resource.urn + 'd', 16)}"}
        if resource.type == PROXY:
            outputs["endpoint"] = f"{name}.proxy.invalid"  # a name that never resolves (RFC 2606)
        if previous is None:
            outcome = "recorded" if self.recorded else "created"
        else:
            outcome = "unchanged" if self.configures else "recorded"
        return Made(id=known.id, outputs=outputs, outcome=outcome)  # type: ignore[arg-type]

    def remove(self, context: RunContext, entry: Entry) -> None:
        """Nothing was there."""


_WRITTEN_DOWN = (
    types.VPC,
    types.SUBNET,
    types.ROUTE_TABLE,
    types.DEFAULT_ROUTE_TABLE,
    types.ROUTE_TABLE_ASSOCIATION,
    types.ROUTE,
    types.INTERNET_GATEWAY,
    types.NAT_GATEWAY,
    types.ELASTIC_IP,
    types.NETWORK_ACL,
    types.DEFAULT_NETWORK_ACL,
    types.SECURITY_GROUP,
    types.DEFAULT_SECURITY_GROUP,
    types.SECURITY_GROUP_RULE,
    types.INGRESS,
    types.EGRESS,
    types.ENDPOINT,
    types.ENDPOINT_POLICY,
    types.FLOW_LOG,
    types.ROLE,
    types.POLICY,
    types.ROLE_POLICY,
    types.ROLE_POLICY_ATTACHMENT,
    types.DATABASE_SUBNETS,
    types.EVENT_SUBSCRIPTION,
    types.BACKUPS_REPLICATION,
    PROXY,
    types.PROXY_TARGET_GROUP,
    types.PROXY_TARGET,
    types.CACHE_SUBNETS,
    types.FUNCTION_ALIAS,
    types.PERMISSION,
    types.INVOKE_CONFIG,
    types.LOG_POLICY,
    types.LOG_DATA_PROTECTION,
    types.EVENT_RULE,
    types.EVENT_TARGET,
    types.CHAT,
    types.CLUSTER,
    types.TASK_DEFINITION,
    types.SERVICE,
    types.DNS_NAMESPACE,
    types.DISCOVERY,
    types.VAULT_POLICY,
    types.VAULT_LOCK,
    types.VAULT_NOTIFICATIONS,
    types.RESTORE_TEST_PLAN,
    types.RESTORE_TEST_SELECTION,
    types.KEY_POLICY,
    types.SECRET_POLICY,
    types.SECRET_ROTATION,
)
_CONFIGURE = (types.PARAMETER_GROUP, types.CACHE_PARAMETER_GROUP)

RECORDED: dict[str, Recorded] = {
    **{each: Recorded() for each in _WRITTEN_DOWN},
    **{each: Recorded(configures=True) for each in _CONFIGURE},
}
