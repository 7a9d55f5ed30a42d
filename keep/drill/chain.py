"""Whether the reports of a stack are those that were written: each names the SHA-256 of the one before it. Pure.

It shows what was changed, lost, swapped or slipped in by accident or by somebody who has not written the chain anew:
the chain is not signed. Whoever must have more keeps the place's objects locked (S3 Object Lock).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from keep.drill.books import Head, Kept
from keep.errors import DamagedError


def broken(kept: Sequence[Kept], head: Head | None, pages: Mapping[str, Mapping[str, str]]) -> tuple[str, ...]:
    """Say what is wrong with it, one sentence each; nothing where it is whole.

    :param pages: SHA-256 of the Markdown and the pages that are there, by id of the report and ending.
    """
    return (*_chain(kept, head), *_pages(kept, pages))


def _chain(kept: Sequence[Kept], head: Head | None) -> Iterator[str]:
    if head is None:
        if kept:
            yield "HEAD.json is missing, and there are reports"
        return
    by_hash = {each.sha256: each for each in kept if _named(each) in (each.id, None)}
    wanted: str | None = head.sha256
    after, whole = "HEAD.json", True
    chained: set[str] = set()
    while wanted is not None:
        found = by_hash.get(wanted)
        if found is None:
            yield f"the report that {after} names is missing or was changed: none has the SHA-256 {wanted}"
            whole = False
            break
        chained.add(found.id)
        try:
            wanted, after = found.report.previous, found.id
        except DamagedError as error:
            yield str(error)
            whole = False
            break
    if whole and len(chained) != head.count:
        yield f"the chain has {len(chained)} reports, and HEAD.json says {head.count}"
    for each in kept:
        if (named := _named(each)) not in (each.id, None):
            yield f"the file {each.id}.json has the report {named}: it was swapped, or slipped in"
        elif each.id not in chained:
            yield f"the report {each.id} is not part of the chain: it was changed, or slipped in"


def _pages(kept: Sequence[Kept], pages: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """What is read by people: those of a report that names none are of before it did."""
    for each in kept:
        if _named(each) != each.id:
            continue  # the chain says so
        there = pages.get(each.id, {})
        for ending, sha256 in each.report.pages.items():
            if ending not in there:
                yield f"the page {each.id}.{ending} is missing"
            elif there[ending] != sha256:
                yield f"the page {each.id}.{ending} was changed: it is not what its report names"
    reported = {each.id for each in kept}
    for name, endings in pages.items():
        if name not in reported:
            yield from (f"the page {name}.{ending} is of no report that is there" for ending in endings)


def _named(kept: Kept) -> str | None:
    """The id that a report gives itself; None where it cannot be read."""
    try:
        return kept.report.id
    except DamagedError:
        return None
