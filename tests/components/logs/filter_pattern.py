"""The part of CloudWatch Logs' filter patterns that the catalogue uses, evaluated: phrases that must all be there,
phrases that must not (`-`), or phrases of which one must (`?`).

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

from __future__ import annotations

import re

_TERM = re.compile(r'([?-]?)"([^"]*)"\s*')


class PatternError(ValueError):
    """Not of the part that is known here, or one that CloudWatch would understand otherwise than it looks."""


def terms(pattern: str) -> list[tuple[str, str]]:
    """The signs and phrases of a pattern."""
    found, at = [], 0
    while at < len(pattern):
        match = _TERM.match(pattern, at)
        if match is None:
            raise PatternError(f"{pattern[at:]!r}: only quoted phrases are known here")
        found.append((match[1], match[2]))
        at = match.end()
    signs = {sign for sign, _ in found}
    if "?" in signs and len(signs) > 1:
        raise PatternError("CloudWatch ignores `?` terms beside others")
    if not found or signs == {"-"}:
        raise PatternError("nothing is asked for")
    return found


def matches(pattern: str, event: str) -> bool:
    """Whether CloudWatch would count this log event. Phrases are searched as they are, case and all."""
    asked = terms(pattern)
    optional = [phrase for sign, phrase in asked if sign == "?"]
    if optional:
        return any(phrase in event for phrase in optional)
    return all((phrase in event) is (sign != "-") for sign, phrase in asked)
