"""The offline preview: whole, without secrets, and with its findings."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from clinic_project import CLINIC
from recorded_program import recorded

from infra.instances import instances
from infra.load import load_settings
from infra.settings.stackfile import read_stack
from knowledge.alarms.facts import INSTANCE
from preview.findings.settings import findings
from preview.plan import Preview, plan

ROOT = Path(__file__).parents[2]


def preview(stack: str, **changes: Any) -> Preview:
    config = read_stack(CLINIC, stack) | {f"data-tier:{key}": value for key, value in changes.items()}
    settings = load_settings(config, stack=stack, source="test")
    return plan(
        recorded(stack, config),
        findings(settings, instances(stack, settings)),
    )


def count(made: Preview, kind: str) -> int:
    return sum(resource.type == kind for resource in made.resources)


@pytest.mark.parametrize(
    ("stack", "instances", "groups"), [("dev", 1, 2), ("staging", 2, 2), ("prod", 3, 2), ("local", 2, 2)]
)
def test_every_stack_is_listed_whole(stack: str, instances: int, groups: int) -> None:
    made = preview(stack)
    assert count(made, "aws:rds/instance:Instance") == instances
    assert count(made, "aws:elasticache/replicationGroup:ReplicationGroup") == groups
    names = {resource.name for resource in made.resources}
    assert all(resource.above in names for resource in made.resources if resource.above)
    custom = [resource for resource in made.resources if not resource.type.startswith("data-tier:")]
    assert all(resource.parent for resource in custom), "every resource belongs to a component"
    assert set(json.loads(json.dumps(made.as_json()))) == {"stack", "resources", "findings"}


def test_what_is_secret_is_not_shown() -> None:
    made = preview("prod")
    inputs = {resource.name: resource.inputs for resource in made.resources}
    assert inputs["postgres-primary"]["password"] == "[secret]"
    assert inputs["credentials-master-initial"]["secretString"] == "[secret]"
    # the offline substrate answers every password with a row of x
    assert not re.search("x{30,}", json.dumps(made.as_json()))


def test_prod_is_protected_and_dev_is_not() -> None:
    for stack, expected in (("prod", True), ("dev", False)):
        deployment = recorded(stack, read_stack(CLINIC, stack))
        kinds = ("aws:rds/instance:Instance", "aws:elasticache/replicationGroup:ReplicationGroup")
        held = [each for each in deployment.resources if each.type in kinds]
        assert {each.protect for each in held} == {expected}
        instances = [each for each in held if each.type == kinds[0]]
        assert {each.inputs["deletionProtection"] for each in instances} == {expected}


def test_alarms_hang_on_ids_that_exist() -> None:
    made = preview("prod", redis={"sharded": {"class": "cache.m7g.large", "shards": 2, "replicas": 1}})
    members = {f"clinic-prod-sharded-{shard:04}-{node:03}" for shard in (1, 2) for node in (1, 2)}
    instances = {r.inputs["identifier"] for r in made.resources if r.type == "aws:rds/instance:Instance"}
    watched, counted = set(), set()
    for alarm in (r.inputs for r in made.resources if r.type == "aws:cloudwatch/metricAlarm:MetricAlarm"):
        metrics = [query["metric"] for query in alarm.get("metricQueries", []) if "metric" in query]
        for each in [alarm.get("dimensions") or {}, *(metric["dimensions"] for metric in metrics)]:
            watched |= {value for name, value in each.items() if name not in ("CacheNodeId", INSTANCE)}
        if INSTANCE in (alarm.get("dimensions") or {}):  # what a function of the stack writes: tests/alarms
            continue
        if alarm.get("namespace", "").startswith("data-tier/"):
            counted.add((alarm["namespace"], alarm["metricName"]))
    maintenance = next(
        r.inputs["name"]
        for r in made.resources
        if r.type == "aws:lambda/function:Function" and "maintain" in r.inputs["handler"]
    )
    assert watched == {*members, *instances, maintenance}
    filters = [r.inputs for r in made.resources if r.type == "aws:cloudwatch/logMetricFilter:LogMetricFilter"]
    made_by = [each["metricTransformation"] for each in filters]
    assert counted == {(each["namespace"], each["name"]) for each in made_by}
    assert {each["logGroupName"] for each in filters} == {f"/aws/rds/instance/{one}/postgresql" for one in instances}


def test_an_existing_network_is_one_line() -> None:
    network = {"vpc": "vpc-0a", "subnets": ["subnet-0a", "subnet-0b"], "clients": ["sg-0a", "10.1.0.0/16"]}
    made = preview("dev", network=network)
    assert count(made, "aws:ec2/vpc:Vpc") == count(made, "aws:ec2/subnet:Subnet") == 0
    group = next(r for r in made.resources if r.type == "aws:rds/subnetGroup:SubnetGroup")
    assert group.inputs["subnetIds"] == network["subnets"]
    rules = [r.inputs for r in made.resources if r.type == "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"]
    assert {rule.get("cidrIpv4") for rule in rules} == {None, "10.1.0.0/16"}
    assert "0.0.0.0/0" not in json.dumps(made.as_json())


REMOTE = {"region": "eu-central-1", "vpc": "vpc-0c", "subnets": ["subnet-0c", "subnet-0d"], "clients": ["sg-0c"]}


def test_a_replica_of_another_region_brings_its_own_key_and_group() -> None:
    made = preview("prod", postgres={"replicas": {"dr": {"remote": REMOTE}}})
    there = {r.type for r in made.resources if r.inputs.get("region") == "eu-central-1"}
    assert {"aws:rds/instance:Instance", "aws:kms/key:Key", "aws:ec2/securityGroup:SecurityGroup"} <= there
    replica = next(r for r in made.resources if r.name == "postgres-dr-instance")
    assert replica.inputs["replicateSourceDb"].startswith("arn:aws:rds:eu-west-1:")
    assert replica.inputs["kmsKeyId"].startswith("arn:aws:kms:eu-central-1:")


def test_alarms_of_another_region_tell_its_own_topics() -> None:
    slack = {"slack": {"workspace": "T0", "channel": "C0"}}
    notify = {"critical": [{"email": "a@example.org"}, slack], "warning": [], "info": []}
    made = preview("prod", notify=notify, postgres={"replicas": {"dr": {"remote": REMOTE}}})
    there = [r for r in made.resources if r.inputs.get("region") == "eu-central-1"]
    alarms = [r for r in there if r.type.startswith("aws:cloudwatch/") and "alarmActions" in r.inputs]
    assert {"alarms-dr-dr-down", "alarms-dr-dr-replica-lag", "alarms-dr-dr-page"} <= {r.name for r in alarms}
    told = {action for r in alarms for action in r.inputs["alarmActions"]}
    topics = {f"arn:aws:sns:eu-central-1:123456789012:clinic-prod-dr-{each}" for each in ("critical", "warning")}
    assert told == topics
    assert {r.inputs.get("metricQueries", []) == [] for r in alarms if r.name == "alarms-dr-dr-replica-lag"} == {True}
    mails = [r for r in there if r.type == "aws:sns/topicSubscription:TopicSubscription"]
    assert [(r.inputs["endpoint"], r.inputs["topic"]) for r in mails] == [("a@example.org", min(topics))]
    events = [r for r in there if r.type == "aws:rds/eventSubscription:EventSubscription"]
    assert {r.inputs["snsTopic"].rpartition("-")[2] for r in events} == {"warning", "info"}
    assert {tuple(r.inputs["sourceIds"]) for r in events} == {("clinic-prod-dr",)}
    # A channel is set up once for all regions.
    (chat,) = [r for r in made.resources if r.type == "aws:chatbot/slackChannelConfiguration:SlackChannelConfiguration"]
    assert chat.inputs["snsTopicArns"] == ["arn:aws:sns:eu-west-1:123456789012:clinic-prod-critical", min(topics)]
    body = next(r.inputs["dashboardBody"] for r in made.resources if r.type == "aws:cloudwatch/dashboard:Dashboard")
    regions = {each["properties"].get("region") for each in json.loads(body)["widgets"] if each["type"] == "metric"}
    assert regions == {"eu-west-1", "eu-central-1"}


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, "notify-nobody"),
        ({}, "network-no-clients"),
        (
            {"postgres": {"class": "db.r7g.xlarge", "replicas": {"small": {"class": "db.m7g.xlarge"}}}},
            "replica-smaller",
        ),
        ({"postgres": {"class": "db.t4g.large"}}, "burstable-in-production"),
        ({"postgres": {"parameters": {"log_line_prefix": "%m "}}}, "log-alarms-deaf"),
        ({"redis": {"main": {"class": "cache.r7g.large"}}}, "cache-single-node"),
    ],
)
def test_findings(changes: dict[str, Any], rule: str) -> None:
    found = [each for each in preview("prod", **changes).findings if each.rule == rule]
    assert found
    assert all(each.message and each.resource and each.severity in ("error", "warning", "info") for each in found)


def test_a_well_kept_prod_is_told_what_its_promises_do_not_cover_and_nothing_else() -> None:
    told = [{"email": "oncall@example.org"}]
    changes = {"network": {"clients": ["sg-0a1b"]}, "notify": {"critical": told, "warning": told}}
    found = preview("prod", **changes).findings
    assert [(each.severity, each.rule, each.resource) for each in found] == [
        ("info", "objective-rpo", "data of cache main"),
        ("info", "objective-rpo", "data of cache queue"),
        ("info", "objective-rpo", "region"),
        ("info", "objective-rto", "data"),
    ]
    kept = {"second_region": {"region": "eu-central-1", "point_in_time": 7}}
    changes |= {"objectives": {"rpo": "24h", "rto": "1h"}, "backup": kept}
    assert preview("prod", **changes).findings == ()
