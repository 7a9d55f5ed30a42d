"""Whether a server answered at all, the same for both engines."""

from __future__ import annotations

from observe.metrics.family import Family, gauge

UP, RESPONSE = "datatier_up", "datatier_response_seconds"


def reached(seconds: float | None) -> tuple[Family, ...]:
    """The metrics of a server that answered within so many seconds; None for one that did not."""
    up = gauge(UP, "Whether the server answered.", float(seconds is not None))
    if seconds is None:
        return (up,)
    return (up, gauge(RESPONSE, "How long the server took to answer, without the login.", seconds))
