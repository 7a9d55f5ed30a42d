"""`datatier schema`: the committed definition beside the schema of a server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bootstrap.secrets import open_postgres
from cli.doors import by_url, open_database
from cli.errors import DIFFERENT, InputError
from cli.files import write_whole, writing
from cli.options import DatabaseUrlOption, JsonFlag, ManifestOption, StackOption
from cli.output import console, emit_json, escape
from cli.project import definition
from infra.settings.problems import nearest

app = typer.Typer(no_args_is_help=True, help="Hold the schema of a server against its committed definition.")

if TYPE_CHECKING:  # brings psycopg, which other commands do without
    import psycopg

    from bootstrap.access.upkeep import TableUpkeep
    from bootstrap.manifest import Manifest
    from bootstrap.schema import SchemaDifference, ServerSchema

FileOption = Annotated[Path | None, typer.Option("--file", help="The definition; the application's own when absent.")]
_COLOURS = {"ERROR": "red", "WARN": "yellow", "INFO": "cyan", "DEBUG": "dim"}


@contextmanager
def _server(
    stack: str | None, manifest: str | None, url: str | None, replica: str | None = None
) -> Iterator[psycopg.Connection[Any]]:
    """As whoever the URL says, or as the stack's migrator: it acts as the owner and so sees every row."""
    by_itself = by_url(url, stack, manifest)
    if by_itself is not None:
        if replica is not None:
            raise InputError("--replica is for a stack; the URL names its server itself.")
        with open_database(by_itself, "") as connection:
            yield connection
        return
    # Only a stack has declarations, whose types take long to import.
    from bootstrap.access import load_access
    from cli.target import find_manifest
    from clients.credentials import credential

    target = find_manifest(stack, manifest)
    identity = load_access(target.access).with_privilege("migrator")
    found = credential(target, identity[0] if identity else "master")
    if found.username is None:
        raise InputError(f"`{(*identity, 'master')[0]}` has no PostgreSQL login.")
    endpoint = _endpoint(target, replica)
    with open_postgres(target.postgres, endpoint, found.username, found.password) as connection:
        yield connection


def _upkeep(stack: str | None, manifest: str | None, url: str | None) -> tuple[TableUpkeep, ...]:
    """What the stack declares; nothing for a URL."""
    if by_url(url, stack, manifest) is not None:
        return ()
    from bootstrap.access import load_access
    from cli.target import find_manifest

    return load_access(find_manifest(stack, manifest).access).upkeep


def _endpoint(target: Manifest, replica: str | None) -> Any:
    if replica is None:
        return target.postgres.primary
    known = {each.name: each for each in target.postgres.replicas}
    if replica not in known:
        raise InputError(f"no replica `{replica}`: {', '.join(known) or 'there is none'}.{nearest(replica, known)}")
    return known[replica]


@app.command()
def check(
    stack: StackOption = None,
    replica: Annotated[str | None, typer.Option("--replica", help="Look at this replica.")] = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    file: FileOption = None,
    rows: Annotated[bool, typer.Option("--rows", help="Count the rows of every table, one by one.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Tell each step (DEBUG).")] = False,
    json: JsonFlag = False,
) -> None:
    """Compare a server with the definition; each difference with the statement that mends it. Exit 3 on ERROR or WARN.

    ERROR: missing or different. WARN: there, but not in the definition. INFO: the server cannot have it.

    [bold]Examples:[/] datatier schema check    datatier schema check --replica standby --rows
    """
    from bootstrap import schema

    def say(severity: str, text: str) -> None:
        if severity != "DEBUG" or verbose:
            console(stderr=severity == "DEBUG").print(f"[{_COLOURS[severity]}]{severity:5}[/] {escape(text)}")

    began = perf_counter()
    file = file or definition()
    expected = schema.load(file)
    say("DEBUG", f"{file}: {len(expected.get('tables', {}))} tables, migration {expected.get('version')}")
    with _server(stack, manifest, database_url, replica) as connection:
        say("DEBUG", f"logged in after {perf_counter() - began:.3f} s")
        live, found = schema.check(connection, schema.with_periods(expected, _upkeep(stack, manifest, database_url)))
        say("DEBUG", f"PostgreSQL {live.server // 10000} read and compared after {perf_counter() - began:.3f} s")
        counted = schema.count(connection).rows if rows else {}
    summary = _summary(live, found, perf_counter() - began) | ({"rows": counted} if counted else {})
    if json:
        emit_json({"ok": summary["ok"], "differences": list(map(_as_json, found)), "summary": summary})
    else:
        for each in found:
            say(each.severity, f"{each.kind} {each.object}: {each.what}")
            for name, text in (("expected", each.expected), ("found", each.found), ("mend", each.sql)):
                if text and each.severity != "INFO" and (name == "mend" or "\n" not in text):
                    console().print(f"      [dim]{name}:[/] {escape(text)}")
            for note in each.notes:
                console().print(f"      [dim]note:[/] {escape(note)}")
        for kind, number in live.left_out.items():
            say("INFO", f"not covered: {number} {kind}")
        if live.unread:
            say("INFO", live.unread)
        for name, count in counted.items():
            say("INFO", f"{name}: {count} rows")
        kinds = ", ".join(f"{summary[kind]} {kind}" for kind in _KINDS)
        say("INFO", f"{kinds}; {summary['errors']} errors, {summary['warnings']} warnings")
    if not summary["ok"]:
        raise typer.Exit(DIFFERENT)


