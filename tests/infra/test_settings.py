"""Settings: what is refused, how it is told, and that the committed stacks pass."""

from pathlib import Path
from typing import Any

import pytest
from clinic_project import CLINIC, NAME

from infra.load import load_settings
from infra.settings.model import Settings
from infra.settings.problems import SettingsError
from infra.settings.stackfile import UnknownStackError, read_stack, stacks

ROOT = Path(__file__).parents[2]


def load(stack: str = "dev", **config: Any) -> Settings:
    values = NAME | {f"data-tier:{key}": value for key, value in config.items()}
    return load_settings(values, stack=stack, source="Pulumi.dev.yaml")


def problems(stack: str = "dev", **config: Any) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        load(stack, **config)
    return {problem.key.removeprefix("data-tier:"): problem.rule for problem in caught.value.problems}


@pytest.mark.parametrize("stack", ["dev", "staging", "prod", "local"])
def test_committed_stacks_are_valid(stack: str) -> None:
    settings = load_settings(read_stack(CLINIC, stack), stack=stack, source=f"Pulumi.{stack}.yaml")
    assert settings.profile == stack
    assert stacks(CLINIC) == ["dev", "local", "prod", "staging"]


SERVICE = {"image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/exporter:1.2", "clients": ["sg-0a1b"]}
EXISTING = {"vpc": "vpc-0a", "subnets": ["subnet-0a", "subnet-0b"]}


def storage(allocated: int, **more: int) -> dict[str, Any]:
    return {"postgres": {"storage": {"allocated": allocated, **more}}}


