"""A Pulumi monitor that records every resource as it was asked for, and raises on what it does not know."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.runtime import mocks, rpc

from graph.marks import masked
from graph.resource import Resource

# What AWS would answer beside the inputs. An output missing here would silently vanish from its users' inputs.
OUTPUTS: dict[str, Callable[[str, dict[str, Any]], dict[str, Any]]] = {
    "aws:backup/plan:Plan": lambda n, i: {"arn": f"arn:{n}"},
    "aws:backup/restoreTestingPlan:RestoreTestingPlan": lambda n, i: {"arn": f"arn:{n}"},
    "aws:backup/restoreTestingSelection:RestoreTestingSelection": lambda n, i: {},
    "aws:backup/selection:Selection": lambda n, i: {},
    "aws:backup/vault:Vault": lambda n, i: {"arn": f"arn:{n}"},
    "aws:backup/vaultLockConfiguration:VaultLockConfiguration": lambda n, i: {},
    "aws:backup/vaultNotifications:VaultNotifications": lambda n, i: {},
    "aws:backup/vaultPolicy:VaultPolicy": lambda n, i: {},
    "aws:chatbot/slackChannelConfiguration:SlackChannelConfiguration": lambda n, i: {
        "chatConfigurationArn": f"arn:{n}"
    },
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": lambda n, i: {"arn": f"arn:{n}"},
    "aws:cloudwatch/eventRule:EventRule": lambda n, i: {"arn": f"arn:{n}"},
    "aws:cloudwatch/eventTarget:EventTarget": lambda n, i: {},
    "aws:cloudwatch/dashboard:Dashboard": lambda n, i: {"dashboardArn": f"arn:{n}"},
    "aws:cloudwatch/logGroup:LogGroup": lambda n, i: {"arn": f"arn:{n}"},
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": lambda n, i: {},
    "aws:cloudwatch/metricAlarm:MetricAlarm": lambda n, i: {"arn": f"arn:{n}"},
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": lambda n, i: {},
    "aws:ec2/flowLog:FlowLog": lambda n, i: {},
    "aws:ec2/routeTable:RouteTable": lambda n, i: {},
    "aws:ec2/routeTableAssociation:RouteTableAssociation": lambda n, i: {},
    "aws:ec2/securityGroup:SecurityGroup": lambda n, i: {},
    "aws:ec2/subnet:Subnet": lambda n, i: {},
    "aws:ec2/vpc:Vpc": lambda n, i: {},
    "aws:ec2/vpcEndpoint:VpcEndpoint": lambda n, i: {"prefixListId": f"pl-{n}"},
    "aws:ecs/cluster:Cluster": lambda n, i: {"arn": f"arn:{n}"},
    "aws:ecs/service:Service": lambda n, i: {},
    "aws:ecs/taskDefinition:TaskDefinition": lambda n, i: {"arn": f"arn:{n}"},
    "aws:elasticache/parameterGroup:ParameterGroup": lambda n, i: {},
    "aws:elasticache/replicationGroup:ReplicationGroup": lambda n, i: {
        "arn": f"arn:{n}",
        "primaryEndpointAddress": f"{n}.primary",
        "readerEndpointAddress": f"{n}.reader",
        "configurationEndpointAddress": f"{n}.configuration",
        # Backwards and unlike any pattern: whoever rebuilds names, or trusts the order, is found out.
        "memberClusters": [f"{n}-x{number}" for number in reversed(range(_nodes(i)))],
    },
    "aws:elasticache/subnetGroup:SubnetGroup": lambda n, i: {},
    "aws:elasticache/user:User": lambda n, i: {},
    "aws:elasticache/userGroup:UserGroup": lambda n, i: {},
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": lambda n, i: {"arn": f"arn:{n}"},
    "aws:iam/policy:Policy": lambda n, i: {"arn": f"arn:{n}"},
    "aws:iam/role:Role": lambda n, i: {"arn": f"arn:{n}"},
    "aws:iam/rolePolicy:RolePolicy": lambda n, i: {},
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": lambda n, i: {},
    "aws:kms/alias:Alias": lambda n, i: {},
    "aws:kms/key:Key": lambda n, i: {"arn": f"arn:{n}", "keyId": f"key-{n}"},
    "aws:lambda/alias:Alias": lambda n, i: {"arn": f"arn:{n}"},
    "aws:lambda/function:Function": lambda n, i: {"arn": f"arn:{n}"},
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": lambda n, i: {},
    "aws:lambda/invocation:Invocation": lambda n, i: {"result": '{"steps": []}'},
    "aws:lambda/permission:Permission": lambda n, i: {},
    "aws:rds/eventSubscription:EventSubscription": lambda n, i: {},
    "aws:rds/instance:Instance": lambda n, i: {
        "arn": f"arn:{n}",
        "address": f"{n}.host",
        "resourceId": f"db-{n}",
        "engineVersionActual": "17.11",
    },
    "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication": lambda n, i: {},
    "aws:rds/proxy:Proxy": lambda n, i: {"arn": f"arn:{n}", "endpoint": f"{n}.host"},
    "aws:rds/proxyDefaultTargetGroup:ProxyDefaultTargetGroup": lambda n, i: {"name": "default"},
    "aws:rds/proxyTarget:ProxyTarget": lambda n, i: {},
    "aws:rds/parameterGroup:ParameterGroup": lambda n, i: {"name": i.get("name") or f"{i['namePrefix']}made"},
    "aws:rds/subnetGroup:SubnetGroup": lambda n, i: {},
    "aws:s3/bucket:Bucket": lambda n, i: {"arn": f"arn:{n}"},
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": lambda n, i: {},
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": lambda n, i: {},
    "aws:s3/bucketPolicy:BucketPolicy": lambda n, i: {},
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": lambda n, i: {},
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": lambda n, i: {},
    "aws:s3/bucketVersioning:BucketVersioning": lambda n, i: {},
    "aws:secretsmanager/secret:Secret": lambda n, i: {"arn": f"arn:{n}"},
    "aws:secretsmanager/secretRotation:SecretRotation": lambda n, i: {},
    "aws:secretsmanager/secretVersion:SecretVersion": lambda n, i: {"versionId": f"version-{n}"},
    "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace": lambda n, i: {"arn": f"arn:{n}"},
    "aws:servicediscovery/service:Service": lambda n, i: {"arn": f"arn:{n}"},
    "aws:sns/topic:Topic": lambda n, i: {"arn": f"arn:{n}"},
    "aws:sns/topicPolicy:TopicPolicy": lambda n, i: {},
    "aws:sns/topicSubscription:TopicSubscription": lambda n, i: {},
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": lambda n, i: {},
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": lambda n, i: {},
    "random:index/randomId:RandomId": lambda n, i: {"hex": "0a1b2c3d"},
    "random:index/randomPassword:RandomPassword": lambda n, i: {"result": f"password of {n}"},
}


def _nodes(group: dict[str, Any]) -> int:
    shards = int(group.get("numNodeGroups") or 0)
    return shards * (int(group["replicasPerNodeGroup"]) + 1) if shards else int(group["numCacheClusters"])


@dataclass(frozen=True, kw_only=True)
class Asked(Resource):
    """A resource as the program asked for it; secret inputs are `[secret]`, at whatever depth."""

    secrets: dict[str, Any]
    """Top-level inputs that are secret, in the clear."""

    @property
    def waits_for(self) -> frozenset[str]:
        """Logical names of what it waits for."""
        return frozenset(map(_name, self.depends_on))

    @property
    def replaced_along(self) -> frozenset[str]:
        """Logical names of what it is replaced along with."""
        return frozenset(map(_name, self.replace_with))


@dataclass
class Recorded:
    """Everything that a program asked for."""

    resources: list[Asked] = field(default_factory=list)

    @property
    def listing(self) -> list[tuple[str, str, str]]:
        """(type without its module path, name, parent) of every resource, sorted."""
        return sorted((short(each.type), each.name, each.parent) for each in self.resources)

    def of(self, type_: str) -> dict[str, Asked]:
        """Resources of a short type such as `Instance`, by name."""
        return {each.name: each for each in self.resources if short(each.type) == type_}

    def __getitem__(self, name: str) -> Asked:
        found = [each for each in self.resources if each.name == name]
        assert len(found) == 1, f"{name}: {found or sorted(each.name for each in self.resources)}"
        return found[0]


class _Mocks(pulumi.runtime.Mocks):
    def __init__(self, *, preview: bool) -> None:
        self.preview = preview

    def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
        raise NotImplementedError(f"a component called {args.token}: components make no calls")

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        if not args.custom:
            return "", {}
        if args.typ not in OUTPUTS:
            raise NotImplementedError(f"no outputs known for {args.typ} ({args.name}): add them to the recorder")
        if self.preview:  # nothing exists yet: ids and computed outputs are unknown
            return "", dict(args.inputs)
        return f"id-{args.name}", {**args.inputs, **OUTPUTS[args.typ](args.name, args.inputs)}


class _Monitor(mocks.MockMonitor):
    def __init__(self, recorded: Recorded, *, preview: bool) -> None:
        super().__init__(_Mocks(preview=preview))
        self.recorded = recorded

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        if request.type != "pulumi:pulumi:Stack":
            raw = rpc.deserialize_properties(request.object)
            self.recorded.resources.append(
                Asked(
                    type=request.type,
                    name=request.name,
                    inputs=masked(raw),
                    secrets={k: rpc.unwrap_rpc_secret(v) for k, v in raw.items() if rpc.is_rpc_secret(v)},
                    parent=_name(request.parent),
                    protect=request.protect,
                    retain_on_delete=request.retainOnDelete,
                    delete_before_replace=request.deleteBeforeReplace,
                    replace_with=tuple(request.replace_with),
                    ignore_changes=tuple(request.ignoreChanges),
                    depends_on=tuple(sorted(request.dependencies)),
                )
            )
        return super().RegisterResource(request)


def _name(urn: str) -> str:
    return "" if "::pulumi:pulumi:Stack::" in urn else urn.rpartition("::")[2]


def short(type_: str) -> str:
    """`aws:rds/instance:Instance` -> `Instance`."""
    return type_.rpartition(":")[2]


def record(program: Callable[[], Any], *, preview: bool = False) -> Recorded:
    """Run a program, awaiting it where it is a coroutine; whatever fails in it, or in a resource, is raised."""
    recorded = Recorded()
    monitor = _Monitor(recorded, preview=preview)
    pulumi.runtime.set_mocks(monitor.mocks, project="data-tier", stack="test", preview=preview, monitor=monitor)

    @pulumi.runtime.test
    def run() -> Any:
        value = program()
        return value if inspect.isawaitable(value) else None

    run()
    return recorded
