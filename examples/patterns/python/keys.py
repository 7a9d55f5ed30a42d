"""A key space as `access.yaml` declares it, and the names of its keys."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from urllib.parse import quote

_VARIABLE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, kw_only=True)
class Space:
    """One entry of `keyspaces`: the same pattern, cache, type, longest life and database."""

    pattern: str
    cache: str
    type: str
    ttl: int
    """Seconds."""
    database: int = 0

    def key(self, **values: str) -> str:
        """The name of one key. What has a meaning in names, `:` above all, is escaped in values, so that no two sets of
        values have one name. Raise KeyError for a variable without a value."""
        return _VARIABLE.sub(lambda found: quote(values[found[1]], safe=""), self.pattern)

    def index(self, **values: str) -> str:
        """The one key that is about all those of the space that have these values: `@` stands for the other variables,
        and no value can be that, because it would be escaped."""
        return _VARIABLE.sub(
            lambda found: quote(values[found[1]], safe="") if found[1] in values else "@", self.pattern
        )


def hashed(secret: str) -> str:
    """What stands in a name for a random secret of 128 bits or more: names are seen by more than values are."""
    return hashlib.sha256(secret.encode()).hexdigest()
