"""The `datatier` program: commands by group, and what becomes of their errors."""

from __future__ import annotations

import gc
import sys

import typer

from cli import access, bootstrap, connect, doctor, env, migrate, pools, preview, schema, tier, up, upgrade
from cli.errors import report

EXIT_CODES = "Exit codes: 0 fine, 1 failed, 2 wrong input, 3 differences found. DATATIER_DEBUG=1 shows tracebacks."
LOCAL, INSIDE, DEPLOY = "On this computer", "Inside the engines", "Before you deploy"

app = typer.Typer(
    name="datatier",
    help="PostgreSQL and Redis on AWS as one Pulumi stack that also comes up whole on this computer.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.command(rich_help_panel=LOCAL)(up.up)
app.command(rich_help_panel=LOCAL)(tier.down)
app.command(rich_help_panel=LOCAL)(tier.status)
app.command(rich_help_panel=LOCAL)(tier.reset)
app.command(rich_help_panel=LOCAL)(tier.logs)
app.command(rich_help_panel=LOCAL)(doctor.doctor)
app.command(rich_help_panel=INSIDE)(connect.psql)
app.command("redis-cli", rich_help_panel=INSIDE)(connect.redis_cli)
app.command(rich_help_panel=INSIDE)(env.env)
app.command(rich_help_panel=INSIDE)(pools.pools)
app.command(rich_help_panel=INSIDE)(bootstrap.bootstrap)
app.add_typer(access.app, name="access", rich_help_panel=INSIDE)
app.add_typer(migrate.app, name="migrate", rich_help_panel=INSIDE)
app.add_typer(schema.app, name="schema", rich_help_panel=INSIDE)
app.command(rich_help_panel=DEPLOY)(preview.preview)
app.add_typer(upgrade.app, name="upgrade", rich_help_panel=DEPLOY)


def main() -> None:
    """Run a command; every failure ends in one sentence and an exit code."""
    # A command lives for seconds and makes no cycles to speak of; collecting them costs a quarter of the program's run.
    gc.disable()
    try:
        app()
    except SystemExit:
        raise
    except BaseException as error:
        sys.exit(report(error))
    finally:
        gc.freeze()  # nor at the end, where the interpreter would go through everything once more


if __name__ == "__main__":
    main()
