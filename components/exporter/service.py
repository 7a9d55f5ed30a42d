"""The exporter as a service: one task of ECS on Fargate without a public address, found by a name in the VPC."""

from typing import Any

import pulumi
import pulumi_aws as aws

from components.exporter.args import MetricsServiceArgs
from components.functions.metrics import AGES
from components.functions.vpc_function import manifest_secret
from components.policy import Statement, allow
from components.tasks.definition import confined, definition, log_group
from components.tasks.group import security_group
from components.tasks.roles import execution_role, secrets, task_role

CONTAINER = "exporter"


class MetricsService(pulumi.ComponentResource):
    """Cluster, task, service, roles, security group, log and name of the exporter."""

    address: pulumi.Output[str]
    """`HOST:PORT` that Prometheus scrapes."""
    security_group_id: pulumi.Output[str]
    """Security group of the exporter."""

    def __init__(self, name: str, args: MetricsServiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the service; it starts when all that the component depends on is there."""
        super().__init__("data-tier:index:MetricsService", name, {}, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        says = "Exporter of the servers' metrics"
        group, rules = security_group(name, args, CONTAINER, says, self._child, asked=(args.port, args.clients))
        manifest = manifest_secret(
            name,
            args,
            args.manifest,
            kind=CONTAINER,
            purpose=f"What the exporter of {args.prefix} looks at",
            keep=args.recovery_window_days,
            opts=self._child,
        )
        logs = log_group(name, args, CONTAINER, self._child)
        starts, may_start = execution_role(name, args, CONTAINER, logs, self._child)
        may = permissions(args, manifest.secret_id)
        watches = "The exporter reads the secrets of the identities that watch"
        runs, may_run = task_role(name, args, CONTAINER, watches, may, self._child)
        task = definition(
            name,
            args,
            CONTAINER,
            container(args, manifest.secret_id, manifest.version_id, logs.name),
            (starts, runs),
            self._child,
        )
        namespace, registry = self._discovery()
        cluster = aws.ecs.Cluster(f"{name}-cluster", name=args.prefix, opts=self._child)
        aws.ecs.Service(
            f"{name}-service",
            name=f"{args.prefix}-exporter",
            cluster=cluster.name,
            task_definition=task.arn,
            launch_type="FARGATE",
            desired_count=1,
            # A deployment whose task does not come up goes back to the last one, and fails the deployment of the stack.
            deployment_circuit_breaker=aws.ecs.ServiceDeploymentCircuitBreakerArgs(enable=True, rollback=True),
            wait_for_steady_state=True,
            network_configuration=aws.ecs.ServiceNetworkConfigurationArgs(
                subnets=args.subnet_ids,
                security_groups=[group.id, *args.security_group_ids],
                assign_public_ip=False,
            ),
            service_registries=aws.ecs.ServiceServiceRegistriesArgs(registry_arn=registry.arn),
            opts=pulumi.ResourceOptions.merge(
                # The policies too: without them the task would neither start nor stop (aws_ecs_service, note).
                pulumi.ResourceOptions(parent=self, depends_on=[may_start, may_run, *rules]),
                pulumi.ResourceOptions(depends_on=opts.depends_on if opts else None),
            ),
        )
        self.address = pulumi.Output.concat(registry.name, ".", namespace.name, f":{args.port}")
        self.security_group_id = group.id
        self.register_outputs({"address": self.address, "security_group_id": self.security_group_id})

    def _discovery(self) -> tuple[aws.servicediscovery.PrivateDnsNamespace, aws.servicediscovery.Service]:
        """A name in the VPC that follows the task: `exporter.PREFIX.internal`."""
        namespace = aws.servicediscovery.PrivateDnsNamespace(
            f"{self._name}-namespace",
            name=f"{self._args.prefix}.internal",
            description="Where the exporter is found",
            vpc=self._args.vpc_id,
            opts=self._child,
        )
        registry = aws.servicediscovery.Service(
            f"{self._name}-name",
            name="exporter",
            dns_config=aws.servicediscovery.ServiceDnsConfigArgs(
                namespace_id=namespace.id,
                routing_policy="MULTIVALUE",
                dns_records=[aws.servicediscovery.ServiceDnsConfigDnsRecordArgs(ttl=10, type="A")],
            ),
            opts=self._child,
        )
        return namespace, registry


def permissions(args: MetricsServiceArgs, manifest_arn: pulumi.Input[str]) -> list[Statement]:
    """Read the secrets of those who watch, and how old the others are."""
    described = list(args.described_secret_arns)
    ages = [allow("Ages", [f"secretsmanager:{each}" for each in AGES], described)] if described else []
    reads, *keys = secrets(args, manifest_arn)
    return [reads, *ages, *keys]


def container(
    args: MetricsServiceArgs,
    manifest_arn: pulumi.Input[str],
    manifest_version: pulumi.Input[str],
    log_group: pulumi.Input[str],
) -> dict[str, Any]:
    """The one container of the task. Nothing secret is in its environment."""
    healthy = f"import urllib.request; urllib.request.urlopen('http://127.0.0.1:{args.port}/', timeout=4)"
    return {
        **confined(args, CONTAINER, log_group, manifest_version),
        "command": ["metrics", "serve", "--manifest", manifest_arn, "--listen", f"0.0.0.0:{args.port}"],
        "portMappings": [{"containerPort": args.port, "hostPort": args.port, "protocol": "tcp"}],
        # That it serves, not that the servers are well: a database that is down must not stop what tells of it.
        "healthCheck": {"command": ["CMD", "python", "-c", healthy], "interval": 30, "timeout": 5, "retries": 3},
    }
