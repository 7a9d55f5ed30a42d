"""Deliberate breakages of a real stack: each is found, as exactly the one fault that it is."""

# ruff: noqa: E501 one breakage is one row

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from recorded import PLACE, changed, declared, inputs, policy, stack_of, statement, without

from alarms.delivery import check
from graph.resource import Resource
from graph.types import (
    CHAT,
    EVENT_RULE,
    EVENT_TARGET,
    KEY,
    KEY_ALIAS,
    LOG_FILTER,
    METRIC_ALARM,
    QUEUE,
    QUEUE_POLICY,
    SUBSCRIPTION,
    TOPIC,
    VAULT_NOTIFICATIONS,
)

Resources = list[Resource]
Break = Callable[[Resources], Resources]

CRITICAL, WARNING, INFO, CACHE = (f"notifications-{name}" for name in ("critical", "warning", "info", "cache-events"))
PAGE, DOWN, HOST = "alarms-main-page", "alarms-primary-down", "alarms-main-1-cpu-high"
TARGET = "backup-failures-target"
KEYS, EVENTS = "keys-notifications", "postgres-info-parameter-groups-events"
MAIL = f"{CRITICAL}-email-64774106"
TOPIC_ARN = PLACE.arn("sns", "clinic-prod-critical")
ELSEWHERE = PLACE.arn("sns", "clinic-prod-critical", "us-east-1")
OTHER_ACCOUNT = "999999999999"


def edit(name: str, change: Any) -> Break:
    return lambda resources: changed(resources, name, change)


def both(*breaks: Break) -> Break:
    def apply(resources: Resources) -> Resources:
        for each in breaks:
            resources = each(resources)
        return resources

    return apply


def add(*more: Resource) -> Break:
    return lambda resources: [*resources, *more]


def condition(operator: str, key: str, value: str) -> Callable[[dict[str, Any]], None]:
    return lambda one: one["Condition"].__setitem__(operator, {key: value})


def with_mark(key: str) -> Callable[[Resource], Resource]:
    """An alarm on a server of that dimension with another value."""

    def change(each: Resource) -> Resource:
        return replace(each, inputs={**each.inputs, "dimensions": {**each.inputs["dimensions"], **{key: "rebuilt"}}})

    return change


def resource(kind: str, name: str, arn: str = "", /, **given: Any) -> Resource:
    return Resource(type=kind, name=name, id=name, inputs=given, outputs={"arn": arn, "name": given.get("name", name)})


ROOT = '{"Sid": "Account", "Effect": "Allow", "Action": "kms:*", "Resource": "*", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}}'
LOCKED = f'{{"Statement": [{ROOT}]}}'
QUEUE_ARN = PLACE.arn("sqs", "calls")


def queue(document: str, **given: Any) -> Break:
    """A queue of the stack that subscribes to the critical topic."""
    return add(
        resource(QUEUE, "calls", QUEUE_ARN, name="calls", **given),
        resource(QUEUE_POLICY, "calls-policy", queueUrl="calls", policy=document),
        resource(SUBSCRIPTION, "calls-hear", topic=TOPIC_ARN, protocol="sqs", endpoint=QUEUE_ARN),
    )


SEND = '{"Statement": [{"Sid": "Send", "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*", "Principal": {"Service": "sns.amazonaws.com"}, "Condition": {"ArnEquals": {"aws:SourceArn": "%s"}}}]}'
GROUP = "/aws/rds/instance/clinic-prod/postgresql"


def log_filter(metric: str = "Deadlocks", group: str = GROUP, **given: Any) -> Break:
    made = {"namespace": "clinic-prod", "name": metric, "value": "1"}
    return add(
        resource(LOG_FILTER, "deadlocks", name="deadlocks", logGroupName=group, metricTransformation=made, **given)
    )


def log_alarm(metric: str = "Deadlocks", **given: Any) -> Break:
    topic = PLACE.arn("sns", "clinic-prod-warning")
    held = {
        "name": "clinic-prod-deadlocks",
        "namespace": "clinic-prod",
        "metricName": metric,
        "statistic": "Sum",
        "period": 60,
    }
    held |= {"evaluationPeriods": 1, "alarmActions": [topic], "okActions": [topic], **given}
    return add(resource(METRIC_ALARM, "alarms-deadlocks", **held))


def math(*queries: dict[str, Any]) -> Break:
    """The primary's first alarm as metric math."""
    return edit(
        DOWN,
        inputs(
            metricName=None, namespace=None, dimensions=None, statistic=None, period=None, metricQueries=list(queries)
        ),
    )


