"""The `datatier` program: commands by group, and what becomes of their errors."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterable
from copy import copy
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what takes long is imported where an interrupt is met with a sentence
    import typer

EXIT_CODES = "Exit codes: 0 fine, 1 failed, 2 wrong input, 3 differences found. DATATIER_DEBUG=1 shows tracebacks."
LOCAL, INSIDE, DEPLOY = "On this computer", "Inside the engines", "Before you deploy"
WATCH = "On call"
KEEP = "Backups and drills"
CARE = "Maintenance, capacity, upgrades"

COMMANDS: dict[str, tuple[str, str, str]] = {
    "init": ("cli.init", "init", LOCAL),
    "up": ("cli.up", "up", LOCAL),
    "down": ("cli.tier", "down", LOCAL),
    "status": ("cli.tier", "status", LOCAL),
    "reset": ("cli.tier", "reset", LOCAL),
    "logs": ("cli.tier", "logs", LOCAL),
    "doctor": ("cli.doctor", "doctor", LOCAL),
    "psql": ("cli.connect", "psql", INSIDE),
    "redis-cli": ("cli.connect", "redis_cli", INSIDE),
    "env": ("cli.env", "env", INSIDE),
    "pools": ("cli.pools", "pools", INSIDE),
    "bootstrap": ("cli.bootstrap", "bootstrap", INSIDE),
    "access": ("cli.access", "app", INSIDE),
    "migrate": ("cli.migrate", "app", INSIDE),
    "schema": ("cli.schema", "app", INSIDE),
    "health": ("cli.health", "health", WATCH),
    "metrics": ("cli.metrics", "app", WATCH),
    "queries": ("cli.queries", "app", WATCH),
    "keys": ("cli.keys", "keys", WATCH),
    "dashboard": ("cli.dashboard", "dashboard", WATCH),
    "backup": ("cli.backup", "app", KEEP),
    "snapshot": ("cli.snapshot", "app", KEEP),
    "drill": ("cli.drill", "app", KEEP),
    "changed": ("cli.changed", "changed", DEPLOY),
    "preview": ("cli.preview", "preview", DEPLOY),
    "adopt": ("cli.adopt", "adopt", DEPLOY),
    "alarms": ("cli.alarms", "app", DEPLOY),
    "drift": ("cli.drift", "drift", INSIDE),
    "report": ("cli.report", "app", DEPLOY),
    "maintain": ("cli.maintain", "app", CARE),
    "capacity": ("cli.capacity", "capacity", CARE),
    "cost": ("cli.cost", "app", CARE),
    "upgrade": ("cli.upgrade", "app", CARE),
}
"""Name -> module, the function or group in it, and under which heading it stands in the help."""


def application(words: Iterable[str] = COMMANDS, of_group: str = "") -> typer.Typer:
    """The program with those commands; their modules are imported here, which is most of what a start takes.

    `of_group` is the one command of a group that is wanted, where there is one of that name; else all are there.
    """
    import typer

    from cli.stack_names import both_ways
    from cli.suggestions import GROUPS, CarefulGroup

    app = typer.Typer(
        name="datatier",
        cls=CarefulGroup,
        help="PostgreSQL and Redis on AWS as one Pulumi stack that also comes up whole on this computer.",
        epilog=EXIT_CODES,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )
    # Without it typer would make a lone command the whole program.
    app.callback()(lambda: None)
    for word in words:
        module, attribute, panel = COMMANDS[word]
        found = getattr(import_module(module), attribute)
        if isinstance(found, typer.Typer):
            chosen = _only(found, of_group)
            for each in chosen.registered_commands:
                each.callback = both_ways(each.callback) if each.callback else None
            app.add_typer(chosen, name=word, cls=GROUPS.get(word, CarefulGroup), rich_help_panel=panel)
        else:
            app.command(word, rich_help_panel=panel)(both_ways(found))
    return app


def _only(group: typer.Typer, name: str) -> typer.Typer:
    """The group with that one command, where it has it: typer reads the signature of each that it is given."""
    wanted = [each for each in group.registered_commands if name in (each.name, getattr(each.callback, "__name__", ""))]
    chosen = copy(group)
    chosen.registered_commands = wanted or group.registered_commands
    return chosen


def asked() -> tuple[Iterable[str], str]:
    """The command on the command line, alone, and the word after it; all for help, completion and no command."""
    words = [*(word for word in sys.argv[1:] if not word.startswith("-")), "", ""]
    if words[0] in COMMANDS and "_DATATIER_COMPLETE" not in os.environ:
        return [words[0]], words[1]
    return COMMANDS, ""


def _open_what_is_closed() -> None:
    """Give a place to what a caller has closed (`>&-`), so that no file or socket takes its number."""
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 as long as the process lives
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115


def _widen_help() -> None:
    """Have help that goes into a pipe keep its words: typer cuts them to 80 columns, or to COLUMNS."""
    if not sys.stdout.isatty():
        os.environ.setdefault("TERMINAL_WIDTH", "120")  # typer's own name for it (typer.rich_utils)


def _without_metrics() -> None:
    """Keep redis from importing the SDK of OpenTelemetry's metrics, which it does where Pulumi has brought that along.

    It needs it only once metrics are switched on (OTEL_AVAILABLE in `redis/observability/providers.py`).
    A module that is None is one that cannot be found (Python, "The module cache").
    """
    sys.modules["opentelemetry.sdk.metrics"] = None  # type: ignore[assignment]


def _run() -> None:
    from cli.errors import report

    try:
        application(*asked())()
    except SystemExit:
        raise
    except BaseException as error:
        sys.exit(report(error))


def main() -> None:
    """Run a command; every failure ends in one sentence and an exit code."""
    # A command lives for seconds and makes no cycles to speak of; collecting them costs a quarter of the program's run.
    gc.disable()
    _open_what_is_closed()
    _widen_help()
    _without_metrics()
    try:
        _run()
    except KeyboardInterrupt:
        sys.exit(130)  # before there was anything to tell of
    finally:
        gc.freeze()  # nor at the end, where the interpreter would go through everything once more


if __name__ == "__main__":
    main()
