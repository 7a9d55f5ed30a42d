"""PostgreSQL's own spelling of privileges, `grantee=arw*d/grantor`, taken apart. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from bootstrap.postgres.desired import PUBLIC, Privileges

# acl.h, ACL_ALL_RIGHTS_STR "arwdDxtXUCTcsAm"
_LETTERS = {
    "r": "SELECT",
    "a": "INSERT",
    "w": "UPDATE",
    "d": "DELETE",
    "D": "TRUNCATE",
    "x": "REFERENCES",
    "t": "TRIGGER",
    "m": "MAINTAIN",
    "X": "EXECUTE",
    "U": "USAGE",
    "C": "CREATE",
    "c": "CONNECT",
    "T": "TEMPORARY",
    "s": "SET",
    "A": "ALTER SYSTEM",
}


@dataclass(frozen=True)
class HeldPrivilege:
    """What an ACL says, the owner's own entries left out."""

    privileges: Mapping[str, Privileges] = field(default_factory=dict)
    """Grantee -> privileges, whoever granted them."""
    own: Mapping[str, Privileges] = field(default_factory=dict)
    """Grantee -> privileges that the owner granted."""
    foreign: Mapping[tuple[str, str], Privileges] = field(default_factory=dict)
    """(grantor, grantee) -> privileges that another than the owner granted: only the grantor's REVOKE ends them."""
    grantable: Mapping[str, Privileges] = field(default_factory=dict)
    """Grantee -> privileges that it may hand on."""


def held(items: Sequence[str], owner: str) -> HeldPrivilege:
    """Return what the items of an ACL say."""
    privileges: dict[str, Privileges] = {}
    own: dict[str, Privileges] = {}
    foreign: defaultdict[tuple[str, str], Privileges] = defaultdict(frozenset)
    grantable: dict[str, Privileges] = {}
    for item in items:
        grantee, letters, grantor = _parts(item)
        if grantee == owner:
            continue
        names, handed = _names(letters)
        privileges[grantee] = privileges[grantee] | names if grantee in privileges else names
        if grantor == owner:
            own[grantee] = names
        else:
            foreign[grantor, grantee] |= names
        if handed:
            grantable[grantee] = grantable.get(grantee, frozenset()) | handed
    return HeldPrivilege(privileges, own, dict(foreign), grantable)


def _parts(item: str) -> tuple[str, str, str]:
    if '"' not in item:
        grantee, _, rest = item.partition("=")
        letters, _, grantor = rest.partition("/")
        return grantee or PUBLIC, letters, grantor
    grantee, at = _name(item, 0)
    slash = item.index("/", at)
    return grantee or PUBLIC, item[at + 1 : slash], _name(item, slash + 1)[0]


def _name(item: str, start: int) -> tuple[str, int]:
    """A role's name, in double quotes where it holds other characters, and where it ends (acl.c, getid)."""
    if not item.startswith('"', start):
        end = item.find("=", start)
        return (item[start:], len(item)) if end < 0 else (item[start:end], end)
    found, at = "", start + 1
    while at < len(item):
        if item[at] == '"':
            if not item.startswith('""', at):
                return found, at + 1
            at += 1
        found, at = found + item[at], at + 1
    return found, at


@cache
def _names(letters: str) -> tuple[Privileges, Privileges]:
    names = [_LETTERS.get(letter, letter) for letter in letters if letter != "*"]
    handed = [_LETTERS.get(letters[i - 1], letters[i - 1]) for i, letter in enumerate(letters) if letter == "*"]
    return frozenset(names), frozenset(handed)
