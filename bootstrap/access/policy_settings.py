"""Settings of an application's own in the conditions of policies: what a pooled connection makes of them. Pure.

A setting that nobody has set on a connection is an error, or NULL where `missing_ok` is true (PostgreSQL, "System
Administration Functions"). Once SET LOCAL or set_config(..., true) has set it, it is '' for the rest of the connection
(seen on 15 and 18): a custom setting goes back to its default, which is the empty string, and not to being unknown. So
a policy that does without NULLIF behaves by what the pool did before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# An application's own settings have a dot in their name; casts as pg_get_expr writes them.
_CAST = r"(?:\s*::\s*[\w\s]+?)?"
_CALL = re.compile(
    rf"""(?P<guard>nullif\s*\(\s*)?(?:pg_catalog\.)?current_setting\s*\(\s*'(?P<name>[^'.]+\.[^']+)'{_CAST}\s*
         (?:,\s*(?P<missing_ok>[^)]*?)\s*)?\)(?P<rest>{_CAST}\s*,\s*''{_CAST}\s*\))?""",
    re.IGNORECASE | re.VERBOSE,
)
_TRUE = frozenset({"true", "'t'", "'true'", "'on'", "'yes'", "'1'"})


@dataclass(frozen=True)
class PooledSetting:
    """A setting whose value in a condition depends on the connection's past."""

    message: str
    mend: str


def pooled_settings(condition: str) -> Iterator[PooledSetting]:
    """Return one for each setting in an SQL condition that is not read with `missing_ok` and NULLIF(..., '')."""
    seen = set[str]()
    for found in _CALL.finditer(condition):
        name, guarded = found["name"], bool(found["guard"] and found["rest"])
        strict = (found["missing_ok"] or "").lower() not in _TRUE
        if name in seen or (guarded and not strict):
            continue
        seen.add(name)
        used = "'' after a transaction that did, for the rest of the connection"
        fresh = "an error (42704)" if strict else "NULL"
        yield PooledSetting(
            f"{name} is {fresh} on a connection that has not set it yet and {used}: who sees which rows depends on "
            "what the pool did before",
            f"NULLIF(current_setting('{name}', true), '') is nobody in both cases",
        )
