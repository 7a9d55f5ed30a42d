"""What of a cache that came back is missing, although its source may have been written to meanwhile: a table."""

from __future__ import annotations

import pytest

from keep.drill.cache_lost import lost
from keep.redis.proof import CacheProof, SpaceProof

Spaces = dict[str | None, tuple[int, str]]


def proof(spaces: Spaces) -> CacheProof:
    """Key space -> how many keys, and their digest."""
    return CacheProof(
        declared={},
        spaces=tuple(
            SpaceProof(space=space, database=0, keys=keys, digest=digest, unread=0)
            for space, (keys, digest) in spaces.items()
        ),
    )


@pytest.mark.parametrize(
    ("before", "source", "copy", "said"),
    [
        ({"crate": (9, "a")}, {"crate": (9, "a")}, {"crate": (9, "a")}, ()),
        ({"crate": (9, "a")}, {"crate": (9, "a")}, {}, ("no key came back of crate",)),
        (None, {"crate": (9, "a")}, {}, ("no key came back of crate",)),
        (None, {None: (9, "a")}, {}, ("no key came back of database 0, outside of every key space",)),
        (None, {"price": (9, "a")}, {}, ()),
        (None, {"crate": (9, "a")}, {"crate": (1, "b")}, ()),
        (
            {"crate": (9, "a")},
            {"crate": (9, "a")},
            {"crate": (8, "b")},
            ("8 of 9 keys came back of crate, and nobody has written to it meanwhile",),
        ),
        (
            {"crate": (9, "a")},
            {"crate": (9, "a")},
            {"crate": (9, "b")},
            ("not every key as it was came back of crate, and nobody has written to it meanwhile",),
        ),
        ({"crate": (9, "a")}, {"crate": (9, "b")}, {"crate": (9, "c")}, ()),
        ({"crate": (9, "a")}, {"crate": (12, "b")}, {"crate": (5, "c")}, ()),
        (
            {"crate": (9, "a")},
            {"crate": (12, "b")},
            {"crate": (4, "c")},
            ("only 4 keys came back of crate, which had 9 before and has 12 now",),
        ),
        ({"crate": (90, "a")}, {"crate": (2, "b")}, {"crate": (1, "c")}, ()),
        ({}, {"crate": (9, "a")}, {"crate": (1, "c")}, ()),
    ],
)  # fmt: skip
def test_what_is_missing(before: Spaces | None, source: Spaces, copy: Spaces, said: tuple[str, ...]) -> None:
    given = None if before is None else proof(before)
    assert lost(given, proof(source), proof(copy), {"crate"}) == said
