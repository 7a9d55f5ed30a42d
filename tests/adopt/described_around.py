"""What stands around described servers: network, keys, logs, alarms and topics, each held against botocore's model."""

from __future__ import annotations

from typing import Any

from botocore_shape import described
from described_rds import ACCOUNT, GROUP, REGION, SUBNETS, VPC

APP = "sg-0b1b2c3d4e5f60718"
"""Group of the application, which the database's lets in by a rule of its own."""


def security_group(group: str = GROUP, **differs: Any) -> dict[str, Any]:
    """A SecurityGroup with its rules in itself: PostgreSQL from the application, and everything out."""
    given = {
        "GroupId": group,
        "GroupName": "orders-db",
        "Description": "Orders",
        "VpcId": VPC,
        "OwnerId": ACCOUNT,
        "IpPermissions": [
            {
                "IpProtocol": "tcp",
                "FromPort": 5433,
                "ToPort": 5433,
                "UserIdGroupPairs": [{"GroupId": APP, "UserId": ACCOUNT}],
                "IpRanges": [],
                "Ipv6Ranges": [],
                "PrefixListIds": [],
            }
        ],
        "IpPermissionsEgress": [
            {
                "IpProtocol": "-1",
                "UserIdGroupPairs": [],
                "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
                "Ipv6Ranges": [],
                "PrefixListIds": [],
            }
        ],
        **differs,
    }
    return described("ec2", "SecurityGroup", given)


def vpc(name: str = VPC, block: str = "172.31.0.0/16", *, support: bool = True, hostnames: bool = True) -> Any:
    """A Vpc, with its attributes (DescribeVpcAttribute) beside."""
    associated = [{"CidrBlock": block, "AssociationId": "vpc-cidr-assoc-0a", "CidrBlockState": {"State": "associated"}}]
    found = described("ec2", "Vpc", {"VpcId": name, "CidrBlock": block, "CidrBlockAssociationSet": associated})
    return {**found, "EnableDnsSupport": support, "EnableDnsHostnames": hostnames}


def route_table(*, out: str = "NatGatewayId", to: str = "nat-0a1b2c3d", subnets: tuple[str, ...] = SUBNETS) -> Any:
    """A RouteTable with a way out by what `out` names; `GatewayId` is an internet gateway."""
    return described(
        "ec2",
        "RouteTable",
        {
            "RouteTableId": "rtb-0a1b2c3d",
            "VpcId": VPC,
            "Associations": [{"SubnetId": each, "Main": False} for each in subnets],
            "Routes": [{"DestinationCidrBlock": "0.0.0.0/0", out: to, "State": "active"}],
        },
    )


def endpoint(api: str) -> dict[str, Any]:
    """A VpcEndpoint of an API, under the API's own name."""
    return described(
        "ec2",
        "VpcEndpoint",
        {
            "VpcEndpointId": f"vpce-0{api}",
            "VpcEndpointType": "Interface",
            "VpcId": VPC,
            "ServiceName": f"com.amazonaws.{REGION}.{api}",
            "State": "Available",
            "PrivateDnsEnabled": True,
            "Groups": [{"GroupId": "sg-0e1b2c3d4e5f60718", "GroupName": "endpoints"}],
        },
    )


def log_group(name: str = "/aws/rds/instance/orders/postgresql", **differs: Any) -> dict[str, Any]:
    """A LogGroup; it keeps its lines for ever where `retentionInDays` is not given."""
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}"
    given = {"logGroupName": name, "arn": f"{arn}:*", "logGroupArn": arn, "logGroupClass": "STANDARD", **differs}
    return described("logs", "LogGroup", given)


def topic(name: str = "orders-oncall", *heard: tuple[str, str], key: str = "") -> dict[str, Any]:
    """Attributes of a topic (GetTopicAttributes, all of them text), with its Subscriptions."""
    arn = f"arn:aws:sns:{REGION}:{ACCOUNT}:{name}"
    subscriptions = [
        described(
            "sns",
            "Subscription",
            {"SubscriptionArn": f"{arn}:{number}", "Protocol": kind, "Endpoint": address, "TopicArn": arn},
        )
        for number, (kind, address) in enumerate(heard)
    ]
    return {
        "TopicArn": arn,
        "DisplayName": "",
        **({"KmsMasterKeyId": key} if key else {}),
        "Subscriptions": subscriptions,
    }


def alarm(name: str = "orders-cpu", *, topic: str = "orders-oncall", **differs: Any) -> dict[str, Any]:
    """A MetricAlarm on the primary."""
    given = {
        "AlarmName": name,
        "AlarmArn": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}",
        "ActionsEnabled": True,
        "OKActions": [],
        "AlarmActions": [f"arn:aws:sns:{REGION}:{ACCOUNT}:{topic}"],
        "InsufficientDataActions": [],
        "StateValue": "OK",
        "MetricName": "CPUUtilization",
        "Namespace": "AWS/RDS",
        "Statistic": "Average",
        "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": "orders"}],
        "Period": 300,
        "EvaluationPeriods": 3,
        "Threshold": 90.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "missing",
        **differs,
    }
    return described("cloudwatch", "MetricAlarm", {key: value for key, value in given.items() if value is not None})


def subscription(name: str = "orders-events", *, topic: str = "orders-events", **differs: Any) -> dict[str, Any]:
    """An EventSubscription to the primary."""
    given = {
        "CustomerAwsId": ACCOUNT,
        "CustSubscriptionId": name,
        "SnsTopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:{topic}",
        "Status": "active",
        "SourceType": "db-instance",
        "SourceIdsList": ["orders"],
        "EventCategoriesList": ["failure", "failover"],
        "Enabled": True,
        "EventSubscriptionArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:es:{name}",
        **differs,
    }
    return described("rds", "EventSubscription", given)


def secret(name: str = "orders/orders_root", **differs: Any) -> dict[str, Any]:
    """A SecretListEntry."""
    arn = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-AbCdEf"
    return described("secretsmanager", "SecretListEntry", {"ARN": arn, "Name": name, **differs})


def backup_plan(name: str = "nightly", *, continuous: bool = False, selects: tuple[str, ...] = ("orders",)) -> Any:
    """A plan of AWS Backup as it is read: GetBackupPlan's answer, with the ARNs that it selects."""
    rule = {
        "RuleName": "nightly",
        "TargetBackupVaultName": "central",
        "ScheduleExpression": "cron(0 3 ? * * *)",
        "EnableContinuousBackup": continuous,
        "Lifecycle": {"DeleteAfterDays": 21},
    }
    answer = {
        "BackupPlan": {"BackupPlanName": name, "Rules": [rule]},
        "BackupPlanId": "0a1b2c3d-0000-4000-8000-000000000009",
        "BackupPlanArn": f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-plan:0a1b2c3d-0000-4000-8000-000000000009",
    }
    chosen = [f"arn:aws:rds:{REGION}:{ACCOUNT}:db:{each}" for each in selects]
    return {**described("backup", "GetBackupPlanOutput", answer), "Selects": chosen}


def option_group(name: str = "orders-options") -> dict[str, Any]:
    """An OptionGroup."""
    return described(
        "rds",
        "OptionGroup",
        {"OptionGroupName": name, "EngineName": "postgres", "MajorEngineVersion": "16", "Options": []},
    )
