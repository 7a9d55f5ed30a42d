"""The data tier from Python: components imported, parameters and alarms computed from the classes."""

import pulumi

from components.alarms.server_alarms import Alarms, AlarmsArgs
from components.alarms.target import AlarmTarget
from components.credentials import Credentials, CredentialsArgs
from components.keys import Keys, KeysArgs
from components.network.firewall import Firewall, FirewallArgs
from components.network.vpc import Network, NetworkArgs
from components.notifications.args import NotificationsArgs, Subscription
from components.notifications.topics import Notifications
from components.postgres.args import PostgresArgs
from components.postgres.primary import Postgres
from components.postgres.replica import Replica, ReplicaSpec
from components.redis.args import RedisArgs
from components.redis.replication_group import Redis
from knowledge.alarms.catalogue import postgres_alarms, redis_alarms
from knowledge.classes import cache_class, rds_class
from knowledge.postgres.parameters import postgres_parameters
from knowledge.redis.parameters import redis_family, redis_parameters
from knowledge.storage import Volume

PREFIX = "shop-dev"
DATABASE = rds_class("db.t4g.medium")
CACHE = cache_class("cache.t4g.small")
STORAGE, STORAGE_MAX = 50, 200

config = pulumi.Config()
region = config.get("region", "eu-west-1")
account = config.require("account")

keys = Keys("keys", KeysArgs(prefix=PREFIX, account_id=account, region=region))
network = Network(
    "network",
    NetworkArgs(
        prefix=PREFIX,
        cidr="10.20.0.0/20",
        availability_zones=[f"{region}a", f"{region}b"],
        logs_key_arn=keys.logs_arn,
        account_id=account,
        region=region,
    ),
)
firewall = Firewall(
    "firewall",
    FirewallArgs(
        prefix=PREFIX,
        vpc_id=network.vpc_id,
        clients=["10.20.0.0/20"],
        endpoint_security_group_id=network.endpoint_security_group_id,
    ),
)
notifications = Notifications(
    "notifications",
    NotificationsArgs(
        prefix=PREFIX,
        key_arn=keys.notifications_arn,
        recipients={"critical": [Subscription(kind="email", endpoint=config.get("oncall", "oncall@example.org"))]},
        account_id=account,
        region=region,
    ),
)
credentials = Credentials(
    "credentials",
    CredentialsArgs(
        prefix=PREFIX,
        master_username="shop_admin",
        database="shop",
        identities=["shop_app"],
        secrets_key_arn=keys.secrets_arn,
    ),
)

parameters = postgres_parameters(DATABASE.memory_bytes, DATABASE.vcpu, 17, storage_gib=STORAGE)
postgres = Postgres(
    "postgres",
    PostgresArgs(
        identifier=PREFIX,
        account_id=account,
        instance_class=DATABASE.name,
        parameters=parameters,
        database="shop",
        username="shop_admin",
        password=credentials.master_password,
        allocated_storage=STORAGE,
        max_allocated_storage=STORAGE_MAX,
        subnet_ids=network.subnet_ids,
        security_group_ids=[firewall.database_id],
        storage_key_arn=keys.storage_arn,
        logs_key_arn=keys.logs_arn,
        replicas={
            "reporting": ReplicaSpec(
                instance_class=DATABASE.name,
                parameters=postgres_parameters(
                    DATABASE.memory_bytes, DATABASE.vcpu, 17, storage_gib=STORAGE, replica=True, primary=parameters
                ),
                max_allocated_storage=STORAGE_MAX,
            )
        },
        backup_window="01:00-01:30",
        maintenance_window="sun:03:00-sun:04:00",
        event_topic_arns={"warning": notifications.topic_arns["warning"]},
    ),
)
cache = Redis(
    "cache",
    RedisArgs(
        replication_group_id=f"{PREFIX}-main",
        version="8.1",
        family=redis_family("valkey", "8.1"),
        node_type=CACHE.name,
        parameters=redis_parameters(CACHE.memory_bytes, "valkey", "8.1", eviction="allkeys-lru", cluster_mode=False),
        replicas=1,
        multi_az=True,
        subnet_ids=network.subnet_ids,
        security_group_ids=[firewall.cache_id],
        storage_key_arn=keys.storage_arn,
        logs_key_arn=keys.logs_arn,
        snapshot_window="03:00-04:00",
        maintenance_window="sun:05:00-sun:06:00",
        notification_topic_arn=notifications.cache_events_arn,
    ),
)


def instance(server: Postgres | Replica) -> AlarmTarget:
    """An instance with the alarms that its class and volume give; a replica's look at its primary too."""
    connections = next(int(each.value) for each in parameters if each.name == "max_connections")
    alarms = postgres_alarms(
        DATABASE,
        Volume(allocated=STORAGE),
        max_connections=connections,
        max_allocated_gib=STORAGE_MAX,
        replica=isinstance(server, Replica),
        lag_critical_seconds=300,
    )
    return AlarmTarget(
        dimension="DBInstanceIdentifier",
        id=server.identifier,
        alarms=alarms,
        primary=postgres.identifier if isinstance(server, Replica) else None,
        resource_id=server.resource_id,
        log_group=server.log_group,
    )


nodes = redis_alarms(CACHE, eviction="allkeys-lru", replicas=1, cluster_mode=False)
Alarms(
    "alarms",
    AlarmsArgs(
        prefix=PREFIX,
        topic_arns=notifications.topic_arns,
        targets={
            "primary": instance(postgres),
            "reporting": instance(postgres.replicas["reporting"]),
            **{
                f"cache-{number}": AlarmTarget(dimension="CacheClusterId", id=node, alarms=nodes)
                for number, node in enumerate(cache.nodes, start=1)
            },
        },
    ),
)

pulumi.export("writer", postgres.address)
pulumi.export("reader", postgres.replicas["reporting"].address)
pulumi.export("cache", cache.endpoint)
