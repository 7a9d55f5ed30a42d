"""Numbers and switches of the server's configuration, in bytes and seconds."""

from __future__ import annotations

import re
from collections.abc import Sequence

from observe.metrics.family import Family, Sample
from observe.metrics.postgres.pipeline import Rows
from observe.metrics.postgres.reading import Reading, text
from observe.observation import PG_MONITOR, Right

_ALL = Right(
    name="pg_read_all_settings",
    grant=PG_MONITOR.grant,
    held="pg_has_role(current_user, 'pg_read_all_settings', 'USAGE')",
    lack='"{login}" lacks {name}: settings that only superusers see are hidden',
)
_MILLISECONDS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
_BYTES = {"B": 1, "kB": 2**10, "MB": 2**20, "GB": 2**30, "TB": 2**40}


def setting(name: str, value: str, unit: str, kind: str) -> Family | None:
    """One setting as a gauge; None for one whose value or unit cannot be read.

    :param unit: as pg_settings has it: `ms`, `kB`, `8kB`, or empty.
    """
    metric, explained = "pg_settings_" + name.replace(".", "_").replace("-", "_"), f"Server Parameter: {name}"
    if kind == "bool":
        return Family(metric, "gauge", explained, (Sample((), float(value == "on")),))
    # Some servers of AWS (Aurora) repeat the unit in the value.
    found = re.fullmatch(r"(-?[\d.]+(?:e[+-]?\d+)?) *(?:[kMGT]?B|ms|s|min|h|d)?", value)
    scale = _scale(unit)
    if found is None or scale is None:
        return None
    suffix, factor, divisor = scale
    number = float(found[1])
    if suffix:
        metric, explained = f"{metric}_{suffix}", f"{explained} [Units converted to {suffix}.]"
    # -1 is `off`, or `as another setting`, whatever the unit is.
    return Family(metric, "gauge", explained, (Sample((), number if number == -1 else number * factor / divisor),))


def _scale(unit: str) -> tuple[str, int, int] | None:
    """What is added to the name, and by what the value is multiplied and divided."""
    if not unit:
        return "", 1, 1
    if unit in _MILLISECONDS:
        return "seconds", _MILLISECONDS[unit], 1000
    found = re.fullmatch(r"(\d*)([kMGT]?B)", unit)
    return ("bytes", int(found[1] or 1) * _BYTES[found[2]], 1) if found else None


def _families(rows: Rows, _: int) -> Sequence[Family]:
    made = (setting(*map(text, row)) for row in rows)
    return [each for each in made if each]


SETTINGS = (
    Reading(
        collector="settings",
        metrics=("pg_settings",),
        statement=lambda _: (
            "SELECT name, setting, unit, vartype FROM pg_settings WHERE vartype IN ('bool', 'integer', 'real')"
        ),
        families=_families,
        needs=_ALL,
    ),
)
