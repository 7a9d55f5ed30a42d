"""`datatier doctor`: what is missing or in the way, each with what mends it."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import psutil
import typer

from bootstrap.declared_extensions import declared
from cli.current import known
from cli.errors import FAILED, InputError
from cli.options import JsonFlag
from cli.output import console, emit_json, escape, table
from cli.project import project_root
from graph.errors import CloudError
from infra.settings.stackfile import read_stack, stacks
from knowledge.postgres.catalogue import DEFAULT_MAJOR
from local import ports
from local.state import StateDir

_GIB = 1024**3


@dataclass(frozen=True)
class ToolCheck:
    """What one check found."""

    check: str
    state: str
    """`ok`, `missing` (it will not work) or `note`."""
    told: str


def doctor(
    stack: Annotated[str | None, typer.Argument(help="With --aws: the stack; all but local ones when absent.")] = None,
    aws: Annotated[bool, typer.Option("--aws", help="Look at the AWS account in place of this computer.")] = False,
    against: Annotated[
        str | None, typer.Option("--against", help="With --aws: `pulumi stack export`, which tells what is its own.")
    ] = None,
    waiting: Annotated[
        bool, typer.Option("--waiting", help="With --aws: only what waits for its maintenance window.")
    ] = False,
    json: JsonFlag = False,
) -> None:
    """Look at this computer and folder, or with --aws at the account of a stack. Exit 1 when something is missing.

    In the account it looks at quotas, names in the way, zones, classes, versions and changes that wait; it reads only,
    with the credentials of the environment.

    [bold]Examples:[/] datatier doctor    datatier doctor --aws prod
    """
    if aws:
        from cli.doctor_aws import doctor_aws

        doctor_aws(stack, against, waiting=waiting, json=json)
        return
    if stack is not None or against is not None or waiting:
        raise InputError("a stack, --against and --waiting belong to --aws: `datatier doctor --aws STACK`.")
    found = [finding for check in _CHECKS for finding in check(project_root())]
    if json:
        emit_json([asdict(finding) for finding in found])
    else:
        colours = {"ok": "[green]ok[/]", "missing": "[red]missing[/]", "note": "[yellow]note[/]"}
        rows = [(escape(f.check), colours[f.state], escape(f.told)) for f in found]
        console().print(table("", ("check", "", ""), rows))
    if any(finding.state == "missing" for finding in found):
        raise typer.Exit(FAILED)


def _python(root: Path) -> Iterator[ToolCheck]:
    del root
    good = sys.version_info >= (3, 11)
    yield ToolCheck("Python", "ok" if good else "missing", f"{platform.python_version()}; 3.11 or newer is needed")


def _servers(root: Path) -> Iterator[ToolCheck]:
    del root
    from local.postgres import binaries as postgres
    from local.valkey import binaries as valkey

    for name, find in (
        ("PostgreSQL", lambda: postgres.find(DEFAULT_MAJOR)["postgres"]),
        ("Valkey or Redis", lambda: valkey.find().path),
    ):
        try:
            path = find()
            answer = subprocess.run([str(path), "--version"], capture_output=True, text=True, timeout=10, check=True)
            yield ToolCheck(name, "ok", f"{answer.stdout.strip()} ({path})")
        except (CloudError, OSError, subprocess.SubprocessError) as error:
            yield ToolCheck(name, "missing", str(error))
    emulator = importlib.util.find_spec("ministack") is not None
    yield ToolCheck(
        "AWS emulator", "ok" if emulator else "missing", "ministack" if emulator else "`make up` installs it"
    )


def _extensions(root: Path) -> Iterator[ToolCheck]:
    """Where each extension that the application declares comes from, for each major version that a stack declares."""
    from cli.packages import missing
    from infra.load import load_stack
    from local.postgres import binaries

    majors: set[int] = set()
    try:
        wanted = declared(root)
        for stack in stacks(root) if wanted else ():
            with contextlib.suppress(ValueError):  # the row of its file says so
                majors.add(load_stack(root, stack).instances.primary.major)
        for major in sorted(majors, reverse=True):
            found = binaries.find(major)
            for each in wanted:
                row = f"extension {each.name}" + (f", PostgreSQL {found.major}" if len(majors) > 1 else "")
                source = found.source(each.name)
                if source is None:
                    yield ToolCheck(row, "missing", missing(each.name, found))
                elif needs := source.unmet(each.name):
                    told = f"{source.name} has it, and its library needs {', '.join(needs)}, which this computer lacks"
                    yield ToolCheck(row, "missing", told)
                else:
                    yield ToolCheck(row, "ok", f"{source.default_version(each.name)} of {source.name}")
    except CloudError:  # the row of PostgreSQL says so
        return
    except ValueError as error:
        yield ToolCheck("extensions", "missing", str(error))


def _user(root: Path) -> Iterator[ToolCheck]:
    if os.geteuid() != 0:
        return
    from local.postgres import binaries
    from local.privileges import account, is_wide

    try:
        found = account(binaries.find().folder, root)
    except CloudError as error:
        yield ToolCheck("root", "missing", str(error))
        return
    told = "the servers run as user `nobody`, without root's rights"
    if is_wide(found):
        told = (
            f"the servers run as user `nobody`, which cannot enter {root}: they may read every file of this computer. "
            "Run datatier as another user, or move the folder to where everybody may enter"
        )
    yield ToolCheck("root", "note" if is_wide(found) else "ok", told)


def _room(root: Path) -> Iterator[ToolCheck]:
    free, memory = shutil.disk_usage(root).free, psutil.virtual_memory().available
    yield ToolCheck("disk", "ok" if free > _GIB else "missing", f"{free / _GIB:.1f} GiB free in {root}; 1 is needed")
    enough = "ok" if memory > _GIB else "note"
    yield ToolCheck("memory", enough, f"{memory / _GIB:.1f} GiB available; a tier takes about half of one")
    where = root / ".local" if (root / ".local").exists() else root
    writable = os.access(where, os.W_OK)
    yield ToolCheck("folder", "ok" if writable else "missing", f"{where} is {'' if writable else 'not '}writable")


def _stacks(root: Path) -> Iterator[ToolCheck]:
    for stack in stacks(root):
        try:
            read_stack(root, stack)
        except ValueError as error:
            yield ToolCheck(f"Pulumi.{stack}.yaml", "missing", str(error))
    for stack in known(root):
        yield from _running(StateDir(root, stack))


def _running(state: StateDir) -> Iterator[ToolCheck]:
    """How many servers of a tier answer now, and a row for each that does not."""
    from local.status import pressing, seen

    servers = seen(state)
    if not any(server.pid for server in servers):
        yield ToolCheck(f"stack {state.stack}", "ok", "down, its data are kept")
    else:
        wrong = [server for server in servers if server.trouble]
        told = f"{len(servers) - len(wrong)} of {len(servers)} servers answer"
        yield ToolCheck(f"stack {state.stack}", "missing" if wrong else "ok", told)
        for sentence in pressing(state):
            yield ToolCheck(f"stack {state.stack}", "missing", sentence)
        for server in wrong:
            yield ToolCheck(server.name, "missing", f"{server.trouble}: {server.mend(state.stack)}")
    for server in servers:
        if server.pid is None and not ports.is_free(server.port):
            yield ToolCheck("port", "missing", str(ports.taken(server.port, server.name, state.stack)))


def _deployment(root: Path) -> Iterator[ToolCheck]:
    pulumi = shutil.which("pulumi")
    yield ToolCheck("pulumi", "ok" if pulumi else "note", pulumi or "not on PATH; only `pulumi up` on AWS needs it")
    bundle = root / "build" / "runner.zip"
    told = str(bundle) if bundle.is_file() else "not built; `make bundle` before `pulumi up`"
    yield ToolCheck("runner bundle", "ok" if bundle.is_file() else "note", told)


_CHECKS: tuple[Callable[[Path], Iterator[ToolCheck]], ...] = (
    _python,
    _servers,
    _extensions,
    _user,
    _room,
    _stacks,
    _deployment,
)