# storage -> the knobs that are refused, each with what the sentence says (RDS User Guide, CHAP_Storage)
STORAGE: list[tuple[dict[str, Any], dict[str, str]]] = [
    (storage(500, max=2000, iops=6000), {"iops": "6000 is not 12000 to 64000 IOPS"}),
    (storage(500, max=2000, throughput=200), {"throughput": "200 is not 500 to 4000 MiB/s"}),
    (storage(400, max=0, iops=3000, throughput=125), {"iops": "3000 is not", "throughput": "125 is not"}),
    (storage(400, max=0, throughput=4000), {"throughput": "the 12000 IOPS that it has without iops"}),
    (storage(400, max=0, throughput=3001), {"throughput": "take 12004 iops at least"}),
    (storage(400, max=0, throughput=3000), {}),
    (storage(400, max=0, iops=16000, throughput=4000), {}),
    (storage(400, max=0, iops=15999, throughput=4000), {"throughput": "take 16000 iops at least"}),
    (storage(400, max=0, iops=64001), {"iops": "64001 is not"}),
    (storage(400, max=0, iops=64000), {}),
    (storage(400, max=0, iops=12000, throughput=500), {}),
    (storage(400, max=0, iops=11999), {"iops": "11999 is not"}),
    (storage(400, max=0, iops=12000, throughput=4001), {"throughput": "4001 is not"}),
    (storage(1500, max=65536, iops=20000), {}),
    # One that will grow past 400 GiB by itself cannot be given either before it has.
    (storage(399, max=2000, iops=12000), {"iops": "below 400 GiB"}),
    (storage(399, max=2000, throughput=500), {"throughput": "below 400 GiB"}),
    (storage(20, max=2000, iops=3000, throughput=125), {"iops": "below 400 GiB", "throughput": "below 400 GiB"}),
    (storage(100, max=1000), {}),
    # Ten percent, without the rounding of floating-point numbers.
    *((storage(size, max=size + size // 10), {}) for size in (20, 30, 70, 100, 110, 1000, 2030)),
    (storage(100, max=109), {"max": "10 % above allocated, 110 GiB"}),
    (storage(105, max=115), {"max": "116 GiB"}),
    (storage(100, max=99), {"max": "never shrinks"}),
    (storage(100, max=0), {}),
]


@pytest.mark.parametrize(("config", "expected"), STORAGE, ids=[str(c["postgres"]["storage"]) for c, _ in STORAGE])
def test_storage_is_what_rds_takes(config: dict[str, Any], expected: dict[str, str]) -> None:
    try:
        load("live", profile="dev", **config)
        found = {}
    except SettingsError as error:
        found = {problem.key: problem.rule for problem in error.problems}
    assert list(found) == [f"data-tier:postgres.storage.{knob}" for knob in sorted(expected)]
    for knob, says in expected.items():
        assert says in found[f"data-tier:postgres.storage.{knob}"]


@pytest.mark.parametrize(
    ("own", "ceiling", "says"),
    [
        (0, 50, "never shrinks"),
        (0, 105, "10 % above"),
        (0, 110, ""),
        (200, 110, "below the primary's max"),
        (200, 0, "below the primary's max"),
        (200, 200, ""),
        (0, 0, ""),
    ],
)
def test_a_replicas_storage_grows_as_rds_lets_it_and_as_the_primarys_does(own: int, ceiling: int, says: str) -> None:
    config = storage(100, max=own)
    config["postgres"]["replicas"] = {"standby": {"max_storage": ceiling}}
    if not says:
        load("live", profile="dev", **config)
        return
    assert says in problems("live", profile="dev", **config)["postgres.replicas.standby.max_storage"]


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"postgres": {"replicas": {"standby": {}}, "backup": {"retention": 0}}}, "postgres.backup.retention", "replica"),
    ({"postgres": {"storage": {"allocated": 200, "max": 100}}}, "postgres.storage.max", "never shrinks"),
    ({"postgres": {"storage": {"allocated": 100, "max": 105}}}, "postgres.storage.max", "10 % above"),
    ({"postgres": {"storage": {"allocated": 100, "iops": 4000}}}, "postgres.storage.iops", "below 400 GiB"),
    ({"postgres": {"storage": {"allocated": 100, "throughput": 300}}}, "postgres.storage.throughput", "below 400 GiB"),
    ({"postgres": {"version": "12"}}, "postgres.version", "not a PostgreSQL version"),
    ({"postgres": {"version": "17.99"}}, "postgres.version", "does not exist"),
    ({"postgres": {"class": "db.m7g.lage"}}, "postgres.class", "db.m7g.large"),
    ({"postgres": {"parameters": {"work_men": 1}}}, "postgres.parameters", "work_mem"),
    ({"postgres": {"parameters": {"max_connections": -3}}}, "postgres.parameters", "max_connections"),
    (
        {"postgres": {"parameters": {"session_replication_role": "replica"}}},
        "postgres.parameters",
        "no foreign key is checked",
    ),
    (
        {"postgres": {"replicas": {"r": {"parameters": {"session_replication_role": "REPLICA"}}}}},
        "postgres.replicas.r.parameters",
        "session_replication_role",
    ),
    ({"postgres": {"master": "rdsadmin"}}, "postgres.master", "not a master user name"),
    ({"postgres": {"master": "clinic-admin"}}, "postgres.master", "not a master user name"),
    ({"postgres": {"insights": "all"}}, "postgres.insights", "not one of"),
    ({"postgres": {"maintenance": "Sun 21:30-22:30"}}, "postgres.maintenance", "overlaps"),
    ({"postgres": {"monitoring": 7}}, "postgres.monitoring", "0, 1, 5, 10, 15, 30 or 60"),
    ({"postgres": {"replicas": {"Standby": {}}}}, "postgres.replicas.Standby", "lower-case"),
    ({"postgres": {"replicas": {f"r{n}": {} for n in range(16)}}}, "postgres.replicas", "15 per source"),
    ({"redis": {"main": {"appendonly": True}}}, "redis.main.appendonly", "no append-only file"),
    ({"redis": {"main": {"parameters": {"save": "900 1"}}}}, "redis.main.parameters", "save"),
    ({"redis": {"Main": {}}}, "redis.Main", "lower-case"),
    ({"redis": {"main": {"engine": "keydb"}}}, "redis.main.engine", "not one of"),
    ({"redis": {"main": {"version": "7.9"}}}, "redis.main.version", "does not exist"),
    ({"redis": {"main": {"eviction": "random"}}}, "redis.main.parameters", "random"),
    ({"redis": {"main": {"multi_az": True}}}, "redis.main.multi_az", "at least one replica"),
    ({"redis": {"jobs": {"shards": 250, "replicas": 2}}}, "redis.jobs.shards", "750 nodes; ElastiCache takes 500"),
    # One alarm for two servers watches one of them.
    ({"redis": {"reports": {}}, "postgres": {"replicas": {"reports": {}}}}, "redis.reports", "name of a replica"),
    ({"redis": {"jobs": {}}, "postgres": {"replicas": {"jobs-1": {}}}}, "postgres.replicas.jobs-1", "node of cache"),
    ({"redis": {"jobs": {}, "jobs-2": {}}}, "redis.jobs-2", "a node of cache `jobs`"),
    ({"redis": {"a-b": {}, "a-b-002": {}}}, "redis.a-b-002", "a node of cache `a-b`"),
    *(({"redis": {name: {}}}, f"redis.{name}", "what the database is called") for name in ("primary", "master")),
    ({"name": "sg"}, "name", "security group's id"),
    ({"redis": {"a" * 40: {}}}, f"redis.{'a' * 40}", "40 characters"),
    ({"network": {"zones": 1}}, "network.zones", "must be 2, 3, or the names"),
    ({"network": {"zones": 4}}, "network.zones", "must be 2, 3, or the names"),
    ({"network": {"zones": True}}, "network.zones", "must not be true"),
    ({"network": {"zones": "2"}}, "network.zones", "must be 2, 3, or the names"),
    ({"network": {"zones": ["eu-west-1a"]}}, "network.zones", "two or three zones"),
    ({"network": {"zones": ["eu-west-1a", "eu-west-1a"]}}, "network.zones", "two or three zones"),
    ({"network": {"zones": ["us-west-2a", "us-west-2-lax-1a"]}}, "network.zones", "two or three zones"),
    ({"network": {"zones": ["euw1-az1", "euw1-az2"]}}, "network.zones", "two or three zones"),
    (
        {"network": {"zones": ["eu-west-1a", "eu-west-1b"], "vpc": "vpc-1", "subnets": ["subnet-1", "subnet-2"]}},
        "network.zones",
        "those of the subnets",
    ),
    ({"network": {"cidr": "10.0.0.0/33"}}, "network.cidr", "not an IPv4 range"),
    ({"network": {"cidr": "8.8.0.0/16"}}, "network.cidr", "private"),
    ({"network": {"clients": ["0.0.0.0/0"]}}, "network.clients.0", "whole internet"),
    ({"network": {"clients": ["::/0"]}}, "network.clients.0", "whole internet"),
    ({"network": {"clients": ["0.0.0.0/1", "128.0.0.0/1"]}}, "network.clients.1", "public addresses"),
    ({"network": {"clients": ["198.0.0.0/12", "203.0.0.0/12"]}}, "network.clients", "are, together"),
    ({"network": {"clients": ["2000::/3"]}}, "network.clients.0", "own networks"),
    ({"network": {"clients": ["10.20.0.1/16"]}}, "network.clients.0", "has host bits set"),
    (
        {"network": {"vpc": "vpc-0a", "subnets": ["subnet-0a", "subnet-0b"], "endpoints": ["2600::/28", "2a00::/28"]}},
        "network.endpoints",
        "are, together",
    ),
    (
        {
            "postgres": {
                "replicas": {
                    "dr": {
                        "remote": {
                            "region": "eu-central-1",
                            "vpc": "vpc-0a",
                            "subnets": ["subnet-0a", "subnet-0b"],
                            "clients": ["198.0.0.0/12", "sg-0a", "2.0.0.0/12"],
                        }
                    }
                }
            }
        },
        "postgres.replicas.dr.remote.clients",
        "are, together",
    ),
    *(
        ({"network": {"cidr": cidr}}, "network.cidr", "private IPv4 network between /16 and /24")
        for cidr in ("fd00::/20", "fd00::/24", "fc00::/16", "10.0.0.0/15", "10.0.0.0/25", "100.100.0.0/16", "::/16")
    ),
    # Python calls these private; no VPC can have them, or they are the internet's.
    *(
        ({"network": {"cidr": cidr}}, "network.cidr", "of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16")
        for cidr in ("169.254.0.0/16", "127.0.0.0/24", "0.0.0.0/16", "240.1.0.0/16", "198.18.0.0/16", "192.0.2.0/24")
    ),
    *(
        ({"postgres": {"database": name}}, "postgres.database", "reserved by PostgreSQL or RDS")
        for name in ("template1", "template0", "rdsadmin", "postgres", "user", "order", "table", "system_user")
    ),
    ({"postgres": {"database": "Shop"}}, "postgres.database", "1-63 lower-case"),
    *(
        ({"postgres": {"master": name}}, "postgres.master", "not a master user name")
        for name in ("table", "select", "session_user", "administrator", "pg_boss", "rds_x")
    ),
    *(
        ({"notify": {"critical": [{"sqs": arn}]}}, "notify.critical.0.sqs", "ARN of a standard queue")
        for arn in (
            "arn:aws:sqs:eu-west-1:123456789012:jobs.fifo",
            "arn:aws:sqs:eu-west-1:1:jobs",
            "arn:aws:sqs:eu-west-1:123456789012:",
            "arn:aws:sns:eu-west-1:123456789012:jobs",
        )
    ),
    ({"notify": {"critical": [{"email": "a@b.ch"}, {"email": "a@b.ch"}]}}, "notify.critical.1", "there already"),
    (
        {"notify": {"info": [{"slack": {"workspace": "T1", "channel": "C1"}}] * 2}},
        "notify.info.1",
        "there already",
    ),
    ({"network": {"clients": ["10.0.0.0/33"]}}, "network.clients.0", "neither a security group"),
    ({"network": {"subnets": ["subnet-0a", "subnet-0b"]}}, "network.vpc", "required"),
    ({"network": {"vpc": "vpc-0a", "subnets": ["subnet-0a"]}}, "network.subnets", "at least two"),
    ({"objectives": {"rpo": "1m"}}, "objectives.rpo", "5m at best"),
    ({"objectives": {"rpo": "15m"}, "postgres": {"backup": {"retention": 0}}}, "objectives.rpo", "nothing could be"),
    ({"objectives": {"rto": "30m"}}, "objectives.rto", "multi_az"),
    ({"objectives": {"rpo": "soon"}}, "objectives.rpo", "not a duration"),
    ({"passwords": {"special": "-_@"}}, "passwords.special", "@"),
    ({"passwords": {"special": '"'}}, "passwords.special", '"'),
    ({"metrics": {"schedule": "61m"}}, "metrics.schedule", "is 61; the scheduled metrics takes 1 to 60 minutes"),
    ({"metrics": {"schedule": "0m"}}, "metrics.schedule", "takes 1 to 60 minutes"),
    ({"metrics": {"schedule": "5"}}, "metrics.schedule", "is not a duration"),
    ({"metrics": {"every": "5m"}}, "metrics.every", ""),
    (
        {"metrics": {"service": {**SERVICE, "image": "exporter"}}},
        "metrics.service.image",
        "is not an image with its tag",
    ),
    ({"metrics": {"service": {**SERVICE, "image": "r.example/e"}}}, "metrics.service.image", "is not an image with"),
    (
        {"metrics": {"service": {**SERVICE, "memory": 700}}},
        "metrics.service",
        "with cpu 256 Fargate takes 512, 1024 or",
    ),
    ({"metrics": {"service": {**SERVICE, "cpu": 100}}}, "metrics.service", "cpu is 100; Fargate takes 256, 512"),
    ({"metrics": {"service": {**SERVICE, "clients": []}}}, "metrics.service", "clients is empty"),
    ({"metrics": {"service": {**SERVICE, "clients": ["0.0.0.0/0"]}}}, "metrics.service.clients.0", "0.0.0.0/0"),
    ({"metrics": {"service": {**SERVICE, "port": 80}}}, "metrics.service.port", "1150 to 65535"),
    ({"metrics": {"service": SERVICE}, "network": EXISTING}, "metrics.service", "name its endpoints or NAT in network"),
    ({"metrics": {"schedule": "5m"}, "redis": {"stack": {}}}, "redis.stack", "metrics of the stack as a whole"),
    ({"rotation": {"every": "12h"}}, "rotation.every", "whole days"),
    ({"rotation": {"every": "1001d"}}, "rotation.every", "1 to 1000 days"),
    ({"rotation": {"every": "1d", "grace": "24h"}}, "rotation", "must end before the next rotation"),
    ({"notify": {"critical": [{"email": "nobody"}]}}, "notify.critical.0.email", "e-mail"),
    ({"notify": {"critical": [{}]}}, "notify.critical.0", "exactly one"),
    ({"time_zone": "Europe/Bern"}, "time_zone", "tz database"),
    ({"protect": "perhaps"}, "protect", "boolean"),
    ({"profile": "prd"}, "profile", "Did you mean `prod`?"),
    ({"postgres": "big"}, "postgres", "must be a mapping"),
    # YAML's yes, no, on and off are no numbers, and no texts.
    ({"postgres": {"backup": {"retention": True}}}, "postgres.backup.retention", "must not be true"),
    ({"postgres": {"monitoring": False}}, "postgres.monitoring", "must not be false"),
    ({"postgres": {"port": True}}, "postgres.port", "must not be true"),
    ({"postgres": {"version": False}}, "postgres.version", "must not be false"),
    ({"postgres": {"storage": {"max": False}}}, "postgres.storage.max", "must not be false"),
    ({"postgres": {"replicas": {"r": {"max_storage": False}}}}, "postgres.replicas.r.max_storage", "must not be false"),
    ({"redis": {"jobs": {"replicas": True}}}, "redis.jobs.replicas", "must not be true"),
    ({"redis": {"jobs": {"keyspace_events": False}}}, "redis.jobs.keyspace_events", "must not be false"),
    ({"passwords": {"length": True}}, "passwords.length", "must not be true"),
    ({"name": False}, "name", "must not be false"),
    ({"logs": {"retention": True}}, "logs.retention", "must not be true"),
    ({"proxy": {"connections": True}}, "proxy.connections", "must not be true"),
    ({"backup": {"restore_test": {"hours": True}}}, "backup.restore_test.hours", "must not be true"),
    (
        {"bucket": {"name": "shop-exports", "expire": {"exports/": True}}},
        "bucket.expire",
        "`exports/` must not be true",
    ),
    ({"redis": {"jobs": True}}, "redis.jobs", "must be a mapping"),
    # What `float("inf")` and `int("٣")` take, and AWS does not.
    ({"postgres": {"replica_lag": "inf"}}, "postgres.replica_lag", "finite number"),
    ({"rotation": {"every": "٣d"}}, "rotation.every", "not a duration"),
    ({"postgres": {"maintenance": "Sun ٠٤:00-05:00"}}, "postgres.maintenance", "not a window"),
    ({"boundary": "arn:aws:iam::٠٢٣٤٥٦٧٨٩٠١٢:policy/x"}, "boundary", "ARN of a policy"),
    ({"network": {"zones": ["eu-west-١a", "eu-west-١b"]}}, "network.zones", "the names of two or three zones"),
    # What the components refuse, told with the key.
    ({"network": {"clients": ["sg-"]}}, "network.clients.0", "not a security group id"),
    ({"network": {"clients": ["10.0.0.0/24", "sg-0a sg-0b"]}}, "network.clients.1", "not a security group id"),
    ({"network": {"endpoint_clients": ["10.0.0.0/16"]}}, "network.endpoint_clients", "leave it out here"),
    (
        {"network": EXISTING | {"endpoints": ["sg-0b"], "endpoint_clients": ["10.0.0.0/16"]}},
        "network.endpoint_clients",
        "leave it out here",
    ),
    ({"network": {"endpoints": ["sg-0A"]}}, "network.endpoints.0", "not a security group id"),
    ({"postgres": {"replicas": {"r": {"zone": ""}}}}, "postgres.replicas.r.zone", "not a zone"),
    ({"postgres": {"replicas": {"r": {"zone": "eu-west-1-x"}}}}, "postgres.replicas.r.zone", "not a zone"),
    ({"postgres": {"replicas": {"r": {"zone": "us-east-1-bos-1a"}}}}, "postgres.replicas.r.zone", "not a zone"),
    ({"postgres": {"parameters": {"work_mem": [64]}}}, "postgres.parameters.work_mem", "must be a text or a number"),
    ({"redis": {"jobs": {"parameters": {"timeout": None}}}}, "redis.jobs.parameters.timeout", "a text or a number"),
]


