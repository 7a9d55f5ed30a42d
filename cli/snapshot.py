"""`datatier snapshot`: a whole tier of this computer under a name, and back again in seconds."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from cli.consent import ask
from cli.current import state_of
from cli.declaration import ahead
from cli.options import JsonFlag, StackArgument
from cli.output import console, emit_json, escape, table

if TYPE_CHECKING:
    from local.snapshots.kept import TierSnapshot
    from local.state import StateDir

app = typer.Typer(no_args_is_help=True, help="A whole tier under a name, and back in seconds: both engines, emulator.")
NameArgument = Annotated[str, typer.Argument(help="Name of the snapshot.")]
_MIB = 1024**2


@app.command()
def save(name: NameArgument, stack: StackArgument = None, json: JsonFlag = False) -> None:
    """Take a snapshot: the servers stand still together for it, so open sessions end.

    [bold]Examples:[/] datatier snapshot save before-import    datatier snapshot save empty -s prod
    """
    from local.snapshots.save import save as take

    state, began = state_of(stack), time.monotonic()
    with state.lock():
        made = take(state, name)
    _tell(state, made, "saved", began, json=json)


@app.command()
def restore(
    name: NameArgument,
    stack: StackArgument = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before data are replaced.")] = False,
    json: JsonFlag = False,
) -> None:
    """Bring a snapshot back: data, roles, passwords and secrets are as they were; what came since is gone.

    [bold]Examples:[/] datatier snapshot restore before-import --yes
    """
    from local.snapshots.kept import find
    from local.snapshots.restore import restore as bring

    state, began = state_of(stack), time.monotonic()
    find(state, name)
    ask(f"What the tier {state.stack} holds now will be replaced by the snapshot `{name}`.", state.stack, yes=yes)
    with state.lock():
        made = bring(state, name)
    _tell(state, made, "restored", began, json=json)


@app.command("list")
def list_(stack: StackArgument = None, json: JsonFlag = False) -> None:
    """Show a tier's snapshots, the oldest first.

    [bold]Examples:[/] datatier snapshot list    datatier snapshot list --json
    """
    from local.snapshots.kept import every

    found = every(state_of(stack))
    if json:
        emit_json([each.model_dump(mode="json") for each in found])
        return
    if not found:
        console().print("no snapshots: `datatier snapshot save NAME` takes one")
        return
    console().print(table("", ("name", "taken", "MiB", "PostgreSQL", "caches"), [_row(each) for each in found]))


@app.command()
def delete(name: NameArgument, stack: StackArgument = None, json: JsonFlag = False) -> None:
    """Remove a snapshot; the tier stays as it is.

    [bold]Examples:[/] datatier snapshot delete before-import
    """
    from local.snapshots.kept import delete as remove

    state, began = state_of(stack), time.monotonic()
    with state.lock():
        gone = remove(state, name)
    _tell(state, gone, "deleted", began, json=json)


def _row(each: TierSnapshot) -> tuple[object, ...]:
    versions = (", ".join(sorted(set(found.values()))) for found in (each.postgres, each.caches))
    return (each.name, f"{each.at:%Y-%m-%d %H:%M:%S} UTC", each.bytes // _MIB, *versions)


def _tell(state: StateDir, made: TierSnapshot, done: str, began: float, *, json: bool) -> None:
    seconds = round(time.monotonic() - began, 3)
    changed = ahead(state) if done == "restored" else []
    if json:
        data = {**made.model_dump(mode="json"), "seconds": seconds, "changed_since": changed}
        emit_json(data)
        return
    console().print(f"[bold green]{done}[/] {escape(made.name)}: {made.bytes // _MIB} MiB, in {seconds:.1f} s")
    if changed:
        console().print(
            f"[yellow]note[/] changed since the snapshot: {escape(', '.join(changed))}; `datatier up {state.stack}` "
            "takes it in"
        )
    elif done == "restored" and "fingerprint" not in state.kept:
        console().print(f"[yellow]note[/] other ports since the snapshot: `datatier up {state.stack}` hands them on")
