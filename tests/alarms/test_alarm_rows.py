"""The rows of `alarms list`: none of them leaves open what its alarm looks at."""

import pytest
from recorded import STACKS, declared, stack_of

from alarms.listing import rows
from graph.types import INSTANCE


@pytest.mark.parametrize("stack", STACKS)
def test_every_alarm_says_what_it_looks_at(stack: str) -> None:
    listed = [each for each in rows(stack_of(declared(stack))) if not each.metric.startswith("page of")]
    assert [each.name for each in listed if not each.metric or each.datapoints.endswith(" 0 s")] == []
    log = f"data-tier/clinic-{stack}"  # what is counted in a log has no dimension: its namespace names the instance
    assert [each.name for each in listed if not each.of and not each.metric.startswith(log)] == []


@pytest.mark.parametrize("stack", STACKS)
def test_a_counter_of_database_insights_names_its_instance(stack: str) -> None:
    whole = stack_of(declared(stack))
    counters = {(each.of, each.metric, each.datapoints) for each in rows(whole) if each.metric.startswith("RDS db.")}
    watched = {each.physical for each in whole.of(INSTANCE) if each.inputs.get("performanceInsightsEnabled")}
    assert {of for of, *_ in counters} == watched
    for instance in watched:
        assert sorted(metric for of, metric, _ in counters if of == instance) == [
            "RDS db.Transactions.blocked_transactions.avg",
            "RDS db.state.idle_in_transaction_max_time.max",
        ]
    assert {datapoints for *_, datapoints in counters} <= {"5 of 5 x 60 s"}
