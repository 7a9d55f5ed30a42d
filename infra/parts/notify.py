"""From the settings' subscriptions to those of the notifications component."""

from __future__ import annotations

from components.notifications.args import Subscription
from infra.settings import sections


def recipients(notify: sections.NotifySection) -> dict[str, list[Subscription]]:
    """Severity -> who hears of it."""
    return {
        severity: [_subscription(each) for each in getattr(notify, severity)]
        for severity in ("critical", "warning", "info")
    }


def _subscription(given: sections.SubscriptionSection) -> Subscription:
    if given.slack:
        return Subscription(kind="slack", endpoint=f"{given.slack.workspace}/{given.slack.channel}")
    kind, endpoint = next((k, v) for k in ("email", "https", "sqs") if (v := getattr(given, k)))
    return Subscription(kind=kind, endpoint=endpoint)
