"""How long: `90`, `90s`, `1500ms`, `2m`, `1h`."""

from __future__ import annotations

import re

import typer

_UNITS = {"ms": 0.001, "": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)")


def duration(text: str | float) -> float:
    """Seconds of an option's value, for `typer.Option(parser=duration)`. Raise BadParameter."""
    match = _DURATION.fullmatch(str(text).strip().lower())
    if match is None or match[2] not in _UNITS:
        raise typer.BadParameter(f"{text!r} is not a duration: write 30s, 1500ms, 2m or 1h.")
    return float(match[1]) * _UNITS[match[2]]
