"""CloudWatch Logs: the log groups of the servers, and of names that the stack would take."""

from __future__ import annotations

from collections.abc import Iterable

from adopt.estate import Described
from adopt.reading import calls
from adopt.reading.ask import Asking


def log_groups(ask: Asking, prefixes: Iterable[str], region: str) -> tuple[Described, ...]:
    """Log groups whose names begin with one of the prefixes.

    By prefix: a search by pattern answers without retention and key (CloudWatch Logs API Reference, DescribeLogGroups).
    """
    wanted = sorted(set(prefixes))
    shortest = [each for each in wanted if not any(each != other and each.startswith(other) for other in wanted)]
    lists = ask.each(lambda each: ask.all(calls.LOG_GROUPS, region, logGroupNamePrefix=each), shortest)
    return tuple(group for listed in lists for group in listed)
