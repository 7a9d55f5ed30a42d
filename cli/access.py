"""`datatier access`: who may do what inside the engines."""

from __future__ import annotations

import typer

from cli.rotate import rotate

app = typer.Typer(no_args_is_help=True, help="Who may do what inside PostgreSQL and Redis.")
app.command()(rotate)
