"""How a quantity is written for people, by the unit at the end of its name: `size_bytes`, `open_seconds`, `mean_ms`."""

from __future__ import annotations

_BYTES = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB")


def duration(seconds: float) -> str:
    """`0.2 s`, `45 s`, `3 min 20 s`, `2 h 5 min`, `12 d 3 h`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for size, unit, small, part in ((86_400, "d", 3_600, "h"), (3_600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // small
            return f"{whole // size} {unit}" + (f" {rest} {part}" if rest else "")
    return f"{whole} s"


def size(count: float) -> str:
    """`512 bytes`, `1.5 GiB`."""
    step = 0
    while abs(count) >= 1024 and step < len(_BYTES) - 1:
        count, step = count / 1024, step + 1
    return f"{count:.0f} {_BYTES[step]}" if step == 0 or count >= 100 else f"{count:.1f} {_BYTES[step]}"


def milliseconds(count: float) -> str:
    """`0 ms`, `<0.001 ms`, `0.052 ms`, `12.3 ms`, `1,234 ms`."""
    if 0 < count < 0.001:
        return "<0.001 ms"
    return f"{count:,.0f} ms" if count >= 100 else f"{count:.3g} ms"


def percent(share: float) -> str:
    """`99.4 %`."""
    return f"{share:.1f} %"


UNITS = {"_bytes": size, "_seconds": duration, "_ms": milliseconds, "_percent": percent}
"""End of a column's name -> how its numbers are written."""


def heading(column: str) -> str:
    """Name of a column without its unit: `size_bytes` is `size`."""
    for end in UNITS:
        column = column.removesuffix(end)
    return column.replace("_", " ")


def written(column: str, value: object) -> str:
    """A value of a column, in its unit where it has one."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        unit = next((UNITS[end] for end in UNITS if column.endswith(end)), None)
        if unit:
            return unit(value)
        return f"{value:,}" if abs(value) >= 100_000 and not column.endswith("id") else f"{value}"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)
