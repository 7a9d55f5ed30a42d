"""What is kept and what is let go: the rule as a table, and what holds for every history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_backups import NOON, manifest

from keep.backup.listing import Kept
from keep.backup.retention import Decision, Rule, decide
from keep.backup.verified import Verification


def kept(days: float, verified: int = 0, *, failed: bool = False, damaged: bool = False, **more: object) -> Kept:
    """A backup of so many days ago, and how its last verification came out."""
    made = manifest(days, **more)  # type: ignore[arg-type]
    if damaged:
        return Kept(id=made.id, manifest=None, damage="it is damaged")
    found = None
    if verified or failed:
        passed = {} if failed else dict.fromkeys(range(1, verified + 1), NOON)
        found = Verification(
            manifest_sha256="", level=max(verified, 1), at=NOON, ok=not failed, differences=(), passed=passed
        )
    return Kept(id=made.id, manifest=made, verification=found)


YOUNG, WEEK, NEWEST = "younger than 7 days", "the first of its week, younger than 30 days", "the newest"
LATER, OLD = "older than 7 days, and not the week's first", "older than 30 days"


def level(number: int) -> str:
    return f"the newest that is verified at level {number}"


# Now is noon of a Sunday. Backups, and what becomes of each: a reason that keeps it, or `-` and why it goes.
HISTORIES: list[tuple[str, list[Kept], list[str]]] = [
    ("nothing", [], []),
    ("one, however old", [kept(400)], [NEWEST]),
    ("the days are whole", [kept(7), kept(6.999), kept(0)], [WEEK, YOUNG, NEWEST]),
    (
        "the first of each week, from Sunday on",
        # 14 days ago was a Sunday: 14.5 days ago is the Sunday's first half, 14.6 the Saturday before.
        [kept(14.6), kept(14.4), kept(14), kept(10), kept(0)],
        [WEEK, WEEK, f"-{LATER}", f"-{LATER}", NEWEST],
    ),
    ("a month", [kept(30.1), kept(29.9), kept(0)], [f"-{OLD}", WEEK, NEWEST]),
    ("the last verified", [kept(300, 1), kept(200, 1), kept(0)], [f"-{OLD}", level(1), NEWEST]),
    (
        "the last of each level",
        [kept(300, 3), kept(200, 2), kept(100, 1), kept(0)],
        [level(3), level(2), level(1), NEWEST],
    ),
    ("the highest counts for those below", [kept(300, 1), kept(200, 3), kept(0)], [f"-{OLD}", level(3), NEWEST]),
    ("the newest is damaged", [kept(200), kept(100), kept(40, failed=True)], [f"-{OLD}", NEWEST, NEWEST]),
    ("what has failed is not the week's", [kept(14, failed=True), kept(13), kept(0)], [f"-{LATER}", WEEK, NEWEST]),
    ("what has failed and is young", [kept(3, failed=True), kept(0)], [YOUNG, NEWEST]),
    (
        "a manifest that is damaged",
        [kept(31, damaged=True), kept(29, damaged=True), kept(0)],
        [f"-{OLD}", "younger than 30 days; it cannot be read", NEWEST],
    ),
    ("the clock of another computer", [kept(-1), kept(-2)], [YOUNG, NEWEST]),
    (
        "another stack's, server's or database's",
        [kept(300, stack="shop"), kept(200, database="other"), kept(100), kept(50)],
        [NEWEST, NEWEST, f"-{OLD}", NEWEST],
    ),
    ("caches alone", [kept(300, database=None), kept(200), kept(0)], [NEWEST, f"-{OLD}", NEWEST]),
]


@pytest.mark.parametrize(("backups", "outcome"), [each[1:] for each in HISTORIES], ids=[each[0] for each in HISTORIES])
def test_what_becomes_of_a_history(backups: list[Kept], outcome: list[str]) -> None:
    oldest_first = sorted(backups, key=lambda each: each.id)
    expected = {
        each.id: Decision(id=each.id, keep=not reason.startswith("-"), reason=reason.removeprefix("-"))
        for each, reason in zip(backups, outcome, strict=True)
    }
    assert decide(oldest_first, NOON, Rule()) == [expected[each.id] for each in oldest_first]


@pytest.mark.parametrize(
    ("rule", "outcome"),
    [
        (Rule(days=1, daily=1), [False, False, False, True, True]),
        (Rule(days=1, daily=7), [False, False, False, True, True]),
        (Rule(days=0, daily=0), [False, False, False, True, True]),
        (Rule(days=5, daily=1), [False, False, True, True, True]),
        (Rule(days=30, daily=1), [True, True, True, True, True]),
        (Rule(days=30, daily=12), [True, True, True, True, True]),
        (Rule(days=365, daily=7), [True, True, True, True, True]),
        (Rule(days=9, daily=7), [False, True, True, True, True]),
    ],
)
def test_other_rules(rule: Rule, outcome: list[bool]) -> None:
    """Whatever they say, what is younger than a day stays."""
    backups = [kept(days) for days in (20, 8, 1.5, 0.9, 0.1)]
    assert [each.keep for each in decide(backups, NOON, rule)] == outcome


def test_what_is_locked_stays_and_says_so() -> None:
    backups = [kept(200), kept(100), kept(0)]
    until = "locked until 2027-09-09 00:00 UTC"
    found = decide(backups, NOON, Rule(), {backups[0].id: until, backups[2].id: until})
    assert [(each.keep, each.reason) for each in found] == [(True, until), (False, OLD), (True, NEWEST)]


def test_a_name_that_says_no_time_is_never_old() -> None:
    found = decide([Kept(id="of-another-program", manifest=None, damage="x")], NOON, Rule(days=1))
    assert [each.keep for each in found] == [True]


moments = st.floats(min_value=-3, max_value=500, allow_nan=False)
backup = st.builds(
    lambda days, state, stack, number: kept(
        days,
        state if state > 0 else 0,
        failed=state == -1,
        damaged=state == -2,
        stack=stack,
        mark=f"{number:06x}",
    ),
    moments,
    st.sampled_from([-2, -1, 0, 0, 1, 2, 3]),
    st.sampled_from(["lending", "shop"]),
    st.integers(0, 0xFFFFFF),
)
histories = st.lists(backup, max_size=25, unique_by=lambda each: each.id).map(
    lambda found: sorted(found, key=lambda each: each.id)
)
rules = st.builds(Rule, days=st.integers(0, 60), daily=st.integers(0, 60))


@settings(max_examples=150, deadline=None)
@given(histories, rules, st.integers(0, 400))
def test_whatever_the_history_the_last_good_ones_stay(found: list[Kept], rule: Rule, later: int) -> None:
    now = NOON + timedelta(days=later)
    decided = decide(found, now, rule)
    assert [each.id for each in decided] == [each.id for each in found]
    assert all(each.reason for each in decided)
    stays = {each.id for each in decided if each.keep}
    for stack in ("lending", "shop"):
        own = [each for each in found if each.source and each.source.stack == stack]
        for number in (1, 2, 3):
            verified = [each.id for each in own if each.verified >= number]
            assert not verified or verified[-1] in stays
        whole = [each.id for each in own if not each.failed]
        assert not whole or whole[-1] in stays
        assert not own or own[-1].id in stays
    for each in found:
        assert each.made_at
        if now - each.made_at < timedelta(days=1):
            assert each.id in stays


@settings(max_examples=80, deadline=None)
@given(histories, rules)
def test_what_is_pruned_twice_is_pruned_once(found: list[Kept], rule: Rule) -> None:
    """And again a day later nothing goes that was not older than its days by then."""
    first = {each.id for each in decide(found, NOON, rule) if each.keep}
    rest = [each for each in found if each.id in first]
    again = decide(rest, NOON, rule)
    assert [each for each in again if not each.keep] == []


@settings(max_examples=60, deadline=None)
@given(histories)
def test_sources_do_not_count_for_each_other(found: list[Kept]) -> None:
    whole = {each.id: each for each in decide(found, NOON, Rule())}
    for stack in ("lending", "shop", None):
        own = [each for each in found if (each.source.stack if each.source else None) == stack]
        assert decide(own, NOON, Rule()) == [whole[each.id] for each in own]


def test_a_daily_backup_for_a_year_leaves_five_weeks_and_seven_days() -> None:
    """As a schedule would have it: made at three, pruned after each."""
    there: list[Kept] = []
    began = datetime(2027, 1, 1, 3, tzinfo=UTC)
    for day in range(365):
        now = began + timedelta(days=day)
        there.append(kept(0, now=now))
        decided = decide(there, now + timedelta(hours=1), Rule())
        there = [each for each, one in zip(there, decided, strict=True) if one.keep]
    ages = [(now - each.made_at).days for each in there if each.made_at]
    assert ages[-7:] == [6, 5, 4, 3, 2, 1, 0]
    assert len(ages) in (10, 11, 12)
    assert {(now - timedelta(days=age)).strftime("%a") for age in ages[:-7]} == {"Sun"}
    assert max(ages) < 30
