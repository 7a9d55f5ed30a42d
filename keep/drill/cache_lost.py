"""Whether a cache that came back lacks what its source had all the while, although that may be written to. Pure."""

from __future__ import annotations

from collections.abc import Collection

from keep.redis.proof import CacheProof, SpaceProof

_Place = tuple[int, str | None]


def lost(before: CacheProof | None, source: CacheProof, copy: CacheProof, stays: Collection[str]) -> tuple[str, ...]:
    """Say of each key space that has to come back what does not; nothing where it has.

    Where the source is as it was before its snapshot, nobody has written meanwhile, and the copy has to be the same.
    Where it is not, less than half of the keys that it had both times is taken for a loss and no longer for a change.

    :param before: the source before its snapshot; None where that was not looked at.
    :param stays: key spaces without a longest life; keys of none are held to stay too.
    """
    then, there = _by_place(before) if before else None, _by_place(copy)
    found: list[str] = []
    for place, now in sorted(_by_place(source).items(), key=lambda each: (each[0][0], each[0][1] or "")):
        database, space = place
        if space is not None and space not in stays:
            continue
        name = space or f"database {database}, outside of every key space"
        was, came = then.get(place) if then is not None else None, there.get(place)
        if came is None:
            found.append(f"no key came back of {name}")
        elif was == now and came != now:
            what = f"{came.keys} of {now.keys} keys" if came.keys != now.keys else "not every key as it was"
            found.append(f"{what} came back of {name}, and nobody has written to it meanwhile")
        elif was is not None and 2 * came.keys < min(was.keys, now.keys):
            found.append(
                f"only {came.keys} keys came back of {name}, which had {was.keys} before and has {now.keys} now"
            )
    return tuple(found)


def _by_place(proof: CacheProof) -> dict[_Place, SpaceProof]:
    return {(each.database, each.space): each for each in proof.spaces if each.keys}
