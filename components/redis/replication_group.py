"""One named cache: an ElastiCache replication group (Valkey or Redis) and all that belongs to it alone.

One that was there before the stack keeps what cannot be changed in place; what is optional and read back from AWS stays
as it is by leaving it out (terraform-provider-aws, elasticache/replication_group.go).
"""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components.redis.args import RedisArgs
from components.redis.users import CacheUsers, CacheUsersArgs
from components.secret import secret
from knowledge import classes
from knowledge.redis.abilities import has_tls_mode
from knowledge.redis.parameters import node_count

LOGS = ("slow-log", "engine-log")
"""Log deliveries; each has a group of its own, two deliveries into one are refused."""


class Redis(pulumi.ComponentResource):
    """A replication group with its parameter group, subnets, logs and users."""

    replication_group_id: pulumi.Output[str]
    """Id of the replication group."""
    arn: pulumi.Output[str]
    """ARN of the replication group."""
    endpoint: pulumi.Output[str]
    """Host of the primary; in cluster mode the configuration endpoint."""
    reader_endpoint: pulumi.Output[str] | None
    """Host that spreads over the replicas; none in cluster mode."""
    port: pulumi.Output[int]
    """Port of every endpoint."""
    member_clusters: pulumi.Output[Sequence[str]]
    """Ids of the nodes, as ElastiCache reports them."""
    nodes: list[pulumi.Output[str]]
    """Id of each node, as many as the declaration asks for; which one is known after creation."""
    user_group_id: pulumi.Output[str] | None
    """User group that the bootstrap adds users to; none with an AUTH token."""

    def __init__(self, name: str, args: RedisArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the users, the parameter group, the logs and the replication group."""
        super().__init__("data-tier:index:Redis", name, {}, opts)
        self._name = name
        self._args = args
        child = pulumi.ResourceOptions(parent=self)
        self.user_group_id = self._users(child)
        group = self._group(child)
        self.replication_group_id, self.arn = group.replication_group_id, group.arn
        self.member_clusters = group.member_clusters
        self.port = group.port.apply(lambda port: port or args.port)
        if args.shards:
            self.endpoint, self.reader_endpoint = group.configuration_endpoint_address, None
        else:
            self.endpoint, self.reader_endpoint = group.primary_endpoint_address, group.reader_endpoint_address
        self.nodes = node_ids(group.member_clusters, node_count(args.shards, args.replicas))
        self.register_outputs(
            {
                "replication_group_id": self.replication_group_id,
                "arn": self.arn,
                "endpoint": self.endpoint,
                "reader_endpoint": self.reader_endpoint,
                "port": self.port,
                "member_clusters": self.member_clusters,
                "user_group_id": self.user_group_id,
            }
        )

    def _users(self, child: pulumi.ResourceOptions) -> pulumi.Output[str] | None:
        """The user group: the one it has, which others' users stay in, or one of its own. None with a token."""
        args, existing = self._args, self._args.existing
        if self._has_token:
            return None
        if existing and existing.user_group_id is not None:
            return pulumi.Output.from_input(existing.user_group_id)
        group = CacheUsersArgs(user_group_id=args.named, engine=args.engine)
        return CacheUsers(f"{self._name}-users", group, child).user_group_id

    @property
    def _has_token(self) -> bool:
        existing = self._args.existing
        return self._args.auth_token is not None or (existing is not None and existing.token)

    def _parameters(self, child: pulumi.ResourceOptions) -> pulumi.Input[str]:
        """Name of the parameter group, which is made unless it is only referred to."""
        # A new family makes a new group; the replication group changes to it in the same modification as its version,
        # and the old one goes last. ElastiCache has no name_prefix, so the name's end comes from here.
        args, existing = self._args, self._args.existing
        kept = existing.parameter_group if existing else None
        name: pulumi.Input[str]
        if kept is not None and kept.serves(args.family):
            if not kept.managed:
                return kept.name
            name, description = kept.name, kept.description
        else:
            suffix = random.RandomId(
                f"{self._name}-parameters-id", byte_length=3, keepers={"family": args.family}, opts=child
            )
            name = pulumi.Output.concat(args.named, "-", args.family.replace(".", "-"), "-", suffix.hex)
            description = f"Parameters of {args.named}"
        return aws.elasticache.ParameterGroup(
            f"{self._name}-parameters",
            name=name,
            family=args.family,
            description=description,
            parameters=[
                aws.elasticache.ParameterGroupParameterArgs(name=parameter.name, value=parameter.value)
                for parameter in args.parameters
            ],
            opts=child,
        ).name

    def _subnets(self, child: pulumi.ResourceOptions) -> pulumi.Input[str] | None:
        """Name of the subnet group, which is made unless the cache has one; None leaves it as it is."""
        args = self._args
        if args.existing:
            return args.existing.subnet_group
        return aws.elasticache.SubnetGroup(
            f"{self._name}-subnets",
            name=args.named,
            description=f"Subnets of {args.named}",
            subnet_ids=args.subnet_ids,
            opts=child,
        ).name

    def _logs(
        self, child: pulumi.ResourceOptions
    ) -> list[aws.elasticache.ReplicationGroupLogDeliveryConfigurationArgs]:
        args = self._args
        kept = args.existing.logs if args.existing else {}
        deliveries = []
        for kind in LOGS:
            if kind in kept:
                deliveries.append(
                    aws.elasticache.ReplicationGroupLogDeliveryConfigurationArgs(
                        destination=kept[kind].destination,
                        destination_type=kept[kind].type,
                        log_format=kept[kind].format,
                        log_type=kind,
                    )
                )
                continue
            group = aws.cloudwatch.LogGroup(
                f"{self._name}-{kind}",
                name=f"/aws/elasticache/{args.named}/{kind}",
                retention_in_days=args.log_retention_days,
                kms_key_id=args.logs_key_arn,
                opts=child,
            )
            deliveries.append(
                aws.elasticache.ReplicationGroupLogDeliveryConfigurationArgs(
                    destination=group.name, destination_type="cloudwatch-logs", log_format="json", log_type=kind
                )
            )
        return deliveries

    def _group(self, child: pulumi.ResourceOptions) -> aws.elasticache.ReplicationGroup:
        name, args, existing = self._name, self._args, self._args.existing
        token = None if args.auth_token is None else secret(args.auth_token)
        return aws.elasticache.ReplicationGroup(
            f"{name}-group",
            replication_group_id=args.replication_group_id,
            description=f"Cache {args.named}",
            engine=args.engine,
            engine_version=args.version,
            node_type=args.node_type,
            data_tiering_enabled=True if classes.cache_class(args.node_type).tiered else None,
            parameter_group_name=self._parameters(child),
            port=args.port,
            # One that was there before may be `compatible`, between the two.
            cluster_mode=None if existing else "enabled" if args.shards else "disabled",
            num_cache_clusters=None if args.shards else args.replicas + 1,
            num_node_groups=args.shards,
            replicas_per_node_group=args.replicas if args.shards else None,
            automatic_failover_enabled=bool(args.shards or args.replicas),
            multi_az_enabled=args.multi_az,
            subnet_group_name=self._subnets(child),
            security_group_ids=[*args.security_group_ids, *(existing.security_group_ids if existing else ())],
            at_rest_encryption_enabled=existing.encrypted if existing else True,
            kms_key_id=self._key(),
            transit_encryption_enabled=True,
            transit_encryption_mode=self._tls(),
            user_group_ids=None if self.user_group_id is None else [self.user_group_id],
            auth_token=token,
            auth_token_update_strategy=None if token is None else "ROTATE",
            log_delivery_configurations=self._logs(child),
            snapshot_retention_limit=args.snapshot_retention_days,
            snapshot_window=args.snapshot_window,
            final_snapshot_identifier=self._final_snapshot(child) if args.final_snapshot else None,
            maintenance_window=args.maintenance_window,
            notification_topic_arn=(existing and existing.topic_arn) or args.notification_topic_arn,
            # Once ElastiCache has taken it further by itself, the declared version is a lower one, and the provider
            # replaces a cache whose version goes down (terraform-provider-aws, elasticache/engine_version.go). The flag
            # is about minors alone; patches are service updates (ElastiCache API, CreateReplicationGroup).
            auto_minor_version_upgrade=False,
            apply_immediately=args.apply_immediately,
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=args.protect,
                # The bootstrap rotates the token (ROTATE adds one, SET drops the other); Pulumi knows the first alone.
                # Of a cache that had one before it knows none.
                ignore_changes=["authToken", "authTokenUpdateStrategy"] if self._has_token else None,
                delete_before_replace=True,  # the id is fixed
                custom_timeouts=pulumi.CustomTimeouts(create="2h", update="3h", delete="2h"),
            ),
        )

    def _key(self) -> pulumi.Input[str] | None:
        return self._args.existing.key_arn if self._args.existing else self._args.storage_key_arn

    def _tls(self) -> str | None:
        args = self._args
        if args.existing:
            return args.existing.tls
        return "required" if has_tls_mode(args.engine, args.version) else None

    def _final_snapshot(self, child: pulumi.ResourceOptions) -> pulumi.Output[str]:
        # A new name for each generation of the cache: the keepers are inputs that replace it.
        args = self._args
        generation = random.RandomId(
            f"{self._name}-generation",
            byte_length=4,
            keepers={"id": args.replication_group_id, "storage_key": self._key() or "", "port": str(args.port)},
            opts=child,
        )
        return pulumi.Output.concat(args.named, "-final-", generation.hex)


class NodesError(pulumi.RunError):
    """The state names other nodes than the stack declares.

    Pulumi shows a `RunError` without a traceback; a ValueError in an output its SDK would wrap (serialize_properties).
    """


def node_ids(member_clusters: pulumi.Output[Sequence[str]], count: int) -> list[pulumi.Output[str]]:
    """Return the ids of `count` nodes, taken from what ElastiCache reports, never rebuilt from a pattern."""

    def nth(index: int) -> pulumi.Output[str]:
        def pick(ids: Sequence[str]) -> str:
            if len(ids) != count:
                raise NodesError(
                    f"ElastiCache has the nodes {', '.join(sorted(ids))}, and the stack declares {count}: replicas or "
                    "shards were changed by hand; run `pulumi refresh`, then `pulumi up`"
                )
            return sorted(ids)[index]

        return member_clusters.apply(pick)

    return [nth(index) for index in range(count)]