@pytest.mark.parametrize(
    ("config", "key", "says"), REFUSED, ids=[f"{key}-{n}" for n, (_, key, _) in enumerate(REFUSED)]
)
def test_refused(config: dict[str, Any], key: str, says: str) -> None:
    found = problems(**config)
    assert key in found, found
    assert says in found[key]


@pytest.mark.parametrize(
    ("config", "key", "near"),
    [
        ({"postgress": {}}, "postgress", "postgres"),
        ({"postgres": {"clas": "db.m7g.large"}}, "postgres.clas", "class"),
        ({"postgres": {"storage": {"alocated": 50}}}, "postgres.storage.alocated", "allocated"),
        ({"redis": {"main": {"replcas": 1}}}, "redis.main.replcas", "replicas"),
        ({"postgres": {"replicas": {"standby": {"clas": "x"}}}}, "postgres.replicas.standby.clas", "class"),
        ({"notify": {"critical": [{"mail": "a@b.ch"}]}}, "notify.critical.0.mail", "email"),
    ],
)
def test_a_misspelt_key_is_told_the_nearest_known_one(config: dict[str, Any], key: str, near: str) -> None:
    assert f"Did you mean `{near}`?" in problems(**config)[key]


def test_all_problems_of_a_file_are_told_together() -> None:
    found = problems(
        profil="dev",
        postgres={"clas": "x", "version": "12", "storage": {"allocated": 200, "max": 100}},
        redis={"main": {"aof": True, "replicas": "many"}},
        network={"clients": ["0.0.0.0/0"]},
    )
    assert set(found) == {
        "profil",
        "postgres.clas",
        "postgres.version",
        "postgres.storage.max",
        "redis.main.aof",
        "redis.main.replicas",
        "network.clients.0",
    }


