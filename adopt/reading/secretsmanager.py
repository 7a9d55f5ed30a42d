"""Secrets Manager: the secrets that may be a server's. Names and ARNs; never a value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from adopt.estate import Described
from adopt.reading import calls
from adopt.reading.ask import Asking

FILTER_VALUES = 10
"""Values of one filter (Secrets Manager API Reference, Filter)."""


def secrets(ask: Asking, words: Sequence[str]) -> tuple[Described, ...]:
    """Secrets whose name, description or tags have one of the words; those that wait for their deletion, too.

    They keep their names until they are gone. Never a value.
    """
    found: dict[str, Described] = {}
    for begin in range(0, len(words), FILTER_VALUES):
        filters = [{"Key": "all", "Values": list(words[begin : begin + FILTER_VALUES])}]
        for each in ask.all(calls.SECRETS, IncludePlannedDeletion=True, Filters=filters):
            if concerns(each, words):
                found[str(each["ARN"])] = each
    return tuple(found[arn] for arn in sorted(found))


def concerns(secret: Described, words: Sequence[str]) -> bool:
    """Whether one of the words is in what a secret says of itself: Secrets Manager also finds parts of them."""
    return any(word in text.lower() for word in words for text in _texts(secret))


def _texts(secret: Described) -> Iterator[str]:
    yield str(secret.get("Name", ""))
    yield str(secret.get("Description", ""))
    yield from (str(each.get("Value", "")) for each in secret.get("Tags") or ())
