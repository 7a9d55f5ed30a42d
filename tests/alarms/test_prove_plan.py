"""What a proof rings and in which order, and the reasons by which it remembers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alarms.prove.bell import REASON_LENGTH, Bell
from alarms.prove.mailbox import Heard, read
from alarms.prove.plan import plan

TOPIC = "arn:aws:sns:eu-west-1:123456789012:calls"
OTHER = "arn:aws:sns:eu-west-1:123456789012:other"


def bell(name: str, **more: object) -> Bell:
    made = Bell(
        name=name,
        composite=False,
        state="OK",
        reason="",
        enabled=True,
        topics=(TOPIC,),
        others=(),
        suppressor="",
        wait=0,
    )
    return replace(made, **more)  # type: ignore[arg-type]


def planned(*bells: Bell, names: tuple[str, ...] = (), topics: tuple[str, ...] = (TOPIC,)) -> tuple[object, object]:
    there = {each.name: each for each in bells}
    made = plan(names or tuple(there), there, topics)
    return [[each.name for each in rung] for rung in made.rounds], dict(made.silent)


CASES = {
    "plain ones at once": ((bell("a"), bell("b")), [["a", "b"]], {}),
    "pages first": ((bell("a"), bell("p", composite=True)), [["p"], ["a"]], {}),
    "who suppresses, last": (
        (bell("s"), bell("a"), bell("p", composite=True, suppressor="s")),
        [["p"], ["a"], ["s"]],
        {},
    ),
    "a page that suppresses a page": (
        (bell("q", composite=True), bell("p", composite=True, suppressor="q")),
        [["p"], ["q"]],
        {},
    ),
    "suppressed now": (
        (bell("s", state="ALARM"), bell("p", composite=True, suppressor="s")),
        [["s"]],
        {"p": "is kept silent by s, which is in ALARM"},
    ),
    "suppressed by what a killed proof left": (
        (bell("s", state="ALARM", reason=bell("s").ringing("ab")), bell("p", composite=True, suppressor="s")),
        [["p"], ["s"]],
        {},
    ),
    "disabled": ((bell("a", enabled=False), bell("b")), [["b"]], {"a": "has its actions disabled"}),
    "no action": ((bell("a", topics=()),), [], {"a": "does nothing in ALARM"}),
    "another action": (
        (bell("a", topics=(), others=("arn:aws:lambda:::f",)),),
        [],
        {"a": "speaks to no topic (arn:aws:lambda:::f)"},
    ),
    "a topic that is gone": ((bell("a", topics=(OTHER,)),), [], {"a": f"speaks to {OTHER}, which is not there"}),
    "one of two topics is gone": (
        (bell("a", topics=(OTHER, TOPIC)),),
        [["a"]],
        {"a": f"speaks to {OTHER}, which is not there"},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_order(name: str) -> None:
    bells, rounds, silent = CASES[name]
    assert planned(*bells) == (rounds, silent)


def test_what_is_declared_and_not_there() -> None:
    assert planned(bell("a"), names=("a", "b")) == ([["a"]], {"b": "is declared and is not there: deploy the stack"})


def test_a_reason_remembers_the_state_before() -> None:
    first = bell("a", state="INSUFFICIENT_DATA", reason="Unchecked: Initial. Really")
    text = first.ringing("ab12")
    assert text == (
        "datatier alarms prove ab12 is a test and nothing is wrong. Before: INSUFFICIENT_DATA. "
        "Unchecked: Initial. Really"
    )
    ringing = replace(first, state="ALARM", reason=text)
    assert (ringing.before, ringing.left_over) == (("INSUFFICIENT_DATA", "Unchecked: Initial. Really"), True)
    assert (ringing.of("ab12"), ringing.of("cd34")) == (True, False)
    assert ringing.ringing("cd34") == text.replace("ab12", "cd34")
    done = replace(first, reason=ringing.over("ab12"))
    assert done.reason == "datatier alarms prove ab12 is over. Unchecked: Initial. Really"
    assert (done.before, done.left_over) == (first.before, False)
    assert done.ringing("cd34") == text.replace("ab12", "cd34")


def test_reasons_stay_within_the_limit() -> None:
    long = bell("a", reason="x" * REASON_LENGTH)
    assert len(long.ringing("ab")) == len(long.over("ab")) == REASON_LENGTH
    assert replace(long, reason=long.ringing("ab")).before[0] == "OK"


def test_an_empty_reason() -> None:
    first = bell("a")
    assert replace(first, reason=first.ringing("ab")).before == ("OK", "")
    assert replace(first, reason=first.over("ab")).before == ("OK", "")


@pytest.mark.parametrize(
    ("body", "heard"),
    [
        (
            '{"TopicArn": "t", "Message": "{\\"AlarmName\\": \\"a\\", \\"NewStateValue\\": \\"OK\\", '
            '\\"NewStateReason\\": \\"r\\"}"}',
            Heard(alarm="a", topic="t", state="OK", reason="r"),
        ),
        ('{"TopicArn": "t", "Message": "You have chosen to subscribe"}', None),
        ('{"Message": "{}"}', None),
        ("[]", None),
        ("hello", None),
    ],
)
def test_only_alarms_are_heard(body: str, heard: Heard | None) -> None:
    assert read(body) == heard
