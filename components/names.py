"""Names of a stack's things as AWS knows them: what the components give, and what plans and checks call them by.

A stack's things are told apart by its own name, never by the profile that it takes its values from.
"""

from __future__ import annotations

import re

# CreateDBInstance: 1-63 letters, digits and hyphens, first a letter, no two hyphens in a row and none at the end. RDS
# makes lower case of upper case without a word.
_IDENTIFIER = re.compile(r"[a-z](?!.*--)[a-z0-9-]{0,61}[a-z0-9]")
IDENTIFIER_RULE = (
    "must be 2 to 63 lower-case letters, digits and single hyphens, starting with a letter and not ending in a hyphen"
)


def prefix(name: str, stack: str) -> str:
    """First part of the name of everything in a stack, and the whole identifier of its primary."""
    return f"{name}-{stack}"


def server(prefix: str, name: str) -> str:
    """Identifier of a replica or a cache of a stack."""
    return f"{prefix}-{name}"


def is_identifier(text: str) -> bool:
    """Whether RDS takes it as the identifier of an instance, as it is."""
    return _IDENTIFIER.fullmatch(text) is not None


DELIVERY = "/delivery/"
"""Path of what the account's delivery makes, out of reach of every stack's names."""


def boundary(prefix: str) -> str:
    """The permissions boundary of a stack's roles, under `DELIVERY`."""
    return f"{prefix}-boundary"


def secret(prefix: str, key: str) -> str:
    """The secret of an identity, of the master or of a cache's token."""
    return f"{prefix}/{key}"
