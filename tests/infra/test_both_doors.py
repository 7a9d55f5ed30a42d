"""What settings take the components take, and what either refuses the other refuses with the same sentence."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.backup.copies import CopiesArgs
from components.backup.plan import ScheduleArgs
from components.backup.restore_test import RestoreTestArgs
from components.backup.second_region import BackupRegionArgs
from components.backup.vault import LockArgs
from components.bucket import BucketArgs
from components.credentials import CredentialsArgs
from components.exporter.args import MetricsServiceArgs
from components.functions.metrics import ScheduledMetricsArgs
from components.functions.rotation import RotationArgs
from components.functions.runner import RunnerArgs
from components.keys import KeysArgs
from components.network.firewall import FirewallArgs
from components.network.vpc import NetworkArgs
from components.postgres.args import PostgresArgs
from components.postgres.proxy import ProxyArgs
from components.postgres.remote import RemoteSiteArgs
from components.postgres.replica import ReplicaSpec
from components.redis.args import RedisArgs
from infra.load import load_settings
from infra.settings.problems import SettingsError, SettingsProblem
from knowledge import limits, passwords
from knowledge.limits import Ranges

ROOT = Path(__file__).parents[2]
Args = dict[str, Any]
KEYS: Args = {"storage_key_arn": "k", "logs_key_arn": "k"}
PLACE: Args = {"account_id": "1", "region": "eu-west-3"}
FUNCTION: Args = {
    "prefix": "shop-live", "code": pulumi.AssetArchive({}), "subnet_ids": [], "security_group_ids": [],
    "secrets_key_arn": "k", "logs_key_arn": "k", **PLACE,
}  # fmt: skip
REMOTE: Args = {"region": "eu-central-1", "vpc": "vpc-0c", "subnets": ["subnet-0c", "subnet-0d"]}


def postgres(**more: Any) -> PostgresArgs:
    usual: Args = {
        "identifier": "shop-live", "account_id": "1", "instance_class": "db.m7g.large", "parameters": [],
        "database": "shop", "username": "boss", "password": "p", "allocated_storage": 100, "subnet_ids": [],
        "security_group_ids": [], "backup_window": "21:00-22:00", "maintenance_window": "sun:04:00-sun:05:00", **KEYS,
    }  # fmt: skip
    return PostgresArgs(**(usual | more))


def redis(**more: Any) -> RedisArgs:
    usual: Args = {
        "replication_group_id": "shop-live-main", "version": "8.0", "family": "valkey8",
        "node_type": "cache.m7g.large", "parameters": [], "subnet_ids": [], "security_group_ids": [],
        "snapshot_window": "03:00-04:00", "maintenance_window": "sun:05:30-sun:06:30", **KEYS,
    }  # fmt: skip
    return RedisArgs(**(usual | more))


def credentials(**more: Any) -> CredentialsArgs:
    usual: Args = {"prefix": "shop-live", "master_username": "boss", "database": "shop", "identities": ["app"]}
    return CredentialsArgs(**(usual | {"secrets_key_arn": "k"} | more))


def restore_test(**more: Any) -> RestoreTestArgs:
    usual: Args = {
        "vault_arn": "v", "instance_arn": "i", "role_arn": "r", "cron": "c", "instance_class": "db.m7g.large",
        "subnet_group": "s", "database_security_group_ids": [], "manifest": "{}", "master_secret_arn": "s",
        "failed_topic_arn": "t", "topic_key_arn": "k", **FUNCTION,
    }  # fmt: skip
    return RestoreTestArgs(**(usual | more))


def proxy(**more: Any) -> ProxyArgs:
    usual: Args = {
        "prefix": "shop-live", "region": "eu-west-3", "vpc_id": "v", "subnet_ids": [], "instance_identifier": "i",
        "database_security_group_id": "g", "secret_arns": {"app": "s"}, "secrets_key_arn": "k",
    }  # fmt: skip
    return ProxyArgs(**(usual | more))


def firewall(**more: Any) -> FirewallArgs:
    return FirewallArgs(**({"prefix": "p", "vpc_id": "v", "endpoint_security_group_id": "g"} | more))


def remote(**more: Any) -> RemoteSiteArgs:
    usual: Args = {"prefix": "p", "region": "eu-central-1", "account_id": "1", "vpc_id": "v"}
    return RemoteSiteArgs(**(usual | {"subnet_ids": ["subnet-0c", "subnet-0d"]} | more))


def network(**more: Any) -> NetworkArgs:
    usual: Args = {"prefix": "p", "cidr": "10.0.0.0/20", "availability_zones": ["eu-west-3a", "eu-west-3b"], **PLACE}
    return NetworkArgs(**(usual | more))


def said_by_settings(config: Args) -> tuple[SettingsProblem, ...]:
    values = {f"data-tier:{key}": value for key, value in {"profile": "dev", "name": "shop", **config}.items()}
    try:
        load_settings(values, stack="live", source="a test")
    except SettingsError as error:
        return error.problems
    return ()


def exporter(**more: Any) -> MetricsServiceArgs:
    base: Args = {
        "prefix": "shop", "image": "r.example/e:1", "clients": ["sg-0a"], "vpc_id": "v", "subnet_ids": [], **PLACE,
        "database_security_group_id": "d", "cache_security_group_id": "c", "manifest": "{}", "secret_arns": [],
        "secrets_key_arn": "k", "logs_key_arn": "k",
    }  # fmt: skip
    return MetricsServiceArgs(**base | more)


def copies(**more: Any) -> CopiesArgs:
    base = {key: value for key, value in vars(exporter()).items() if key not in ("clients", "port")}
    del base["described_secret_arns"]
    return CopiesArgs(**base | {"cron": "c", "bucket": "shop", "key_arn": "k"} | more)


def said_by_component(build: Callable[[], object]) -> str:
    try:
        build()
    except ValueError as error:
        return str(error)
    return ""


def nested(path: str, value: Any) -> Args:
    for key in reversed(path.split(".")):
        value = {key: value}
    found: Args = value
    return found


# Key of the settings, the numbers that both take, and the component with its argument.
NUMBERS: list[tuple[str, Ranges, Callable[..., object], str]] = [
    ("postgres.backup.retention", limits.BACKUP_RETENTION, postgres, "backup_retention_days"),
    ("postgres.port", limits.PORT, postgres, "port"),
    ("postgres.port", limits.PORT, firewall, "database_port"),
    ("postgres.port", limits.PORT, remote, "port"),
    ("postgres.storage.allocated", limits.ALLOCATED_STORAGE, postgres, "allocated_storage"),
    ("postgres.storage.max", limits.MAX_ALLOCATED_STORAGE, postgres, "max_allocated_storage"),
    ("postgres.monitoring", limits.MONITORING, postgres, "monitoring_interval"),
    ("logs.retention", limits.LOG_RETENTION, postgres, "log_retention_days"),
    ("logs.retention", limits.LOG_RETENTION, redis, "log_retention_days"),
    ("logs.retention", limits.LOG_RETENTION, network, "log_retention_days"),
    ("logs.retention", limits.LOG_RETENTION, lambda **a: RunnerArgs(**RUN, **a), "log_retention_days"),
    ("cache_port", limits.PORT, redis, "port"),
    ("cache_port", limits.PORT, firewall, "cache_port"),
    ("redis.main.snapshot.retention", limits.SNAPSHOT_RETENTION, redis, "snapshot_retention_days"),
    ("redis.main.replicas", limits.CACHE_REPLICAS, redis, "replicas"),
    ("redis.main.shards", limits.SHARDS, redis, "shards"),
    ("passwords.length", passwords.LENGTH, credentials, "password_length"),
    ("keys.deletion_window", limits.DELETION_WINDOW, lambda **a: KeysArgs(prefix="p", **PLACE, **a),
     "deletion_window_days"),
    ("keys.deletion_window", limits.DELETION_WINDOW, remote, "deletion_window_days"),
    ("runner.memory", limits.FUNCTION_MEMORY, lambda **a: RunnerArgs(**RUN, **a), "memory_mib"),
    ("runner.reserved", limits.RESERVED_CONCURRENCY, lambda **a: RunnerArgs(**RUN, **a), "reserved_concurrency"),
    ("backup.weekly.keep", limits.KEPT, lambda **a: ScheduleArgs(rule="weekly", cron="c", **a), "keep_days"),
    ("backup.logical.keep", limits.KEPT, copies, "keep_days"),
    ("backup.logical.daily", limits.KEPT, copies, "daily_days"),
    ("backup.restore_test.hours", limits.RESTORE_TEST_HOURS, restore_test, "validation_hours"),
    ("proxy.connections", limits.PROXY_CONNECTIONS, proxy, "max_connections_percent"),
    ("proxy.idle", limits.PROXY_IDLE, lambda **a: proxy(max_connections_percent=100, **a), "max_idle_percent"),
    ("proxy.wait", limits.PROXY_BORROW, proxy, "borrow_timeout"),
    ("proxy.timeout", limits.PROXY_CLIENT, proxy, "idle_client_timeout"),
    ("bucket.former", limits.OBJECT_DAYS,
     lambda **a: BucketArgs(bucket="shop", account_id="1", key_arn="k", **a), "noncurrent_days"),
]  # fmt: skip
RUN: Args = {**FUNCTION, "manifest": "{}", "trigger": "t", "secret_arns": [], "token_caches": []}
EDGES = [
    (key, limit, build, argument, value)
    for key, limit, build, argument in NUMBERS
    for value in sorted({edge + step for edge in limit.edges for step in (-1, 0, 1)})
    # 0 is the settings' word for no cluster mode.
    if not (key == "redis.main.shards" and value == 0)
]


@pytest.mark.parametrize(
    ("key", "limit", "build", "argument", "value"), EDGES, ids=[f"{e[0]}-{e[3]}-{e[4]}" for e in EDGES]
)
def test_both_doors_take_the_same_numbers_and_say_the_same_of_the_others(
    key: str, limit: Ranges, build: Callable[..., object], argument: str, value: int
) -> None:
    wrong = limit.problem(value)
    settings = [each.rule for each in said_by_settings(nested(key, value)) if each.key == f"data-tier:{key}"]
    component = said_by_component(lambda: build(**{argument: value}))
    if wrong is None:
        assert not [rule for rule in settings if f" {limit.by} takes " in rule]
        assert f"{argument} is {value};" not in component
    else:
        assert any(rule.startswith(wrong) for rule in settings), settings
        assert f"{argument} {wrong}" in component


def test_every_limit_is_walked_through_both_doors_or_is_of_components_alone() -> None:
    walked = {id(limit) for _, limit, _, _ in NUMBERS}
    named = {name for name, value in vars(limits).items() if isinstance(value, Ranges) and id(value) not in walked}
    # By their own tables below, or with no key in the settings: windows that follow from `protect`, looks back.
    assert named == {
        "KEPT_CONTINUOUSLY", "LOCK_GRACE", "MAINTENANCE_FUNCTION_SECONDS", "MAINTENANCE_SECONDS", "METRICS_MINUTES",
        "RECOVERY_WINDOW", "REPLICAS", "REPLICATED_BACKUPS",
        "RESTORE_TEST_WINDOW", "ROTATION", "SESSION",
    }  # fmt: skip


SECOND: Args = {"region": "eu-central-1"}
REPLICA = ReplicaSpec(instance_class="db.m7g.large", parameters=[])
NEAR = "name the application's security group, or its own networks"
# Settings, the component, and the sentence of both; none where both take it.
SENTENCES: list[tuple[Args, Callable[[], object], str]] = [
    ({"postgres": {"version": "12"}}, lambda: postgres(version="12"), "'12' is not a PostgreSQL version of RDS"),
    ({"postgres": {"version": "17.8"}}, lambda: postgres(version="17.8", auto_minor_version_upgrade=False),
     "'17.8' does not exist on RDS; 17 has 17.5"),
    ({"postgres": {"class": "db.r7g.larg"}}, lambda: postgres(instance_class="db.r7g.larg"),
     "unknown RDS instance class 'db.r7g.larg'; the nearest known one is 'db.r7g.large'"),
    ({"backup": {"restore_test": {"class": "db.m7"}}}, lambda: restore_test(instance_class="db.m7"),
     "unknown RDS instance class 'db.m7'"),
    ({"redis": {"main": {"class": "m7g.large"}}}, lambda: redis(node_type="m7g.large"),
     "unknown ElastiCache node type 'm7g.large'"),
    ({"redis": {"main": {"version": "8.9"}}}, lambda: redis(version="8.9"), "'8.9' does not exist for valkey"),
    ({"redis": {"main": {"engine": "redis", "version": "6.2"}}},
     lambda: redis(engine="redis", version="6.2", family="redis6.x"), "'6.2' is only for a cache that runs it already"),
    ({"redis": {"m" * 31: {}}}, lambda: redis(replication_group_id="shop-live-" + "m" * 31), "must be 2 to 40"),
    ({"redis": {"m" * 30: {}}}, lambda: redis(replication_group_id="shop-live-" + "m" * 30), ""),
    ({"redis": {"main": {"multi_az": True}}}, lambda: redis(multi_az=True), "needs at least one replica to fail over"),
    ({"redis": {"main": {"shards": 84, "replicas": 5}}}, lambda: redis(shards=84, replicas=5), "are 504 nodes"),
    ({"postgres": {"replicas": {"r" * 54: {}}}}, lambda: postgres(replicas={"r" * 54: REPLICA}), "must be 2 to 63"),
    ({"postgres": {"replicas": {"r" * 53: {}}}},
     lambda: postgres(replicas={"r" * 53: REPLICA}), ""),
    ({"postgres": {"replicas": {f"r{n}x": {} for n in range(16)}}},
     lambda: postgres(replicas={f"r{n}x": REPLICA for n in range(16)}), "is 16; RDS takes 0 to 15 per source"),
    ({"postgres": {"replicas": {"a": {}}, "backup": {"retention": 0}}},
     lambda: postgres(replicas={"a": REPLICA}, backup_retention_days=0), "is 0, but a replica needs a source with"),
    ({"postgres": {"storage": {"allocated": 100, "max": 110}}}, lambda: postgres(max_allocated_storage=110), ""),
    ({"postgres": {"storage": {"allocated": 100, "max": 109}}}, lambda: postgres(max_allocated_storage=109),
     "must be at least 10 % above allocated, 110 GiB"),
    ({"postgres": {"storage": {"allocated": 100, "max": 200}, "replicas": {"a": {"max_storage": 150}}}},
     lambda: postgres(max_allocated_storage=200, replicas={
         "a": ReplicaSpec(instance_class="db.m7g.large", parameters=[], max_allocated_storage=150)}),
     "is below the primary's max (200): the replica would stop"),
    ({"postgres": {"storage": {"allocated": 300, "max": 0, "iops": 3000}}},
     lambda: postgres(allocated_storage=300, iops=3000), "cannot be set below 400 GiB of gp3"),
    ({"postgres": {"storage": {"allocated": 400, "max": 0, "iops": 11999}}},
     lambda: postgres(allocated_storage=400, iops=11999), "11999 is not 12000 to 64000 IOPS"),
    ({"postgres": {"storage": {"allocated": 400, "max": 0, "iops": 64000}}},
     lambda: postgres(allocated_storage=400, iops=64000), ""),
    ({"postgres": {"master": "postgresql_administrator"}}, lambda: postgres(username="postgresql_administrator"),
     "is not a master user name for RDS"),
    ({"postgres": {"master": "rdsadmin"}}, lambda: credentials(master_username="rdsadmin"),
     "is not a master user name for RDS"),
    ({"postgres": {"database": "order"}}, lambda: postgres(database="order"), "is reserved by PostgreSQL or RDS"),
    ({"postgres": {"database": "Shop"}}, lambda: credentials(database="Shop"), "'Shop' must be 1-63 lower-case"),
    ({"passwords": {"special": "-@"}}, lambda: credentials(password_special="-@"),
     "@ cannot be in a password that RDS, ElastiCache and URLs all take"),
    ({"passwords": {"special": "%"}}, lambda: credentials(password_special="%"), "% cannot be in a password"),
    ({"network": {"cidr": "fd00::/20"}}, lambda: network(cidr="fd00::/20"), "must be a private IPv4 network between"),
    ({"network": {"cidr": "10.0.0.0/15"}}, lambda: network(cidr="10.0.0.0/15"), "between /16 and /24"),
    ({"network": {"cidr": "10.0.0.0/16"}}, lambda: network(cidr="10.0.0.0/16"), ""),
    ({"network": {"cidr": "10.0.0.0/24"}}, lambda: network(cidr="10.0.0.0/24"), ""),
    ({"network": {"cidr": "10.0.0.0/25"}}, lambda: network(cidr="10.0.0.0/25"), "between /16 and /24"),
    ({"network": {"cidr": "100.64.0.0/20"}}, lambda: network(cidr="100.64.0.0/20"), "of 10.0.0.0/8, 172.16.0.0/12 or"),
    ({"network": {"cidr": "10.0.0.1/20"}}, lambda: network(cidr="10.0.0.1/20"), "is not an IPv4 range"),
    ({"network": {"clients": ["0.0.0.0/0"]}}, lambda: firewall(clients=["0.0.0.0/0"]),
     f"is the whole internet: {NEAR}"),
    ({"network": {"clients": ["0.0.0.0/1", "128.0.0.0/1"]}}, lambda: firewall(clients=["0.0.0.0/1", "128.0.0.0/1"]),
     "public addresses"),
    ({"network": {"clients": ["sg-NO"]}}, lambda: firewall(clients=["sg-NO"]), "is not a security group id"),
    ({"network": {"clients": ["sg-0a", "sg-0a"]}}, lambda: firewall(clients=["sg-0a", "sg-0a"]), "one of them twice"),
    ({"network": {"clients": ["10.0.0.0/8", "sg-0a"]}}, lambda: firewall(clients=["10.0.0.0/8", "sg-0a"]), ""),
    ({"postgres": {"replicas": {"a": {"remote": {**REMOTE, "clients": ["::/0"]}}}}},
     lambda: remote(clients=["::/0"]), "is the whole internet"),
    ({"postgres": {"replicas": {"a": {"remote": {**REMOTE, "subnets": ["subnet-0c"]}}}}},
     lambda: remote(subnet_ids=["subnet-0c"]), "needs at least two subnets, in different availability zones"),
    ({"network": {"vpc": "vpc-0a", "subnets": ["subnet-0c", "subnet-0c"]}},
     lambda: network(cidr=None, availability_zones=[], vpc_id="vpc-0a", subnet_ids=["subnet-0c", "subnet-0c"]),
     "names one of them twice"),
    ({"backup": {"lock": {"mode": "governance", "min": 8, "max": 7}}},
     lambda: LockArgs(mode="governance", min_days=8, max_days=7), "takes 8 days at least, more than 7 at most"),
    ({"backup": {"lock": {"mode": "compliance", "min": 1, "max": 9, "grace": 2}}},
     lambda: LockArgs(mode="compliance", min_days=1, max_days=9, grace_days=2), "is 2; AWS Backup takes 3 to 36500"),
    ({"backup": {"second_region": {**SECOND, "point_in_time": 36}}},
     lambda: BackupRegionArgs(prefix="p", region="eu-central-1", account_id="1", replicate_days=36),
     "is 36; RDS takes 1 to 35 days"),
    ({"rotation": {"every": "1001d"}},
     lambda: RotationArgs(manifest="{}", secret_arns={}, every_days=1001, **FUNCTION),
     "is 1001; Secrets Manager takes 1 to 1000 days"),
    ({"metrics": {"schedule": "61m"}},
     lambda: ScheduledMetricsArgs(manifest="{}", namespace="n", secret_arns=[], every_minutes=61, **FUNCTION),
     "is 61; the scheduled metrics takes 1 to 60 minutes"),
    ({"metrics": {"service": {"image": "r.example/e:1", "clients": ["sg-0a"], "memory": 700}}},
     lambda: exporter(memory_mib=700), "memory is 700 MiB; with cpu 256 Fargate takes 512, 1024 or 2048"),
    ({"metrics": {"service": {"image": "r.example/e:1", "clients": ["0.0.0.0/0"]}}},
     lambda: exporter(clients=["0.0.0.0/0"]), "is the whole internet"),
    ({"rotation": {"every": "1d", "grace": "24h"}},
     lambda: RotationArgs(manifest="{}", secret_arns={}, every_days=1, grace_seconds=86400, **FUNCTION),
     "is 86400 seconds; it must end before the next rotation, 1 days later"),
    ({"proxy": {"connections": 30, "idle": 31}}, lambda: proxy(max_connections_percent=30, max_idle_percent=31),
     "is 31, more than the 30 percent"),
    ({"bucket": {"name": "Shop_"}}, lambda: BucketArgs(bucket="Shop_", account_id="1", key_arn="k"),
     "'Shop_' is not a bucket name: 3 to 63 of a-z"),
    ({"bucket": {"expire": {"a/": 1, "a/b/": 2}}},
     lambda: BucketArgs(bucket="shop", account_id="1", key_arn="k", expire_days={"a/": 1, "a/b/": 2}),
     "'a/b/' lies in 'a/'"),
    ({"postgres": {"maintenance": "Sun 21:30-22:30"}}, lambda: postgres(maintenance_window="sun:21:30-sun:22:30"),
     "overlaps"),
    ({"postgres": {"backup": {"window": "21:00-21:29"}}}, lambda: postgres(backup_window="21:00-21:29"),
     "'21:00-21:29' is shorter than the 30 minutes that AWS asks for"),
    ({"redis": {"main": {"snapshot": {"window": "03:00-03:59"}}}}, lambda: redis(snapshot_window="03:00-03:59"),
     "'03:00-03:59' is shorter than the 60 minutes that AWS asks for"),
    ({"redis": {"main": {"snapshot": {"window": "24:00-25:00"}}}}, lambda: redis(snapshot_window="24:00-25:00"),
     "has a time that no clock shows"),
]  # fmt: skip


@pytest.mark.parametrize(("config", "build", "sentence"), SENTENCES, ids=[str(s[0])[:70] for s in SENTENCES])
def test_both_doors_refuse_with_the_same_sentence(config: Args, build: Callable[[], object], sentence: str) -> None:
    settings, component = " ".join(map(str, said_by_settings(config))), said_by_component(build)
    if sentence:
        assert sentence in settings
        assert sentence in component
    else:
        assert (settings, component) == ("", "")


@pytest.mark.parametrize(
    ("name", "stack", "region", "says"),
    [
        ("shop", "live", "ap-southeast-1", ""),
        ("s" * 16, "l" * 18, "ap-southeast-1", ""),
        ("s" * 16, "l" * 19, "ap-southeast-1", "is not a bucket name"),
        ("s" * 16, "l" * 19, "eu-west-1", ""),
        ("s" * 16, "l" * 19, None, "is not a bucket name"),
    ],
)
def test_a_bucket_that_has_no_name_of_its_own_can_be_given_one(
    name: str, stack: str, region: str | None, says: str
) -> None:
    config: Args = {"data-tier:profile": "dev", "data-tier:name": name, "data-tier:bucket": {}, "data-tier:redis": {}}
    config |= {"aws:region": region} if region else {}
    if not says:
        load_settings(config, stack=stack, source="a test")
        return
    with pytest.raises(SettingsError, match=says) as refused:
        load_settings(config, stack=stack, source="a test")
    assert [each.key for each in refused.value.problems] == ["data-tier:bucket.name"]


def test_no_component_compares_a_number_of_aws_by_itself() -> None:
    """A chain such as `0 <= days <= 35` is a limit, and limits have one home."""
    found = []
    for path in (ROOT / "components").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Compare) and len(node.ops) == 2 and "self." in ast.unparse(node):
                found.append(f"{path.relative_to(ROOT / 'components')}: {ast.unparse(node)}")
    # No settings say how many secrets a proxy serves, or what a vault is called.
    assert sorted(found) == [
        "backup/vault.py: 2 <= len(self.vault) <= 50",
        "postgres/proxy.py: 1 <= len(self.secret_arns) <= 200",
    ]