def query(name: str, metric: str = "ReadIOPS", server: str = "clinic-prod", stat: str = "Average") -> dict[str, Any]:
    held = {"namespace": "AWS/RDS", "metricName": metric, "dimensions": {"DBInstanceIdentifier": server}}
    return {"id": name, "returnData": False, "metric": {**held, "stat": stat, "period": 60}}


COUNTED = "alarms-primary-sessions-blocked"


def counter(server: str | None = None, **given: Any) -> Break:
    """A counter of Database Insights asked of another server, or in another way."""

    def change(each: Resource) -> Resource:
        (query,) = each.inputs["metricQueries"]
        function, own, name = query["expression"].split(", ")
        asked = {**query, "expression": f"{function}, {own if server is None else repr(server)}, {name}", **given}
        return replace(each, inputs={**each.inputs, "metricQueries": [asked]})

    return edit(COUNTED, change)


RESULT = {"id": "all", "expression": "m1 + m2", "returnData": True}


def vault() -> Break:
    """Backup tells the info topic of its jobs."""
    topic = PLACE.arn("sns", "clinic-prod-info")
    return add(resource(VAULT_NOTIFICATIONS, "vault-events", backupVaultName="clinic-prod-vault", snsTopicArn=topic))


def rule(name: str = "clinic-prod-rule", severity: str = "warning") -> Break:
    """A rule of EventBridge speaks to a topic."""
    return add(
        resource(EVENT_RULE, "rule", PLACE.arn("events", f"rule/{name}"), name=name),
        resource(EVENT_TARGET, "target", rule=name, arn=PLACE.arn("sns", f"clinic-prod-{severity}")),
    )


def shut_out(service: str) -> Break:
    """The key names a service no more."""
    return edit(KEYS, statement("Events", lambda one: one["Principal"]["Service"].remove(service)))


def key_grant(service: str, **more: Any) -> Break:
    """The key lets a service in by a statement of its own."""
    one = {"Sid": "Own", "Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey*"], "Resource": "*"}
    grant = {**one, "Principal": {"Service": service}, **more}
    return both(shut_out(service), edit(KEYS, policy(lambda statements: statements.append(grant))))


def silencer() -> Break:
    """An alarm for maintenance, which does nothing itself, keeps a page silent."""
    held = {"name": "maintenance", "namespace": "AWS/RDS", "metricName": "ReadIOPS", "statistic": "Sum", "period": 60}
    held |= {"dimensions": {"DBInstanceIdentifier": "clinic-prod"}, "evaluationPeriods": 1}
    quiet = {"alarm": "maintenance", "waitPeriod": 60, "extensionPeriod": 60}
    return both(add(resource(METRIC_ALARM, "maintenance", **held)), edit(PAGE, inputs(actionsSuppressor=quiet)))


def without_last_node(resources: Resources) -> Resources:
    """The third node has no alarms, and its page does not name them."""
    page = next(each for each in resources if each.name == PAGE)
    kept = " OR ".join(each for each in page.inputs["alarmRule"].split(" OR ") if "main-3-" not in each)
    assert kept != page.inputs["alarmRule"]
    left = [each for each in resources if not each.name.startswith("alarms-main-3-")]
    return changed(left, PAGE, inputs(alarmRule=kept))


