"""The documented structure of a CloudWatch dashboard's body, as far as it is used, as a check.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

import re
from typing import Any

WIDGETS, METRICS = 500, 2500

# The fields of CloudWatch-Dashboard-Body-Structure, as far as they are used, and their types.
FIELDS: dict[str, dict[str, type | tuple[type, ...]]] = {
    "text": {"markdown": str},
    "alarm": {"title": str, "alarms": list, "sortBy": str},
    "metric": {"title": str, "region": str, "view": str, "stacked": bool, "metrics": list, "annotations": dict},
}
RENDERING: dict[str, type | tuple[type, ...]] = {
    "id": str, "label": str, "stat": str, "period": int, "visible": bool, "expression": str,
}  # fmt: skip
ANNOTATION: dict[str, type | tuple[type, ...]] = {"label": str, "value": (int, float), "color": str, "fill": str}


def problems(made: dict[str, Any]) -> list[str]:
    """What the documented structure says against a body."""
    found = [] if len(made["widgets"]) <= WIDGETS else ["too many widgets"]
    found += [] if re.fullmatch(r"-PT\d+[MH]|-P\d+[DWM]", made["start"]) else ["start"]
    taken: set[tuple[int, int]] = set()
    total = 0
    for widget in made["widgets"]:
        kind, properties = widget["type"], widget["properties"]
        x, y, width, height = (widget[key] for key in ("x", "y", "width", "height"))
        if not (0 <= x <= 23 and y >= 0 and 1 <= width <= 24 - x and 1 <= height <= 1000):
            found.append(f"place of {properties}")
        cells = {(x + across, y + down) for across in range(width) for down in range(height)}
        found += ["two widgets in one place"] if cells & taken else []
        taken |= cells
        found += unlike(properties, FIELDS[kind])
        if kind == "alarm":
            found += [] if 1 <= len(properties["alarms"]) <= 100 else ["alarms in a widget"]
            found += [] if properties["sortBy"] in ("default", "stateUpdatedTimestamp", "timestamp") else ["sortBy"]
        if kind == "metric":
            total += len(properties["metrics"])
            found += metric_problems(properties)
    return found + ([] if total <= METRICS else ["too many metrics"])


def metric_problems(properties: dict[str, Any]) -> list[str]:
    found = [] if 1 <= len(properties["metrics"]) <= 500 else ["metrics in a graph"]
    ids = []
    for line in properties["metrics"]:
        *names, shown = line
        if "expression" in shown:
            found += [] if not names else ["names beside an expression"]
        else:
            # Namespace, metric, and pairs of dimension and value.
            found += [] if len(names) >= 2 and len(names) % 2 == 0 and all(names) else [f"{names}"]
        found += unlike(shown, RENDERING)
        found += [] if shown.get("period", 60) % 60 == 0 else ["period"]
        found += [] if re.fullmatch(r"[a-z]\w*", shown.get("id", "a")) else ["id"]
        found += (
            [] if re.fullmatch(r"Average|Minimum|Maximum|Sum|SampleCount|p\d+", shown.get("stat", "Sum")) else ["stat"]
        )
        ids += [shown["id"]] if "id" in shown else []
    found += [] if len(set(ids)) == len(ids) else ["an id twice"]
    for line in properties.get("annotations", {}).get("horizontal", []):
        found += unlike(line, ANNOTATION)
        found += [] if line["fill"] in ("above", "below", "none") else ["fill"]
        found += [] if re.fullmatch("#[0-9a-f]{6}", line["color"]) else ["color"]
    return found


def unlike(values: dict[str, Any], fields: dict[str, type | tuple[type, ...]]) -> list[str]:
    unknown = [f"no field {key}" for key in values if key not in fields]
    return unknown + [
        f"{key}: {value!r}" for key, value in values.items() if key in fields and not isinstance(value, fields[key])
    ]
