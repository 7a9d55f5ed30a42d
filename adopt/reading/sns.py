"""SNS: topics with their settings, and whom they tell."""

from __future__ import annotations

from collections.abc import Iterable

from adopt.estate import Described
from adopt.reading import calls
from adopt.reading.ask import Asking
from knowledge.regions import region_of


def topics(ask: Asking, arns: Iterable[str]) -> tuple[Described, ...]:
    """Attributes of topics, with their subscriptions."""
    wanted = sorted(set(arns))
    attributes = [ask.soon(ask.one, calls.TOPIC, region_of(arn), TopicArn=arn) for arn in wanted]
    listeners = [ask.soon(ask.all, calls.LISTENERS, region_of(arn), TopicArn=arn) for arn in wanted]
    return tuple(
        {"TopicArn": arn, **found.result().get("Attributes", {}), "Subscriptions": heard.result()}
        for arn, found, heard in zip(wanted, attributes, listeners, strict=True)
        if found.result()
    )
