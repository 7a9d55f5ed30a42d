"""Redis glob patterns as sets of keys: what matches, what two patterns share, what one leaves out of others.

The language is that of `stringmatchlen` in Valkey's util.c: `*`, `?`, `[a-z]`, `[^a]` and `\\`, on bytes. One thing is
peculiar there: nothing but the empty pattern matches the empty key (only the `allkeys` flag lets it through).
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from functools import lru_cache

# One step of a pattern: a set of bytes as a 256-bit mask, or None for `*`.
Step = int | None

_ANY = (1 << 256) - 1
# Shown in examples first what people type.
_READABLE = b"abcdefghijklmnopqrstuvwxyz0123456789:_-.ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Patterns are a few dozen steps; beyond this a comparison gives up and says `not included`.
_MOST_STATES = 20_000


@lru_cache(maxsize=4096)
def steps(pattern: str) -> tuple[Step, ...]:
    """Return the steps of a pattern, neighbouring stars as one."""
    text = pattern.encode("utf-8", "surrogateescape")
    made: list[Step] = []
    at = 0
    while at < len(text):
        byte = text[at]
        if byte == ord("*"):
            if not made or made[-1] is not None:
                made.append(None)
        elif byte == ord("?"):
            made.append(_ANY)
        elif byte == ord("["):
            mask, at = _class(text, at + 1)
            made.append(mask)
        else:
            if byte == ord("\\") and at + 1 < len(text):
                at += 1
            made.append(1 << text[at])
        at += 1
    return tuple(made)


def _class(text: bytes, at: int) -> tuple[int, int]:
    """Return the bytes of `[...]` and where it ends; one that is never closed takes the rest of the pattern."""
    negative = text[at : at + 1] == b"^"
    at += negative
    mask = 0
    while at < len(text) and (text[at] != ord("]")):
        if text[at] == ord("\\") and at + 1 < len(text):
            at += 1
            mask |= 1 << text[at]
        elif at + 2 < len(text) and text[at + 1] == ord("-"):
            low, high = sorted((_signed(text[at]), _signed(text[at + 2])))
            mask |= sum(1 << (value % 256) for value in range(low, high + 1))
            at += 2
        else:
            mask |= 1 << text[at]
        at += 1
    return (_ANY ^ mask if negative else mask), at


def _signed(byte: int) -> int:
    # C compares `char`s, which are signed on x86-64.
    return byte - 256 if byte > 127 else byte


def universal(pattern: str) -> bool:
    """Whether it matches every key that is not empty."""
    return includes([pattern], "*")


def matches(pattern: str, key: str) -> bool:
    """Whether the server would say that `key` matches."""
    return common(pattern, literal(key)) is not None


def literal(text: str) -> str:
    """Return a pattern that matches `text` alone."""
    return "".join(f"\\{character}" if character in "*?[\\" else character for character in text)


@lru_cache(maxsize=8192)
def prefix(pattern: str) -> bytes:
    """Return what every key of the pattern begins with."""
    made = bytearray()
    for step in steps(pattern):
        if not step or step & (step - 1):
            break
        made.append(step.bit_length() - 1)
    return bytes(made)


@lru_cache(maxsize=4096)
def expression(pattern: str) -> bytes:
    """Return the regular expression (of bytes, DOTALL, for `fullmatch`) of the same keys, the empty one aside.

    What follows a star is sought at its first place and never again at a later one, as the rest can only have more
    room there: atomic groups, so that no key takes longer than its length times that of the pattern.
    """
    parts: list[list[int]] = [[]]
    for step in steps(pattern):
        if step is None:
            parts.append([])
        else:
            parts[-1].append(step)
    first, *others = (b"".join(map(_one_byte, part)) for part in parts)
    if not others:
        return first
    return first + b"".join(b"(?>.*?" + part + b")" for part in others[:-1]) + b".*" + others[-1]


def _one_byte(mask: int) -> bytes:
    if mask == _ANY:
        return b"."
    if mask and not mask & (mask - 1):
        return re.escape(bytes([mask.bit_length() - 1]))
    held = b"".join(b"\\x%02x" % byte for byte in range(256) if mask >> byte & 1)
    return b"[" + held + b"]" if held else b"(?!)"


def common(one: str, other: str) -> str | None:
    """Return a shortest key that both patterns match, or None where they share none."""
    if _parted(one, other):
        return None
    a, b = steps(one), steps(other)
    if not a or not b:
        return "" if a == b else None
    queue = deque([(0, 0, b"")])
    seen = {(0, 0, False)}
    while queue:
        i, j, key = queue.popleft()
        if key and _rest_is_star(a, i) and _rest_is_star(b, j):
            return key.decode("utf-8", "backslashreplace")
        for ni, nj, mask in _both(a, i, b, j):
            longer = key + _pick(mask) if mask else key
            if (ni, nj, bool(longer)) not in seen:
                seen.add((ni, nj, bool(longer)))
                queue.append((ni, nj, longer))
    return None


def _parted(one: str, other: str) -> bool:
    """Whether the fixed beginnings already leave nothing in common."""
    a, b = prefix(one), prefix(other)
    return not (a.startswith(b) or b.startswith(a))


def _rest_is_star(pattern: tuple[Step, ...], at: int) -> bool:
    return all(step is None for step in pattern[at:])


def _both(a: tuple[Step, ...], i: int, b: tuple[Step, ...], j: int) -> Iterator[tuple[int, int, int]]:
    """Return where both go next, and on which bytes; 0 where a star is left without one."""
    if i < len(a) and a[i] is None:
        yield i + 1, j, 0
    if j < len(b) and b[j] is None:
        yield i, j + 1, 0
    if i < len(a) and j < len(b):
        x, y = a[i], b[j]
        if mask := (_ANY if x is None else x) & (_ANY if y is None else y):
            yield i + (x is not None), j + (y is not None), mask


def _pick(mask: int) -> bytes:
    best = next((byte for byte in _READABLE if mask >> byte & 1), None)
    return bytes([best if best is not None else (mask & -mask).bit_length() - 1])


def includes(patterns: Iterable[str], pattern: str) -> bool:
    """Whether everything that `pattern` matches is matched by one of `patterns`."""
    outer = [steps(each) for each in patterns if not _parted(each, pattern)]
    inner = steps(pattern)
    if inner in outer:
        return True
    outer = [each for each in outer if each]
    if not inner or not outer:
        return False
    start = (_closed(inner, 0), frozenset((k, at) for k, each in enumerate(outer) for at in _closed(each, 0)))
    queue = deque([start])
    seen = {start}
    while queue:
        mine, theirs = queue.popleft()
        for mask in _classes(inner, mine, outer, theirs):
            after = (_moved(inner, mine, mask), frozenset(_all_moved(outer, theirs, mask)))
            if len(inner) in after[0] and not any(at == len(outer[k]) for k, at in after[1]):
                return False
            if after not in seen:
                seen.add(after)
                queue.append(after)
        if len(seen) > _MOST_STATES:
            return False
    return True


def _closed(pattern: tuple[Step, ...], at: int) -> frozenset[int]:
    """Return `at` and what follows it when a star is left at once."""
    return frozenset({at, at + 1} if at < len(pattern) and pattern[at] is None else {at})


def _moved(pattern: tuple[Step, ...], places: Iterable[int], mask: int) -> frozenset[int]:
    """Return the places after one byte of `mask`, which lies wholly inside or outside of each step."""
    made: set[int] = set()
    for at in places:
        if at < len(pattern):
            step = pattern[at]
            if step is None:
                made |= _closed(pattern, at)
            elif step & mask:
                made |= _closed(pattern, at + 1)
    return frozenset(made)


def _all_moved(
    outer: list[tuple[Step, ...]], places: frozenset[tuple[int, int]], mask: int
) -> Iterator[tuple[int, int]]:
    for k, at in places:
        for after in _moved(outer[k], (at,), mask):
            yield k, after


def _classes(
    inner: tuple[Step, ...], mine: frozenset[int], outer: list[tuple[Step, ...]], theirs: frozenset[tuple[int, int]]
) -> list[int]:
    """Return sets of bytes that no step in sight tells apart."""
    masks = [inner[at] for at in mine if at < len(inner)]
    wanted = 0
    for mask in masks:
        wanted |= _ANY if mask is None else mask
    classes = [wanted] if wanted else []
    seen = {*masks, *(outer[k][at] for k, at in theirs if at < len(outer[k]))}
    for step in (each for each in seen if each is not None):
        classes = [part for each in classes for part in (each & step, each & ~step) if part]
    return classes
