"""One measured value on its way into a family, and how redis_exporter writes the numbers that stand in labels."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Literal, NamedTuple

Labels = tuple[tuple[str, str], ...]


class Point(NamedTuple):
    """One value."""

    metric: str
    """Name of its family, without `redis_`."""
    type: Literal["counter", "gauge", "histogram", "summary"]
    value: float
    labels: Labels = ()
    suffix: str = ""
    """`_bucket`, `_sum` and `_count` of histograms and summaries."""


@lru_cache(maxsize=1024)
def label_number(value: float) -> str:
    """Return a number as Go prints it (strconv, 'g' of the shortest form), which is how existing series have it.

    A Prometheus before version 3 takes `le="1048576"` and `le="1.048576e+06"` for two series.
    """
    sign, digits, _ = (number := Decimal(repr(value)).normalize()).as_tuple()
    exponent = number.adjusted()
    if -5 < exponent < 6:
        return f"{number:f}"
    text = "".join(map(str, digits))
    return f"{'-' * sign}{text[0]}{'.' * (len(text) > 1)}{text[1:]}e{exponent:+03d}"
