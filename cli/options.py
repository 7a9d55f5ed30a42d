"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
PathOption = Annotated[
    Path | None, typer.Option("--path", help="Folder with the migration files; the application's own when absent.")
]
StackArgument = Annotated[str | None, typer.Argument(help="Stack; the one brought up last when absent.")]
NamedStack = Annotated[str, typer.Argument(help="Stack: dev, staging, prod, local, or one of your own.")]
StackOption = Annotated[
    str | None, typer.Option("--stack", "-s", help="Stack that is meant; the one brought up last when absent.")
]
ManifestOption = Annotated[
    str | None,
    typer.Option(
        "--manifest", "-m", help="Manifest of a deployed stack: a file, - for standard input, a secret's ARN."
    ),
]
DatabaseUrlOption = Annotated[
    str | None,
    typer.Option(
        "--database-url",
        envvar="DATABASE_URL",
        help="PostgreSQL server in place of a tier; the password is better in PGPASSWORD than here.",
    ),
]
RedisUrlOption = Annotated[
    str | None,
    typer.Option(
        "--redis-url", envvar="REDIS_URL", help="Redis server in place of a tier; rather by the environment than here."
    ),
]
InstancesOption = Annotated[
    int,
    typer.Option(
        "--instances", "-n", min=1, help="Instances of the application at once, the overlap of a deployment included."
    ),
]
