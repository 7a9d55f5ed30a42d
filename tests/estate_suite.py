"""What every estate promises: each back end's own test derives from this class and says which estate, and of what.

A class is named `Test...` where it derives, so that the suite itself is not collected.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from keep.errors import KeepError
from keep.estate.estate import Estate

T = TypeVar("T")
BY = "drill suite 20261130T031500Z-1a2b3c"


@dataclass(frozen=True, kw_only=True)
class Subject:
    """An estate with a primary that keeps backups, a replica of it, and a cache."""

    estate: Estate
    primary: str
    replica: str
    cache: str
    seconds: float
    """How long anything may take to come or go."""

    def soon(self, look: Callable[[], T | None]) -> T:
        deadline = time.monotonic() + self.seconds
        while (found := look()) is None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return found

    def available(self, identifier: str) -> None:
        def look() -> bool | None:
            found = self.estate.instance(identifier)
            assert found is not None
            assert found.status in ("creating", "changing", "available"), found
            return True if found.status == "available" else None

        self.soon(look)

    def gone(self, identifier: str) -> None:
        self.soon(lambda: True if self.estate.instance(identifier) is None else None)


class EstateSuite:
    """Derive from it with a fixture `subject`."""

    def test_what_is_not_there_is_none(self, subject: Subject) -> None:
        assert subject.estate.instance(f"{subject.primary}-drill-000000") is None
        assert subject.estate.cache(f"{subject.cache}-drill-000000") is None

    def test_the_source_says_what_it_can_be_restored_to(self, subject: Subject) -> None:
        found = subject.estate.instance(subject.primary)
        assert found is not None
        assert (found.status, found.replica_of) == ("available", None)
        assert found.endpoint is not None
        assert found.earliest is not None
        assert found.latest is not None
        assert found.earliest < found.latest < datetime.now(UTC)
        replica = subject.estate.instance(subject.replica)
        assert replica is not None
        assert replica.replica_of == subject.primary

    def test_a_copy_is_made_like_its_source_found_again_and_removed(self, subject: Subject) -> None:
        name = f"{subject.primary}-drill-0a0001"
        source = subject.estate.instance(subject.primary)
        assert source is not None
        assert source.latest is not None
        subject.estate.restore_to_point_in_time(subject.primary, name, source.latest, made_by=BY)
        try:
            assert ("instance", name, BY) in subject.estate.made()
            subject.available(name)
            copy = subject.estate.instance(name)
            assert copy is not None
            assert copy.settings == source.settings
            assert copy.endpoint not in (None, source.endpoint)
            with pytest.raises(KeepError):
                subject.estate.restore_to_point_in_time(subject.primary, name, source.latest, made_by=BY)
        finally:
            subject.estate.delete_instance(name)
        subject.gone(name)
        assert list(subject.estate.made()) == []

    def test_a_moment_that_cannot_be_restored_makes_nothing(self, subject: Subject) -> None:
        name = f"{subject.primary}-drill-0a0002"
        for away in (timedelta(hours=2), timedelta(days=-400)):
            with pytest.raises(KeepError):
                subject.estate.restore_to_point_in_time(subject.primary, name, datetime.now(UTC) + away, made_by=BY)
        assert list(subject.estate.made()) == []
        assert subject.estate.instance(name) is None

    def test_a_snapshot_is_taken_restored_and_removed(self, subject: Subject) -> None:
        snapshot, name = f"{subject.primary}-drill-0a0003", f"{subject.primary}-drill-0a0004"
        subject.estate.create_snapshot(subject.primary, snapshot, made_by=BY)
        taken = subject.soon(
            lambda: next(
                (
                    each
                    for each in subject.estate.snapshots(subject.primary)
                    if each.identifier == snapshot and each.status == "available"
                ),
                None,
            )
        )
        assert (taken.source, taken.taken_at is not None) == (subject.primary, True)
        subject.estate.restore_from_snapshot(snapshot, name, like=subject.primary, made_by=BY)
        subject.available(name)
        found = {("snapshot", snapshot, BY), ("instance", name, BY)}
        assert set(subject.estate.made()) == found
        subject.estate.delete_instance(name)
        subject.estate.delete_snapshot(snapshot)
        subject.gone(name)
        assert list(subject.estate.made()) == []
        with pytest.raises(KeepError):
            subject.estate.restore_from_snapshot(snapshot, name, like=subject.primary, made_by=BY)

    def test_a_cache_comes_from_a_snapshot_and_is_removed(self, subject: Subject) -> None:
        snapshot, name = f"{subject.cache}-drill-0a0005", f"{subject.cache}-drill-0a0006"
        subject.estate.create_cache_snapshot(subject.cache, snapshot, made_by=BY)
        subject.soon(
            lambda: next(
                (
                    each
                    for each in subject.estate.cache_snapshots(subject.cache)
                    if each.identifier == snapshot and each.status == "available"
                ),
                None,
            )
        )
        subject.estate.create_cache(snapshot, name, like=subject.cache, made_by=BY)

        def look() -> bool | None:
            found = subject.estate.cache(name)
            return True if found and found.status == "available" else None

        subject.soon(look)
        assert set(subject.estate.made()) == {("cache snapshot", snapshot, BY), ("cache", name, BY)}
        subject.estate.delete_cache(name)
        subject.estate.delete_cache_snapshot(snapshot)
        subject.soon(lambda: True if subject.estate.cache(name) is None else None)
        assert list(subject.estate.made()) == []

    def test_what_no_drill_has_made_is_not_removed(self, subject: Subject) -> None:
        with pytest.raises(KeepError):
            subject.estate.delete_instance(subject.primary)
        with pytest.raises(KeepError):
            subject.estate.delete_cache(subject.cache)
        with pytest.raises(KeepError):
            subject.estate.delete_snapshot("nobodys")
        assert subject.estate.instance(subject.primary) is not None
        assert subject.estate.cache(subject.cache) is not None
