"""Progress of an `up`: what becomes real, with its time; a spinner on a terminal, lines in a pipe."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Any

from rich.status import Status

from cli.output import console, escape
from graph import types
from graph.cloud import Cloud, Made
from graph.resource import Resource

# Resources with a server behind them; the rest is too quick to tell one by one.
_TOLD = {
    types.INSTANCE: "PostgreSQL",
    types.CACHE: "cache",
    types.INVOCATION: "bootstrap",
}


class Steps:
    """Says what happens; safe to use from the monitor's threads."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._out = console()
        self._quiet = quiet
        self._status: Status | None = None
        self._lock = threading.Lock()
        self._others = 0

    def __enter__(self) -> Steps:
        if self._out.is_terminal and not self._quiet:
            self._status = self._out.status("reading the program")
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status:
            self._status.stop()
        if self._others and error is None:
            self.say(f"{self._others} other resources in the emulator or recorded")

    def say(self, text: str, seconds: float | None = None) -> None:
        """One line."""
        if not self._quiet:
            took = f" [dim]{seconds:.2f} s[/]" if seconds is not None else ""
            with self._lock:
                self._out.print(f"[green]·[/] {escape(text)}{took}")

    def bootstrap(self, name: str, seconds: float) -> None:
        """A step of the bootstrap is done."""
        self.say(f"bootstrap: {name}", seconds)

    def watch(self, cloud: Cloud) -> Cloud:
        """The substrate, reporting every resource as it becomes real."""
        return _Watched(self, cloud)

    def begin(self, resource: Resource) -> None:
        if self._status and resource.type in _TOLD:
            self._status.update(f"{_TOLD[resource.type]} {resource.name}")

    def end(self, resource: Resource, made: Made, seconds: float) -> None:
        if resource.type in _TOLD:
            name = made.outputs.get("identifier") or ("" if "lambda" in resource.type else made.id)
            self.say(f"{_TOLD[resource.type]} {name}".rstrip() + f": {made.outcome}", seconds)
        else:
            with self._lock:
                self._others += 1


class _Watched:
    """A substrate that tells what it does."""

    def __init__(self, steps: Steps, cloud: Cloud) -> None:
        self._steps = steps
        self._cloud = cloud

    def ensure(self, resource: Resource) -> Made:
        self._steps.begin(resource)
        began = time.perf_counter()
        made = self._cloud.ensure(resource)
        self._steps.end(resource, made, time.perf_counter() - began)
        return made

    def invoke(self, token: str, args: dict[str, Any]) -> dict[str, Any]:
        return self._cloud.invoke(token, args)
