"""A stack whose servers were there before it: what the program says of its caches, their secrets and who may what."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from recorded_program import recorded

from bootstrap.manifest import Manifest
from infra.load import load_settings
from infra.settings.problems import SettingsError
from observe.metrics.own.secrets import aged

if TYPE_CHECKING:
    from graph.deployment import Deployment

SECRET = "arn:aws:secretsmanager:eu-west-3:111122223333:secret:"
PRIMARY: dict[str, Any] = {"identifier": "ledger", "master_secret": f"{SECRET}ledger/master-AbCdEf"}
MAIN: dict[str, Any] = {
    "identifier": "ledger-cache",
    "subnet_group": "ledger",
    "security_groups": ["sg-0beef"],
    "parameter_group": {"name": "ledger-redis7", "description": "Ledger", "family": "redis7"},
    "port": 6390,
    "tls": "preferred",
    "user_group": "ledger-users",
}
QUEUE: dict[str, Any] = {"identifier": "ledger-queue", "token_secret": f"{SECRET}ledger/queue-AbCdEf"}


def values_of(primary: dict[str, Any] = PRIMARY, queue: dict[str, Any] = QUEUE) -> dict[str, Any]:
    return {
        "aws:region": "eu-west-3",
        "data-tier:profile": "prod",
        "data-tier:name": "ledger",
        "data-tier:network": {
            "vpc": "vpc-0a1b",
            "subnets": ["subnet-0a1b", "subnet-0c2d"],
            "endpoints": ["sg-0d1b"],
            "clients": ["10.7.0.0/16"],
        },
        "data-tier:rotation": {},
        "data-tier:metrics": {"schedule": "5m"},
        "data-tier:postgres": {"existing": primary},
        "data-tier:redis": {
            "main": {"engine": "redis", "version": "7.1", "existing": MAIN},
            "queue": {"engine": "redis", "version": "6.2", "auth": "token", "existing": queue},
        },
    }


def declared(primary: dict[str, Any] = PRIMARY, queue: dict[str, Any] = QUEUE) -> Deployment:
    return recorded("live", values_of(primary, queue), region="eu-west-3")


def of_type(made: Deployment, kind: str) -> dict[str, dict[str, Any]]:
    return {each.name: each.inputs for each in made.resources if each.type.endswith(f":{kind}")}


def test_what_there_was_is_named_and_nothing_is_made_in_its_place() -> None:
    made = declared()
    kept = ("port", "subnetGroupName", "parameterGroupName", "userGroupIds", "kmsKeyId", "transitEncryptionMode")
    groups = of_type(made, "ReplicationGroup")
    assert {
        each["replicationGroupId"]: {key: each.get(key) for key in (*kept, "authToken")} for each in groups.values()
    } == {
        "ledger-cache": {
            "port": 6390,
            "subnetGroupName": "ledger",
            "parameterGroupName": "ledger-redis7",
            "userGroupIds": ["ledger-users"],
            "kmsKeyId": None,
            "transitEncryptionMode": "preferred",
            "authToken": None,
        },
        "ledger-queue": {
            "port": 6379,
            "subnetGroupName": None,
            "parameterGroupName": groups["queue-group"]["parameterGroupName"],
            "userGroupIds": None,
            "kmsKeyId": None,
            "transitEncryptionMode": None,
            "authToken": None,
        },
    }
    assert groups["main-group"]["securityGroupIds"][1:] == ["sg-0beef"]
    assert not {**of_type(made, "User"), **of_type(made, "UserGroup")}
    assert [each["name"] for each in of_type(made, "Secret").values() if "auth" in each["name"]] == []
    assert not of_type(made, "SecretVersion").keys() & {"credentials-master-initial", "credentials-queue-auth-initial"}
    ports = {each["fromPort"] for name, each in of_type(made, "SecurityGroupIngressRule").items() if "-cache" in name}
    assert ports == {6379, 6390}


def test_the_manifest_names_what_there_was() -> None:
    manifest = Manifest.model_validate_json(declared().outputs["manifest"])
    postgres = manifest.postgres
    assert (postgres.master_secret, postgres.existing) == (PRIMARY["master_secret"], True)
    assert {
        name: (each.user_group, each.auth_secret, each.replication_group, each.existing, each.endpoint.port)
        for name, each in manifest.caches.items()
    } == {
        "main": ("ledger-users", None, "ledger-cache", True, 6390),
        "queue": (None, QUEUE["token_secret"], "ledger-queue", True, 6379),
    }


@pytest.mark.parametrize("role", ["runner", "rotation"])
def test_its_secrets_are_opened_whatever_their_key(role: str) -> None:
    policy = json.loads(of_type(declared(), "RolePolicy")[f"{role}-policy"]["policy"])
    (key,) = (each for each in policy["Statement"] if each["Sid"] == "ExistingSecretsKeys")
    assert key["Condition"]["StringEquals"]["kms:EncryptionContext:SecretARN"] == [
        PRIMARY["master_secret"],
        QUEUE["token_secret"],
    ]


def test_nobody_but_a_person_rotates_what_others_may_use() -> None:
    made = declared()
    rotated = {each["secretId"] for each in of_type(made, "SecretRotation").values()}
    assert rotated == {each for name, each in made.outputs["secrets"].items() if name != "master"}


def test_the_age_of_what_a_person_rotates_is_nobodys_neglect() -> None:
    made = declared()
    policy = json.loads(of_type(made, "RolePolicy")["metrics-policy"]["policy"])
    (ages,) = (each["Resource"] for each in policy["Statement"] if each["Sid"] == "Ages")
    assert set(ages) == {each for name, each in made.outputs["secrets"].items() if name != "master"}
    told = aged(Manifest.model_validate_json(made.outputs["manifest"]))
    assert sorted(told.values()) == sorted(ages)


def test_a_server_without_a_secret_gets_an_empty_one() -> None:
    made = declared({"identifier": "ledger"}, {"identifier": "ledger-queue"})
    names = {each["name"] for each in of_type(made, "Secret").values()}
    assert {"ledger-live/master", "ledger-live/queue-auth"} <= names
    assert not [name for name in of_type(made, "SecretVersion") if name.startswith("credentials-")]
    assert not [name for name in of_type(made, "RandomPassword") if name.startswith("credentials-")]
    assert "password" not in of_type(made, "Instance")["postgres-primary"]


@pytest.mark.parametrize(
    ("cache", "existing", "key", "says"),
    [
        ({"version": "6.2"}, {}, "existing.tls", "came with Redis OSS 7.0.5: redis 6.2 has TLS for every client"),
        ({"version": "5.0.6"}, {"tls": None}, "auth", "token is needed for redis 5.0.6, which knows no users"),
        ({"auth": "token"}, {}, "existing.user_group", "is for `auth: rbac`, and this cache has a token"),
        ({}, {"token_secret": QUEUE["token_secret"]}, "existing.token_secret", "is for `auth: token`, and this cache"),
        (
            {"auth": "token"},
            {"user_group": None, "token_secret": f"{SECRET}q".replace("eu-west-3", "eu-west-1")},
            "existing.token_secret",
            "is in eu-west-1, and the stack in eu-west-3",
        ),
        ({}, {"identifier": "Ledger"}, "existing.identifier", "`Ledger` must be 2 to 40 characters"),
        ({"version": "6.1"}, {"tls": None}, "version", "'6.1' does not exist for redis: 5.0.6, 6.0, 6.2, 7.0"),
        ({}, {"encrypted": False, "key": "arn:aws:kms:eu-west-3:111122223333:key/a"}, "existing.key", "is given, and"),
    ],
)
def test_what_contradicts_itself(cache: dict[str, Any], existing: dict[str, Any], key: str, says: str) -> None:
    values = values_of()
    main = values["data-tier:redis"]["main"]
    values["data-tier:redis"] = {"main": main | cache | {"existing": MAIN | existing}}
    with pytest.raises(SettingsError) as refused:
        load_settings(values, stack="live", source="Pulumi.live.yaml")
    assert [each.key for each in refused.value.problems] == [f"data-tier:redis.main.{key}"]
    assert says in refused.value.problems[0].rule
