"""Categories of RDS events are those that RDS has for the source, and every one is told or left out for a reason."""

from __future__ import annotations

import pytest

from knowledge.alarms.events import PUBLISHED, RDS

# RDS User Guide, USER_Events.Messages: categories of the sources that a stack has.
CATEGORIES = {
    "db-instance": {
        "availability", "backup", "configuration change", "creation", "deletion", "failover", "failure", "low storage",
        "maintenance", "notification", "read replica", "recovery", "restoration", "security", "security patching",
    },
    "db-parameter-group": {"configuration change"},
    "db-snapshot": {"creation", "deletion", "failure", "notification", "restoration"},
}  # fmt: skip
LEFT_OUT = {
    ("db-instance", "security"): "only of Oracle with an HSM",
    ("db-snapshot", "creation"): "the instance's category backup tells of it, and of this stack's alone",
}


@pytest.mark.parametrize("source", CATEGORIES)
def test_each_category_is_told_once(source: str) -> None:
    told = [category for sources in RDS.values() for category in sources.get(source, ())]  # type: ignore[call-overload]
    assert len(told) == len(set(told))
    assert set(told) | {name for at, name in LEFT_OUT if at == source} == CATEGORIES[source]
    assert not set(told) & {name for at, name in LEFT_OUT if at == source}


def test_what_is_told_is_what_is_subscribed() -> None:
    subscribed = {(severity, each) for severity, sources in RDS.items() for all_ in sources.values() for each in all_}
    written = {
        (severity, category)
        for _, severity, service, categories in PUBLISHED
        if service == "RDS"
        for category in categories.partition(" (")[0].split(", ")
    }
    assert written - subscribed == set()
    # Told without a line of their own: made, restored, and whatever RDS calls a notification, are plain in the message.
    assert subscribed - written == {("info", "creation"), ("info", "restoration")}
