"""From alarms to a page: whether a composite alarm's rule reads, and names alarms that there are."""

from __future__ import annotations

import re
from collections.abc import Iterator

from alarms.finding import BrokenStep, error
from alarms.stack import StackIndex
from graph.resource import Resource
from graph.types import COMPOSITE_ALARM

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
CHILDREN, LENGTH = 100, 10_240
_STATE = re.compile(r"""\b(?:ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:"([^"]*)"|'([^']*)'|([^\s()"']+))\s*\)""")
_ALARM = r"""(?<!NOT )\bALARM\s*\(\s*["']?(?:[^"'\s]*:alarm:)?{}["']?\s*\)"""
_TERM = re.compile(r"\b(?:TRUE|FALSE)\b")
_NOT, _GROUP, _BOTH = re.compile(r"\bNOT\s*#"), re.compile(r"\(\s*#\s*\)"), re.compile(r"#\s*\b(?:AND|OR)\b\s*#")


def children(rule: str) -> tuple[str, ...]:
    """The names of the alarms in a rule, in order, each once."""
    named = (next(filter(None, found), "") for found in _STATE.findall(rule))
    return tuple(dict.fromkeys(name.partition(":alarm:")[2] or name for name in named))


def ringing(rule: str) -> tuple[str, ...]:
    """Those of them whose ALARM makes the rule true; the others are only asked about."""
    return tuple(name for name in children(rule) if re.search(_ALARM.format(re.escape(name)), rule))


def reads(rule: str) -> bool:
    """Whether a rule is one by its grammar: every part of it folds into one term."""
    text = _TERM.sub("#", _STATE.sub("#", rule)).strip()
    while True:
        folded = _BOTH.sub("#", _GROUP.sub("#", _NOT.sub("#", text)))
        if folded == text:
            return text == "#"
        text = folded


def composites(stack: StackIndex) -> Iterator[BrokenStep]:
    """What is wrong with the composite alarms' rules."""
    for alarm in stack.of(COMPOSITE_ALARM):
        rule, name = str(alarm.inputs.get("alarmRule") or ""), alarm.physical
        named = children(rule)
        if not reads(rule):
            yield error(
                "rule", alarm.name, f"`{rule[:80]}` is not a rule", 'of the form ALARM("a") OR ALARM("b")', name
            )
        for lost in (each for each in named if each not in stack.alarms):
            yield error(
                "rule", alarm.name, f"it names {lost}, and the stack has no such alarm",
                "take the name from the alarm's output", name,
            )  # fmt: skip
        if len(named) > CHILDREN or len(rule) > LENGTH:
            yield error(
                "rule", alarm.name, f"{len(named)} alarms in {len(rule)} characters",
                f"{CHILDREN} alarms and {LENGTH} characters at most: make a page of pages", name,
            )  # fmt: skip
        yield from _rings_itself(stack, alarm, named)
        if (other := suppressor(alarm)) and other not in stack.alarms:
            yield error(
                "rule", alarm.name, f"{other} is to suppress it, and the stack has no such alarm",
                "take the name from the alarm's output", name,
            )  # fmt: skip


def suppressor(alarm: Resource) -> str:
    """The name of the alarm that keeps a composite silent while it is in ALARM itself; empty for none."""
    named = str((alarm.inputs.get("actionsSuppressor") or {}).get("alarm") or "")
    return named.partition(":alarm:")[2] or named


def _rings_itself(stack: StackIndex, alarm: Resource, named: tuple[str, ...]) -> Iterator[BrokenStep]:
    """CloudWatch stops evaluating composites that go round in a circle (PutCompositeAlarm)."""
    seen: set[str] = set()
    ahead = list(named)
    while ahead:
        name = ahead.pop()
        if name == alarm.physical:
            yield error("rule", alarm.name, "its rule leads back to itself", "break the circle", name)
            return
        if name not in seen and name in stack.alarms:
            seen.add(name)
            ahead += children(str(stack.alarms[name].inputs.get("alarmRule") or ""))
