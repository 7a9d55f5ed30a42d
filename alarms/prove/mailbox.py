"""A queue that hears the topics for the time of a proof, and what is left of those whose proof was killed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

PREFIX = "datatier-prove-"
LEASE_SECONDS = 60
"""For how long a queue counts as in use since its proof said so last."""
ALIVE = "datatier-alive-until"


class MailboxBusyError(RuntimeError):
    """Another proof of the stack is running."""


@dataclass(frozen=True, kw_only=True)
class Heard:
    """A notification of an alarm that arrived."""

    alarm: str
    topic: str
    state: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Listener:
    """A subscription of a topic that is not a proof's."""

    topic: str
    protocol: str
    confirmed: bool


class Mailbox:
    """One queue, subscribed to several topics."""

    def __init__(self, sqs: Any, sns: Any, stack: str, run: str) -> None:
        self._sqs, self._sns = sqs, sns
        # two hyphens, so that the queues of `prod-eu` are none of `prod`'s
        self._family = f"{PREFIX}{re.sub(r'[^A-Za-z0-9_-]', '-', stack)}--"
        self.name = f"{self._family}{run}"
        self._url = ""
        self._subscriptions: list[str] = []

    def listeners(self, topics: Sequence[str]) -> tuple[dict[str, list[Listener]], list[str]]:
        """Who else hears each topic that there is, and the subscriptions that killed proofs of this stack left."""
        found: dict[str, list[Listener]] = {}
        left: list[str] = []
        for topic in topics:
            pages = self._sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
            try:
                held = pages.build_full_result().get("Subscriptions") or []
            except self._sns.exceptions.NotFoundException:
                continue
            others = found.setdefault(topic, [])
            for each in held:
                if f":{self._family}" in each["Endpoint"]:
                    left.append(each["SubscriptionArn"])
                else:
                    # SNS says `PendingConfirmation` in place of the ARN
                    confirmed = each["SubscriptionArn"].startswith("arn:")
                    others.append(Listener(topic=topic, protocol=each["Protocol"], confirmed=confirmed))
        return found, left

    def clear(self, subscriptions: Iterable[str], now: float, *, alone: bool) -> list[str]:
        """Remove what killed proofs left; raise `MailboxBusyError` where one may be running. Returns the queues' names.

        :param alone: whether it is certain that no other proof of this stack runs.
        """
        pages = self._sqs.get_paginator("list_queues").paginate(QueueNamePrefix=self._family)
        urls: list[str] = pages.build_full_result().get("QueueUrls") or []
        for url in () if alone else urls:
            until = float(self._sqs.list_queue_tags(QueueUrl=url).get("Tags", {}).get(ALIVE, 0))
            if until > now:
                free = datetime.fromtimestamp(until, UTC)
                raise MailboxBusyError(
                    f"another proof of this stack is running (queue {url.rpartition('/')[2]}): wait for it; "
                    f"should it be dead, this one may run from {free:%H:%M:%S} UTC"
                )
        for subscription in subscriptions:
            self._sns.unsubscribe(SubscriptionArn=subscription)
        for url in urls:
            self._sqs.delete_queue(QueueUrl=url)
        return [url.rpartition("/")[2] for url in urls]

    def open(self, topics: Sequence[str], now: float) -> None:
        """Make the queue and subscribe it."""
        account, region = topics[0].split(":")[4], topics[0].split(":")[3]
        arn = f"{':'.join(topics[0].split(':')[:2])}:sqs:{region}:{account}:{self.name}"
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": list(topics)}},
        }
        self._url = self._sqs.create_queue(
            QueueName=self.name,
            Attributes={
                # At creation: a change of it takes up to a minute (SQS SetQueueAttributes). No key of ours, so
                # that nothing but the topics' key is on the way.
                "Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
                # The queue goes with the proof: what was received need not be deleted one by one.
                "VisibilityTimeout": "43200",
                "MessageRetentionPeriod": "3600",
            },
            tags={ALIVE: str(int(now) + LEASE_SECONDS)},
        )["QueueUrl"]
        with ThreadPoolExecutor(max_workers=4) as pool:
            self._subscriptions = list(pool.map(lambda topic: self._subscribe(topic, arn), topics))

    def _subscribe(self, topic: str, queue: str) -> str:
        answer = self._sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, ReturnSubscriptionArn=True)
        return str(answer["SubscriptionArn"])

    def renew(self, now: float) -> None:
        """Say that the proof is alive."""
        self._sqs.tag_queue(QueueUrl=self._url, Tags={ALIVE: str(int(now) + LEASE_SECONDS)})

    def receive(self, wait: int) -> Iterator[Heard]:
        """What has arrived; waits so many seconds for the first."""
        answer = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10, WaitTimeSeconds=wait)
        for message in answer.get("Messages") or ():
            if heard := read(message["Body"]):
                yield heard

    def close(self) -> list[str]:
        """Unsubscribe and delete, each even where another fails; returns what is left."""
        left = []
        for subscription in self._subscriptions:
            try:
                self._sns.unsubscribe(SubscriptionArn=subscription)
            except Exception as problem:
                left.append(f"{subscription} ({problem})")
        if self._url:
            try:
                self._sqs.delete_queue(QueueUrl=self._url)
            except Exception as problem:
                left.append(f"{self.name} ({problem})")
        return left


def read(body: str) -> Heard | None:
    """An alarm's notification in SNS's envelope; None for any other message."""
    try:
        envelope = json.loads(body)
        message = json.loads(envelope["Message"])
        return Heard(
            alarm=message["AlarmName"],
            topic=envelope["TopicArn"],
            state=message["NewStateValue"],
            reason=message["NewStateReason"],
        )
    except (ValueError, KeyError, TypeError):
        return None
