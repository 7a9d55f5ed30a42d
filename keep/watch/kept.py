"""Reads a place for those who watch a stack: the newest copy, whether it was verified, the last drills."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from functools import partial

from bootstrap.manifest import Manifest
from keep.backup.listing import kept
from keep.drill.books import FOLDER, Books
from keep.errors import DamagedError
from keep.place.choose import of_stack
from keep.place.place import Place
from observe.health.recovery import Drilled, Recoverable


def reader(manifest: Manifest, address: str | None, reports: str | None = None) -> Callable[[], Recoverable] | None:
    """Return what reads the place at that address for a stack; None where there is no address of anything.

    :param reports: address of the reports of drills, where it is another.
    """
    where = reports or address
    return partial(_read, address, where, manifest) if where is not None else None


def _read(address: str | None, reports: str, manifest: Manifest) -> Recoverable:
    books = Books(of_stack(f"{reports.rstrip('/')}/{FOLDER}", manifest), manifest.stack)
    if address is None:
        return Recoverable(place=None, drills=_drills(books))
    return recoverable(of_stack(address, manifest), books, manifest.stack)


def recoverable(place: Place, books: Books, stack: str) -> Recoverable:
    """Look at the copies and drills of one stack. Raise KeepError where the place cannot be read."""
    ours = [each for each in kept(place) if each.source is None or each.source.stack == stack]
    whole = [(each.id, made) for each in ours if not each.failed and (made := each.made_at) is not None]
    verified = {each.id for each in ours if each.verified}
    return Recoverable(
        place=place.address,
        backup=whole[-1] if whole else None,
        verified=next((each for each in reversed(whole) if each[0] in verified), None),
        damaged=tuple(each.id for each in ours if each.failed),
        drills=_drills(books),
    )


def _drills(books: Books) -> dict[str, Drilled]:
    last: dict[str, Drilled] = {}
    for each in books.reports():
        try:
            report = each.report
        except DamagedError:
            continue  # `datatier drill report` says so; the ones after it are read
        last[report.drill] = Drilled(at=report.began_at.astimezone(UTC), verdict=report.verdict, reason=report.reason)
    return last
