"""Resources that only matter inside AWS: written down with ids of AWS's form, and listed as recorded."""

from __future__ import annotations

from dataclasses import dataclass

from graph.cloud import Made
from graph.identity import identify, name_of
from graph.kinds import KINDS
from graph.naming import hexes, physical_name
from graph.resource import Resource
from local.emulator import ACCOUNT
from local.handlers.base import Context
from local.state import Entry

PROXY = "aws:rds/proxy:Proxy"


@dataclass(frozen=True)
class Recorded:
    """A resource type without a body here."""

    configures: bool = False
    """Whether its content becomes the configuration of a real server."""

    @property
    def recorded(self) -> bool:
        return not self.configures

    def ensure(self, context: Context, resource: Resource, previous: Entry | None) -> Made:
        if resource.type not in KINDS:  # a provider, which is nothing in AWS
            return Made(id=physical_name(resource))
        name = name_of(resource)
        known = identify(resource, context.region, ACCOUNT, {})
        kind = KINDS[resource.type]
        drawn = "{name}" not in kind.id + kind.arn
        outputs: dict[str, object] = {} if drawn else {kind.named: name}
        if known.arn:
            outputs["arn"] = known.arn
        if resource.type == "aws:ec2/vpc:Vpc":
            outputs |= {"defaultSecurityGroupId": f"sg-0{hexes(resource.urn + 'd', 16)}", "ownerId": ACCOUNT}
            outputs |= {"defaultRouteTableId": f"rtb-0{hexes(resource.urn + 'd', 16)}"}
        if resource.type == PROXY:
            outputs["endpoint"] = f"{name}.proxy.invalid"  # a name that never resolves (RFC 2606)
        if previous is None:
            outcome = "recorded" if self.recorded else "created"
        else:
            outcome = "unchanged" if self.configures else "recorded"
        return Made(id=known.id, outputs=outputs, outcome=outcome)  # type: ignore[arg-type]

    def remove(self, context: Context, entry: Entry) -> None:
        """Nothing was there."""


_WRITTEN_DOWN = (
    "aws:ec2/vpc:Vpc",
    "aws:ec2/subnet:Subnet",
    "aws:ec2/routeTable:RouteTable",
    "aws:ec2/defaultRouteTable:DefaultRouteTable",
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "aws:ec2/route:Route",
    "aws:ec2/internetGateway:InternetGateway",
    "aws:ec2/natGateway:NatGateway",
    "aws:ec2/eip:Eip",
    "aws:ec2/networkAcl:NetworkAcl",
    "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl",
    "aws:ec2/securityGroup:SecurityGroup",
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    "aws:ec2/securityGroupRule:SecurityGroupRule",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "aws:ec2/vpcEndpoint:VpcEndpoint",
    "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy",
    "aws:ec2/flowLog:FlowLog",
    "aws:iam/role:Role",
    "aws:iam/policy:Policy",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:rds/subnetGroup:SubnetGroup",
    "aws:rds/eventSubscription:EventSubscription",
    "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication",
    PROXY,
    "aws:rds/proxyDefaultTargetGroup:ProxyDefaultTargetGroup",
    "aws:rds/proxyTarget:ProxyTarget",
    "aws:elasticache/subnetGroup:SubnetGroup",
    "aws:lambda/alias:Alias",
    "aws:lambda/permission:Permission",
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy",
    "aws:cloudwatch/logDataProtectionPolicy:LogDataProtectionPolicy",
    "aws:cloudwatch/eventRule:EventRule",
    "aws:cloudwatch/eventTarget:EventTarget",
    "aws:chatbot/slackChannelConfiguration:SlackChannelConfiguration",
    "aws:backup/vaultPolicy:VaultPolicy",
    "aws:backup/vaultLockConfiguration:VaultLockConfiguration",
    "aws:backup/vaultNotifications:VaultNotifications",
    "aws:backup/restoreTestingPlan:RestoreTestingPlan",
    "aws:backup/restoreTestingSelection:RestoreTestingSelection",
    "aws:kms/keyPolicy:KeyPolicy",
    "aws:secretsmanager/secretPolicy:SecretPolicy",
    "aws:secretsmanager/secretRotation:SecretRotation",
)
_CONFIGURE = ("aws:rds/parameterGroup:ParameterGroup", "aws:elasticache/parameterGroup:ParameterGroup")

RECORDED: dict[str, Recorded] = {
    **{each: Recorded() for each in _WRITTEN_DOWN},
    **{each: Recorded(configures=True) for each in _CONFIGURE},
}
