"""Every rule both ways, and on every committed stack."""

import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from clinic_project import CLINIC
from recorded_program import recorded

from delivery.program import program as delivery
from graph.offline import Offline
from graph.resource import Resource
from graph.types import (
    BACKUP_PLAN,
    BACKUP_SELECTION,
    BUCKET,
    CACHE,
    CACHE_USER,
    COMPOSITE_ALARM,
    DEFAULT_SECURITY_GROUP,
    EGRESS,
    EVENT_SUBSCRIPTION,
    FLOW_LOG,
    FUNCTION,
    INGRESS,
    INSTANCE,
    KEY,
    LOG_GROUP,
    METRIC_ALARM,
    PARAMETER_GROUP,
    PERMISSION,
    POLICY,
    PROXY,
    ROLE,
    ROLE_POLICY,
    ROLE_POLICY_ATTACHMENT,
    SECRET,
    SECURITY_GROUP,
    SUBNET,
    TOPIC,
    TOPIC_POLICY,
    VAULT,
    VAULT_LOCK,
    VAULT_POLICY,
    VPC,
)
from infra.load import load_stack
from infra.settings.stackfile import read_stack
from policy.evaluate import evaluate, unused
from policy.registry import every
from policy.rule import RuledStack
from preview.preflight import declared
from runtime.monitor import run_program

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 21)
Inputs = dict[str, Any]
EVERYBODY = json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sns:Publish"}]})
FOR_CACHES = '{"Statement": {"Effect": "Allow", "Principal": {"Service": "elasticache.amazonaws.com"}}}'
TLS_ONLY = json.dumps(
    {"Statement": {"Effect": "Deny", "Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}}
)
KEPT = json.dumps({"Statement": {"Effect": "Deny", "Principal": "*", "Action": ["backup:DeleteRecoveryPoint"]}})


@dataclass(frozen=True)
class It:
    type: str
    inputs: Inputs
    name: str = "it"
    protect: bool = False
    known_as: tuple[str, ...] = ("it-1",)
    ignore_changes: tuple[str, ...] = ()


def allows(action: str, resource: str = "*", **more: Any) -> Inputs:
    return {"policy": json.dumps({"Statement": [{"Effect": "Allow", "Action": action, "Resource": resource, **more}]})}


def trusts(action: str, **more: Any) -> Inputs:
    return {"assumeRolePolicy": json.dumps({"Statement": [{"Effect": "Allow", "Action": action, **more}]})}


def federated(**condition: dict[str, Any]) -> Inputs:
    return trusts("sts:AssumeRoleWithWebIdentity", Condition=condition)


HOST = "token.actions.githubusercontent.com"
AUD = {f"{HOST}:aud": "sts.amazonaws.com"}
CLAIMS = AUD | {f"{HOST}:sub": "repo:octocat/data-tier:environment:prod"}


def sub(value: Any) -> dict[str, Any]:
    return {f"{HOST}:sub": value}


@dataclass(frozen=True)
class Case:
    type: str
    good: Inputs
    bad: Inputs
    beside_good: tuple[It, ...] = ()
    beside_bad: tuple[It, ...] = ()
    aside: list[tuple[Inputs, tuple[It, ...]]] = field(default_factory=list)
    """Where the rule has nothing to say."""


REPLICA: tuple[Inputs, tuple[It, ...]] = ({"replicateSourceDb": "p"}, ())


def companion(kind: str, **inputs: Any) -> tuple[It, ...]:
    return (It(f"aws:s3/{kind[0].lower()}{kind[1:]}:{kind}", {"bucket": "it-1", **inputs}),)


CASES: dict[str, Case] = {
    "rds-not-public": Case(INSTANCE, {}, {"publiclyAccessible": True}),
    "rds-encrypted": Case(INSTANCE, {"storageEncrypted": True}, {}),
    "rds-own-key": Case(INSTANCE, {"kmsKeyId": "k"}, {}, aside=[REPLICA]),
    "rds-multi-az": Case(INSTANCE, {"multiAz": True}, {}, aside=[REPLICA]),
    "rds-enhanced-monitoring": Case(
        INSTANCE, {"monitoringInterval": 60, "monitoringRoleArn": "r"}, {"monitoringInterval": 60}
    ),
    "rds-deletion-protection": Case(INSTANCE, {"deletionProtection": True}, {"deletionProtection": False}),
    "rds-logs": Case(
        INSTANCE,
        {"enabledCloudwatchLogsExports": ["upgrade", "postgresql"]},
        {"enabledCloudwatchLogsExports": ["postgresql"]},
    ),
    "rds-iam-authentication": Case(INSTANCE, {"iamDatabaseAuthenticationEnabled": True}, {}),
    "rds-backups": Case(INSTANCE, {"backupRetentionPeriod": 7}, {"backupRetentionPeriod": 6}, aside=[REPLICA]),
    "rds-minor-upgrades": Case(INSTANCE, {}, {"autoMinorVersionUpgrade": False}),
    "rds-snapshot-tags": Case(INSTANCE, {"copyTagsToSnapshot": True}, {}),
    "rds-subnets": Case(INSTANCE, {"dbSubnetGroupName": "g"}, {"dbSubnetGroupName": "default"}, aside=[REPLICA]),
    "rds-events": Case(
        INSTANCE,
        {"identifier": "db"},
        {"identifier": "db"},
        beside_good=(
            It(EVENT_SUBSCRIPTION, {"sourceType": "db-instance", "eventCategories": ["failure", "maintenance"]}),
            It(
                EVENT_SUBSCRIPTION,
                {"sourceType": "db-instance", "sourceIds": ["db"], "eventCategories": ["configuration change"]},
            ),
        ),
        beside_bad=(It(EVENT_SUBSCRIPTION, {"sourceType": "db-instance", "sourceIds": ["another"]}),),
    ),
    "rds-username": Case(INSTANCE, {"username": "clinic_admin"}, {"username": "postgres"}, aside=[REPLICA]),
    "rds-tls": Case(
        PARAMETER_GROUP,
        {"parameters": [{"name": "work_mem", "value": "4096"}]},  # RDS's own is 1
        {"parameters": [{"name": "rds.force_ssl", "value": "0"}]},
    ),
    "rds-final-snapshot": Case(
        INSTANCE,
        {"finalSnapshotIdentifier": "s"},
        {"finalSnapshotIdentifier": "s", "skipFinalSnapshot": True},
        aside=[REPLICA],
    ),
    "cache-snapshots": Case(CACHE, {"snapshotRetentionLimit": 1}, {}),
    "cache-version-held": Case(
        CACHE, {"engineVersion": "8.2", "autoMinorVersionUpgrade": False}, {"engineVersion": "7.2"}
    ),
    "cache-failover": Case(CACHE, {"automaticFailoverEnabled": True}, {}),
    "cache-multi-az": Case(CACHE, {"multiAzEnabled": True}, {}),
    "cache-encrypted": Case(CACHE, {"atRestEncryptionEnabled": "true"}, {}),
    "cache-own-key": Case(CACHE, {"kmsKeyId": "k"}, {}),
    "cache-tls": Case(
        CACHE,
        {"transitEncryptionEnabled": True, "transitEncryptionMode": "required"},
        {"transitEncryptionEnabled": True, "transitEncryptionMode": "preferred"},
    ),
    "cache-users": Case(CACHE, {"userGroupIds": ["g"]}, {}),
    "cache-subnets": Case(CACHE, {"subnetGroupName": "g"}, {}),
    "cache-default-user": Case(
        CACHE_USER,
        {"userName": "default", "accessString": "off -@all"},
        {"userName": "default", "accessString": "on ~* +@all"},
        aside=[({"userName": "app"}, ())],
    ),
    "kms-rotation": Case(KEY, {"enableKeyRotation": True}, {}),
    "kms-deletion-window": Case(KEY, {}, {"deletionWindowInDays": 7}),
    "kms-not-public": Case(KEY, {}, {"policy": EVERYBODY}),
    "iam-no-decrypt-all": Case(
        ROLE_POLICY, allows("kms:Decrypt", Condition={"StringEquals": {"kms:ViaService": "s"}}), allows("kms:Decrypt")
    ),
    "iam-no-wildcards": Case(ROLE_POLICY, allows("logs:PutLogEvents"), allows("logs:*")),
    "iam-web-identity": Case(
        ROLE, federated(StringEquals=CLAIMS), federated(StringEquals=AUD), aside=[(trusts("sts:AssumeRole"), ())]
    ),
    "iam-no-managed-policies": Case(
        ROLE_POLICY_ATTACHMENT,
        {"policyArn": "arn:aws:iam::123456789012:policy/own"},
        {"policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
        aside=[
            ({"policyArn": f"arn:aws:iam::aws:policy/service-role/{name}"}, ())
            for name in ("AmazonRDSEnhancedMonitoringRole", "AWSBackupServiceRolePolicyForBackup")
        ],
    ),
    "sns-encrypted": Case(
        TOPIC,
        {"kmsMasterKeyId": "k"},
        {"kmsMasterKeyId": "alias/aws/sns"},
        aside=[
            ({}, (It(CACHE, {"notificationTopicArn": "it-1"}),)),
            ({}, (It(TOPIC_POLICY, {"arn": "it-1", "policy": FOR_CACHES}),)),
        ],
    ),
    "sns-not-public": Case(TOPIC_POLICY, {"policy": TLS_ONLY}, {"policy": EVERYBODY}),
    "sns-tls": Case(TOPIC_POLICY, {"policy": TLS_ONLY}, {"policy": EVERYBODY}),
    "secret-own-key": Case(SECRET, {"kmsKeyId": "k"}, {}),
    "secret-recovery": Case(SECRET, {}, {"recoveryWindowInDays": 0}),
    "lambda-not-public": Case(PERMISSION, {"principal": "secretsmanager.amazonaws.com"}, {"principal": "*"}),
    "lambda-runtime": Case(FUNCTION, {"runtime": "python3.13"}, {"runtime": "python3.8"}),
    "lambda-vpc": Case(FUNCTION, {"vpcConfig": {"subnetIds": ["a"]}}, {}),
    "lambda-multi-az": Case(
        FUNCTION, {"vpcConfig": {"subnetIds": ["a", "b"]}}, {"vpcConfig": {"subnetIds": ["a", "a"]}}
    ),
    "alarm-actions": Case(METRIC_ALARM, {"alarmActions": ["t"]}, {"alarmActions": ["t"], "actionsEnabled": False}),
    "log-retention": Case(LOG_GROUP, {"retentionInDays": 30}, {}),
    "log-own-key": Case(LOG_GROUP, {"kmsKeyId": "k"}, {}),
    "network-no-open-ingress": Case(
        INGRESS,
        {"cidrIpv4": "10.0.0.0/8", "securityGroupId": "g"},
        {"cidrIpv4": "198.0.0.0/12", "securityGroupId": "g"},
        # Of another group, of the other direction, and no network at all.
        beside_good=(
            It(INGRESS, {"cidrIpv4": "198.0.0.0/12", "securityGroupId": "another"}),
            It(EGRESS, {"cidrIpv4": "0.0.0.0/1", "securityGroupId": "g"}),
            It(INGRESS, {"referencedSecurityGroupId": "sg", "securityGroupId": "g"}),
        ),
        # A /12 is let in; one address more, in another rule of the group, is too much.
        beside_bad=(It(INGRESS, {"cidrIpv4": "203.0.113.7/32", "securityGroupId": "g"}),),
    ),
    "network-no-open-egress": Case(EGRESS, {"referencedSecurityGroupId": "sg"}, {"cidrIpv6": "::/0"}),
    "network-default-group": Case(
        VPC,
        {},
        {},
        beside_good=(It(DEFAULT_SECURITY_GROUP, {"vpcId": "it-1"}),),
        beside_bad=(It(DEFAULT_SECURITY_GROUP, {"vpcId": "it-1", "ingress": [{"protocol": "-1"}]}),),
    ),
    "network-described": Case(SECURITY_GROUP, {"description": "clients"}, {}),
    "network-no-public-address": Case(SUBNET, {}, {"mapPublicIpOnLaunch": True}),
    "network-flow-logs": Case(
        VPC,
        {},
        {},
        beside_good=(It(FLOW_LOG, {"vpcId": "it-1"}),),
        beside_bad=(It(FLOW_LOG, {"vpcId": "another"}),),
    ),
    "bucket-not-public": Case(
        BUCKET,
        {},
        {},
        beside_good=companion(
            "BucketPublicAccessBlock",
            blockPublicAcls=True,
            blockPublicPolicy=True,
            ignorePublicAcls=True,
            restrictPublicBuckets=True,
        ),
        beside_bad=companion("BucketPublicAccessBlock", blockPublicAcls=True),
    ),
    "bucket-tls": Case(BUCKET, {}, {}, beside_good=companion("BucketPolicy", policy=TLS_ONLY)),
    "bucket-versioned": Case(
        BUCKET,
        {},
        {},
        beside_good=companion("BucketVersioning", versioningConfiguration={"status": "Enabled"}),
        beside_bad=companion("BucketVersioning", versioningConfiguration={"status": "Suspended"}),
    ),
    "bucket-own-key": Case(
        BUCKET,
        {},
        {},
        beside_good=companion(
            "BucketServerSideEncryptionConfiguration", rules=[{"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "k"}]
        ),
        beside_bad=companion("BucketServerSideEncryptionConfiguration", rules=[{"sseAlgorithm": "AES256"}]),
    ),
    "bucket-owner": Case(
        BUCKET,
        {},
        {},
        beside_good=companion("BucketOwnershipControls", rule={"objectOwnership": "BucketOwnerEnforced"}),
        beside_bad=companion("BucketOwnershipControls", rule={"objectOwnership": "ObjectWriter"}),
    ),
    "rds-backup-plan": Case(
        INSTANCE,
        {},
        {},
        beside_good=(It(BACKUP_SELECTION, {"resources": ["another", "it-1"]}),),
        beside_bad=(It(BACKUP_SELECTION, {"resources": ["another"]}),),
        aside=[REPLICA],
    ),
    "proxy-tls": Case(PROXY, {"requireTls": True}, {}),
    "proxy-quiet": Case(PROXY, {"debugLogging": False}, {"debugLogging": True}),
    "backup-own-key": Case(VAULT, {"kmsKeyArn": "k"}, {}),
    "backup-guarded": Case(
        VAULT,
        {},
        {},
        beside_good=(It(VAULT_POLICY, {"backupVaultName": "it-1", "policy": KEPT}),),
        beside_bad=(
            It(VAULT_POLICY, {"backupVaultName": "it-1", "policy": EVERYBODY}),
            It(
                VAULT_POLICY,
                {"backupVaultName": "it-1", "policy": KEPT.replace('"Action"', '"Condition": {"a": 1}, "Action"')},
            ),
            It(VAULT_POLICY, {"backupVaultName": "another", "policy": KEPT}),
            It(VAULT_LOCK, {"backupVaultName": "another"}),
        ),
    ),
    "backup-expires": Case(
        BACKUP_PLAN,
        {"rules": [{"ruleName": "daily", "lifecycle": {"deleteAfter": 7}}]},
        {"rules": [{"ruleName": "daily", "lifecycle": {"deleteAfter": 7}, "copyActions": [{}]}]},
    ),
    "bucket-lifecycle": Case(
        BUCKET, {}, {}, beside_good=companion("BucketLifecycleConfiguration", rules=[{"id": "r"}])
    ),
}


def test_every_rule_has_its_case_and_a_name_like_its_file() -> None:
    assert [rule.id for rule in every()] == sorted(CASES)
    types = {COMPOSITE_ALARM, POLICY, *(case.type for case in CASES.values())}
    assert types >= {t for r in every() for t in r.types}


@pytest.mark.parametrize(
    ("conditions", "detail"),
    [
        ({"StringEquals": AUD, "StringLike": sub("repo:octocat/data-tier:*")}, ""),
        ({"StringEquals": AUD, "StringLike": sub(["repo:octocat/data-tier:*", "repo:octocat/*"])}, "sub is not"),
        ({"StringEquals": AUD, "StringLike": sub("repo:octocat/*:environment:prod")}, "sub is not compared as a whole"),
        ({"StringEquals": AUD, "StringLike": sub("*")}, "sub is not compared as a whole"),
        ({"StringEquals": AUD, "ForAllValues:StringEquals": sub("repo:o/r:pull_request")}, "sub is not compared"),
        ({"StringEquals": sub("repo:octocat/data-tier:pull_request")}, "no condition on aud"),
        ({"StringLike": AUD, "StringEquals": sub("repo:octocat/data-tier:pull_request")}, "aud is not compared"),
        ({}, "no condition on aud"),
    ],
)
def test_subjects_of_web_identities(conditions: dict[str, Any], detail: str) -> None:
    rule = next(each for each in every() if each.id == "iam-web-identity")
    verdict = rule.judge(It(ROLE, federated(**conditions)), RuledStack(resources=(), production=False))
    assert verdict.outcome == ("failed" if detail else "passed")
    assert verdict.detail.startswith(detail)


def test_a_token_of_before_its_stack_is_a_token() -> None:
    rule = next(each for each in every() if each.id == "cache-users")
    cache = It(CACHE, {}, ignore_changes=("authToken", "authTokenUpdateStrategy"))
    assert rule.judge(cache, RuledStack(resources=(), production=True)).outcome == "passed"


@pytest.mark.parametrize("rule", ["iam-no-decrypt-all", "iam-no-wildcards"])
def test_a_managed_policy_is_judged_as_an_inline_one_is(rule: str) -> None:
    case, found = CASES[rule], next(each for each in every() if each.id == rule)
    stack = RuledStack(resources=(), production=False)
    assert POLICY in found.types
    assert [found.judge(It(POLICY, each), stack).outcome for each in (case.good, case.bad)] == ["passed", "failed"]


def test_the_delivery_roles_keep_every_rule() -> None:
    config = read_stack(ROOT / "delivery", "delivery")
    resources = declared(run_program("delivery", delivery, Offline("eu-west-1"), config))
    results = evaluate(resources, today=TODAY)
    assert [f"{each.rule.id} {each.resource}: {each.detail}" for each in results if each.outcome == "failed"] == []
    passed = {each.rule.id for each in results if each.outcome == "passed"}
    assert passed == {"iam-no-decrypt-all", "iam-no-managed-policies", "iam-no-wildcards", "iam-web-identity"}


@pytest.mark.parametrize("rule", every(), ids=lambda rule: rule.id)
def test_a_rule_both_ways(rule: Any) -> None:
    case = CASES[rule.id]

    def outcome(inputs: Inputs, beside: tuple[It, ...], *, production: bool = True) -> str:
        it = It(case.type, inputs)
        verdict = rule.judge(it, RuledStack(resources=(it, *beside), production=production))
        assert bool(verdict.detail) is (verdict.outcome != "passed")
        return str(verdict.outcome)

    assert outcome(case.good, case.beside_good) == "passed"
    assert outcome(case.bad, case.beside_bad) == "failed"
    for inputs, beside in case.aside:
        assert outcome(inputs, beside) == "not applicable"
    if rule.production:
        assert outcome(case.bad, case.beside_bad, production=False) == "not applicable"
    assert all(text.endswith(".") for text in (rule.what, rule.why, rule.mend))


def test_a_lock_guards_a_vault_too() -> None:
    it = It(VAULT, {"kmsKeyArn": "k"})
    lock = It(VAULT_LOCK, {"backupVaultName": "it-1"}, name="lock")
    found = {r.rule.id: r.outcome for r in evaluate([it, lock, It(KEY, {}, "key", protect=True)], today=TODAY)}
    assert found["backup-guarded"] == "passed"


def test_with_all_that_can_be_asked_for_it_passes_too() -> None:
    everything = {
        "data-tier:backup": {"second_region": {"region": "eu-central-1", "point_in_time": 7}},
        "data-tier:proxy": {},
        "data-tier:bucket": {"roles": ["arn:aws:iam::123456789012:role/backup"]},
    }
    source = load_stack(CLINIC, "prod")
    config = {**source.config, **everything}
    resources = declared(recorded("prod", config, region=source.config["aws:region"]))
    results = evaluate(resources, today=TODAY)
    assert [(r.rule.id, r.resource, r.detail) for r in results if r.outcome == "failed"] == []
    tried = {r.rule.id for r in results if r.outcome == "passed"}
    assert {rule.id for rule in every() if rule.id.startswith(("backup-", "bucket-", "proxy-"))} <= tried


@pytest.mark.parametrize("stack", ["dev", "staging", "prod", "local"])
def test_every_committed_stack_passes_without_a_suppression(stack: str) -> None:
    source = load_stack(CLINIC, stack)
    resources = declared(recorded(stack, source.config, region=source.config["aws:region"]))
    results = evaluate(resources, today=TODAY)
    assert [(r.rule.id, r.resource, r.detail) for r in results if r.outcome == "failed"] == []
    assert source.settings.suppress == ()
    assert len({r.rule.id for r in results if r.outcome == "passed"}) > 30


@dataclass(frozen=True)
class Let:
    rule: str = "rds-encrypted"
    resource: str = "it"
    reason: str = "a copy is on its way"
    until: date = TODAY


@pytest.mark.parametrize(
    ("let", "outcome", "left"),
    [
        (Let(), "suppressed", 0),
        (Let(until=date(2026, 11, 20)), "failed", 1),
        (Let(resource="another"), "failed", 1),
        (Let(rule="rds-not-public"), "failed", 1),
    ],
)
def test_a_suppression(let: Let, outcome: str, left: int) -> None:
    results = evaluate([It(INSTANCE, {})], [let], today=TODAY)
    assert [r.outcome for r in results if r.rule.id == "rds-encrypted"] == [outcome]
    assert len(unused(results, [let])) == left


@pytest.mark.parametrize(
    ("rule", "cache", "outcome"),
    [
        # Before 7 ElastiCache has no mode: TLS is for every client.
        ("cache-tls", {"inputs": {"engineVersion": "6.2", "transitEncryptionEnabled": True}}, "passed"),
        ("cache-tls", {"inputs": {"engineVersion": "6.2"}}, "failed"),
        ("cache-tls", {"inputs": {"engineVersion": "7.1", "transitEncryptionEnabled": True}}, "failed"),
        # A token that is in a secret, which Pulumi leaves alone.
        ("cache-users", {"inputs": {}, "ignore_changes": ("authToken", "authTokenUpdateStrategy")}, "passed"),
        ("cache-users", {"inputs": {}, "ignore_changes": ("tags",)}, "failed"),
    ],
)
def test_what_an_older_or_an_existing_cache_has(rule: str, cache: Any, outcome: str) -> None:
    it = Resource(type=CACHE, name="orders-group", urn="urn", **cache)
    (found,) = (each for each in evaluate([it], today=TODAY) if each.rule.id == rule)
    assert found.outcome == outcome
