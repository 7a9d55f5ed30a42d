"""What is said to a word that is not a command: a near one, but never one that takes data away."""

from __future__ import annotations

from typing import Any

from typer._click.exceptions import NoSuchOption  # typer brings a click of its own and no public name for this
from typer.core import TyperGroup

from cli.errors import InputError

DESTRUCTIVE = frozenset({"reset", "down", "down-to", "goto", "force", "prune"})
"""Commands that empty, stop or go back; whoever means one of them writes it in full."""
RECOVERY = frozenset({"restore", "recover", "recovery", "rollback", "revert", "undo", "undelete", "rescue"})
"""What somebody types who has lost data."""


PASSES_ON = {"psql": "psql", "redis-cli": "redis-cli"}
"""Commands that start a program -> that program, which has options of its own."""


class CarefulGroup(TyperGroup):
    """A group of commands whose suggestions are harmless."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except NoSuchOption as error:
            name = error.ctx.info_name if error.ctx else None
            if name not in PASSES_ON:
                raise
            raise InputError(
                f"`{error.option_name}` is not an option of `datatier {name}`. Options of {PASSES_ON[name]} itself "
                f"follow `--`: `datatier {name} IDENTITY -- {error.option_name} ...`."
            ) from None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if not args or args[0] in self.commands:
            return super().resolve_command(ctx, args)
        if args[0].lower() in RECOVERY:
            raise InputError(
                f"there is no command `{args[0]}`, and nothing was done. `datatier backup list --from PLACE` shows "
                "what can be restored; on AWS, docs/runbooks/postgres-corruption.md is the way back to a point in time."
            )
        every = self.commands
        try:
            self.commands = {name: command for name, command in every.items() if name not in DESTRUCTIVE}
            return super().resolve_command(ctx, args)
        finally:
            self.commands = every


class ShowingGroup(CarefulGroup):
    """A group whose command `show` may be left out: `datatier cost prod` is `datatier cost show prod`."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        return super().resolve_command(ctx, args if not args or args[0] in self.commands else ["show", *args])


GROUPS: dict[str, type[CarefulGroup]] = {"cost": ShowingGroup}
"""Commands that are such a group."""
