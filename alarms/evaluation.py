"""How an alarm counts: statistic, periods, metric math."""

from __future__ import annotations

import re
from collections.abc import Iterator

from alarms.finding import BrokenStep, error
from alarms.metrics import catalogue
from alarms.watched import STATISTICS, Watched
from graph.resource import Resource

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html: ExtendedStatistic, Period,
# EvaluationPeriods; high resolution is for custom metrics, what AWS publishes has a minute at best.
_EXTENDED = re.compile(r"(p|tm|wm|tc|ts)(\d{1,2}(\.\d+)?|100)|IQM|(PR|TM|WM|TC|TS)\(.+\)")
_FAST = (10, 20, 30)
_DAY, _WEEK, _HOUR = 86_400, 604_800, 3_600


def statistic(alarm: Resource, watched: Watched) -> Iterator[BrokenStep]:
    """Whether there is exactly one, and one that CloudWatch has."""
    plain, extended = watched.statistic, watched.extended
    if bool(plain) == bool(extended):
        what = "it has a statistic and an extended one" if plain else "it has no statistic"
    elif plain and plain not in STATISTICS:
        what = f"there is no statistic {plain}"
    elif extended and not _EXTENDED.fullmatch(extended):
        what = f"there is no extended statistic {extended}"
    else:
        return
    yield error("statistic", alarm.name, what, f"one of {', '.join(STATISTICS)}, or a percentile", alarm.physical)


def periods(alarm: Resource, watched: Watched) -> Iterator[BrokenStep]:
    """Whether each period can hold data, and enough of them can breach."""
    period, name = watched.period, alarm.physical
    count = int(alarm.inputs.get("evaluationPeriods") or 0)
    ours = not watched.namespace.startswith("AWS/")
    forms = catalogue().get((watched.namespace, watched.metric)) or ()
    slowest = max((form.seconds for form in forms), default=60)
    if period <= 0 or (period % 60 and not (ours and period in _FAST)):
        yield error("period", alarm.name, f"a period of {period} s", "a multiple of 60 seconds", name)
    elif not ours and period < slowest:
        yield error(
            "period", alarm.name, f"a period of {period} s, and {watched.metric} comes every {slowest} s",
            f"a period of {slowest} s at least", name,
        )  # fmt: skip
    elif period * count > (_WEEK if period >= _HOUR else _DAY):
        yield error(
            "period", alarm.name, f"{count} periods of {period} s are more than CloudWatch looks back",
            "a day at most, or a week with periods of an hour and more", name,
        )  # fmt: skip
    datapoints = alarm.inputs.get("datapointsToAlarm")
    if datapoints is not None and not 1 <= int(datapoints) <= count:
        yield error(
            "period", alarm.name, f"{int(datapoints)} of {count} periods can never breach",
            "datapointsToAlarm between 1 and evaluationPeriods", name,
        )  # fmt: skip


_WORDS = re.compile(r"\b[a-z][a-zA-Z0-9_]*\b(?!\s*\()")


def expressions(alarm: Resource) -> Iterator[BrokenStep]:
    """Metric math: exactly one result, of queries that there are."""
    queries = alarm.inputs.get("metricQueries") or []
    if not queries:
        return
    known = {str(query.get("id")) for query in queries}
    if (results := sum(1 for query in queries if query.get("returnData"))) != 1:
        yield error(
            "expression", alarm.name, f"{results} of its queries return data", "set returnData on exactly one",
            alarm.physical,
        )  # fmt: skip
    for query in queries:
        text = re.sub(r"""'[^']*'|"[^"]*\"""", "", str(query.get("expression") or ""))
        for lost in sorted(set(_WORDS.findall(text)) - known):
            yield error(
                "expression", alarm.name, f"`{query['expression']}` names {lost}, which no query has for its id",
                f"one of {', '.join(sorted(known))}", alarm.physical,
            )  # fmt: skip
