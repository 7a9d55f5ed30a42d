"""Findings as metrics."""

from __future__ import annotations

import pytest

from knowledge.thresholds.threshold import Status, Threshold
from observe.metrics.own.checks import OBJECTS, checks
from observe.metrics.source import Refused
from observe.observation import Finding

LESS = Threshold(
    id="hit-ratio",
    warn=90,
    critical=50,
    unit="%",
    below=True,
    source="a test",
    meaning="Keys are missed.",
    first_steps=(),
    runbook="",
)


def found(
    check: str,
    status: Status,
    value: float | None = None,
    of: str = "",
    threshold: Threshold | None = None,
) -> Finding:
    return Finding(
        check=check, status=status, message="of a test", object=of, value=value, threshold=threshold, mend="mend it"
    )


Shown = dict[tuple[str, str], float]


@pytest.mark.parametrize(
    ("findings", "values", "statuses", "refused"),
    [
        ([], {}, {}, []),
        (
            [found("slots", Status.OK, 3.0, "s1"), found("slots", Status.WARN, 700.0, "s2")],
            {("slots", "s1"): 3, ("slots", "s2"): 700},
            {("slots", "s1"): 0, ("slots", "s2"): 1},
            [],
        ),
        ([found("role", Status.CRITICAL)], {}, {("role", ""): 2}, []),
        (
            # processes are not series
            [found("long", Status.WARN, 80.0, "4711"), found("long", Status.CRITICAL, 9.0, "4712")],
            {("long", ""): 9},
            {("long", ""): 2},
            [],
        ),
        (
            [
                found("hit-ratio", Status.WARN, 80.0, "1", LESS),
                found("hit-ratio", Status.WARN, 60.0, "2", LESS),
                found("hit-ratio", Status.OK, 99.0, "3", LESS),
            ],
            {("hit-ratio", ""): 60},
            {("hit-ratio", ""): 1},
            [],
        ),
        (
            [found("wal", Status.SKIPPED), found("schema", Status.STALE, 1.0)],
            {},
            {},
            [
                Refused("datatier_check_status", "wal: of a test", "mend it"),
                Refused("datatier_check_status", "schema: of a test", "mend it"),
            ],
        ),
    ],
)
def test_findings(findings: list[Finding], values: Shown, statuses: Shown, refused: list[Refused]) -> None:
    part = checks(findings)
    shown = {
        family.name: {(dict(labels)["check"], dict(labels)["object"]): value for labels, value, _ in family.samples}
        for family in part.families
    }
    assert shown == {"datatier_check_value": values, "datatier_check_status": statuses}
    assert (part.refused, part.dropped) == (refused, {})


def test_a_check_has_so_many_objects_the_worst_first() -> None:
    many = [found("bloat", Status.OK, float(n), f"t{n}") for n in range(OBJECTS + 30)]
    part = checks([*many, found("bloat", Status.WARN, 1.0, "small")])
    (values, _) = part.families
    names = [dict(labels)["object"] for labels, _, _ in values.samples]
    assert names == ["small", *(f"t{n}" for n in range(OBJECTS + 29, 30, -1))]
    assert part.dropped == {"check bloat": 31}
