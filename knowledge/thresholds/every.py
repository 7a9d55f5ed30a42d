"""All thresholds there are, from the files of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from knowledge import thresholds as room
from knowledge.thresholds.threshold import Threshold


def thresholds() -> tuple[Threshold, ...]:
    """Every threshold there is, each once, in the order of its file."""
    return tuple({(engine(each), each.id): each for each in _found()}.values())


def _found() -> Iterator[Threshold]:
    for module in iter_modules(room.__path__):
        for each in vars(import_module(f"{room.__name__}.{module.name}")).values():
            if isinstance(each, Threshold):
                yield each


def engine(threshold: Threshold) -> str:
    """Whose it is, as its runbook says."""
    return "redis" if threshold.runbook.startswith("docs/runbooks/redis-") else "postgres"
