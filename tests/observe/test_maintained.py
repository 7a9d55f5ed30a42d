"""What health says of the maintenance of a stack, by what its last run reported."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from observe.health.maintenance import Maintained, maintenance_findings

NOW = datetime(2026, 12, 6, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("last", "said"),
    [
        (
            None,
            [
                (
                    "maintenance",
                    "skipped",
                    "the age of the last maintenance is not known: no run is known on this computer",
                )
            ],
        ),
        (
            Maintained(at=NOW - timedelta(days=7), failed=()),
            [
                ("maintenance", "ok", "the last maintenance is 7 d old"),
                ("maintenance-result", "ok", "nothing of it has failed"),
            ],
        ),
        (
            Maintained(at=NOW - timedelta(days=9), failed=("VACUUM shop.orders", "ANALYZE shop.items")),
            [
                ("maintenance", "warn", "the last maintenance is 9 d old"),
                ("maintenance-result", "warn", "failed: VACUUM shop.orders; ANALYZE shop.items"),
            ],
        ),
    ],
)
def test_what_is_said(last: Maintained | None, said: list[tuple[str, str, str]]) -> None:
    found = list(maintenance_findings(last, NOW))
    assert [(each.check, each.status.value, each.message) for each in found] == said
