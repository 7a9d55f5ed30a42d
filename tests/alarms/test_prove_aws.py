"""The calls of a proof as AWS takes them and answers them, checked against botocore's model."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from alarms.prove.bell import Bell, bells
from alarms.prove.mailbox import ALIVE, Listener, Mailbox, MailboxBusyError
from alarms.prove.ringer import Ringer, restore

TOPIC = "arn:aws:sns:eu-west-1:123456789012:calls"
QUEUE = "https://sqs.eu-west-1.amazonaws.com/123456789012/datatier-prove-prod--"


def stubbed(service: str) -> tuple[Any, Stubber]:
    client = boto3.client(service, region_name="eu-west-1", aws_access_key_id="none", aws_secret_access_key="none")
    return client, Stubber(client)


def metric(name: str, state: str = "OK", reason: str = "fine", **more: Any) -> dict[str, Any]:
    return {"AlarmName": name, "StateValue": state, "StateReason": reason, "AlarmActions": [TOPIC], **more}


def expect(stub: Stubber, name: str, state: str, reason: str) -> None:
    stub.add_response("set_alarm_state", {}, {"AlarmName": name, "StateValue": state, "StateReason": reason})


RINGING = "datatier alarms prove ab12 is a test and nothing is wrong. Before: {}. {}"
OVER = "datatier alarms prove ab12 is over. fine"


def test_alarms_are_read_a_hundred_at_a_time_composites_among_them() -> None:
    client, stub = stubbed("cloudwatch")
    names = [f"a{number}" for number in range(101)]
    kinds = {"AlarmTypes": ["MetricAlarm", "CompositeAlarm"], "MaxRecords": 100}
    stub.add_response(
        "describe_alarms", {"MetricAlarms": [metric(n) for n in names[:100]]}, {"AlarmNames": names[:100], **kinds}
    )
    page = metric("a100", ActionsSuppressor="arn:aws:cloudwatch:eu-west-1:1:alarm:s", ActionsSuppressorWaitPeriod=60)
    stub.add_response("describe_alarms", {"CompositeAlarms": [page]}, {"AlarmNames": ["a100"], **kinds})
    with stub:
        found = bells(client, names)
    assert list(found) == names
    assert found["a100"] == Bell(
        name="a100",
        composite=True,
        state="OK",
        reason="fine",
        enabled=True,
        topics=(TOPIC,),
        others=(),
        suppressor="s",
        wait=60,
    )
    stub.assert_no_pending_responses()


def ringable(state: str) -> Bell:
    return Bell(
        name="a",
        composite=False,
        state=state,
        reason="fine",
        enabled=True,
        topics=(TOPIC,),
        others=(),
        suppressor="",
        wait=0,
    )


@pytest.mark.parametrize(
    ("before", "sets"), [("OK", ["ALARM"]), ("INSUFFICIENT_DATA", ["ALARM"]), ("ALARM", ["OK", "ALARM"])]
)
def test_only_a_change_of_state_rings(before: str, sets: list[str]) -> None:
    client, stub = stubbed("cloudwatch")
    for state in sets:
        expect(stub, "a", state, RINGING.format(before, "fine"))
    with stub:
        Ringer(client, "ab12").ring(ringable(before))
    stub.assert_no_pending_responses()


def test_a_throttled_call_is_made_again() -> None:
    client, stub = stubbed("cloudwatch")
    pauses: list[float] = []
    stub.add_client_error("set_alarm_state", "Throttling", http_status_code=400)
    stub.add_client_error("set_alarm_state", "ThrottlingException", http_status_code=400)
    expect(stub, "a", "ALARM", RINGING.format("OK", "fine"))
    with stub:
        Ringer(client, "ab12", pause=pauses.append).ring(ringable("OK"))
    assert pauses == [1.0, 1.0]
    stub.assert_no_pending_responses()


def test_another_refusal_is_told() -> None:
    client, stub = stubbed("cloudwatch")
    stub.add_client_error("set_alarm_state", "AccessDenied", http_status_code=403)
    with stub, pytest.raises(ClientError, match="AccessDenied"):
        Ringer(client, "ab12").ring(ringable("OK"))


def test_only_what_is_still_the_proofs_is_put_back_metric_alarms_before_pages() -> None:
    client, stub = stubbed("cloudwatch")
    ours, real = RINGING.format("OK", "fine"), "Threshold Crossed: it is hot"
    answer = {
        "MetricAlarms": [metric("a", "ALARM", ours), metric("real", "ALARM", real)],
        "CompositeAlarms": [metric("p", "ALARM", ours)],
    }
    done: list[tuple[str, str, str]] = []
    for _ in range(2):
        stub.add_response("describe_alarms", answer)
    with stub:
        failed = restore(client, ["a", "real", "p"], "ab12", lambda *words: done.append(words), "ab12")
    assert (done, failed) == ([("a", "OK", OVER), ("p", "OK", OVER)], [])


def test_a_page_that_followed_its_children_is_left_alone() -> None:
    client, stub = stubbed("cloudwatch")
    ours = RINGING.format("OK", "fine")
    stub.add_response("describe_alarms", {"CompositeAlarms": [metric("p", "ALARM", ours)]})
    stub.add_response("describe_alarms", {"CompositeAlarms": [metric("p", "OK", "arn:... transitioned to OK")]})
    done: list[Any] = []
    with stub:
        assert restore(client, ["p"], "ab12", lambda *words: done.append(words), "ab12") == []
    assert done == []


def test_one_that_cannot_be_put_back_does_not_keep_the_others() -> None:
    client, stub = stubbed("cloudwatch")
    ours = RINGING.format("OK", "fine")
    answer = {"MetricAlarms": [metric("a", "ALARM", ours), metric("b", "ALARM", ours)]}
    done: list[str] = []

    def put(name: str, _: str, __: str) -> None:
        if name == "a":
            raise RuntimeError("no")
        done.append(name)

    for _ in range(2):
        stub.add_response("describe_alarms", answer)
    with stub:
        assert restore(client, ["a", "b"], "ab12", put, "ab12") == ["a (no)"]
    assert done == ["b"]


def mailbox() -> tuple[Mailbox, Stubber, Stubber]:
    sqs, queue = stubbed("sqs")
    sns, topic = stubbed("sns")
    queue.activate()
    topic.activate()
    return Mailbox(sqs, sns, "prod", "ab12"), queue, topic


def test_who_listens_and_what_is_left() -> None:
    box, _, sns = mailbox()
    mine = "arn:aws:sqs:eu-west-1:123456789012:datatier-prove-prod--99ff"
    others = "arn:aws:sqs:eu-west-1:123456789012:datatier-prove-prod-eu--99ff"
    held = [("email", "a@b", "PendingConfirmation"), ("sqs", mine, f"{TOPIC}:1"), ("sqs", others, f"{TOPIC}:2")]
    sns.add_response(
        "list_subscriptions_by_topic",
        {"Subscriptions": [{"Protocol": p, "Endpoint": e, "SubscriptionArn": a} for p, e, a in held]},
        {"TopicArn": TOPIC},
    )
    sns.add_client_error("list_subscriptions_by_topic", "NotFound", http_status_code=404)
    assert box.listeners([TOPIC, f"{TOPIC}2"]) == (
        {
            TOPIC: [
                Listener(topic=TOPIC, protocol="email", confirmed=False),
                Listener(topic=TOPIC, protocol="sqs", confirmed=True),
            ]
        },
        [f"{TOPIC}:1"],
    )


def leftovers(queue: Stubber, until: int) -> None:
    queue.add_response("list_queues", {"QueueUrls": [QUEUE + "99ff"]}, {"QueueNamePrefix": "datatier-prove-prod--"})
    queue.add_response("list_queue_tags", {"Tags": {ALIVE: str(until)}}, {"QueueUrl": QUEUE + "99ff"})


def test_a_dead_proofs_queue_goes() -> None:
    box, queue, sns = mailbox()
    leftovers(queue, until=999)
    sns.add_response("unsubscribe", {}, {"SubscriptionArn": f"{TOPIC}:1"})
    queue.add_response("delete_queue", {}, {"QueueUrl": QUEUE + "99ff"})
    assert box.clear([f"{TOPIC}:1"], 1000, alone=False) == ["datatier-prove-prod--99ff"]
    queue.assert_no_pending_responses()
    sns.assert_no_pending_responses()


def test_a_living_proof_is_left_alone() -> None:
    box, queue, _ = mailbox()
    leftovers(queue, until=1001)
    with pytest.raises(MailboxBusyError, match=r"datatier-prove-prod--99ff.*from 00:16:41 UTC"):
        box.clear([f"{TOPIC}:1"], 1000, alone=False)


def test_the_queue_hears_the_topics_and_nobody_else() -> None:
    box, queue, sns = mailbox()
    arn = "arn:aws:sqs:eu-west-1:123456789012:datatier-prove-prod--ab12"
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": [TOPIC]}},
    }
    queue.add_response(
        "create_queue",
        {"QueueUrl": QUEUE + "ab12"},
        {
            "QueueName": "datatier-prove-prod--ab12",
            "Attributes": {
                "Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
                "VisibilityTimeout": "43200",
                "MessageRetentionPeriod": "3600",
            },
            "tags": {ALIVE: "1060"},
        },
    )
    sns.add_response(
        "subscribe",
        {"SubscriptionArn": f"{TOPIC}:1"},
        {"TopicArn": TOPIC, "Protocol": "sqs", "Endpoint": arn, "ReturnSubscriptionArn": True},
    )
    box.open([TOPIC], 1000.5)
    queue.add_response("tag_queue", {}, {"QueueUrl": QUEUE + "ab12", "Tags": {ALIVE: "1160"}})
    box.renew(1100)
    sns.add_client_error("unsubscribe", "InternalError")
    queue.add_response("delete_queue", {}, {"QueueUrl": QUEUE + "ab12"})
    left = box.close()
    assert len(left) == 1
    assert left[0].startswith(f"{TOPIC}:1 (")
    queue.assert_no_pending_responses()
    sns.assert_no_pending_responses()
