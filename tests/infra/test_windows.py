"""Windows: parsed, measured and turned to UTC."""

import pytest

from knowledge.windows import parse_window, to_utc


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("02:00-03:00", "UTC", "02:00-03:00"),
        ("02:00-03:00", "Europe/Zurich", "01:00-02:00"),
        ("00:15-01:15", "Europe/Zurich", "23:15-00:15"),
        ("23:30-00:30", "America/New_York", "04:30-05:30"),
        ("02:00-03:00", "Australia/Sydney", "16:00-17:00"),
        ("02:00-03:00", "Asia/Kolkata", "20:30-21:30"),
        ("Sun 04:00-05:00", "UTC", "sun:04:00-sun:05:00"),
        ("Mon 00:30-01:30", "Europe/Zurich", "sun:23:30-mon:00:30"),
        ("Sun 23:30-00:30", "America/New_York", "mon:04:30-mon:05:30"),
    ],
)
def test_to_utc(text: str, zone: str, expected: str) -> None:
    assert to_utc(parse_window(text, shortest=30), zone) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2:00-3:00", "is not a window"),
        ("24:00-25:00", "no clock shows"),
        ("02:00-02:20", "shorter than the 30 minutes"),
        ("Son 04:00-05:00", "is not a day"),
        ("", "is not a window"),
    ],
)
def test_refused(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_window(text, shortest=30)


def test_overlap_is_seen_through_midnight_and_week_end() -> None:
    nightly, weekly = parse_window("23:30-00:30", shortest=30), parse_window("Mon 00:00-01:00", shortest=30)
    assert nightly.spans() & weekly.spans()
    assert not parse_window("02:00-03:00", shortest=30).spans() & weekly.spans()
