"""Resources that only matter inside AWS: written down with plausible ids, and listed as recorded."""

from __future__ import annotations

from dataclasses import dataclass

from local.cloud import Declared, Made
from local.handlers.base import Context
from local.naming import arn, hexes, physical_name
from local.state import Entry

PROXY = "aws:rds/proxy:Proxy"


@dataclass(frozen=True)
class Recorded:
    """A resource type without a body here."""

    arn: str = ""
    """Service and the ARN's last part, `{}` for the id or name; empty where the type has no ARN."""
    prefix: str = ""
    """Ids of the kind `vpc-0a1b2c3d`; without it the id is the name."""
    named: str = "name"
    """Input that holds the physical name."""
    configures: bool = False
    """Whether its content becomes the configuration of a real server."""

    @property
    def recorded(self) -> bool:
        return not self.configures

    def ensure(self, context: Context, resource: Declared, previous: Entry | None) -> Made:
        name = physical_name(resource, self.named)
        made = f"{self.prefix}-0{hexes(resource.urn, 16)}" if self.prefix else name
        outputs: dict[str, object] = {}
        if not self.prefix:
            outputs[self.named] = name
        if self.arn:
            service, _, rest = self.arn.partition(" ")
            region = "" if service in ("iam", "s3") else context.region
            outputs["arn"] = arn(service, region, rest.format(made))
        if resource.type == "aws:ec2/vpc:Vpc":
            outputs |= {"defaultSecurityGroupId": f"sg-0{hexes(resource.urn + 'd', 16)}", "ownerId": "000000000000"}
            outputs |= {"defaultRouteTableId": f"rtb-0{hexes(resource.urn + 'd', 16)}"}
        if resource.type == PROXY:
            outputs["endpoint"] = f"{made}.proxy.invalid"  # a name that never resolves (RFC 2606)
        if previous is None:
            outcome = "recorded" if self.recorded else "created"
        else:
            outcome = "unchanged" if self.configures else "recorded"
        return Made(id=made, outputs=outputs, outcome=outcome)  # type: ignore[arg-type]

    def remove(self, context: Context, entry: Entry) -> None:
        """Nothing was there."""


RECORDED: dict[str, Recorded] = {
    "aws:ec2/vpc:Vpc": Recorded("ec2 vpc/{}", "vpc"),
    "aws:ec2/subnet:Subnet": Recorded("ec2 subnet/{}", "subnet"),
    "aws:ec2/routeTable:RouteTable": Recorded("ec2 route-table/{}", "rtb"),
    "aws:ec2/defaultRouteTable:DefaultRouteTable": Recorded("ec2 route-table/{}", "rtb"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": Recorded(prefix="rtbassoc"),
    "aws:ec2/route:Route": Recorded(prefix="r"),
    "aws:ec2/internetGateway:InternetGateway": Recorded("ec2 internet-gateway/{}", "igw"),
    "aws:ec2/natGateway:NatGateway": Recorded(prefix="nat"),
    "aws:ec2/eip:Eip": Recorded("ec2 elastic-ip/{}", "eipalloc"),
    "aws:ec2/networkAcl:NetworkAcl": Recorded("ec2 network-acl/{}", "acl"),
    "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl": Recorded("ec2 network-acl/{}", "acl"),
    "aws:ec2/securityGroup:SecurityGroup": Recorded("ec2 security-group/{}", "sg"),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": Recorded("ec2 security-group/{}", "sg"),
    "aws:ec2/securityGroupRule:SecurityGroupRule": Recorded(prefix="sgrule"),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": Recorded("ec2 security-group-rule/{}", "sgr"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": Recorded("ec2 security-group-rule/{}", "sgr"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": Recorded("ec2 vpc-endpoint/{}", "vpce"),
    "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy": Recorded(prefix="vpce"),
    "aws:ec2/flowLog:FlowLog": Recorded("ec2 vpc-flow-log/{}", "fl"),
    "aws:iam/role:Role": Recorded("iam role/{}"),
    "aws:iam/policy:Policy": Recorded("iam policy/{}"),
    "aws:iam/rolePolicy:RolePolicy": Recorded(),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Recorded(),
    "aws:rds/subnetGroup:SubnetGroup": Recorded("rds subgrp:{}"),
    "aws:rds/parameterGroup:ParameterGroup": Recorded("rds pg:{}", configures=True),
    "aws:rds/eventSubscription:EventSubscription": Recorded("rds es:{}"),
    "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication": Recorded("rds auto-backup:{}"),
    PROXY: Recorded("rds db-proxy:{}"),
    "aws:rds/proxyDefaultTargetGroup:ProxyDefaultTargetGroup": Recorded("rds target-group:{}"),
    "aws:rds/proxyTarget:ProxyTarget": Recorded(),
    "aws:elasticache/subnetGroup:SubnetGroup": Recorded("elasticache subnetgroup:{}"),
    "aws:elasticache/parameterGroup:ParameterGroup": Recorded("elasticache parametergroup:{}", configures=True),
    "aws:lambda/alias:Alias": Recorded("lambda function:{}:check", named="functionName"),
    "aws:lambda/permission:Permission": Recorded(named="statementId"),
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": Recorded(named="functionName"),
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": Recorded(named="policyName"),
    "aws:cloudwatch/logDataProtectionPolicy:LogDataProtectionPolicy": Recorded(named="logGroupName"),
    "aws:cloudwatch/eventRule:EventRule": Recorded("events rule/{}"),
    "aws:cloudwatch/eventTarget:EventTarget": Recorded(named="rule"),
    "aws:chatbot/slackChannelConfiguration:SlackChannelConfiguration": Recorded(
        "chatbot chat-configuration/slack-channel/{}", named="configurationName"
    ),
    "aws:backup/vaultPolicy:VaultPolicy": Recorded(named="backupVaultName"),
    "aws:backup/vaultLockConfiguration:VaultLockConfiguration": Recorded(named="backupVaultName"),
    "aws:backup/vaultNotifications:VaultNotifications": Recorded(named="backupVaultName"),
    "aws:backup/restoreTestingPlan:RestoreTestingPlan": Recorded("backup restore-testing-plan:{}"),
    "aws:backup/restoreTestingSelection:RestoreTestingSelection": Recorded(),
    "aws:kms/keyPolicy:KeyPolicy": Recorded(named="keyId"),
    "aws:secretsmanager/secretPolicy:SecretPolicy": Recorded(named="secretArn"),
    "aws:secretsmanager/secretRotation:SecretRotation": Recorded(named="secretId"),
}
