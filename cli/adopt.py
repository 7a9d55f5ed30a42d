"""`datatier adopt`: a data tier that runs already becomes a stack."""

from __future__ import annotations

from dataclasses import replace as changed
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bootstrap.errors import AskedError
from cli import adopt_master, adopt_undo, adopt_view
from cli.adopt_files import PROFILE, REGION, Place, differing, further, place, refuse, refuse_account, write
from cli.adopt_inside import Inside, beside, inside
from cli.adopt_program import AdoptedProgram
from cli.adopt_read import estate_of, identifier, named, named_as
from cli.adopt_state import state_of
from cli.adopt_terraform import Asked, asked
from cli.errors import DIFFERENT, FAILED
from cli.init_live import show_notes
from cli.options import JsonFlag, NamedStack
from cli.output import console, emit_json
from cli.project import own_root
from infra.settings.stackfile import PROJECT_FILE

if TYPE_CHECKING:
    from adopt.adoption import Adoption
    from cli.cost_view import Costs

_NAME = "data-tier:name"


def adopt(
    stack: NamedStack,
    instance: Annotated[str | None, typer.Option("--instance", help="DB instance identifier of the primary.")] = None,
    cache: Annotated[
        list[str] | None,
        typer.Option("--cache", metavar="NAME=ID", help="A cache: its name in the stack, its replication group id."),
    ] = None,
    region: Annotated[
        str | None,
        typer.Option("--region", envvar=["AWS_REGION", "AWS_DEFAULT_REGION"], help="Where the primary is."),
    ] = None,
    terraform: Annotated[
        Path | None,
        typer.Option("--terraform", metavar="FILE", help="What `terraform show -json` prints: it names the servers."),
    ] = None,
    database_url: Annotated[
        str | None,
        typer.Option(
            "--database-url",
            metavar="URL",
            help="What is inside PostgreSQL too; rather an environment variable's name.",
        ),
    ] = None,
    redis_url: Annotated[
        list[str] | None,
        typer.Option("--redis-url", metavar="[CACHE=]URL", help="What is inside a cache, `main` without a name."),
    ] = None,
    store_master: Annotated[
        bool, typer.Option("--store-master", help="Only ask for the master's password, and put it into a secret.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Store it without a question.")] = False,
    take_computed: Annotated[
        bool, typer.Option("--take-computed", help="Parameters as datatier computes them, not as they are live.")
    ] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Write the stack's file though it is there.")] = False,
    policy: Annotated[
        bool, typer.Option("--policy", help="Print the least IAM policy that reading takes; read nothing.")
    ] = False,
    undo: Annotated[
        bool, typer.Option("--undo", help="The way back: what was adopted leaves the stack, and stays in AWS.")
    ] = False,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            help="`pulumi stack export`, a file or `-`: a further replica or cache comes to what the stack has; with "
            "--undo it leaves.",
        ),
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Make a stack of a database and caches that run already; reads AWS, and changes nothing there.

    Writes the stack's file, a file for `pulumi import`, and the report of what the first `pulumi up` will do.

    Exit 1 where something cannot be taken over, and nothing is written then; 3 where the file says something else.

    [bold]Examples:[/] datatier adopt prod --instance orders --cache main=orders-cache --region eu-west-1
    """
    if policy:
        _policy()
        return
    from adopt.adoption import adoption
    from infra.load import declared_extensions
    from scaffold.apply import alone

    where = place(own_root(), stack)
    if undo:
        if instance or cache or terraform or database_url or redis_url or store_master or take_computed or replace:
            raise AskedError("--undo is said of a state alone: leave out everything but --against and --json.")
        adopt_undo.undo(where, against, as_json=json)
        return
    if against is not None and (replace or store_master or database_url or redis_url):
        raise AskedError("--against brings servers into a stack that stands: leave --replace and all but them out.")
    wanted = asked(identifier(instance), named(cache or ()), region, terraform)
    refuse(where, wanted.instance, replace=replace)
    state = state_of(stack, against) if against is not None else ()
    if state and not where.declared:
        raise AskedError(f"--against: {where.file.name} declares no tier to which something could come.")
    prefix = named_as(where, wanted.caches)
    if store_master:
        adopt_master.store_master(stack, wanted.instance, _region(where, wanted.region), prefix, yes=yes)
        return
    with alone(where.root, "adopt", where.root / PROJECT_FILE):
        where = place(where.root, stack)  # another call may have written it since
        refuse(where, wanted.instance, replace=replace)
        estate = estate_of(wanted.instance, wanted.caches, _region(where, wanted.region), prefix)
        refuse_account(where, estate.account)
        wanted.refuse_account(estate.account)
        stands = where.declared and not replace
        name = str(where.project.get(_NAME, ""))
        engines = inside(where.root, name, estate, database_url, redis_url or (), replace=replace)
        files = engines.files if engines else {}
        with beside(where.root, files) as root:
            program = AdoptedProgram(changed(where, root=root), stands=stands and not files)
            made = adoption(
                estate,
                stack,
                name,
                program,
                today=datetime.now(UTC).date(),
                computed=take_computed,
                extensions=declared_extensions(root),
                config=where.config if stands else None,
                profile=str(where.config.get(PROFILE) or "") or None if state else None,
                state=state,
                versions={each: version(f"pulumi-{each}") for each in ("aws", "random")},
            )
            month = program.costs(made.before)
        _end(made, where, month, engines, wanted, stands=stands, more=bool(state), json=json)


def _policy() -> None:
    from adopt.permissions import policy

    emit_json(policy())


def _region(where: Place, region: str | None) -> str:
    from knowledge.regions import region_problem

    declared = where.config.get(REGION, where.project.get(REGION))
    found = region or declared
    if found is None:
        raise AskedError(f"which region is it in? Say --region REGION, or `aws:region` in {where.file.name}.")
    if declared not in (None, found):
        raise AskedError(
            f"{where.file.name} is of {declared}, and --region (or AWS_REGION) says {found}: a stack is in one region."
        )
    if problem := region_problem(str(found)):
        raise AskedError(f"--region: {problem}")
    return str(found)


def _end(
    made: Adoption,
    where: Place,
    month: Costs | None,
    engines: Inside | None,
    wanted: Asked,
    *,
    stands: bool,
    more: bool,
    json: bool,
) -> None:
    """Write what may be written, and say it all."""
    from adopt import steps
    from cli.cost_view import as_json

    report = made.report
    document = report.as_json() | ({"cost": as_json(month)} if month else {})
    found = further(made.config, made.proposed) if more else differing(made.config, made.proposed)
    differences = [*found, *(engines.differences if engines else ())]
    commands, written = tuple[tuple[str, str], ...](), tuple[Path, ...]()
    if not report.refused and (made.imports["resources"] or not more):
        files = engines.files if engines else None
        written = write(where, made, document, stands=stands, more=more, application=files)
        commands = (*(steps.further if more else steps.steps)(where.stack), *wanted.after(made))
    if json:
        beside = {
            "differences": differences,
            "files": [path.as_posix() for path in written],
            "next": [command for command, _ in commands],
        }
        if wanted.state:
            beside["terraform_keeps"] = list(wanted.stays(made))
        if engines:
            beside["notes"] = [each.text for each in engines.live.notes]
        emit_json(document | beside)
    else:
        adopt_view.report(console(), report)
        if engines and engines.files:
            show_notes(engines.live)
        adopt_view.end(console(), month, differences, written, commands, more=more)
        if written and wanted.state:
            adopt_view.terraform(console(), wanted.stays(made))
    if report.refused:
        raise typer.Exit(FAILED)
    if differences:
        raise typer.Exit(DIFFERENT)
