"""Plans from made rows: how much is moved and made at once, and which time partitions hold."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal

import pytest
from kept_shop import NEW_YEAR, OWNER

from bootstrap.access.upkeep import TableUpkeep
from knowledge.thresholds.upkeep import DRAIN_ROWS, PAST_PERIODS
from maintain.facts import DatabaseFacts
from maintain.plan import plan
from maintain.postgres.coverage import Span, holes
from observe.observation import Observed, Row
from observe.postgres.kept_tables import kept_tables

KEPT: Row = {
    "number": 0,
    "relid": 1,
    "table": "public.log",
    "schema_quoted": "public",
    "name": "log",
    "kind": "p",
    "owner": OWNER,
    "row_security": False,
    "forced": False,
    "referenced_by": [],
    "referenced": [],
    "strategy": "RANGE",
    "key_text": "RANGE (at)",
    "key_column": "at",
    "key_type": "date",
    "default_partition": "public.log_rest",
    "default_bytes": 8192,
    "default_forced": False,
    "default_on_deletion": [],
    "columns": ["at"],
    "granted": [],
    "taken": [],
}


def facts(days: dict[date, int], **partitions: object) -> DatabaseFacts:
    upkeep = (TableUpkeep.model_validate({"table": "log", "partitions": {"ahead": 8, "every": "day", **partitions}}),)
    observation = kept_tables(upkeep, NEW_YEAR)
    row = {**KEPT, "days": [str(day) for day in days], "day_rows": list(days.values())}
    observed = {observation.id: Observed(node="primary", observation=observation, rows=(row,), findings=())}
    return DatabaseFacts(node="primary", at=NEW_YEAR, version=180000, owner=OWNER, observed=observed, upkeep=upkeep)


def test_more_rows_than_one_may_wait_for_are_left_for_a_quiet_hour() -> None:
    planned = plan([facts({date(2026, 12, 30): DRAIN_ROWS, date(2026, 12, 31): DRAIN_ROWS + 1})])
    assert planned.actions[-1].object == "public.log_2026_12_30"
    (skipped,) = planned.skipped
    assert skipped.why == (
        "no partition holds the day of 2026-12-31, the present one: public.log_rest has 50,001 rows of it to move "
        "there; everybody who uses public.log would wait for some 2 seconds, so it is left for a quiet hour"
    )
    assert skipped.mend.split("; ") == [
        "BEGIN",
        "CREATE TABLE public.log_2026_12_31 (LIKE public.log INCLUDING ALL EXCLUDING IDENTITY)",
        "LOCK TABLE ONLY public.log IN ACCESS EXCLUSIVE MODE",
        "SET LOCAL lock_timeout = '100ms'",
        "WITH moved AS (DELETE FROM ONLY public.log_rest WHERE at >= date '2026-12-31' AND at < date '2027-01-01' "
        "RETURNING at) INSERT INTO public.log_2026_12_31 (at) SELECT at FROM moved",
        "ALTER TABLE public.log ATTACH PARTITION public.log_2026_12_31 "
        "FOR VALUES FROM ('2026-12-31') TO ('2027-01-01')",
        "COMMIT",
    ]


def test_a_long_past_is_made_the_latest_first_and_in_several_runs() -> None:
    past = {date(2026, 12, 30) - timedelta(days=day): 1 for day in reversed(range(PAST_PERIODS + 7))}
    planned = plan([facts(past)])
    made = [each.object for each in planned.actions if "2026" in each.object]
    assert made[:2] == ["public.log_2026_12_31", "public.log_2026_12_30"]
    assert len(made) == 1 + PAST_PERIODS
    assert [each.why for each in planned.skipped] == ["7 more periods of public.log_rest are left for the next run"]


def test_what_is_far_ahead_waits_and_what_is_over_goes() -> None:
    days = {date(2026, 1, 5): 3, date(2026, 12, 21): 2, date(2027, 3, 1): 9}
    planned = plan([facts(days, keep=10)])
    ends = [(each.kind, each.object) for each in planned.actions][-2:]
    assert ends == [("partition", "public.log_2026_12_21"), ("expire", "public.log_rest")]
    (kept,) = plan([facts(days, keep=10, then="detach")]).skipped
    assert kept.why == (
        "public.log_rest has 3 rows from before the day of 2026-12-21, the oldest that stays; `then: detach` deletes "
        "none"
    )


def spans(*bounds: tuple[int, int]) -> list[Span]:
    return [Span(datetime(2026, 1, first), datetime(2026, 1, last)) for first, last in bounds]


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ([], "none"),
        (spans((1, 5), (10, 12)), "none"),
        (spans((1, 12)), "whole"),
        (spans((1, 7), (7, 12)), "whole"),
        (spans((5, 10)), "whole"),
        (spans((1, 7), (8, 12)), "part"),
        (spans((6, 10)), "part"),
        (spans((5, 9)), "part"),
        ([Span(datetime.min, datetime.max)], "whole"),
    ],
)
def test_how_much_of_a_period_is_held(held: list[Span], expected: Literal["whole", "part", "none"]) -> None:
    assert Span(date(2026, 1, 5), date(2026, 1, 10)).within(held) == expected


@pytest.mark.parametrize(
    ("oldest", "present", "expected"),
    [
        (None, date(2026, 1, 31), [("2026-01-05 00:00", "2026-01-07 00:00"), ("2026-01-09 00:00", "2026-01-20 00:00")]),
        (
            date(2026, 1, 6),
            date(2026, 1, 10),
            [("2026-01-06 00:00", "2026-01-07 00:00"), ("2026-01-09 00:00", "2026-01-10 00:00")],
        ),
        (date(2026, 1, 21), date(2026, 1, 31), []),
    ],
)
def test_holes_between_what_stays_and_now(oldest: date | None, present: date, expected: list[tuple[str, str]]) -> None:
    assert list(holes(spans((1, 5), (7, 9), (20, 31)), oldest, present)) == expected
