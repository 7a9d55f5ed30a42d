"""A chart's points: they meet the limit where the forecast has its dates."""

from __future__ import annotations

from years import FIRST, made_up

from capacity.days import date_of, day_of
from capacity.projection import projection


def test_the_line_and_its_edges_meet_the_limit_on_the_dates_of_the_forecast() -> None:
    report = made_up()
    storage = report.limits[0]
    found = projection(storage, day_of(report.at))
    assert found is not None
    assert storage.limit is not None
    assert (found.first, found.today, found.last) == (FIRST, FIRST + 365, FIRST + 2 * 365)
    assert len(found.history) == 365
    ahead = [each for each in found.line if each.day >= found.today]
    earliest, latest = storage.interval
    # A point of the line is a week after the one before.
    for date, values in (
        (storage.date, [each.likely for each in ahead]),
        (earliest, [each.high for each in ahead]),
        (latest, [each.low for each in ahead]),
    ):
        first = next(each.day for each, value in zip(ahead, values, strict=True) if value >= storage.limit)
        assert date is not None
        assert first - 7 < (date - date_of(0)).days <= first


def test_nothing_is_drawn_of_a_single_day_and_no_line_without_a_trend() -> None:
    for days, drawn in ((1, False), (9, True)):
        report = made_up(days)
        found = projection(next(each for each in report.limits if each.name == "connections"), day_of(report.at))
        assert (found is not None) == drawn
        if found is not None:
            assert (found.line, found.last) == ((), found.today)
