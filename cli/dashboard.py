"""`datatier dashboard`: the panels of the dashboards as one live page on this computer."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.errors import InputError
from cli.health import looker_at
from cli.listening import address, is_loopback, serve_until_stopped, unbound
from cli.metrics import END, CollectorOption, exporter_of, tier_of
from cli.options import DatabaseUrlOption, ManifestOption, RedisUrlOption, StackArgument

STATEMENTS = "stat_statements"
"""The collector that the panels on statements read; off by default elsewhere."""


def dashboard(
    stack: StackArgument = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    redis_url: RedisUrlOption = None,
    collector: CollectorOption = None,
    listen: Annotated[str, typer.Option("--listen", help="Where to listen, HOST:PORT of this computer.")] = (
        "127.0.0.1:9188"
    ),
) -> None:
    """Serve the dashboards as one live page, for a browser on this computer, until it is stopped.

    [bold]Examples:[/] datatier dashboard    datatier dashboard prod --listen 127.0.0.1:8080
    """
    from boards.page.live import Live
    from boards.page.server import NoChartsError, PageServer, Site
    from boards.panels.catalogue import BOARDS
    from boards.rules.catalogue import rules

    host, port = address(listen)
    if not is_loopback(host):
        raise InputError(f"--listen {listen}: the page is for this computer alone: 127.0.0.1:{port}.")
    exporter, watched = exporter_of(stack, manifest, database_url, redis_url, [STATEMENTS, *(collector or ())])
    looker = looker_at(watched.postgres, watched.redis, tier_of(watched, stack, manifest))
    live = Live(watched.prefix or "", exporter, BOARDS, rules({}), lambda: looker.look().data())
    try:
        server = PageServer(host, port, Site(live.text))
    except NoChartsError as error:
        raise InputError(str(error)) from None
    except OSError as error:
        raise InputError(f"--listen {listen}: {unbound(error)}") from None
    live.start()
    serve_until_stopped(server, f"http://{server.place}/ shows it; Ctrl-C ends it.")
    live.stop()
    exporter.close(END)
