"""`datatier metrics`: what the servers tell of themselves, as Prometheus reads it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from cli.doors import by_url
from cli.options import DatabaseUrlOption, ManifestOption, RedisUrlOption, StackArgument
from cli.target import find_manifest

app = typer.Typer(
    help="What the servers tell of themselves, under the names of postgres_exporter and redis_exporter.",
    no_args_is_help=True,
)
SECONDS = 5.0
"""How long a scrape may take whose timeout is not known."""
CollectorOption = Annotated[
    list[str] | None,
    typer.Option("--collector", help="A collector that is off by default; repeat it for more."),
]


@app.command("print")
def print_(
    stack: StackArgument = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    redis_url: RedisUrlOption = None,
    collector: CollectorOption = None,
) -> None:
    """Print all metrics once.

    [bold]Examples:[/] datatier metrics print prod    datatier metrics print --database-url URL
    """
    from observe.metrics.exporter import Exporter
    from observe.metrics.redis.source import redis_sources
    from observe.metrics.sources import sources

    urls = by_url(database_url, stack, manifest), by_url(redis_url, stack, manifest, "--redis-url")
    if any(urls):
        database, redis = urls
        servers = (*(sources(database, collector or ()) if database else ()), *(redis_sources(redis) if redis else ()))
        exporter = Exporter(servers, None)
    else:
        target = find_manifest(stack, manifest)
        exporter = Exporter(sources(target, collector or ()), target.prefix)
    sys.stdout.write(exporter.text(SECONDS))
    exporter.close(1.0)
