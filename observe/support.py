"""How long the version of a server still has support."""

from __future__ import annotations

from datetime import date

from knowledge.support import NAMES, Product, support_until
from knowledge.thresholds.nodes import SUPPORT
from knowledge.thresholds.threshold import Status
from observe.observation import Finding, judged


def supported(product: Product, version: str, today: date) -> Finding:
    """How long a version has still support; `SKIPPED` where no date is known."""
    until = support_until(product, version)
    what = f"{NAMES[product]} {version}"
    if until is None:
        said = f"{what}: no end of its support is known here"
        return Finding(check=SUPPORT.id, status=Status.SKIPPED, message=said, threshold=SUPPORT)
    days = (until - today).days
    when = f"is supported until {until}, {days} days more" if days >= 0 else f"has had no support since {until}"
    return judged(SUPPORT, days, f"{what} {when}", mend="datatier upgrade plan")
