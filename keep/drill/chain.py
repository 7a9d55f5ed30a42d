"""Whether the reports of a stack are those that were written: each names the SHA-256 of the one before it. Pure.

It shows what was changed, lost or slipped in by accident or by somebody who has not written the chain anew: the chain
is not signed. Whoever must have more keeps the place's objects locked (S3 Object Lock).
"""

from __future__ import annotations

from collections.abc import Sequence

from keep.drill.books import Head, Kept
from keep.errors import DamagedError


def broken(kept: Sequence[Kept], head: Head | None) -> tuple[str, ...]:
    """Say what is wrong with it, one sentence each; nothing where it is whole."""
    if head is None:
        return ("HEAD.json is missing, and there are reports",) if kept else ()
    by_hash = {each.sha256: each for each in kept}
    wanted: str | None = head.sha256
    after = "HEAD.json"
    chained: set[str] = set()
    wrong: list[str] = []
    while wanted is not None:
        found = by_hash.get(wanted)
        if found is None:
            wrong.append(f"the report that {after} names is missing or was changed: none has the SHA-256 {wanted}")
            break
        chained.add(found.id)
        try:
            wanted, after = found.report.previous, found.id
        except DamagedError as error:
            wrong.append(str(error))
            break
    if not wrong and len(chained) != head.count:
        wrong.append(f"the chain has {len(chained)} reports, and HEAD.json says {head.count}")
    for each in kept:
        if each.id not in chained:
            wrong.append(f"the report {each.id} is not part of the chain: it was changed, or slipped in")
    return tuple(wrong)
