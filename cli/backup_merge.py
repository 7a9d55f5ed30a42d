"""`datatier backup merge`: rows deleted by mistake, found in a copy of the database and brought back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cli.consent import ask
from cli.doors import by_url
from cli.errors import DIFFERENT, FAILED, InputError
from cli.options import DatabaseUrlOption, JsonFlag, ManifestOption, StackOption
from cli.output import console, emit_json, escape, table

if TYPE_CHECKING:
    import psycopg

    from keep.postgres.merge.judge import MergePlan

    Session = psycopg.Connection[Any]

_COPY_URL = "DATATIER_COPY_URL"


def merge(
    tables: Annotated[
        list[str], typer.Option("--table", help="Table that lost rows, TABLE or SCHEMA.TABLE. May be given again.")
    ],
    copy: Annotated[
        str | None, typer.Option("--from-database", help="The copy: a database of the same server.")
    ] = None,
    copy_url: Annotated[
        str | None, typer.Option("--from-url", envvar=_COPY_URL, help="The copy: a database of another server.")
    ] = None,
    where: Annotated[
        str | None, typer.Option("--where", help="Only these rows of the table, as SQL has it after WHERE.")
    ] = None,
    triggers: Annotated[
        Literal["fire", "off"], typer.Option("--triggers", help="Whether the table's own triggers fire for it.")
    ] = "fire",
    stack: StackOption = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would come back; exit 3 if anything.")] = False,
    json: JsonFlag = False,
) -> None:
    """Bring back rows that were deleted by mistake, from a copy: all that went with them or nothing.

    What is there is never overwritten. Rows are found by their primary key, or by all their columns without one.

    [bold]Examples:[/] datatier backup merge --from-database shop_restored_1 --table users --where "id < 9" --dry-run
    """
    from bootstrap.secrets import Secret, open_database_url
    from keep.postgres.merge.find import Wanted
    from keep.postgres.merge.merge import merge as bring_back

    if (copy is None) == (copy_url is None):
        raise InputError("say where the copy is: --from-database NAME on the same server, or --from-url URL.")
    if where is not None and len(tables) > 1:
        raise InputError("--where is about one table: name one with --table.")
    wanted = [Wanted(table=each, where=where) for each in tables]
    with (
        _opened(stack, manifest, database_url) as (database, beside, owner),
        beside(copy) if copy else open_database_url(Secret(copy_url or "")) as other,
    ):
        planned = bring_back(other, database, wanted, role=owner, carry_out=False)
        plan = planned.plan
        wanting = plan.rows or any(each.rows for each in plan.references)
        if not json:
            _shown(plan)
        if dry_run or plan.blocks or not wanting:
            if json:
                emit_json(planned.model_dump(mode="json"))
            if plan.blocks:
                raise typer.Exit(FAILED)
            if wanting:
                raise typer.Exit(DIFFERENT)
            return
        ask(f"{plan.rows} rows come back into {database.info.dbname}.", database.info.dbname, yes=yes)
        done = bring_back(other, database, wanted, role=owner, carry_out=True, triggers=triggers)
    if json:
        emit_json(done.model_dump(mode="json"))
    elif done.done:
        console().print(f"[bold green]merged[/] {done.plan.rows} rows; every reference has its row")
        for each in done.sequences:
            console().print(f"[yellow]·[/] the sequence {escape(each)} was set forward")
    if not done.done:
        raise typer.Exit(FAILED)


@contextmanager
def _opened(
    stack: str | None, manifest: str | None, database_url: str | None
) -> Iterator[tuple[Session, Callable[[str], Session], str | None]]:
    """The database, how another of its server is opened, and the role that owns the tables."""
    from bootstrap.access import load_access
    from bootstrap.postgres import master
    from bootstrap.secrets import AwsStore, open_database_url
    from cli.target import find_manifest

    if (url := by_url(database_url, stack, manifest)) is not None:
        with open_database_url(url) as conn:
            yield conn, lambda name: open_database_url(url, database=name), None
        return
    found = find_manifest(stack, manifest)
    store = AwsStore(found.region, found.aws_endpoint)

    def beside(name: str) -> Session:
        return master.look(found.postgres.model_copy(update={"database": name}), store).conn

    with master.look(found.postgres, store).conn as conn:
        yield conn, beside, load_access(found.access).owner


def _shown(plan: MergePlan) -> None:
    out = console()
    rows = [
        [
            escape(each.table),
            each.rows,
            "" if each.there is None else each.there,
            escape(", ".join(each.by) or "all columns"),
            escape("; ".join((*(f"went with {key}" for key in each.went_with), *each.remarks))),
        ]
        for each in plan.tables
    ]
    out.print(table("", ["table", "come back", "are there", "found by", ""], rows))
    for each in plan.references:
        kept = f"; {each.kept} have another value by now and keep it" if each.kept else ""
        out.print(f"{escape(each.foreign_key)}: {each.rows} references come back{kept}")
    if names := [f"{each.table}.{name}" for each in plan.tables for name in each.triggers if each.rows]:
        out.print(f"[yellow]·[/] triggers that fire unless --triggers off: {escape(', '.join(names))}")
    for sentence in plan.remarks:
        out.print(f"[yellow]·[/] {escape(sentence)}")
    for sentence in plan.blocks:
        out.print(f"[red]in the way[/] {escape(sentence)}")
