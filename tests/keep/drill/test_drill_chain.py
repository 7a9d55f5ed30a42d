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
    assert broken(spoil(kept), head, {}) == tuple(expected)


@pytest.mark.parametrize("places", [(0, 1), (1, 2), (0, 2)])
def test_reports_that_were_swapped_are_found(places: tuple[int, int]) -> None:
    kept, head = chained(3)
    swapped = list(kept)
    for at, of in (places, places[::-1]):
        swapped[at] = replace(kept[at], data=kept[of].data)
    said = broken(swapped, head, {})
    for at, of in (places, places[::-1]):
        assert f"the file {kept[at].id}.json has the report {kept[of].id}: it was swapped, or slipped in" in said


def test_a_report_that_is_there_twice_is_found_by_the_name_that_is_not_its_own() -> None:
    kept, head = chained(2)
    for name in ("20200101T000000Z-000000", "20300101T000000Z-000000"):
        twice = Kept(id=name, data=kept[0].data)
        sentence = f"the file {name}.json has the report {kept[0].id}: it was swapped, or slipped in"
        assert broken([twice, *kept], head, {}) == broken([*kept, twice], head, {}) == (sentence,)


def test_a_head_that_is_missing_or_older_is_found() -> None:
    kept, head = chained(2)
    assert broken(kept, None, {}) == ("HEAD.json is missing, and there are reports",)
    older = Head(report=kept[0].id, sha256=kept[0].sha256, count=1)
    assert broken(kept, older, {}) == (
        f"the report {kept[1].id} is not part of the chain: it was changed, or slipped in",
    )
    assert broken(kept, head.model_copy(update={"count": 3}), {}) == ("the chain has 2 reports, and HEAD.json says 3",)
    assert broken([], None, {}) == ()


def test_every_flipped_bit_of_every_report_is_found() -> None:
    kept, head = chained(2)
    for index, each in enumerate(kept):
        for at in range(0, len(each.data), 7):
            spoilt = [replace(e, data=flipped(e.data, at)) if n == index else e for n, e in enumerate(kept)]
            assert broken(spoilt, head, {}), (index, at)


def test_reports_are_kept_in_every_form_and_each_names_the_one_before_it(tmp_path: Path) -> None:
    home, second = FolderPlace(tmp_path / "home"), FolderPlace(tmp_path / "second")
    books = Books(home, "orchard", copies=[second])
    first, other = (books.append(report(number)) for number in range(2))
    again = books.append(other)  # as a run does it that was killed before it knew
    books.copy()
    assert (first.previous, other.previous, again) == (None, books.reports()[0].sha256, other)
    assert [each.report for each in books.reports()] == [first, other]
    for place in (home, second):
        kept = Books(place, "orchard")
        assert broken(kept.reports(), kept.head(), kept.pages()) == ()
        endings = [found.key.partition(".")[2] for found in place.found()]
        assert endings == ["html", "json", "md", "html", "json", "md", "json"], endings
    with pytest.raises(AskedError, match="has no drill report `20200101T000000Z-000000`"):
        books.report("20200101T000000Z-000000")


def test_a_copy_gets_what_it_lacks_of_the_chain(tmp_path: Path) -> None:
    """Whoever names it once has every report there: the stack's own bucket may be what is lost."""
    home, second = FolderPlace(tmp_path / "home"), FolderPlace(tmp_path / "second")
    for number in range(2):
        Books(home, "orchard").append(report(number))
    books = Books(home, "orchard", copies=[second])
    books.copy()
    books.append(report(2))
    books.copy()
    kept = Books(second, "orchard")
    assert broken(kept.reports(), kept.head(), kept.pages()) == ()
    assert kept.reports() == Books(home, "orchard").reports()


PAGES = {
    "Markdown changed": (lambda path: path.with_suffix(".md").write_text("# Drill: passed"), "{}.md was changed"),
    "page changed": (lambda path: path.with_suffix(".html").write_bytes(b""), "{}.html was changed"),
    "page gone": (lambda path: path.with_suffix(".html").unlink(), "{}.html is missing"),
    "report gone": (lambda path: path.unlink(), "{}.md is of no report that is there"),
}


@pytest.mark.parametrize("spoilt", PAGES)
def test_what_people_read_is_held_against_the_report(tmp_path: Path, spoilt: str) -> None:
    spoil, sentence = PAGES[spoilt]
    books = Books(FolderPlace(tmp_path), "orchard")
    name = [books.append(report(number)).id for number in range(2)][1]
    spoil(tmp_path / "orchard" / f"{name}.json")
    said = broken(books.reports(), books.head(), books.pages())
    assert any(each.startswith(f"the page {sentence.format(name)}") for each in said), said


def test_a_report_of_before_pages_were_named_is_whole(tmp_path: Path) -> None:
    books = Books(FolderPlace(tmp_path), "orchard")
    kept, head = chained(1)
    assert broken(kept, head, {kept[0].id: {"md": "0", "html": "0"}}) == broken(kept, head, books.pages()) == ()
