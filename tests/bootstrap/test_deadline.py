"""A run that is too long for Lambda stops between two migrations, says how to go on, and does go on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pytest
from real_servers import Postgres
from tier import Tier

from bootstrap.deadline import RESERVE, OutOfTimeError, check
from bootstrap.handler import handler

ON = (
    "To finish, run it again, it goes on from there: `pulumi up` once more, or `datatier bootstrap --manifest FILE` "
    "from a host that reaches the engines, which has no such limit"
)


class Clock:
    """Lambda's context: the seconds that are left at each look."""

    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:app-bootstrap"

    def __init__(self, seconds: Iterable[float]) -> None:
        self._seconds: Iterator[float] = iter(seconds)

    def get_remaining_time_in_millis(self) -> int:
        return int(next(self._seconds) * 1000)


@pytest.mark.server
def test_it_stops_between_two_files_and_goes_on(
    postgres18: Postgres, make_tier: Callable[..., Tier], monkeypatch: pytest.MonkeyPatch
) -> None:
    tier = make_tier(postgres18)
    for number in (2, 3, 4):
        (tier.migrations / f"00000{number}_t{number}.up.sql").write_text(
            f"CREATE TABLE t{number} (id int PRIMARY KEY);"
        )
        (tier.migrations / f"00000{number}_t{number}.down.sql").write_text(f"DROP TABLE t{number};")
    monkeypatch.setattr("bootstrap.handler.BUNDLED", tier.migrations)
    event = tier.manifest.model_dump(mode="json")

    with pytest.raises(OutOfTimeError) as none:
        handler(event, Clock([RESERVE - 1]))
    with pytest.raises(OutOfTimeError) as two:
        handler(event, Clock([RESERVE + 500, RESERVE, RESERVE - 0.1]))
    assert [str(each.value) for each in (none, two)] == [
        "the runner's time is nearly over, so it stopped between two migrations; applied in this run: none; left: 4, "
        f"next 000001_first.up.sql; the database is clean. {ON}",
        "the runner's time is nearly over, so it stopped between two migrations; applied in this run: 2, up to "
        f"000002_t2.up.sql; left: 2, next 000003_t3.up.sql; the database is clean. {ON}",
    ]
    report = handler(event, Clock([900.0, 900.0]))
    assert report["migration"] == {"version": 4, "dirty": False}
    (step,) = [each for each in report["steps"] if each["name"] == "migrations"]
    assert step["detail"] == ["000003_t3 up", "000004_t4 up"]
    # With nothing left to migrate nobody looks at the clock.
    assert handler(event, Clock([]))["access"]["failed"] == 0


def test_without_a_limit_nothing_stops_it() -> None:
    check(None)
    check(lambda: RESERVE)
    with pytest.raises(OutOfTimeError):
        check(lambda: RESERVE - 0.001)
