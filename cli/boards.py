"""`datatier metrics files`: dashboards for Grafana, rules and a scrape configuration for Prometheus."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.files import write_whole, writing
from cli.output import console, counted
from cli.project import project_root


def files(
    folder: Annotated[Path, typer.Argument(help="Folder to write to; it is made where it is not there.")],
    stack: Annotated[
        str | None, typer.Option("--stack", "-s", help="Stack whose own limits the alerts take: its lag, its cores.")
    ] = None,
    runbooks: Annotated[
        str, typer.Option("--runbooks", help="What comes before a runbook's path in an alert's link.")
    ] = "",
    target: Annotated[
        str, typer.Option("--target", help="Where Prometheus finds the exporter, HOST:PORT.")
    ] = "127.0.0.1:9187",
) -> None:
    """Write dashboards for Grafana, and alerts, their tests and a scrape configuration for Prometheus.

    [bold]Examples:[/] datatier metrics files build/metrics    datatier metrics files build/metrics --stack prod
    """
    from boards.files import written

    limits, of_stack = _limits(stack) if stack else ({}, {})
    made = written(limits, of_stack, runbooks=runbooks, target=target)
    with writing("folder", folder):
        for name, text in made.items():
            write_whole(folder / name, text)
    console().print(f"{counted(len(made), 'file')} in {folder}; README.md there says what each is for.")


def _limits(stack: str) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    """The alarms' numbers of each PostgreSQL server, by what the exporter calls it, and those of the whole stack.

    Raise what reading a stack's file raises.
    """
    from boards.rules.facts import PERIOD
    from infra.instances import copies, rotation_days
    from infra.load import load_stack
    from knowledge.alarms.facts import stack_alarms

    found = load_stack(project_root(), stack)
    servers = found.instances
    alarms = {
        f"{servers.prefix}/{each.name}": {alarm.key: alarm.threshold for alarm in each.alarms}
        for each in servers.databases
    }
    whole = stack_alarms(
        servers.prefix,
        seconds=PERIOD,
        rotation_days=rotation_days(found.settings),
        copies=copies(found.settings),
    )
    return alarms, {alarm.key: alarm.threshold for alarm in whole}
