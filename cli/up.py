"""`datatier up`: the stack's own program, deployed on this computer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import psutil
import typer

from cli import present
from cli.current import remember
from cli.declaration import KEPT
from cli.errors import DIFFERENT, FAILED, InputError, NothingUpError
from cli.options import JsonFlag, NamedStack
from cli.output import console, counted, emit_json
from cli.packages import lacking
from cli.project import StackSource, load, load_here, project_root
from cli.renamed import consent
from cli.steps import Steps
from infra.fingerprint import declarations, fingerprint
from infra.settings.problems import nearest
from infra.settings.stackfile import stacks
from local.postgres import binaries as postgres
from local.postgres import packages
from local.state import StateDir
from local.valkey import binaries as valkey

if TYPE_CHECKING:
    from local.handlers.base import Runner
    from local.substrate import LocalCloud


_SERVERS = (postgres.VARIABLE, valkey.VARIABLE)
"""Variables that say which servers run, see `datatier doctor`."""
_RUNNERS: dict[str, Runner] = {"direct": "direct", "lambda": "lambda"}


def up(
    stack: NamedStack = "local",
    refresh: Annotated[bool, typer.Option("--refresh", help="Run the whole program even if nothing changed.")] = False,
    new_ports: Annotated[bool, typer.Option("--new-ports", help="Choose new free ports.")] = False,
    new_passwords: Annotated[
        bool, typer.Option("--new-passwords", help="Make new secrets for those lost with the emulator's state.")
    ] = False,
    runner: Annotated[
        str,
        typer.Option("--runner", help="Where the bootstrap runs: `direct` here, `lambda` as the bundle on AWS does."),
    ] = "direct",
    yes: Annotated[
        bool,
        typer.Option("--yes", "-y", help="Do not ask where a database, its master or its server gets another name."),
    ] = False,
    json: JsonFlag = False,
) -> None:
    """Bring a stack up on this computer: servers, AWS emulator, bootstrap, verification.

    Where nothing is to be done and somebody has changed roles, privileges or users by hand, the exit code is 3.

    [bold]Examples:[/] datatier up    datatier up prod    datatier up --runner lambda
    """
    from local.status import healthy, status, well

    if runner not in _RUNNERS:
        raise InputError(f"--runner {runner}: one of {', '.join(_RUNNERS)}.{nearest(runner, _RUNNERS)}")
    root = project_root()
    if stack not in stacks(root):
        load(stack)  # which says that there is none
    state = StateDir(root, stack)
    servers = ", ".join(each.name for each in packages.found())
    mark = f"{fingerprint(root, stack, _SERVERS)} {runner} {servers}"
    # Files that are as they were when an `up` ended well are not read and checked once more.
    source = None if state.kept.get("fingerprint") == mark else load_here(stack)
    with state.lock():
        if new_ports:
            _forget_ports(state)
        unchanged = not refresh and not new_passwords and state.kept.get("fingerprint") == mark and not healthy(state)
        removed: list[str] = []
        renewed: list[str] = []
        if not unchanged:
            source = source or load_here(stack)
            consent(source, state, yes=yes)
            cloud, removed = _deploy(source, state, mark, _RUNNERS[runner], new_passwords=new_passwords, quiet=json)
            renewed = sorted(cloud.context.renewed)
        remember(root, stack)
        data = status(state)
    # As a person waits for it: from the start of the process.
    seconds = time.time() - psutil.Process().create_time()
    report = state.kept.get("report") or {}
    changed = [] if unchanged else list(state.kept.get("changed", []))
    if json:
        did = {"changed": changed, "removed": removed, "renewed": renewed}
        emit_json({**data, "seconds": round(seconds, 3), **did, "report": report})
    else:
        _tell(data, report, changed, removed, seconds)
        if renewed:
            console().print(
                f"[bold red]new passwords[/] in {', '.join(renewed)}: the old ones are refused; restart the "
                "applications with theirs (`datatier env --reveal`)"
            )
    if not well(data):
        raise typer.Exit(FAILED)
    if unchanged and _differing(data):
        raise typer.Exit(DIFFERENT)


def _forget_ports(state: StateDir) -> None:
    from local.ports import forget
    from local.status import healthy

    if state.exists and not healthy(state):
        raise NothingUpError(f"stack `{state.stack}` is up: `datatier down {state.stack}` first, then --new-ports.")
    forget(state)


def _deploy(
    source: StackSource, state: StateDir, mark: str, runner: Runner, *, new_passwords: bool, quiet: bool
) -> tuple[LocalCloud, list[str]]:
    from local.postgres.server import data_major  # brings psycopg, which the help does without

    state.kept.pop("fingerprint", None)
    with Steps(quiet=quiet) as steps:
        steps.say(f"stack {source.stack} on this computer, in {state.path}")
        major = source.instances.primary.major
        runs = data_major(state.path / "postgres" / source.instances.primary.identifier) or major
        for sentence in (*source.notes, *lacking(source.root, runs)):
            steps.say(f"note: {sentence}")
        from local.substrate import LocalCloud

        cloud = LocalCloud(
            state,
            region=source.region,
            progress=steps.bootstrap,
            runner=runner,
            new_passwords=new_passwords,
            postgres_major=major,
        )
        cloud.start()
        removed = _run(source, cloud, steps)
    state.kept["changed"] = sorted(
        f"{outcome} {urn.rpartition('::')[2]}"
        for urn, outcome in cloud.outcomes.items()
        if outcome in ("created", "updated")
    )
    state.kept["fingerprint"] = mark
    state.kept[KEPT] = declarations(source.root, source.stack)
    state.save()
    return cloud, [urn.rpartition("::")[2] for urn in removed]


def _run(source: StackSource, cloud: LocalCloud, steps: Steps) -> list[str]:
    from runtime.monitor import run_program

    try:
        run_program(source.stack, source.program, steps.watch(cloud), source.config)
    except BaseException:
        cloud.abandon()
        raise
    return cloud.finish()


def _differing(data: dict[str, Any]) -> int:
    """How many things in the engines are not as declared now, of those that a status looks at."""
    strangers = [user for cache in data["redis"].values() for user in cache["undeclared"]]
    return len(data["drift"]) + len(data["undeclared"]) + len(strangers)


def _tell(data: dict[str, Any], report: dict[str, Any], changed: list[str], removed: list[str], seconds: float) -> None:
    out = console()
    present.tier(out, data)
    if changed:
        present.checks(out, report)
    for sentence in report.get("differences", []):
        out.print(f"[yellow]note[/] {present.plain(sentence)}")
    present.differences(out, data["differences"])
    took = f"({seconds:.1f} s)"
    if changed or removed:
        what = f"{len(changed)} made or changed" + (f", {len(removed)} removed" if removed else "")
        out.print(f"[bold green]up[/] {data['stack']}: {what}, in {seconds:.1f} s")
    elif not data["up"] or data["unseen"]:
        out.print(f"[bold red]up[/] {data['stack']}: nothing was changed, and not every server answers {took}")
    elif differing := _differing(data):
        many = counted(differing, "difference")
        out.print(
            f"[bold yellow]up[/] {data['stack']}: nothing was changed, and the engines have {many}: `datatier "
            f"access plan` shows all of it, `datatier bootstrap` brings about what is declared {took}"
        )
    else:
        out.print(
            f"[bold green]up[/] {data['stack']}: nothing to do: servers, roles, privileges and the users of the caches "
            f"are as declared; `datatier drift --prove` looks at schema and passwords too {took}"
        )
