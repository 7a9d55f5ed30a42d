"""ECS and Cloud Map."""

from __future__ import annotations

from graph.kind import Kind
from graph.types import CLUSTER, DISCOVERY, DNS_NAMESPACE, SERVICE, TASK_DEFINITION

KINDS = {
    CLUSTER: Kind(
        source="ecs/cluster.go",
        id="{arn}",
        arn="ecs:cluster/{name}",
        replaces={"name"},
        kept={"settings"},
    ),
    # A revision is never changed: whatever is new in it is another one.
    TASK_DEFINITION: Kind(
        source="ecs/task_definition.go",
        id="{family}",
        arn="ecs:task-definition/{family}:1",
        named="family",
        autonamed=False,
        replaces={
            "containerDefinitions",
            "cpu",
            "enableFaultInjection",
            "ephemeralStorage",
            "executionRoleArn",
            "family",
            "ipcMode",
            "memory",
            "networkMode",
            "pidMode",
            "placementConstraints",
            "proxyConfiguration",
            "requiresCompatibilities",
            "runtimePlatform",
            "taskRoleArn",
            "volumes",
        },
        defaults={"skipDestroy": False, "trackLatest": False},
        kept={"enableFaultInjection", "networkMode"},
    ),
    SERVICE: Kind(
        source="ecs/service.go",
        id="{arn}",
        arn="ecs:service/{cluster}/{name}",
        replaces={"cluster", "iamRole", "launchType", "name", "schedulingStrategy"},
        defaults={
            "deploymentMaximumPercent": 200,
            "deploymentMinimumHealthyPercent": 100,
            "enableEcsManagedTags": False,
            "enableExecuteCommand": False,
            "schedulingStrategy": "REPLICA",
            "waitForSteadyState": False,
        },
        kept={
            "availabilityZoneRebalancing",
            "cluster",
            "deploymentConfiguration",
            "iamRole",
            "launchType",
            "platformVersion",
            "triggers",
        },
    ),
    DNS_NAMESPACE: Kind(
        source="servicediscovery/private_dns_namespace.go",
        id="ns-{hex16}",
        arn="servicediscovery:namespace/{id}",
        autonamed=False,
        replaces={"name", "vpc"},
    ),
    DISCOVERY: Kind(
        source="servicediscovery/service.go",
        id="srv-{hex16}",
        arn="servicediscovery:service/{id}",
        replaces={"healthCheckCustomConfig", "name", "namespaceId", "type"},
        defaults={"forceDestroy": False},
        kept={"namespaceId", "type"},
    ),
}
