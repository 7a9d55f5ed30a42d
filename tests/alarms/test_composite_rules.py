"""Which alarms a composite's rule rings for, and which it only asks about."""

from __future__ import annotations

import pytest

from alarms.composites import children, reads, ringing


@pytest.mark.parametrize(
    ("rule", "named", "rung"),
    [
        ('ALARM("a") OR ALARM("b")', ("a", "b"), ("a", "b")),
        ('(ALARM("a") AND NOT INSUFFICIENT_DATA("b")) OR ALARM("c")', ("a", "b", "c"), ("a", "c")),
        ('(ALARM("a") AND NOT INSUFFICIENT_DATA("b")) OR ALARM("b")', ("a", "b"), ("a", "b")),
        ('ALARM("a") AND NOT ALARM("b")', ("a", "b"), ("a",)),
        ('OK("a") OR ALARM(arn:aws:cloudwatch:eu-west-1:1:alarm:b)', ("a", "b"), ("b",)),
        ("ALARM('it.s')", ("it.s",), ("it.s",)),
    ],
)
def test_children(rule: str, named: tuple[str, ...], rung: tuple[str, ...]) -> None:
    assert reads(rule)
    assert children(rule) == named
    assert ringing(rule) == rung
