"""`datatier metrics`: what the servers report about themselves, as Prometheus reads it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from cli.boards import files
from cli.current import state_of
from cli.doors import by_url
from cli.errors import InputError
from cli.health import looker_at
from cli.listening import address, is_loopback, serve_until_stopped, unbound
from cli.options import DatabaseUrlOption, ManifestOption, RedisUrlOption, StackArgument
from cli.output import counted, note
from cli.project import migrations
from cli.target import find_manifest

if TYPE_CHECKING:
    from local.state import StateDir
    from observe.metrics.exporter import Exporter
    from observe.metrics.sources import Watched

app = typer.Typer(
    help="What the servers report about themselves, under the names of postgres_exporter and redis_exporter.",
    no_args_is_help=True,
)
app.command("files")(files)
ONCE = 20.0
"""Seconds that one print waits: every verdict is reached for the first time, and a slow server is no hurry."""
END = 0.5
"""Seconds that sessions have to end; what a silent server holds up ends with the process."""
CollectorOption = Annotated[
    list[str] | None, typer.Option("--collector", help="Collector that is off by default; repeat it for more.")
]
TablesOption = Annotated[
    int | None, typer.Option("--tables", min=1, help="Most tables of a database to show, the largest; 500 when absent.")
]
ListenOption = Annotated[str, typer.Option("--listen", help="Where to listen, HOST:PORT.")]


@app.command("print")
def print_(
    stack: StackArgument = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    redis_url: RedisUrlOption = None,
    collector: CollectorOption = None,
    tables: TablesOption = None,
) -> None:
    """Print all metrics once.

    [bold]Examples:[/] datatier metrics print prod    datatier metrics print --database-url URL
    """
    exporter, _ = exporter_of(stack, manifest, database_url, redis_url, collector, tables)
    sys.stdout.write(exporter.text(ONCE))
    exporter.close(END)


@app.command("serve")
def serve(
    stack: StackArgument = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    redis_url: RedisUrlOption = None,
    collector: CollectorOption = None,
    tables: TablesOption = None,
    listen: ListenOption = "127.0.0.1:9187",
) -> None:
    """Serve /metrics of all nodes, /health, and /probe in the form of blackbox_exporter, until it is stopped.

    [bold]Examples:[/] datatier metrics serve    datatier metrics serve prod --listen 0.0.0.0:9187
    """
    from observe.metrics.probe import Prober
    from observe.metrics.server import Server, Service

    host, port = address(listen)
    exporter, watched = exporter_of(stack, manifest, database_url, redis_url, collector, tables)
    looker = looker_at(watched.postgres, watched.redis, tier_of(watched, stack, manifest))
    try:
        server = Server(host, port, Service(exporter, Prober(watched.nodes), looker.look))
    except OSError as error:
        raise InputError(f"--listen {listen}: {unbound(error)}") from None
    if not is_loopback(host):
        note(f"{listen} is open to other computers: they can read the names of databases, tables and users.")
    serve_until_stopped(server, f"http://{server.place}/metrics: {counted(len(exporter.names), 'node')}.")
    exporter.close(END)


def exporter_of(
    stack: str | None,
    manifest: str | None,
    database_url: str | None,
    redis_url: str | None,
    collectors: list[str] | None,
    tables: int | None = None,
) -> tuple[Exporter, Watched]:
    """What is asked, and of which servers. Raise what naming them wrongly raises."""
    from bootstrap.manifest import Manifest
    from bootstrap.secrets import check_urls
    from cli.kept import kept_source
    from observe.metrics.exporter import Exporter
    from observe.metrics.postgres.tables import CAP
    from observe.metrics.sources import Watched, sources

    database, cache = by_url(database_url, stack, manifest), by_url(redis_url, stack, manifest, "--redis-url")
    if database or cache:
        check_urls(database, cache)
        watched = Watched(postgres=database, redis=cache)
    else:
        found = find_manifest(stack, manifest)
        watched = Watched(postgres=found, redis=found)
    asked = sources(watched, collectors or (), tables or CAP, migrations=migrations())
    if isinstance(watched.postgres, Manifest):
        asked = (*asked, kept_source(watched.postgres, tier_of(watched, stack, manifest)))
    return Exporter(asked, watched.prefix), watched


def tier_of(watched: Watched, stack: str | None, manifest: str | None) -> StateDir | None:
    """The state of the tier on this computer that is watched; None where it is a manifest's stack, or URLs'."""
    return state_of(stack) if manifest is None and watched.prefix is not None else None
