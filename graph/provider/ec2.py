"""EC2 and VPC: networks and who may pass."""

from __future__ import annotations

from graph.kind import Kind
from graph.types import (
    DEFAULT_NETWORK_ACL,
    DEFAULT_ROUTE_TABLE,
    DEFAULT_SECURITY_GROUP,
    EGRESS,
    ELASTIC_IP,
    ENDPOINT,
    ENDPOINT_POLICY,
    FLOW_LOG,
    INGRESS,
    INTERNET_GATEWAY,
    NAT_GATEWAY,
    NETWORK_ACL,
    ROUTE,
    ROUTE_TABLE,
    ROUTE_TABLE_ASSOCIATION,
    SECURITY_GROUP,
    SECURITY_GROUP_RULE,
    SUBNET,
    VPC,
)

KINDS = {
    VPC: Kind(
        source="ec2/vpc_.go",
        id="vpc-0{hex16}",
        arn="ec2:vpc/{id}",
        named="",
        replaces={"cidrBlock", "ipv4IpamPoolId", "ipv4NetmaskLength"},
        defaults={"enableDnsSupport": True, "instanceTenancy": "default"},
    ),
    SUBNET: Kind(
        source="ec2/vpc_subnet.go",
        id="subnet-0{hex16}",
        arn="ec2:subnet/{id}",
        named="",
        replaces={
            "availabilityZone",
            "availabilityZoneId",
            "cidrBlock",
            "ipv4IpamPoolId",
            "ipv6Native",
            "outpostArn",
            "vpcId",
        },
        defaults={
            "assignIpv6AddressOnCreation": False,
            "enableDns64": False,
            "enableResourceNameDnsARecordOnLaunch": False,
            "enableResourceNameDnsAaaaRecordOnLaunch": False,
            "ipv6Native": False,
            "mapPublicIpOnLaunch": False,
        },
    ),
    ROUTE_TABLE: Kind(
        source="ec2/vpc_route_table.go",
        id="rtb-0{hex16}",
        arn="ec2:route-table/{id}",
        named="",
        replaces={"vpcId"},
    ),
    DEFAULT_ROUTE_TABLE: Kind(
        source="ec2/vpc_default_route_table.go", id="rtb-0{hex16}", arn="ec2:route-table/{id}", named=""
    ),
    ROUTE_TABLE_ASSOCIATION: Kind(
        source="ec2/vpc_route_table_association.go",
        id="rtbassoc-0{hex16}",
        named="",
        replaces={"gatewayId", "subnetId"},
    ),
    ROUTE: Kind(source="ec2/vpc_route.go", id="r-{routeTableId}{hex10}", named=""),
    INTERNET_GATEWAY: Kind(
        source="ec2/vpc_internet_gateway.go", id="igw-0{hex16}", arn="ec2:internet-gateway/{id}", named=""
    ),
    NAT_GATEWAY: Kind(source="ec2/vpc_nat_gateway.go", id="nat-0{hex16}", named=""),
    ELASTIC_IP: Kind(source="ec2/ec2_eip.go", id="eipalloc-0{hex16}", arn="ec2:elastic-ip/{id}", named=""),
    NETWORK_ACL: Kind(source="ec2/vpc_network_acl.go", id="acl-0{hex16}", arn="ec2:network-acl/{id}", named=""),
    DEFAULT_NETWORK_ACL: Kind(
        source="ec2/vpc_default_network_acl.go", id="acl-0{hex16}", arn="ec2:network-acl/{id}", named=""
    ),
    SECURITY_GROUP: Kind(
        source="ec2/vpc_security_group.go",
        id="sg-0{hex16}",
        arn="ec2:security-group/{id}",
        replaces={"description", "name", "namePrefix", "vpcId"},
        defaults={"description": "Managed by Pulumi", "revokeRulesOnDelete": False},
    ),
    DEFAULT_SECURITY_GROUP: Kind(
        source="ec2/vpc_default_security_group.go",
        id="sg-0{hex16}",
        arn="ec2:security-group/{id}",
        named="",
        replaces={"vpcId"},
        defaults={"revokeRulesOnDelete": False},
    ),
    SECURITY_GROUP_RULE: Kind(source="ec2/vpc_security_group_rule.go", id="sgrule-{hex10}", named=""),
    INGRESS: Kind(
        source="ec2/vpc_security_group_ingress_rule.go",
        id="sgr-0{hex16}",
        arn="ec2:security-group-rule/{id}",
        named="",
        replaces={"securityGroupId"},
    ),
    EGRESS: Kind(
        source="ec2/vpc_security_group_egress_rule.go",
        id="sgr-0{hex16}",
        arn="ec2:security-group-rule/{id}",
        named="",
        replaces={"securityGroupId"},
    ),
    ENDPOINT: Kind(
        source="ec2/vpc_endpoint.go",
        id="vpce-0{hex16}",
        arn="ec2:vpc-endpoint/{id}",
        named="",
        replaces={
            "resourceConfigurationArn",
            "serviceName",
            "serviceNetworkArn",
            "serviceRegion",
            "vpcEndpointType",
            "vpcId",
        },
        defaults={"vpcEndpointType": "Gateway"},
    ),
    ENDPOINT_POLICY: Kind(source="ec2/vpc_endpoint_policy.go", id="{vpcEndpointId}", named=""),
    FLOW_LOG: Kind(
        source="ec2/vpc_flow_log.go",
        id="fl-0{hex16}",
        arn="ec2:vpc-flow-log/{id}",
        named="",
        replaces={
            "deliverCrossAccountRole",
            "destinationOptions",
            "eniId",
            "iamRoleArn",
            "logDestination",
            "logDestinationType",
            "logFormat",
            "maxAggregationInterval",
            "subnetId",
            "trafficType",
            "vpcId",
        },
        defaults={"logDestinationType": "cloud-watch-logs", "maxAggregationInterval": 600},
    ),
}
