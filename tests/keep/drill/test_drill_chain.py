"""The chain of reports: what is changed, lost or slipped in is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from reports import report

from keep.drill.books import Books, Head, Kept, written
from keep.drill.chain import broken
from keep.errors import AskedError
from keep.place.folder import FolderPlace


def chained(count: int) -> tuple[list[Kept], Head]:
    kept: list[Kept] = []
    for number in range(count):
        previous = kept[-1].sha256 if kept else None
        each = report(number, previous=previous)
        kept.append(Kept(id=each.id, data=written(each)))
    return kept, Head(report=kept[-1].id, sha256=kept[-1].sha256, count=count)


def ids(kept: list[Kept]) -> list[str]:
    return [each.id for each in kept]


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def change(index: int) -> Callable[[list[Kept]], list[Kept]]:
    return lambda kept: [replace(e, data=flipped(e.data, 300)) if n == index else e for n, e in enumerate(kept)]


def without(index: int) -> Callable[[list[Kept]], list[Kept]]:
    return lambda kept: [each for n, each in enumerate(kept) if n != index]


def slipped_in(kept: list[Kept]) -> list[Kept]:
    stranger = report(9, previous=kept[0].sha256)
    return [*kept, Kept(id=stranger.id, data=written(stranger))]


@pytest.mark.parametrize(
    ("spoil", "missing_for", "outside"),
    [
        (lambda kept: kept, None, []),
        (change(0), 1, [0]),
        (change(1), 2, [0, 1]),
        (change(2), "HEAD.json", [0, 1, 2]),
        (without(0), 1, []),
        (without(1), 2, [0]),
        (without(2), "HEAD.json", [0, 1]),
        (slipped_in, None, ["20261209T020000Z-000009"]),
    ],
    ids=[
        "whole",
        "first changed",
        "middle changed",
        "newest changed",
        "no first",
        "no middle",
        "no newest",
        "one more",
    ],
)
def test_what_is_wrong_with_a_chain(
    spoil: Callable[[list[Kept]], list[Kept]], missing_for: int | str | None, outside: list[int | str]
) -> None:
    kept, head = chained(3)
    named = {**dict(enumerate(ids(kept))), "HEAD.json": "HEAD.json"}
    hashes = {1: kept[0].sha256, 2: kept[1].sha256, "HEAD.json": kept[2].sha256}
    expected = []
    if missing_for is not None:
        expected.append(
            f"the report that {named[missing_for]} names is missing or was changed: none has the SHA-256"
            f" {hashes[missing_for]}"
        )
    expected += [
        f"the report {each if isinstance(each, str) else kept[each].id} is not part of the chain: it was changed, or"
        " slipped in"
        for each in outside
    ]
    assert broken(spoil(kept), head) == tuple(expected)


def test_a_head_that_is_missing_or_older_is_found() -> None:
    kept, head = chained(2)
    assert broken(kept, None) == ("HEAD.json is missing, and there are reports",)
    older = Head(report=kept[0].id, sha256=kept[0].sha256, count=1)
    assert broken(kept, older) == (f"the report {kept[1].id} is not part of the chain: it was changed, or slipped in",)
    assert broken(kept, head.model_copy(update={"count": 3})) == ("the chain has 2 reports, and HEAD.json says 3",)
    assert broken([], None) == ()


def test_every_flipped_bit_of_every_report_is_found() -> None:
    kept, head = chained(2)
    for index, each in enumerate(kept):
        for at in range(0, len(each.data), 7):
            spoilt = [replace(e, data=flipped(e.data, at)) if n == index else e for n, e in enumerate(kept)]
            assert broken(spoilt, head), (index, at)


def test_reports_are_kept_in_every_form_and_each_names_the_one_before_it(tmp_path: Path) -> None:
    home, second = FolderPlace(tmp_path / "home"), FolderPlace(tmp_path / "second")
    books = Books(home, "orchard", copies=[second])
    first, other = (books.append(report(number)) for number in range(2))
    again = books.append(other)  # as a run does it that was killed before it knew
    assert (first.previous, other.previous, again) == (None, books.reports()[0].sha256, other)
    assert [each.report for each in books.reports()] == [first, other]
    assert broken(books.reports(), books.head()) == ()
    for place in (home, second):
        endings = [found.key.partition(".")[2] for found in place.found()]
        assert endings == ["html", "json", "md", "html", "json", "md", "json"], endings
    with pytest.raises(AskedError, match="has no drill report `20200101T000000Z-000000`"):
        books.report("20200101T000000Z-000000")
