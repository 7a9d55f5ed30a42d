"""Fields of INFO and the metrics that redis_exporter makes of them (`fields.csv`).

Read from its table of v1.88.0 (oliver006/redis_exporter, exporter/exporter.go), without what only KeyDB, Tile38 and
modules have: INFO ALL leaves modules out.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

Type = Literal["counter", "gauge"]


@dataclass(frozen=True, slots=True)
class Field:
    """What becomes of one field of INFO."""

    metric: str
    """Without `redis_`."""
    type: Type


def _read() -> dict[str, Field]:
    text = files(__package__).joinpath("fields.csv").read_text("utf-8")
    return {row["field"]: Field(row["metric"], _TYPES[row["type"]]) for row in csv.DictReader(text.splitlines())}


_TYPES: dict[str, Type] = {"counter": "counter", "gauge": "gauge"}
FIELDS = _read()
"""Name in INFO -> metric."""
