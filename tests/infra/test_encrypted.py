"""What Pulumi has encrypted in a stack's file: a placeholder that its key takes, and a sentence that says so."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.load import load_stack
from infra.settings.problems import SettingsError
from preview.findings.settings import unread

SECRET = {"secure": "v1:8Qw1nQ7Zl2mQ:bm90IGEgcmVhbCBvbmU="}
# What `pulumi stack init` and `pulumi config set --secret` write beside `config`, one secrets provider each.
HEADERS: list[dict[str, Any]] = [
    {"encryptionsalt": "v1:Zm9v:v1:YmFy:YmF6"},
    {"secretsprovider": "awskms://alias/pulumi?region=eu-west-1", "encryptedkey": "AQICAHg="},
    {"secretsprovider": "passphrase", "encryptionsalt": "v1:Zm9v:v1:YmFy:YmF6"},
    {},
]
REMOTE = {"region": "eu-central-1", "vpc": "vpc-0a", "subnets": ["subnet-0a", "subnet-0b"]}
TWO = {"vpc": "vpc-0a", "subnets": ["subnet-0a", "subnet-0b"]}

# settings with a secret somewhere -> the paths that are told
ENCRYPTED: list[tuple[dict[str, Any], list[str]]] = [
    ({"notify": {"warning": [{"email": SECRET}]}}, ["notify.warning[0].email"]),
    ({"notify": {"critical": [{"https": SECRET}, {"sqs": SECRET}]}},
     ["notify.critical[0].https", "notify.critical[1].sqs"]),
    ({"notify": {"info": [{"slack": SECRET}, {"slack": {"workspace": SECRET, "channel": "C1"}}]}},
     ["notify.info[0].slack", "notify.info[1].slack.workspace"]),
    ({"notify": {"info": [SECRET]}}, ["notify.info[0]"]),
    ({"notify": {"info": [{"email": SECRET}, {"email": SECRET}]}}, ["notify.info[0].email", "notify.info[1].email"]),
    ({"notify": {"info": [{"slack": SECRET}, {"slack": SECRET}]}}, ["notify.info[0].slack", "notify.info[1].slack"]),
    ({"notify": {"info": SECRET}}, ["notify.info"]),
    *(({key: SECRET}, [key]) for key in (
        "notify", "network", "postgres", "redis", "objectives", "passwords", "keys", "logs", "runner", "time_zone",
        "final_snapshots", "cache_port", "suppress", "boundary", "rotation", "backup", "proxy", "bucket")),
    *(({"postgres": {key: SECRET}}, [f"postgres.{key}"]) for key in (
        "version", "class", "storage", "multi_az", "replicas", "parameters", "pgaudit", "backup", "maintenance",
        "insights", "monitoring", "database", "master", "port", "apply_immediately", "major_upgrade", "ca",
        "replica_lag")),
    ({"postgres": {"storage": {"allocated": SECRET, "max": SECRET}}},
     ["postgres.storage.allocated", "postgres.storage.max"]),
    ({"postgres": {"replicas": {"a": SECRET}}}, ["postgres.replicas.a"]),
    ({"postgres": {"replicas": {"a": {"class": SECRET, "zone": SECRET, "parameters": {"work_mem": SECRET}}}}},
     ["postgres.replicas.a.class", "postgres.replicas.a.zone", "postgres.replicas.a.parameters.work_mem"]),
    ({"postgres": {"replicas": {"a": {"remote": {**REMOTE, "vpc": SECRET, "region": SECRET, "clients": [SECRET]}}}}},
     ["postgres.replicas.a.remote.region", "postgres.replicas.a.remote.vpc", "postgres.replicas.a.remote.clients[0]"]),
    ({"redis": {"main": SECRET, "other": {"class": SECRET, "replicas": SECRET, "eviction": SECRET}}},
     ["redis.main", "redis.other.class", "redis.other.replicas", "redis.other.eviction"]),
    ({"network": {**TWO, "vpc": SECRET, "clients": [SECRET, "10.0.0.0/8"]}}, ["network.vpc", "network.clients[0]"]),
    ({"network": {"vpc": "vpc-0a", "subnets": [SECRET, SECRET]}}, ["network.subnets[0]", "network.subnets[1]"]),
    ({"bucket": {"name": SECRET, "roles": [SECRET], "expire": {"exports/": SECRET}}},
     ["bucket.name", "bucket.roles[0]", "bucket.expire.exports/"]),
    ({"rotation": {"every": SECRET, "grace": SECRET}}, ["rotation.every", "rotation.grace"]),
    ({"backup": {"second_region": {"region": SECRET}, "restore_test": SECRET}},
     ["backup.second_region.region", "backup.restore_test"]),
    ({"proxy": {"connections": SECRET}}, ["proxy.connections"]),
]  # fmt: skip


def write(folder: Path, settings: dict[str, Any], **header: Any) -> None:
    config = {"aws:region": "eu-west-3", "data-tier:profile": "staging", "data-tier:name": "shop"}
    config |= {key if ":" in key else f"data-tier:{key}": value for key, value in settings.items()}
    (folder / "Pulumi.live.yaml").write_text(yaml.safe_dump({**header, "config": config}))


@pytest.mark.parametrize(("settings", "paths"), ENCRYPTED, ids=[" ".join(paths) for _, paths in ENCRYPTED])
def test_a_placeholder_stands_for_what_is_encrypted_and_it_is_told(
    tmp_path: Path, settings: dict[str, Any], paths: list[str]
) -> None:
    write(tmp_path, settings, **HEADERS[len(paths[0]) % len(HEADERS)])
    found = load_stack(tmp_path, "live")
    told = [f"data-tier:{path} is encrypted by Pulumi: a placeholder is used here." for path in paths]
    assert sorted(found.unread) == sorted(told)
    assert [(f.severity, f.message) for f in unread(found.unread)] == [("info", text) for text in found.unread]
    assert "secure" not in str(found.config)
    assert next(iter(found.settings.redis)) == "main", "what the user named is there"


@pytest.mark.parametrize("header", HEADERS, ids=[" ".join(header) or "none" for header in HEADERS])
def test_headers_of_secrets_providers_are_pulumis_own(tmp_path: Path, header: dict[str, Any]) -> None:
    write(tmp_path, {"aws:secretKey": SECRET, "other:token": {"deep": [SECRET]}}, **header)
    found = load_stack(tmp_path, "live")
    assert [text.partition(" is ")[0] for text in found.unread] == ["aws:secretKey", "other:token.deep[0]"]
    assert "aws:secretKey" not in found.config


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("data-tier:profile", "all other values start from it"),
        ("data-tier:name", "everything on AWS is called by it"),
        ("data-tier:protect", "what may be taken away"),
        ("aws:region", "commands for AWS"),
    ],
)
def test_what_is_no_secret_and_is_needed_is_asked_for_in_the_clear(tmp_path: Path, key: str, why: str) -> None:
    write(tmp_path, {key: SECRET})
    with pytest.raises(SettingsError, match=why) as caught:
        load_stack(tmp_path, "live")
    assert [problem.key for problem in caught.value.problems] == [key]
    assert f"`pulumi config set {key} VALUE`" in str(caught.value)


@pytest.mark.parametrize("value", [{"secure": 5}, {"secure": "x", "more": "y"}, {"secure": None}, {"Secure": "x"}])
def test_what_only_looks_like_it_is_judged_as_it_stands(tmp_path: Path, value: Any) -> None:
    write(tmp_path, {"notify": {"warning": [{"email": value}]}})
    with pytest.raises(SettingsError, match=r"data-tier:notify\.warning\.0\.email: "):
        load_stack(tmp_path, "live")


@pytest.mark.parametrize(
    ("environment", "names"),
    [
        (["shared"], ["shared"]),
        (["shared", {"team/prod": {"merge": False}}], ["shared", "team/prod"]),
        ({"imports": ["org/proj/env@stable"], "values": {"pulumiConfig": {}}}, ["org/proj/env@stable"]),
        ({"values": {}}, []),
        ([], []),
        (None, []),
    ],
)
def test_an_imported_environment_is_told_since_only_pulumi_reads_it(
    tmp_path: Path, environment: Any, names: list[str]
) -> None:
    write(tmp_path, {}, environment=environment)
    told = [f"environment {name} is imported by Pulumi alone: what it sets is unknown here." for name in names]
    assert list(load_stack(tmp_path, "live").unread) == told


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"postgress": SECRET}, "data-tier:postgress: unknown key. Did you mean `postgres`?"),
        ({"postgres": {"clas": SECRET}}, "data-tier:postgres.clas: unknown key. Did you mean `class`?"),
    ],
)
def test_a_key_that_there_is_not_is_unknown_when_it_is_encrypted_too(
    tmp_path: Path, settings: dict[str, Any], told: str
) -> None:
    """The engine would have it in the clear, and refuse it in the middle of a deployment."""
    write(tmp_path, settings)
    with pytest.raises(SettingsError) as caught:
        load_stack(tmp_path, "live")
    assert [str(problem) for problem in caught.value.problems] == [told]
