"""The report of an adoption as people read it: each part once, what stops it and its way, changes and their effect."""

from __future__ import annotations

import io

from rich.console import Console

from adopt.estate import Unread
from adopt.refusal import Refusal
from adopt.report import Entry, Left, ParameterRow, Remark, Report
from cli import adopt_view
from graph.types import CACHE, INSTANCE, METRIC_ALARM
from preview.impact.effect import Effect, Impact


def impact(name: str, key: str, effect: Effect = Effect.IN_PLACE, rule: str = "a-rule", **more: object) -> Impact:
    given: dict[str, object] = {
        "type": INSTANCE, "before": "a", "after": "b", "users": "Nothing.", "source": "", "way_round": "",
        "takes_effect": "at once", **more,
    }  # fmt: skip
    return Impact(name=name, key=key, effect=effect, rule=rule, **given)  # type: ignore[arg-type]


def parameter(server: str, name: str, *, kept: bool) -> ParameterRow:
    return ParameterRow(server=server, parameter=name, live="1", computed="2", kept=kept)


REPLACED = impact("postgres", "kmsKeyId", Effect.DATA_AT_RISK, users="It goes.", way_round="Copy a snapshot.")
REPORT = Report(
    stack="live",
    account="123456789012",
    region="eu-west-1",
    entries=(
        Entry(
            verdict="replaced", type=INSTANCE, name="postgres", id="db-A", impacts=(REPLACED,),
            keep="data-tier:postgres.existing.key: arn:old",
        ),
        Entry(verdict="changed", type=INSTANCE, name="one", id="db-B", impacts=(
            impact("one", "iam"), impact("one", "tags", rule="silent"),
        )),
        Entry(verdict="changed", type=INSTANCE, name="two", id="db-C", impacts=(
            impact("two", "iam"), impact("two", "tags", rule="silent"), impact("two", "port", Effect.DOWNTIME),
        )),
        Entry(verdict="taken", type=CACHE, name="main", id="[orders]"),
        Entry(verdict="new", type=METRIC_ALARM, name="x", id=""),
        Entry(verdict="new", type=METRIC_ALARM, name="y", id=""),
    ),
    parameters=(
        parameter("primary", "work_mem", kept=True),
        parameter("reports", "work_mem", kept=True),
        parameter("primary", "timeout", kept=False),
    ),
    refusals=(
        Refusal(what="orders-old", why="it is Memcached", way="leave it"),
        Refusal(what="orders-old", why="it has no TLS", way="give it TLS"),
    ),
    left=(Left(what="topic orders", why="it goes on"),),
    unread=(Unread(permission="kms:DescribeKey", cost="whose the key is"),),
    remarks=(Remark(key="data-tier:logs.retention", said="Two of them."),),
)  # fmt: skip
SAID = """\
Parameters
server            parameter  live  computed  kept
primary, reports  work_mem   1     2         yes
primary           timeout    1     2         no
cannot be taken orders-old: it is Memcached
    way: leave it
cannot be taken orders-old: it has no TLS
    way: give it TLS
would be replaced postgres (aws.rds.Instance) db-A
    data at risk kmsKeyId: a → b
        It goes. (at once; a-rule)
        way round: Copy a snapshot.
    keep it: data-tier:postgres.existing.key: arn:old
Changes in place, by the first `pulumi up`
    two downtime port: a → b
        Nothing. (at once; a-rule)
    one, two iam: a → b
        Nothing. (at once; a-rule)
    tags of 2 resources (nobody notices)
Taken over
resource                          in the stack  in AWS
aws.rds.Instance                  one           db-B
aws.rds.Instance                  two           db-C
aws.elasticache.ReplicationGroup  main          [orders]
New, next to what is there: 2 cloudwatch.MetricAlarm
left topic orders: it goes on
not read kms:DescribeKey: whose the key is
look at data-tier:logs.retention: Two of them.
live: 1 taken over as they are, 2 with changes in place, 1 that would be replaced, 2 new, 1 that cannot be taken
"""


def test_the_report() -> None:
    text = io.StringIO()
    adopt_view.report(Console(file=text, width=1000, highlight=False, soft_wrap=True, emoji=False), REPORT)
    assert text.getvalue() == SAID


def test_as_data_it_says_all_that_is_printed() -> None:
    found = REPORT.as_json()
    assert (found["refused"], found["verdicts"]) == (True, {"replaced": 1, "changed": 2, "taken": 1, "new": 2})
    assert [each["keep"] for each in found["resources"] if each["keep"]] == ["data-tier:postgres.existing.key: arn:old"]
    parts = ("cannot_be_taken", "parameters", "left", "unread", "remarks", "resources")
    assert [len(found[part]) for part in parts] == [2, 3, 1, 1, 1, 6]
