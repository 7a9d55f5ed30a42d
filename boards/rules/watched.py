"""What one alert looks at, with an example that rings it and one that does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from boards.expression import NODE, Compare, Expression

EXAMPLE = "shop-prod/standby"
"""The server of the examples."""
Series = Mapping[str, str]
"""Series without its server's label -> values as promtool writes them: `91x600`, `0+3x600`."""


@dataclass(frozen=True, kw_only=True)
class Watched:
    """An alarm's fact as the exporter has it."""

    value: Expression
    """What is compared."""
    sign: Literal[">", "<", ">=", "==", "!="] = ">"
    """How."""
    limit: float | None = 0
    """With what; None: only a stack's own number will do."""
    varies: bool = False
    """Whether a stack has a number of its own for each server, which then takes the place of `limit`."""
    rings: Series
    """Example of a fault."""
    rests: Series
    """The nearest that is none."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Labels of the alert in the example besides its server's."""

    def condition(self, limit: float) -> Compare:
        """When it is a fault."""
        return Compare(self.value, self.sign, limit)


def on_example(series: str) -> str:
    """`x{a="b"}` -> `x{instance="shop-prod/standby", a="b"}`."""
    name, brace, rest = series.partition("{")
    return f'{name}{{{NODE}="{EXAMPLE}"' + (f", {rest}" if brace else "}")
