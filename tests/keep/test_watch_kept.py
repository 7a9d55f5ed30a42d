"""What a place knows of a stack's copies and drills: a folder with backups and reports of two stacks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest

from bootstrap.manifest import DrillsTarget, Endpoint, KeptTarget, Manifest, PostgresTarget
from keep import manifest as manifests
from keep.backup.listing import stored
from keep.backup.verified import record
from keep.drill.books import Books
from keep.drill.report import DrillObjective, DrillReport, Verdict
from keep.manifest import BackupManifest
from keep.place.folder import FolderPlace
from keep.watch.handler import sources
from keep.watch.kept import reader
from observe.health.recovery import Drilled, Recoverable

AT = datetime(2026, 11, 1, 4, 30, tzinfo=UTC)
IDS = [f"202611{day:02}T043000000Z-0a1b2c" for day in range(1, 5)]


def stack(place: Path | None, drills: DrillsTarget | None = None) -> Manifest:
    primary = Endpoint(name="primary", host="h", port=5432)
    return Manifest(
        stack="live",
        prefix="shop-live",
        region="eu-west-1",
        postgres=PostgresTarget(primary=primary, database="orders", master_secret="arn:m"),
        access={},
        kept=KeptTarget(place=str(place), backup_seconds=93_600) if place else None,
        drills=drills,
    )


def backup(place: FolderPlace, number: int, *, of: str = "live") -> str:
    name = IDS[number]
    made = BackupManifest(
        id=name, stack=of, prefix="shop", made_at=AT + timedelta(days=number), seconds=1.0, tool="1", objects=()
    )
    with place.write(f"{name}/{manifests.NAME}") as out:
        out.write(manifests.written(made))
    return name


def verified(place: FolderPlace, name: str, *differences: str) -> None:
    record(place, name, stored(place, name), level=2, at=AT, differences=differences)


def drilled(place: FolderPlace, drill: str, number: int, verdict: Verdict = "passed", of: str = "live") -> None:
    report = DrillReport(
        id=f"2026110{number}T050000Z-0a1b2c", drill=drill, stack=of, verdict=verdict, reason=f"of {number}",  # type: ignore[arg-type]
        began_at=AT + timedelta(days=number), incident_at=None, rto_seconds=None, rpo_seconds=None,
        objective=DrillObjective(rto_seconds=None, rpo_seconds=None), phases=(),
    )  # fmt: skip
    Books(place, of).append(report)


@pytest.fixture
def place(tmp_path: Path) -> FolderPlace:
    return FolderPlace(tmp_path)


@pytest.fixture
def reports(tmp_path: Path) -> FolderPlace:
    return FolderPlace(tmp_path / "drills")


def found(folder: Path) -> Recoverable:
    read = reader(stack(folder), str(folder))
    assert read is not None
    return read()


def test_nothing_is_there(tmp_path: Path) -> None:
    assert found(tmp_path) == Recoverable(place=str(tmp_path))


def test_the_newest_whole_one_the_newest_verified_one_and_what_is_damaged(
    tmp_path: Path, place: FolderPlace, reports: FolderPlace
) -> None:
    for number in range(3):
        backup(place, number)
    backup(place, 3, of="another")
    verified(place, IDS[0])
    verified(place, IDS[2], "cache-main.rdb.zst is missing")
    drilled(reports, "pitr", 1)
    drilled(reports, "pitr", 2, "failed")
    drilled(reports, "redis", 3)
    drilled(reports, "region", 4, of="another")
    assert found(tmp_path) == Recoverable(
        place=str(tmp_path),
        backup=(IDS[1], AT + timedelta(days=1)),
        verified=(IDS[0], AT),
        damaged=(IDS[2],),
        drills={
            "pitr": Drilled(at=AT + timedelta(days=2), verdict="failed", reason="of 2"),
            "redis": Drilled(at=AT + timedelta(days=3), verdict="passed", reason="of 3"),
        },
    )


def test_a_damaged_manifest_counts_and_a_damaged_report_hides_no_other(
    tmp_path: Path, place: FolderPlace, reports: FolderPlace
) -> None:
    (tmp_path / backup(place, 0) / manifests.NAME).write_bytes(b"{}")
    drilled(reports, "pitr", 1)
    drilled(reports, "redis", 2)
    (tmp_path / "drills" / "live" / "20261101T050000Z-0a1b2c.json").write_bytes(b"{}")
    there = found(tmp_path)
    assert (there.backup, there.damaged, list(there.drills)) == (None, (IDS[0],), ["redis"])


def test_reports_of_a_tier_are_in_a_folder_of_their_own(tmp_path: Path) -> None:
    drilled(FolderPlace(tmp_path / "tier" / "drills"), "pitr", 1)
    read = reader(stack(None), str(tmp_path / "backups"), str(tmp_path / "tier"))
    assert read is not None
    assert list(read().drills) == ["pitr"]


def test_a_stack_that_declares_no_place_is_not_read(tmp_path: Path) -> None:
    assert reader(stack(None), None) is None
    assert sources(stack(None)) == ()
    (source,) = sources(stack(tmp_path))
    statuses = {
        dict(labels)["check"]: value
        for family in source.scrape(monotonic() + 10).families
        if family.name == "datatier_check_status"
        for labels, value, _ in family.samples
    }
    assert statuses == {"backup": 2, "backup-verified": 1, "backup-damaged": 0, "drill": 1, "drill-result": 0}


@pytest.mark.parametrize(("days", "status"), [(None, 1), (105, 0)])
def test_the_look_waits_as_long_as_the_schedule_of_drills(
    tmp_path: Path, reports: FolderPlace, days: int | None, status: int
) -> None:
    report = DrillReport(
        id="20261101T050000Z-0a1b2c", drill="pitr", stack="live", verdict="passed", reason="well",
        began_at=datetime.now(UTC) - timedelta(days=60), incident_at=None, rto_seconds=None, rpo_seconds=None,
        objective=DrillObjective(rto_seconds=None, rpo_seconds=None), phases=(),
    )  # fmt: skip
    Books(reports, "live").append(report)
    wanted = DrillsTarget(drill_seconds=86_400 * days, rto_seconds=60, rpo_seconds=60) if days else None
    (source,) = sources(stack(tmp_path, wanted))
    statuses = {
        dict(labels)["check"]: value
        for family in source.scrape(monotonic() + 10).families
        if family.name == "datatier_check_status"
        for labels, value, _ in family.samples
    }
    assert statuses["drill"] == status
