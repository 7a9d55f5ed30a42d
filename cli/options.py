"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
StackOption = Annotated[
    str | None, typer.Option("--stack", "-s", help="Stack that is meant; the one brought up last when absent.")
]
