"""Copies and drills as health and the exporter tell of them: what is old, what never was, what is wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import monotonic

import pytest

from bootstrap.errors import BootstrapError
from observe.health.recovery import Drilled, Recoverable, not_kept, recovery_findings
from observe.metrics.own.recovery import NAMES, not_kept_source, recovery_source
from observe.metrics.source import Refused, Scrape

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
DAY = 86_400.0
LIMIT = 26 * 3600.0


def ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


def drill(hours: float, verdict: str = "passed", reason: str = "all came back") -> Drilled:
    return Drilled(at=ago(hours), verdict=verdict, reason=reason)  # type: ignore[arg-type]


WELL = Recoverable(
    place="s3://shop/copies",
    backup=("b2", ago(2)),
    verified=("b1", ago(26)),
    drills={"pitr": drill(24 * 7), "redis": drill(24 * 40)},
)
OK = {
    "backup": ("ok", 2.0, "the newest copy in s3://shop/copies, b2, is 2 h old"),
    "backup-verified": ("ok", 26.0, "the newest verified copy in s3://shop/copies, b1, is 1 d 2 h old"),
    "backup-damaged": ("ok", 0.0, "no copy is known to be damaged"),
    "drill": ("ok", 7.0, "the last drill is 7 d old"),
    "drill-result": ("ok", 0.0, "every last drill has passed"),
}
PLACE = "s3://shop/copies"


@pytest.mark.parametrize(
    ("found", "other"),
    [
        (WELL, {}),
        (
            replace(WELL, backup=("b2", ago(27))),
            {"backup": ("warn", 27.0, f"the newest copy in {PLACE}, b2, is 1 d 3 h old")},
        ),
        (
            replace(WELL, verified=("b1", ago(51))),
            {"backup-verified": ("warn", 51.0, f"the newest verified copy in {PLACE}, b1, is 2 d 3 h old")},
        ),
        (
            replace(WELL, damaged=("b0", "b1")),
            {"backup-damaged": ("warn", 2.0, f"b0, b1 in {PLACE} not what was written")},
        ),
        (
            replace(WELL, drills={"pitr": drill(24 * 36)}),
            {"drill": ("warn", 36.0, "the last drill is 36 d old")},
        ),
        (  # a drill that broke was none, and does not make the last one younger
            replace(WELL, drills={"pitr": drill(24 * 36), "redis": drill(1, "error", "AWS refused")}),
            {
                "drill": ("warn", 36.0, "the last drill is 36 d old"),
                "drill-result": ("warn", 1.0, "redis: error, AWS refused"),
            },
        ),
        (
            replace(WELL, drills={"pitr": drill(1, "failed", "it took 40 min"), "redis": drill(2)}),
            {
                "drill": ("ok", 1 / 24, "the last drill is 1 h old"),
                "drill-result": ("warn", 1.0, "pitr: failed, it took 40 min"),
            },
        ),
        (
            Recoverable(place=PLACE),
            {
                "backup": ("critical", None, f"the newest copy in {PLACE}: there never was one"),
                "backup-verified": ("warn", None, f"the newest verified copy in {PLACE}: there never was one"),
                "drill": ("warn", None, "the last drill: there never was one"),
                "drill-result": ("ok", 0.0, "there is no drill to judge"),
            },
        ),
    ],
)
def test_what_is_old_wrong_or_never_was(found: Recoverable, other: dict[str, tuple[str, float | None, str]]) -> None:
    said = {each.check: (each.status, each.value, each.message) for each in recovery_findings(found, NOW, LIMIT)}
    assert said == OK | other


@pytest.mark.parametrize(
    ("age", "limit", "status"),
    [(13, 14, "ok"), (15, 14, "warn"), (36, 105, "ok"), (104, 105, "ok"), (106, 105, "warn")],
)
def test_a_schedule_says_how_old_the_last_drill_may_be(age: int, limit: int, status: str) -> None:
    found = replace(WELL, drills={"pitr": drill(24 * age)})
    said = {each.check: each.status for each in recovery_findings(found, NOW, LIMIT, limit * DAY)}
    assert said["drill"] == status
    source = recovery_source(lambda: found, LIMIT, lambda: NOW, drill_limit=limit * DAY)
    verdict = values(source.scrape(monotonic() + 10))["datatier_check_status", "drill", ""]
    assert verdict == (0 if status == "ok" else 1)


def test_what_is_wrong_says_what_mends_it() -> None:
    found = {each.check: each.mend for each in recovery_findings(Recoverable(place=PLACE), NOW, LIMIT)}
    assert found == {
        "backup": f"datatier backup create --to {PLACE}",
        "backup-verified": f"datatier backup create --to {PLACE}",
        "backup-damaged": "",
        "drill": "datatier drill pitr",
        "drill-result": "",
    }
    wrong = replace(WELL, verified=None, damaged=("b0", "b1"))
    named = {each.check: each.mend for each in recovery_findings(wrong, NOW, LIMIT) if each.mend}
    assert named == {
        "backup-verified": f"datatier backup verify {WELL.backup[0] if WELL.backup else ''} --from {PLACE} --level 2",
        "backup-damaged": f"datatier backup verify b1 --from {PLACE} --level 2",
    }


def test_a_stack_that_declares_no_place_is_told_so() -> None:
    assert [(each.check, each.status, each.message, each.mend) for each in not_kept("nobody said where", "say it")] == [
        ("backup", "skipped", "the age of the last backup is not known: nobody said where", "say it"),
        ("drill", "skipped", "the age of the last restore drill is not known: nobody said where", "say it"),
    ]


def values(scrape: Scrape) -> dict[tuple[str, ...], float]:
    return {
        (family.name, *(value for _, value in labels)): value
        for family in scrape.families
        for labels, value, _ in family.samples
    }


def test_the_exporter_has_ages_counts_and_verdicts() -> None:
    source = recovery_source(lambda: replace(WELL, damaged=("b0",)), LIMIT, now=lambda: NOW)
    assert values(source.scrape(monotonic() + 10)) == {
        ("datatier_backup_age_seconds",): 2 * 3600.0,
        ("datatier_backup_verified_age_seconds",): 26 * 3600.0,
        ("datatier_drill_age_seconds",): 7 * DAY,
        ("datatier_backup_damaged",): 1.0,
        ("datatier_drill_failed",): 0.0,
        ("datatier_check_status", "backup", ""): 0,
        ("datatier_check_status", "backup-verified", ""): 0,
        ("datatier_check_status", "backup-damaged", ""): 1,
        ("datatier_check_status", "drill", ""): 0,
        ("datatier_check_status", "drill-result", ""): 0,
        ("datatier_check_value", "backup", ""): 2.0,
        ("datatier_check_value", "backup-verified", ""): 26.0,
        ("datatier_check_value", "backup-damaged", ""): 1.0,
        ("datatier_check_value", "drill", ""): 7.0,
        ("datatier_check_value", "drill-result", ""): 0.0,
    }


def test_what_never_was_has_no_age_and_a_verdict() -> None:
    found = values(recovery_source(lambda: Recoverable(place=PLACE), LIMIT, now=lambda: NOW).scrape(monotonic() + 10))
    ages = [name for (name, *_) in found if name.endswith("_age_seconds")]
    assert ages == []
    assert {name: value for (kind, name, *_), value in ((key, found[key]) for key in found if len(key) > 1)
            if kind == "datatier_check_status"} == {
        "backup": 2, "backup-verified": 1, "backup-damaged": 0, "drill": 1, "drill-result": 0,
    }  # fmt: skip


def test_a_place_that_cannot_be_read_is_said_in_the_place_of_each_metric() -> None:
    def closed() -> Recoverable:
        raise BootstrapError("s3://shop/copies cannot be listed: allow s3:ListBucket")

    why = "s3://shop/copies cannot be listed: allow s3:ListBucket"
    scrape = recovery_source(closed, LIMIT).scrape(monotonic() + 10)
    assert scrape.refused == [Refused(name, why, "") for name in (*NAMES, "datatier_check_status")]
    assert not_kept_source("nobody said where", "say it").scrape(monotonic() + 10).refused == [
        Refused(name, "nobody said where", "say it")
        for name in ("datatier_backup_age_seconds", "datatier_drill_age_seconds")
    ]


def test_drills_are_known_where_nobody_has_said_where_copies_lie() -> None:
    found = Recoverable(place=None, drills={"pitr": drill(24 * 36, "failed", "too slow")})
    assert [(each.check, each.status) for each in recovery_findings(found, NOW, LIMIT)] == [
        ("backup", "skipped"),
        ("drill", "warn"),
        ("drill-result", "warn"),
    ]
    scrape = recovery_source(lambda: found, LIMIT, lambda: NOW).scrape(5.0)
    values = {each.name: [sample.value for sample in each.samples] for each in scrape.families if each.name in NAMES}
    assert values == {
        "datatier_backup_age_seconds": [],
        "datatier_backup_verified_age_seconds": [],
        "datatier_drill_age_seconds": [36 * DAY],
        "datatier_drill_failed": [1.0],
    }
    assert [each.metric for each in scrape.refused if each.metric in NAMES] == ["datatier_backup_age_seconds"]
