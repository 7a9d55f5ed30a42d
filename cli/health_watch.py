"""`datatier health --watch`: the same look again and again, until somebody has seen enough."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from time import sleep

from rich.live import Live

from cli.errors import FAILED
from cli.health_view import view
from cli.output import console
from observe.health.report import HealthReport

Show = Callable[[HealthReport], None]


def watch(look: Callable[[], HealthReport], interval: float, *, every: bool, as_json: bool) -> int:
    """Show each look until Ctrl-C: redrawn in place on a terminal, one line each in a pipe. Return the last exit code.

    :param interval: seconds between the end of one look and the beginning of the next.
    :param as_json: whether a line is a JSON document.
    """
    gc.enable()  # which a command that ends at once does without
    out = console()
    live = None if as_json or not out.is_terminal else Live(console=out, auto_refresh=False)
    code = 0
    try:
        with live or nullcontext():
            while True:
                report = look()
                code = 0 if report.ok else FAILED
                if live:
                    live.update(view(report, every=every), refresh=True)
                else:
                    sys.stdout.write(_line(report, as_json=as_json) + "\n")
                    sys.stdout.flush()
                sleep(interval)
    except KeyboardInterrupt:
        return code


def _line(report: HealthReport, *, as_json: bool) -> str:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return json.dumps({"at": now, **report.data()}) if as_json else f"{now} {report.line()}"
