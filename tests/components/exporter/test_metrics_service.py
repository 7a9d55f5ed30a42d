"""The exporter's service: what is made, who reaches it, what it may, and that nothing secret is in its task."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.exporter.args import MetricsServiceArgs
from components.exporter.service import MetricsService

IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/exporter:1.2"


def args(**more: Any) -> MetricsServiceArgs:
    base: dict[str, Any] = {
        "prefix": "shop-live",
        "account_id": "123456789012",
        "region": "eu-west-1",
        "image": IMAGE,
        "clients": ["sg-0a1b", "10.1.0.0/16"],
        "vpc_id": "vpc-1",
        "subnet_ids": ["subnet-1", "subnet-2"],
        "database_security_group_id": "sg-database",
        "cache_security_group_id": "sg-cache",
        "endpoint_security_group_id": "sg-endpoints",
        "image_prefix_list_id": "pl-1",
        "manifest": '{"stack": "live"}',
        "secret_arns": ["arn:watcher"],
        "described_secret_arns": ["arn:master", "arn:watcher"],
        "secrets_key_arn": "arn:key",
        "logs_key_arn": "arn:logs",
    }
    return MetricsServiceArgs(**base | more)


def test_what_is_made(record: Any) -> None:
    def program() -> None:
        bootstrapped = aws.sns.Topic("bootstrapped")
        MetricsService("exporter", args(), pulumi.ResourceOptions(depends_on=[bootstrapped]))

    seen = record(program)
    assert seen.listing == [
        ("Cluster", "exporter-cluster", "exporter"),
        ("LogGroup", "exporter-logs", "exporter"),
        ("MetricsService", "exporter", ""),
        ("PrivateDnsNamespace", "exporter-namespace", "exporter"),
        ("Role", "exporter-role", "exporter"),
        ("Role", "exporter-start-role", "exporter"),
        ("RolePolicy", "exporter-policy", "exporter"),
        ("RolePolicy", "exporter-start-policy", "exporter"),
        ("Secret", "exporter-manifest", "exporter"),
        ("SecretVersion", "exporter-manifest-content", "exporter"),
        ("SecurityGroup", "exporter-group", "exporter"),
        *(("SecurityGroupEgressRule", f"exporter-to-{each}", "exporter") for each in TO),
        *(("SecurityGroupIngressRule", f"exporter-{each}", "exporter") for each in FROM),
        ("Service", "exporter-name", "exporter"),
        ("Service", "exporter-service", "exporter"),
        ("TaskDefinition", "exporter-task", "exporter"),
        ("Topic", "bootstrapped", ""),
    ]
    service = seen["exporter-service"]
    assert service.inputs == {
        "name": "shop-live-exporter",
        "cluster": "shop-live",
        "taskDefinition": "arn:exporter-task",
        "launchType": "FARGATE",
        "desiredCount": 1,
        "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        "waitForSteadyState": True,
        "networkConfiguration": {
            "assignPublicIp": False,
            "securityGroups": ["id-exporter-group"],
            "subnets": ["subnet-1", "subnet-2"],
        },
        "serviceRegistries": {"registryArn": "arn:exporter-name"},
    }
    # Before its logins, its rights and its way in and out it could not start.
    assert service.waits_for >= {"bootstrapped", "exporter-policy", "exporter-start-policy", "exporter-to-images"}
    assert seen["exporter-namespace"].inputs["name"] == "shop-live.internal"
    assert seen["exporter-name"].inputs["dnsConfig"] == {
        "namespaceId": "id-exporter-namespace",
        "routingPolicy": "MULTIVALUE",
        "dnsRecords": [{"ttl": 10, "type": "A"}],
    }
    assert seen["exporter-logs"].inputs == {
        "name": "/aws/ecs/shop-live-exporter",
        "retentionInDays": 30,
        "kmsKeyId": "arn:logs",
    }


def test_the_task(record: Any) -> None:
    task = record(lambda: MetricsService("exporter", args()))["exporter-task"].inputs
    (container,) = json.loads(task.pop("containerDefinitions"))
    assert task == {
        "family": "shop-live-exporter",
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "512",
        "runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
        "executionRoleArn": "arn:exporter-start-role",
        "taskRoleArn": "arn:exporter-role",
    }
    assert container.pop("healthCheck")["command"][:3] == ["CMD", "python", "-c"]
    assert container == {
        "name": "exporter",
        "image": IMAGE,
        "essential": True,
        "command": ["metrics", "serve", "--manifest", "arn:exporter-manifest", "--listen", "0.0.0.0:9187"],
        "user": "65532:65532",
        "readonlyRootFilesystem": True,
        "linuxParameters": {"capabilities": {"drop": ["ALL"]}},
        "portMappings": [{"containerPort": 9187, "hostPort": 9187, "protocol": "tcp"}],
        # Another manifest is another version, and so another task.
        "environment": [{"name": "DATATIER_MANIFEST_VERSION", "value": "version-exporter-manifest-content"}],
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": "/aws/ecs/shop-live-exporter",
                "awslogs-region": "eu-west-1",
                "awslogs-stream-prefix": "exporter",
            },
        },
    }


TO = ["cache", "database", "endpoints", "images"]
FROM = ["from-10-1-0-0-16", "from-sg-0a1b", "into-cache", "into-database", "into-endpoints"]


def test_who_reaches_it_and_whom_it_reaches(record: Any) -> None:
    seen = record(lambda: MetricsService("exporter", args(port=9200, database_port=5433, cache_port=6380)))
    own = "id-exporter-group"
    rules = {
        (each["securityGroupId"], peer, each["fromPort"])
        for kind in ("SecurityGroupIngressRule", "SecurityGroupEgressRule")
        for each in (one.inputs for one in seen.of(kind).values())
        for peer in [each.get("referencedSecurityGroupId") or each.get("cidrIpv4") or each.get("prefixListId")]
        if each["fromPort"] == each["toPort"] and each["ipProtocol"] == "tcp" and each["description"]
    }
    assert rules == {
        (own, "sg-0a1b", 9200),
        (own, "10.1.0.0/16", 9200),
        (own, "sg-database", 5433),
        ("sg-database", own, 5433),
        (own, "sg-cache", 6380),
        ("sg-cache", own, 6380),
        (own, "sg-endpoints", 443),
        ("sg-endpoints", own, 443),
        (own, "pl-1", 443),
    }


def test_where_the_network_has_endpoints_of_its_own(record: Any) -> None:
    given = {"endpoint_security_group_id": None, "image_prefix_list_id": None, "endpoint_cidrs": ["10.9.0.0/24"]}
    seen = record(lambda: MetricsService("exporter", args(**given, security_group_ids=["sg-there"])))
    assert sorted(seen.of("SecurityGroupEgressRule")) == [
        "exporter-to-10-9-0-0-24", "exporter-to-cache", "exporter-to-database",
    ]  # fmt: skip
    groups = seen["exporter-service"].inputs["networkConfiguration"]["securityGroups"]
    assert groups == ["id-exporter-group", "sg-there"]


def statements(seen: Any, name: str) -> dict[str, tuple[list[str], Any]]:
    found = json.loads(seen[name].inputs["policy"])["Statement"]
    assert {each["Effect"] for each in found} == {"Allow"}
    return {each["Sid"]: (each["Action"], each["Resource"]) for each in found}


def test_least_privilege(record: Any) -> None:
    seen = record(lambda: MetricsService("exporter", args()))
    assert statements(seen, "exporter-policy") == {
        "Secrets": (["secretsmanager:GetSecretValue"], ["arn:exporter-manifest", "arn:watcher"]),
        "Ages": (
            ["secretsmanager:DescribeSecret", "secretsmanager:ListSecretVersionIds"],
            ["arn:master", "arn:watcher"],
        ),
        "SecretsKey": (["kms:Decrypt"], "arn:key"),
    }
    assert statements(seen, "exporter-start-policy") == {
        "Registry": (["ecr:GetAuthorizationToken"], "*"),
        "Image": (
            ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            "arn:aws:ecr:eu-west-1:123456789012:repository/team/exporter",
        ),
        "Logs": (["logs:CreateLogStream", "logs:PutLogEvents"], "arn:exporter-logs:*"),
    }


def test_an_image_of_another_registry_needs_no_right_to_ecr(record: Any) -> None:
    seen = record(lambda: MetricsService("exporter", args(image="registry.example/exporter:1.2")))
    assert list(statements(seen, "exporter-start-policy")) == ["Logs"]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"cpu": 300}, "cpu is 300; Fargate takes 256, 512, 1024, 2048, 4096 here"),
        ({"memory_mib": 4096}, "memory is 4096 MiB; with cpu 256 Fargate takes 512, 1024 or 2048"),
        ({"cpu": 1024, "memory_mib": 1024}, "with cpu 1024 Fargate takes 2048 to 8192 in steps of 1024"),
        ({"clients": []}, "nobody would reach the exporter"),
        ({"clients": ["0.0.0.0/0"]}, "0.0.0.0/0"),
        ({"port": 80}, "port"),
        ({"log_retention_days": 2}, "CloudWatch Logs takes"),
        ({"recovery_window_days": 3}, "Secrets Manager takes"),
    ],
)
def test_what_cannot_be(more: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        args(**more)
