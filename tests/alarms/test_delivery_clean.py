"""The committed stacks: with recipients nothing is lost, without them every topic says so."""

import pytest
from recorded import STACKS, declared, stack_of

from alarms.delivery import check
from graph.types import COMPOSITE_ALARM, METRIC_ALARM


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_is_lost_where_somebody_listens(stack: str) -> None:
    whole = stack_of(declared(stack))
    assert len(whole.of(METRIC_ALARM)) > 40
    assert whole.of(COMPOSITE_ALARM)
    assert check(whole) == ()


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("severity", ["error", "warning"])
def test_without_recipients_every_topic_is_told(stack: str, severity: str) -> None:
    found = check(stack_of(declared(stack, recipients=False)), unheard=severity)  # type: ignore[arg-type]
    assert [(each.severity, each.step, each.resource, each.what) for each in found] == [
        (severity, "subscription", f"notifications-{topic}", "nobody subscribes to it")
        for topic in ("warning", "critical", "info", "cache-events")
    ]
    everybody = {name for each in found for name in each.alarms}
    assert set(stack_of(declared(stack)).alarms) < everybody
