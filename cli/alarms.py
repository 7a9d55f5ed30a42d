"""`datatier alarms`: the alarms of a stack."""

from __future__ import annotations

import typer

from cli.alarms_explain import explain

app = typer.Typer(no_args_is_help=True, help="Alarms: what they mean, and that they arrive.")


@app.callback()
def group() -> None:
    """Alarms."""


app.command()(explain)
