"""Names, patterns and durations that PostgreSQL, Redis and ElastiCache all take."""

from __future__ import annotations

import re

SIBLINGS = ("a", "b")
"""Suffixes of the two logins of an identity, of which one is in use."""

# 63 bytes is PostgreSQL's NAMEDATALEN - 1; the login adds `_a`.
MAX_IDENTITY = 63 - len("_a")
# `_` becomes `-` in an ElastiCache user id ([a-zA-Z][a-zA-Z0-9-]*), where doubled and trailing hyphens are not taken.
IDENTITY_FORM = r"[a-z](?:_?[a-z0-9])*"
_IDENTITY = re.compile(IDENTITY_FORM)
_IDENTITY_WORDS = "lower-case letters, digits and single `_` between them, beginning with a letter"
_RESERVED_PREFIXES = ("pg_", "rds")
_RESERVED = frozenset(
    [
        "admin",
        "all",
        "current_role",
        "current_user",
        "default",
        "master",  # the database's own: its secret, and what `psql` and `access rotate` call it
        "none",
        "postgres",
        "public",
        "root",
        "session_user",
        "user",
    ]
)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

RESERVED_FORM = f"({'|'.join(_RESERVED_PREFIXES)}).*|{'|'.join(sorted(_RESERVED))}"
_RESERVED_WORDS = (
    "reserved by PostgreSQL, Redis or RDS (`pg_…`, `rds…`, `default`, `postgres`, `admin` …), or the master"
)
IDENTITY = f"{_IDENTITY_WORDS}, at most {MAX_IDENTITY}; no name {_RESERVED_WORDS}"
"""What an identity is called, in words."""


def identity_name(name: str) -> str:
    """Return `name`, or raise ValueError with the rule that it breaks."""
    if len(name) > MAX_IDENTITY:
        raise ValueError(f"is {len(name)} characters long; PostgreSQL takes 63 and the login adds `_a`: at most 61")
    if name.startswith(_RESERVED_PREFIXES) or name in _RESERVED:
        raise ValueError(f"is {_RESERVED_WORDS}")
    if not _IDENTITY.fullmatch(name):
        raise ValueError(f"must be {_IDENTITY_WORDS}")
    return name


def plain(name: str) -> str:
    """Return what comes nearest to the name of an identity: `orders_app` of `Orders-App`."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


PATTERN = "a pattern of Redis in ASCII, without spaces"
"""What keys and channels are given as, in words."""


def pattern(text: str) -> str:
    """Return a Redis key or channel pattern that fits into an access string."""
    if not text:
        raise ValueError("is empty; name the keys or channels, e.g. `cache:*`")
    if any(character.isspace() or not character.isprintable() for character in text):
        raise ValueError("holds a space or a control character, which an access string cannot")
    if not text.isascii():
        raise ValueError("must be ASCII: ElastiCache takes nothing else in an access string")
    return text


def other_user(text: str) -> str:
    """Return the name of a Redis user that somebody else governs: any name that a server takes."""
    if not text or any(character.isspace() or not character.isprintable() for character in text):
        raise ValueError("is not the name of a user: write it as ACL LIST shows it, without spaces")
    return text


DURATION_FORM = r"\d{1,6}[smhd]"
_DURATION = "`30s`, `5m`, `24h` or `30d`"
DURATION = f"a duration: {_DURATION}"
"""How a time is written, in words."""


def duration(value: object) -> int | None:
    """Return seconds for `30s`, `5m`, `24h`, `30d`, `0`, and None for `none`."""
    if value is None or value == "none":
        return None
    if value == 0 and not isinstance(value, bool):
        return 0
    if isinstance(value, str) and (found := re.fullmatch(DURATION_FORM, value, re.ASCII)):
        return int(found[0][:-1]) * _UNITS[found[0][-1]]
    raise ValueError(f"is not a duration: write {_DURATION}")


TOKEN_END = "-iam"  # noqa: S105 - the end of a user's id
"""How the id of a user ends that logs in by token of AWS."""


def token_user(prefix: str, cache: str, identity: str) -> str:
    """Return the ElastiCache user, id and name alike, of an identity that logs in by token.

    ElastiCache wants both to be the same there and renames no user, so it is another than the one with a password:
    that one works on until `access apply --allow-drop` takes it away.
    """
    return f"{prefix}-{cache}-{identity}{TOKEN_END}".replace("_", "-").lower()


def login(identity: str, sibling: str) -> str:
    """Return the name of one of an identity's two logins."""
    return f"{identity}_{sibling}"


def logins(identity: str) -> tuple[str, ...]:
    """Return the names of an identity's two logins."""
    return tuple(login(identity, sibling) for sibling in SIBLINGS)