_KINDS = ("tables", "columns", "constraints", "indexes", "triggers", "policies", "functions", "views")


def _as_json(each: SchemaDifference) -> dict[str, Any]:
    told = {name: value for name, value in asdict(each).items() if name not in ("statements", "notes")}
    return {**told, "sql": each.sql or None, "notes": list(each.notes)}


def _summary(live: ServerSchema, found: tuple[SchemaDifference, ...], seconds: float) -> dict[str, Any]:
    tables = live.schema.get("tables", {})
    count: Counter[str] = Counter(each.severity for each in found)
    parts = {
        "columns": sum(len(table.get("columns", ())) for table in tables.values()),
        "constraints": sum(len(table.get("constraints", ())) for table in tables.values()),
        "indexes": sum(len(table.get("indexes", ())) for table in tables.values()),
        "triggers": sum(len(table.get("triggers", ())) for table in tables.values()),
        "policies": sum(len(table.get("policies", ())) for table in tables.values()),
    }
    return {
        "ok": not count["ERROR"] and not count["WARN"],
        "server": live.server,
        "migration": live.schema.get("version"),
        "tables": sum("partition_of" not in table for table in tables.values()),
        **parts,
        "functions": len(live.schema.get("functions", {})),
        "views": len(live.schema.get("views", {})),
        "errors": count["ERROR"],
        "warnings": count["WARN"],
        "notes": count["INFO"],
        "not_covered": live.left_out,
        "seconds": round(seconds, 4),
    }


@app.command()
def sql(file: FileOption = None, json: JsonFlag = False) -> None:
    """Print the statements that make an empty database as defined.

    [bold]Example:[/] datatier schema sql | psql
    """
    from bootstrap import schema

    made = schema.generate(schema.load(file or definition()))
    if json:
        emit_json(list(made))
    else:
        typer.echo("".join(f"{statement};\n" for statement in made), nl=False)


@app.command()
def docs(file: FileOption = None, json: JsonFlag = False) -> None:
    """Print the definition as Markdown: an ER diagram and a section for each table.

    [bold]Example:[/] datatier schema docs > docs/schema.md
    """
    from bootstrap import schema

    page = schema.document(schema.load(file or definition()))
    emit_json({"markdown": page}) if json else typer.echo(page, nl=False)


@app.command()
def dump(
    stack: StackOption = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    file: FileOption = None,
    json: JsonFlag = False,
) -> None:
    """Write the definition from a migrated server; to be read before it is committed. --json prints it instead.

    [bold]Examples:[/] datatier schema dump    datatier schema dump --json
    """
    from bootstrap import schema

    with _server(stack, manifest, database_url) as connection:
        live = schema.read(connection)
    if live.unread:
        raise InputError(live.unread)
    found = schema.definition_of(live, _upkeep(stack, manifest, database_url))
    for kind, number in live.left_out.items():
        console(stderr=json).print(f"not covered: {number} {kind}")
    if json:
        emit_json(found)
        return
    file = file or definition()
    with writing("--file", file):
        write_whole(file, schema.dump(found))
    tables = sum("partition_of" not in table for table in found.get("tables", {}).values())
    of = f"migration {found['version']}" if "version" in found else "no migration of datatier's"
    console().print(f"{file}: {tables} tables, {of}; owners and grants are access.yaml's")
