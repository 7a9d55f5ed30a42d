"""What is said to a word that is no command: a near one, but never one that takes data away."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

from cli.errors import InputError

DESTRUCTIVE = frozenset({"reset", "down", "down-to", "goto", "force"})
"""Commands that empty, stop or go back; whoever means one of them writes it in full."""
RECOVERY = frozenset({"restore", "recover", "recovery", "rollback", "revert", "undo", "undelete", "backup", "rescue"})
"""What somebody types who has lost data."""


class CarefulGroup(TyperGroup):
    """A group of commands whose suggestions are harmless."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if not args or args[0] in self.commands:
            return super().resolve_command(ctx, args)
        if args[0].lower() in RECOVERY:
            raise InputError(
                f"there is no command `{args[0]}`, and nothing was done. On AWS, docs/runbooks/postgres-corruption.md "
                "is the way back to a point in time; a tier on this computer keeps no backup beside its folder .local."
            )
        every = self.commands
        try:
            self.commands = {name: command for name, command in every.items() if name not in DESTRUCTIVE}
            return super().resolve_command(ctx, args)
        finally:
            self.commands = every