def test_named_maps_replace_the_profiles_and_others_merge() -> None:
    settings = load("prod", profile="prod", postgres={"replicas": {"one": {}}, "storage": {"allocated": 500}})
    assert list(settings.postgres.replicas) == ["one"]
    assert settings.postgres.storage.max == 1000
    assert list(settings.redis) == ["main", "queue"]
    assert list(load(redis={"only": {"class": "cache.m7g.large"}}).redis) == ["only"]


def test_rotation_is_off_unless_asked_for() -> None:
    assert load("prod", profile="prod").rotation is None
    asked = load(rotation={}).rotation
    assert asked
    assert (asked.every, asked.grace) == ("30d", "24h")


def test_unknown_stack_names_those_there_are() -> None:
    with pytest.raises(UnknownStackError, match=r"no stack `prd`.*dev, local, prod, staging.*Did you mean `prod`"):
        read_stack(CLINIC, "prd")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("config: [", "not valid YAML"),
        ("config: [1]", "must be a mapping"),
        ("- config", "must be a mapping"),
        ("config:\n  data-tier:redis:\n    main: {}\n    main: {}\n", "`main` stands here a second time"),
    ],
)
def test_broken_files(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_text(text)
    with pytest.raises(SettingsError, match=says):
        read_stack(tmp_path, "dev")