OWN_ACCOUNT = {"StringEquals": {"aws:SourceAccount": "123456789012"}}
E, W = "error", "warning"
BREAKAGES: dict[str, tuple[Break, list[tuple[str, str, str, str]]]] = {
    # --- the key
    "no key grant for alarms": (
        edit("keys-notifications", without("Alarms")),
        [(E, "key policy", "keys-notifications", "no statement allows kms:Decrypt to cloudwatch"),
         (E, "key policy", "keys-notifications", "no statement allows kms:GenerateDataKey to cloudwatch")],
    ),
    "alarms may not decrypt": (
        edit("keys-notifications", statement("Alarms", lambda one: one["Action"].remove("kms:Decrypt"))),
        [(E, "key policy", "keys-notifications", "no statement allows kms:Decrypt to cloudwatch")],
    ),
    "alarms may not encrypt": (
        edit("keys-notifications", statement("Alarms", lambda one: one["Action"].remove("kms:GenerateDataKey*"))),
        [(E, "key policy", "keys-notifications", "no statement allows kms:GenerateDataKey to cloudwatch")],
    ),
    "the key's grant is for another account": (
        edit("keys-notifications", statement("Alarms", condition("StringEquals", "aws:SourceAccount", OTHER_ACCOUNT))),
        [(E, "key policy", "keys-notifications", f"aws:SourceAccount is {OTHER_ACCOUNT}")] * 2,
    ),
    "a condition on RDS's key grant that AWS does not document": (
        key_grant("events.rds.amazonaws.com", Condition=OWN_ACCOUNT),
        [(W, "key policy", KEYS, f"statement Own allows {action} only where aws:SourceAccount is 123456789012 (StringEquals), and it is None: AWS documents such a condition for cloudwatch")
         for action in ("kms:Decrypt", "kms:GenerateDataKey")],
    ),
    "a condition on the grant of all events: EventBridge's are lost": (
        edit(KEYS, statement("Events", lambda one: one.update(Condition=OWN_ACCOUNT))),
        [*[(E, "key policy", KEYS, f"statement Events allows {action} only where") for action in ("kms:Decrypt", "kms:GenerateDataKey")],
         *[(W, "key policy", KEYS, f"statement Events allows {action} only where") for action in ("kms:Decrypt", "kms:GenerateDataKey")] * 2],
    ),
    "the key forgets its account": (
        edit("keys-notifications", without("Account")),
        [(E, "key policy", "keys-notifications", "KMS refuses it")],
    ),
    "the key is disabled": (
        edit("keys-notifications", inputs(isEnabled=False)), [(E, "key", "keys-notifications", "it is disabled")],
    ),
    "the key denies a service": (
        edit("keys-notifications", policy(lambda all_: all_.append({"Sid": "No", "Effect": "Deny", "Action": "kms:*", "Resource": "*", "Principal": {"Service": "events.rds.amazonaws.com"}}))),
        [(E, "key policy", "keys-notifications", "statement No denies kms:Decrypt"),
         (E, "key policy", "keys-notifications", "statement No denies kms:GenerateDataKey")],
    ),
    "alias/aws/sns": (
        edit(CRITICAL, inputs(kmsMasterKeyId="alias/aws/sns")), [(E, "key", CRITICAL, "shuts cloudwatch")],
    ),
    "alias/aws/sns by its ARN": (
        edit(CRITICAL, inputs(kmsMasterKeyId=PLACE.arn("kms", "alias/aws/sns"))), [(E, "key", CRITICAL, "shuts cloudwatch")],
    ),
    "another stack's key": (
        edit(CRITICAL, inputs(kmsMasterKeyId=PLACE.arn("kms", "key/other"))), [(E, "key", CRITICAL, "does not declare")],
    ),
    "the key of secrets, by its alias": (
        edit(CRITICAL, inputs(kmsMasterKeyId="alias/clinic-prod-secrets")),
        [(E, "key policy", "keys-secrets", "no statement allows kms:Decrypt to cloudwatch"),
         (E, "key policy", "keys-secrets", "no statement allows kms:GenerateDataKey to cloudwatch")],
    ),
    "a key of another region": (
        both(
            add(resource(KEY, "far", PLACE.arn("kms", "key/far", "us-east-1"), region="us-east-1", policy=LOCKED)),
            edit(CRITICAL, inputs(kmsMasterKeyId=PLACE.arn("kms", "key/far", "us-east-1"))),
            edit("far", policy(lambda all_: all_.append({"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Principal": {"Service": "cloudwatch.amazonaws.com"}}))),
        ),
        [(E, "key", CRITICAL, "its key is in us-east-1")],
    ),
    "the caches' topic is encrypted": (
        edit(CACHE, inputs(kmsMasterKeyId="alias/clinic-prod-notifications")),
        [(E, "key", CACHE, "publishes to topics without encryption only")],
    ),
    # --- the topic
    "the topic policy forgets alarms": (
        edit(f"{CRITICAL}-policy", without("Alarms")),
        [(E, "topic policy", f"{CRITICAL}-policy", "no statement allows sns:Publish to cloudwatch")],
    ),
    "the topic policy forgets databases": (
        edit(f"{WARNING}-policy", without("Databases")),
        [(E, "topic policy", f"{WARNING}-policy", "no statement allows sns:Publish to events.rds")],
    ),
    "the topic policy forgets its owner": (
        edit(f"{INFO}-policy", without("Owner")),
        [(W, "topic policy", f"{INFO}-policy", "does not let its own account sns:GetTopicAttributes")],
    ),
    "the topic policy is for another account": (
        edit(f"{CRITICAL}-policy", statement("Alarms", condition("StringEquals", "aws:SourceAccount", OTHER_ACCOUNT))),
        [(E, "topic policy", f"{CRITICAL}-policy", f"aws:SourceAccount is {OTHER_ACCOUNT}")],
    ),
    "the topic policy is for another region": (
        edit(f"{CRITICAL}-policy", statement("Alarms", condition("ArnLike", "aws:SourceArn", "arn:aws:cloudwatch:us-east-1:123456789012:alarm:*"))),
        [(E, "topic policy", f"{CRITICAL}-policy", f"and it is arn:aws:cloudwatch:eu-west-1:123456789012:alarm:clinic-prod-{page}-page")
         for page in ("queue", "main", "primary", "standby", "reporting")],
    ),
    "the topic policy is for another prefix": (
        edit(f"{INFO}-policy", statement("Databases", condition("ArnLike", "aws:SourceArn", "arn:aws:rds:eu-west-1:123456789012:db:other-*"))),
        [(E, "topic policy", f"{INFO}-policy", f"and it is arn:aws:rds:eu-west-1:123456789012:{source}")
         for source in ("snapshot:any", "pg:clinic-prod-postgres18-", "pg:clinic-prod-standby-", "pg:clinic-prod-reporting-", "db:clinic-prod", "db:clinic-prod-standby", "db:clinic-prod-reporting")],
    ),
    "the topic policy is for another topic": (
        edit(f"{CRITICAL}-policy", statement("Alarms", lambda one: one.update(Resource=TOPIC_ARN.replace("critical", "crit")))),
        [(E, "topic policy", f"{CRITICAL}-policy", "no statement allows sns:Publish to cloudwatch")],
    ),
    "TLS is denied in place of its lack": (
        edit(f"{CRITICAL}-policy", statement("RequireTls", condition("Bool", "aws:SecureTransport", "true"))),
        [(E, "topic policy", f"{CRITICAL}-policy", "statement RequireTls denies sns:Publish")],
    ),
    "ElastiCache by owner is forgotten": (
        edit(f"{CACHE}-policy", without("CachesByOwner")),
        [(E, "topic policy", f"{CACHE}-policy", "sns:Publish to any principal")],
    ),
    "no topic policy: the default knows neither RDS nor Backup": (
        edit(f"{INFO}-policy", lambda _: None),
        [(E, "topic policy", INFO, "AWS:SourceOwner is 123456789012")] * 2,
    ),
    "the policy is no JSON": (
        edit(f"{CRITICAL}-policy", inputs(policy="{")),
        [(E, "topic policy", f"{CRITICAL}-policy", "is not a policy document"), (W, "topic policy", f"{CRITICAL}-policy", "its own account")],
    ),
    "a FIFO topic for RDS and Backup": (
        edit(INFO, inputs(fifoTopic=True)),
        [(E, "topic", INFO, "events.rds.amazonaws.com publishes to standard ones only"), (E, "topic", INFO, "backup.amazonaws.com publishes to standard ones only"),
         (E, "subscription", f"{INFO}-email-e602e3c5", "queues only")],
    ),
    "backups, which the topic policy does not name": (
        edit(f"{INFO}-policy", without("Backups")),
        [(E, "topic policy", f"{INFO}-policy", "no statement allows sns:Publish to backup")],
    ),
    "backups, which the key does not name": (
        shut_out("backup.amazonaws.com"),
        [(E, "key policy", KEYS, "no statement allows kms:Decrypt to backup"),
         (E, "key policy", KEYS, "no statement allows kms:GenerateDataKey to backup")],
    ),
    "a rule's events, which nobody lets in": (
        both(edit(f"{WARNING}-policy", without("Rules")), shut_out("events.amazonaws.com")),
        [(E, "topic policy", f"{WARNING}-policy", "no statement allows sns:Publish to events.amazonaws.com"),
         (E, "key policy", KEYS, "no statement allows kms:Decrypt to events.amazonaws.com"),
         (E, "key policy", KEYS, "no statement allows kms:GenerateDataKey to events.amazonaws.com")],
    ),
    "a rule's events, which only the topic lets in": (
        shut_out("events.amazonaws.com"),
        [(E, "key policy", KEYS, "no statement allows kms:Decrypt to events.amazonaws.com"),
         (E, "key policy", KEYS, "no statement allows kms:GenerateDataKey to events.amazonaws.com")],
    ),
    "a rule's events, under a condition that EventBridge does not meet": (
        key_grant("events.amazonaws.com", Condition=OWN_ACCOUNT),
        [(E, "key policy", KEYS, "statement Own allows kms:Decrypt only where"),
         (E, "key policy", KEYS, "statement Own allows kms:GenerateDataKey only where")],
    ),
    # --- the subscription
    "nobody subscribes": (
        edit(MAIL, lambda _: None), [(E, "subscription", CRITICAL, "nobody subscribes")],
    ),
    "a subscription to another topic": (
        edit(MAIL, inputs(topic=TOPIC_ARN + "2")),
        [(E, "subscription", CRITICAL, "nobody subscribes"), (E, "subscription", MAIL, "does not declare")],
    ),
    "a web address that nobody confirms": (
        edit(MAIL, inputs(protocol="https")), [(E, "subscription", MAIL, "never confirmed")],
    ),
    "a filter by attributes": (
        edit(MAIL, inputs(filterPolicy='{"severity": ["critical"]}')),
        [(E, "subscription", MAIL, "its filter policy")],
    ),
    "a filter by a field that alarms have not": (
        edit(MAIL, inputs(filterPolicy='{"Severity": ["1"]}', filterPolicyScope="MessageBody")),
        [(E, "subscription", MAIL, "its filter policy")],
    ),
    "a FIFO queue": (
        edit(MAIL, inputs(protocol="sqs", endpoint=QUEUE_ARN + ".fifo")),
        [(E, "subscription", MAIL, "the queue is FIFO")],
    ),
    "a queue that lets nobody in": (queue('{"Statement": []}'), [(E, "subscription", "calls-policy", "no statement allows sqs")]),
    "a queue for another topic": (queue(SEND % (TOPIC_ARN + "2")), [(E, "subscription", "calls-policy", "aws:SourceArn")]),
    "a queue whose key shuts SNS out": (
        queue(SEND % TOPIC_ARN, kmsMasterKeyId="alias/clinic-prod-notifications"),
        [(E, "key policy", "keys-notifications", "kms:Decrypt to sns"), (E, "key policy", "keys-notifications", "kms:GenerateDataKey to sns")],
    ),
    # --- the action
    "an alarm without action": (edit(HOST, inputs(alarmActions=None)), [(E, "action", HOST, "it does nothing in ALARM")]),
    "an alarm whose page alone speaks": (
        edit(DOWN, inputs(alarmActions=None)), [(W, "action", DOWN, "only its page speaks")],
    ),
    "an alarm that silences pages, and whose own page alone speaks": (
        edit(DOWN, inputs(alarmActions=None, okActions=None)),
        [(W, "action", DOWN, "only its page speaks"), (W, "action", DOWN, "when it is over")],
    ),
    "an alarm that silences pages and is in none itself": (
        both(edit("alarms-primary-page", inputs(alarmRule='ALARM("clinic-prod-primary-storage-low")')), edit(DOWN, inputs(alarmActions=None))),
        [(E, "action", DOWN, "it does nothing in ALARM")],
    ),
    "an alarm that says nothing when it is over": (edit(HOST, inputs(okActions=[])), [(W, "action", HOST, "when it is over")]),
    "disabled actions": (edit(HOST, inputs(actionsEnabled=False)), [(E, "action", HOST, "disabled")]),
    "a topic of another region": (
        edit(HOST, inputs(alarmActions=[ELSEWHERE])), [(E, "action", HOST, "it publishes to arn:aws:sns:us-east-1")],
    ),
    "a topic that is not declared": (
        edit(HOST, inputs(alarmActions=[TOPIC_ARN.replace("critical", "Critical")])), [(E, "topic", HOST, "does not declare")],
    ),
    "events of a cache to a topic that was there before": (
        edit("main-group", inputs(notificationTopicArn=TOPIC_ARN.replace("critical", "theirs"))), [(W, "topic", "main-group", "does not declare")],
    ),
    "events that are disabled": (
        edit("postgres-info-events", inputs(enabled=False)), [(E, "action", "postgres-info-events", "disabled")],
    ),
    "events of an instance that is not there": (
        edit("postgres-info-events", inputs(sourceIds=["clinic-prod", "clinic-prod-standby", "clinic-prod-reporting", "gone"])),
        [(E, "event source", "postgres-info-events", "about gone")],
    ),
    "events of all instances but one": (
        edit("postgres-info-events", inputs(sourceIds=["clinic-prod", "clinic-prod-standby"])),
        [(W, "event source", "postgres-info-events", "it is about some instances, and not about clinic-prod-reporting")],
    ),
    "events of one parameter group, which is not there": (
        edit(EVENTS, inputs(sourceIds=["gone"])),
        [(E, "event source", EVENTS, "it is about gone, and its region has no such parameter group"),
         *[(W, "event source", EVENTS, f"not about clinic-prod-{group}") for group in ("postgres18-", "reporting-", "standby-")]],
    ),
    "events without type": (
        edit("postgres-info-events", inputs(sourceType=None)), [(E, "event source", "postgres-info-events", "no sourceType")],
    ),
    "a rule that is disabled": (
        edit("backup-failures", inputs(state="DISABLED")), [(E, "action", "backup-failures", "it is disabled")],
    ),
    "a rule that is not enabled": (
        edit("backup-failures", inputs(isEnabled=False)), [(E, "action", "backup-failures", "it is disabled")],
    ),
    "a rule of another stack": (
        rule("clinic-dev-rule"), [(E, "topic policy", f"{WARNING}-policy", "statement Rules allows sns:Publish only where aws:SourceArn is")],
    ),
    "a rule that speaks critically": (
        rule(severity="critical"), [(E, "topic policy", f"{CRITICAL}-policy", "no statement allows sns:Publish to events.amazonaws.com")],
    ),
    "a target of a rule that is not there": (
        edit(TARGET, inputs(rule="gone")), [(E, "event source", TARGET, "it is of rule gone")],
    ),
    "a rule that publishes as a role": (
        edit(TARGET, inputs(roleArn="arn:aws:iam::123456789012:role/teller")), [(W, "action", TARGET, "as a role")],
    ),
    "backups of a vault that is not there": (
        edit("backup-notifications", inputs(backupVaultName="gone")),
        [(E, "event source", "backup-notifications", "it is about gone, and its region has no such vault")],
    ),
    "a function that may not tell of its failures": (
        edit("restore-test-policy", without("Tell")),
        [(E, "role policy", "restore-test-role", "no statement allows sns:Publish to arn:")],
    ),
    "a function whose policy is none": (
        edit("restore-test-policy", inputs(policy="{")),
        [(E, "role policy", "restore-test-role", f"no statement allows {action} to arn:") for action in ("sns:Publish", "kms:Decrypt", "kms:GenerateDataKey")],
    ),
    "a function that may not use the topic's key": (
        edit("restore-test-policy", without("TopicKey")),
        [(E, "role policy", "restore-test-role", "no statement allows kms:Decrypt to arn:"),
         (E, "role policy", "restore-test-role", "no statement allows kms:GenerateDataKey to arn:")],
    ),
    "a function that tells a topic that is not there": (
        edit("restore-test-verdict", inputs(destinationConfig={"onFailure": {"destination": TOPIC_ARN + "2"}})),
        [(E, "topic", "restore-test-verdict", "does not declare")],
    ),
    "calls of a function that is not there": (
        edit("restore-test-verdict", inputs(functionName="gone")),
        [(E, "event source", "restore-test-verdict", "it is about gone")],
    ),
    # --- what it looks at
    "a rebuilt name": (edit(HOST, with_mark("CacheClusterId")), [(E, "dimension", HOST, "CacheClusterId is rebuilt")]),
    "a rebuilt node": (edit(HOST, with_mark("CacheNodeId")), [(E, "dimension", HOST, "CacheNodeId is rebuilt")]),
    "host metric without its node": (
        edit(HOST, inputs(dimensions={"CacheClusterId": "clinic-prod-main-001"})),
        [(E, "dimension", HOST, "CacheClusterId+CacheNodeId, and it asks for CacheClusterId")],
    ),
    "the replication group in place of a node": (
        edit(HOST, inputs(dimensions={"ReplicationGroupId": "clinic-prod-main"})), [(E, "dimension", HOST, "asks for ReplicationGroupId")],
    ),
    "no dimension": (edit(DOWN, inputs(dimensions=None)), [(E, "dimension", DOWN, "asks for no dimension")]),
    "a cluster's dimension": (
        edit(DOWN, inputs(dimensions={"DBClusterIdentifier": "clinic-prod"})), [(E, "dimension", DOWN, "asks for DBClusterIdentifier")],
    ),
    "an alarm in another region": (
        edit(DOWN, inputs(region="us-east-1")),
        [(E, "action", DOWN, "in us-east-1 itself"), (E, "dimension", DOWN, "us-east-1 of this stack has none")],
    ),
    "a metric that AWS does not publish": (
        edit(DOWN, inputs(metricName="DatabaseConnection")), [(E, "metric", DOWN, "publishes no DatabaseConnection; DatabaseConnections is")],
    ),
    "a metric of Aurora": (edit(DOWN, inputs(metricName="FreeLocalStorage")), [(E, "metric", DOWN, "published by aurora")]),
    "a metric of gp2": (edit(DOWN, inputs(metricName="BurstBalance")), [(E, "metric", DOWN, "needs gp2")]),
    "lag of the primary": (edit(DOWN, inputs(metricName="ReplicaLag")), [(E, "metric", DOWN, "needs replica")]),
    "credits of a class that has none": (
        edit(DOWN, inputs(metricName="CPUCreditBalance", period=300)), [(E, "metric", DOWN, "needs burstable")],
    ),
    "a metric of memcached": (edit(HOST, inputs(metricName="SlabsMoved")), [(E, "metric", HOST, "published by memcached")]),
    "the last alarms of a server": (
        without_last_node,
        [(W, "dimension", "main-group", "no alarm looks at clinic-prod-main-003")],
    ),
    # --- how it counts
    "a minute of what comes every five": (
        edit("alarms-primary-cpu-credits", inputs(period=60)), [(E, "period", "alarms-primary-cpu-credits", "comes every 300 s")],
    ),
    "half a minute": (edit(DOWN, inputs(period=30)), [(E, "period", DOWN, "a period of 30 s")]),
    "more than a day": (edit(DOWN, inputs(evaluationPeriods=1441)), [(E, "period", DOWN, "more than CloudWatch looks back")]),
    "six of five": (edit(DOWN, inputs(datapointsToAlarm=6)), [(E, "period", DOWN, "6 of 5 periods")]),
    "no statistic": (edit(DOWN, inputs(statistic=None)), [(E, "statistic", DOWN, "it has no statistic")]),
    "a statistic that is none": (edit(DOWN, inputs(statistic="Mean")), [(E, "statistic", DOWN, "there is no statistic Mean")]),
    "a percentile that is none": (
        edit(DOWN, inputs(statistic=None, extendedStatistic="p101")), [(E, "statistic", DOWN, "no extended statistic p101")],
    ),
    "two statistics": (edit(DOWN, inputs(extendedStatistic="p90")), [(E, "statistic", DOWN, "a statistic and an extended one")]),
    # --- metric math
    "math on a server that is not there": (
        math(query("m1"), query("m2", server="gone"), RESULT), [(E, "dimension", DOWN, "DBInstanceIdentifier is gone")],
    ),
    "math with a lost name": (
        math(query("m1"), {**RESULT, "expression": "m1 + m2"}), [(E, "expression", DOWN, "names m2")],
    ),
    "math with two results": (
        math({**query("m1"), "returnData": True}, query("m2"), RESULT), [(E, "expression", DOWN, "2 of its queries")],
    ),
    "math without a statistic": (
        math(query("m1"), query("m2", stat="Mean"), RESULT), [(E, "statistic", DOWN, "no extended statistic Mean")],
    ),
    # --- Database Insights
    "a counter of a server that is not there": (
        counter("db-GONE"), [(E, "dimension", COUNTED, "is asked of db-GONE, and eu-west-1 of this stack has no instance")],
    ),
    "a counter of no server": (counter(""), [(E, "dimension", COUNTED, "is asked of no server")]),
    "a counter without a period": (counter(period=None), [(E, "period", COUNTED, "a period of 0 s")]),
    "a counter of a server without Database Insights": (
        edit("postgres-primary", inputs(performanceInsightsEnabled=False)),
        [(E, "metric", f"alarms-primary-{each}", "needs insights, which postgres-primary") for each in ("sessions-blocked", "idle-in-transaction", "load-high")],
    ),
    # --- pages
    "a misspelled alarm in a page": (
        edit(PAGE, inputs(alarmRule='ALARM("clinic-prod-main-1-dwn")')), [(E, "rule", PAGE, "it names clinic-prod-main-1-dwn")],
    ),
    "a page whose rule does not read": (
        edit(PAGE, inputs(alarmRule='ALARM("clinic-prod-main-1-down") ALARM("clinic-prod-main-1-memory-high")')), [(E, "rule", PAGE, "is not a rule")],
    ),
    "an empty rule": (edit(PAGE, inputs(alarmRule="")), [(E, "rule", PAGE, "is not a rule")]),
    "a page of itself": (
        edit(PAGE, inputs(alarmRule='ALARM("clinic-prod-main-page")')), [(E, "rule", PAGE, "leads back to itself")],
    ),
    "a page of too many": (
        edit(PAGE, inputs(alarmRule=" OR ".join(f'ALARM("clinic-prod-main-1-down{number}")' for number in range(101)))),
        [*[(E, "rule", PAGE, "it names clinic-prod-main-1-down")] * 101, (E, "rule", PAGE, "101 alarms")],
    ),
    "a suppressor that is not there": (
        edit(PAGE, inputs(actionsSuppressor={"alarm": "gone", "waitPeriod": 60, "extensionPeriod": 60})),
        [(E, "rule", PAGE, "gone is to suppress it")],
    ),
    # --- logs
    "a log filter without an alarm": (log_filter(), [(W, "log filter", "deadlocks", "no alarm looks at it")]),
    "an alarm without a filter": (log_alarm(), [(E, "metric", "alarms-deadlocks", "no log filter of the stack publishes Deadlocks")]),
    "a filter of a group that is not there": (
        both(log_filter(group=GROUP + "2"), log_alarm()), [(E, "log filter", "deadlocks", "does not declare")],
    ),
    "a filter of a log that is not exported": (
        edit("postgres-primary", inputs(enabledCloudwatchLogsExports=["upgrade"])),
        [(E, "log filter", f"alarms-primary-{each}-filter", "into which no server writes")
         for each in ("slow-queries", "deadlocks", "failed-logins", "connections-refused", "data-corruption")],
    ),
    "dimensions that the filter does not give": (
        both(log_filter(), log_alarm(dimensions={"DBInstanceIdentifier": "clinic-prod"})),
        [(E, "dimension", "alarms-deadlocks", "with no dimension, and it asks for DBInstanceIdentifier")],
    ),
}  # fmt: skip
FINE: dict[str, Break] = {
    "a queue with its policy": queue(SEND % TOPIC_ARN),
    "a queue of somebody else": edit(MAIL, inputs(protocol="sqs", endpoint=QUEUE_ARN)),
    "a filter by the body": edit(
        MAIL,
        inputs(filterPolicy='{"NewStateValue": ["ALARM"]}', filterPolicyScope="MessageBody"),
    ),
    "a web address that answers": edit(MAIL, inputs(protocol="https", endpointAutoConfirms=True)),
    "no topic policy: the default knows alarms": edit(f"{CRITICAL}-policy", lambda _: None),
    "an unencrypted topic": edit(CRITICAL, inputs(kmsMasterKeyId=None)),
    "no demand for TLS": edit(f"{CRITICAL}-policy", without("RequireTls")),
    "a log filter with its alarm": both(log_filter(), log_alarm(period=10)),
    "backups": vault(),
    "a rule's events": rule(),
    "grants that each stand alone": both(
        *(key_grant(f"{each}.amazonaws.com") for each in ("backup", "events", "events.rds"))
    ),
    "events of all parameter groups": edit(EVENTS, inputs(sourceIds=None)),
    "an alarm that only silences a page": silencer(),
    "chat in place of mail": both(
        edit(MAIL, lambda _: None), add(resource(CHAT, "calls-chat", snsTopicArns=[TOPIC_ARN]))
    ),
    "metric math": math(query("m1"), query("m2", stat="p90"), RESULT),
    "a rule with everything": edit(
        PAGE,
        inputs(alarmRule="(ALARM(clinic-prod-main-1-down) AND NOT OK('clinic-prod-main-1-memory-high')) OR NOT (TRUE)"),
    ),
    "an alarm by its ARN": edit(
        PAGE, inputs(alarmRule=f'ALARM("{PLACE.arn("cloudwatch", "alarm:clinic-prod-main-1-down")}")')
    ),
    "the topic's key by its alias": edit(CRITICAL, inputs(kmsMasterKeyId="alias/clinic-prod-notifications")),
}

BURSTABLE = ("a minute of what comes every five",)


@pytest.mark.parametrize("name", BREAKAGES)
def test_a_breakage_is_found(name: str) -> None:
    broken, expected = BREAKAGES[name]
    stack = "dev" if name in BURSTABLE else "prod"  # only dev's classes have credits
    found = check(stack_of(broken(list(declared(stack)))))
    assert [each.severity for each in found] == sorted(each[0] for each in expected), found  # errors first
    left = list(found)
    # What the program declares, it declares in no fixed order; the longer fragment is the more exact one.
    for severity, step, at, fragment in sorted(expected, key=lambda each: -len(each[3])):
        fitting = [each for each in left if (each.severity, each.step, each.resource) == (severity, step, at)]
        hit = next((each for each in fitting if fragment in each.what), None)
        assert hit, (fragment, left)
        assert hit.mend
        left.remove(hit)
    assert left == []


@pytest.mark.parametrize("name", FINE)
def test_what_is_fine_is_let_through(name: str) -> None:
    assert check(stack_of(FINE[name](list(declared("prod"))))) == ()


def test_there_are_enough_breakages() -> None:
    assert len(BREAKAGES) >= 25
    assert {KEY_ALIAS, TOPIC} <= {each.type for each in declared("prod")}
