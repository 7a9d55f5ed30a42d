"""`datatier upgrade run`: a plan carried out, step by step."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bootstrap.application import MIGRATIONS
from cli.errors import DIFFERENT, FAILED, InputError
from cli.options import JsonFlag, ManifestOption
from cli.output import console, emit_json, escape, note
from cli.project import load
from cli.target import find_manifest
from infra.settings.stackfile import file_of

if TYPE_CHECKING:
    from cli.project import StackSource
    from upgrade.file import StoredPlan
    from upgrade.run.real import Real
    from upgrade.run.report import UpgradeReport
    from upgrade.step import UpgradeStep


def run(
    plan: Annotated[Path, typer.Argument(help="File that `upgrade plan --out` has written.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do every step that users notice, but those held.")] = False,
    accept: Annotated[
        list[str] | None, typer.Option("--accept", help="Step that users notice, or that you have done yourself.")
    ] = None,
    go: Annotated[bool, typer.Option("--go", help="Do the step that is held: the switchover.")] = False,
    until: Annotated[str | None, typer.Option("--until", help="Stop after this step.")] = None,
    undo: Annotated[str | None, typer.Option("--undo", help="Take this step back, where AWS allows it.")] = None,
    listed: Annotated[
        bool, typer.Option("--list", help="Show what is done and what comes next, and do nothing.")
    ] = False,
    pulumi: Annotated[bool, typer.Option("--pulumi", help="Run `pulumi up` from here, where a step deploys.")] = False,
    manifest: ManifestOption = None,
    json: JsonFlag = False,
) -> None:
    """Carry a plan out: look, ask, do, wait, prove. Run it again to go on: what is done is found by looking.

    It exits with 3 while it waits for somebody: for a deployment, a maintenance window, or a word.

    [bold]Examples:[/] datatier upgrade run plan.json --list    datatier upgrade run plan.json --yes --until snapshot
    """
    from local.files import private_dir, write_private
    from upgrade.file import read
    from upgrade.run.run import Asked
    from upgrade.run.session import carry_out
    from upgrade.run.session import listed as notes_of

    try:
        plans = read(plan.read_text(encoding="utf-8"), str(plan))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{plan} cannot be read: {getattr(error, 'strerror', None) or error}.") from None
    _known(plans, *(accept or ()), *(each for each in (until, undo) if each))
    source = load(plans[0].stack)
    # Not in the tier's own folder of the same name, which goes with `datatier down --delete`.
    folder = private_dir(source.root / ".local" / ".upgrades" / plans[0].stack)
    if listed:
        found = notes_of(plans, folder, write_private)
    else:
        _refuse_changed(plans, source)
        world = _world(source, plans[0], manifest, pulumi=pulumi)
        agreed = frozenset(accept or ())
        asked = Asked(agreed=lambda step: _agreed(step, yes=yes, accepted=agreed), go=go, until=until)
        say = _nothing if json else note
        try:
            found = carry_out(plans, world, folder, write_private, asked, say, undo)
        finally:
            world.database.close()
    if json:
        emit_json(found.model_dump())
    else:
        _show(plans, found)
    if found.state == "failed":
        raise typer.Exit(FAILED)
    if found.state == "waiting":
        raise typer.Exit(DIFFERENT)


def _known(plans: tuple[StoredPlan, ...], *names: str) -> None:
    ids = [step.id for plan in plans for step in plan.steps]
    for name in names:
        if name not in ids:
            raise InputError(f"the plan has no step `{name}`: {', '.join(ids) or 'it has none'}.")


def _refuse_changed(plans: tuple[StoredPlan, ...], source: StackSource) -> None:
    from upgrade.file import fingerprint
    from upgrade.run.errors import StaleError

    for each in plans:
        target = each.change.target
        if target != "postgres" and target not in source.settings.redis:
            raise StaleError(f"the stack `{each.stack}` declares no cache `{target}` any more: plan again.")
        if fingerprint(source.settings, each) != each.declared:
            raise StaleError(
                f"what {file_of(each.stack)} declares of `{target}` has changed since the plan was made, in what it "
                "does not change itself. Plan again: `datatier upgrade plan`."
            )


def _world(source: StackSource, plan: StoredPlan, manifest: str | None, *, pulumi: bool) -> Real:
    from bootstrap.aws import Caller
    from upgrade.run.aws import Aws
    from upgrade.run.database import Database
    from upgrade.run.real import Real

    if source.settings.profile == "local":
        raise InputError(
            f"`{plan.stack}` is a stack of this computer: `datatier up {plan.stack}` makes what its file declares; "
            "an upgrade is carried out on AWS."
        )
    found = find_manifest(None, manifest, quiet=True) if manifest is not None else None
    if found is not None and found.stack != plan.stack:
        raise InputError(f"--manifest is of the stack `{found.stack}`, and the plan is for `{plan.stack}`.")
    region = found.region if found else plan.region or source.account_region
    return Real(
        aws=Aws(region, found.aws_endpoint if found else None, Caller(plan.profile, plan.role)),
        database=Database(
            found, f"pulumi stack output manifest -s {plan.stack} > manifest.json", source.root / MIGRATIONS
        ),
        config=source.config,
        root=source.root,
        pulumi=pulumi,
    )


def _agreed(step: UpgradeStep, *, yes: bool, accepted: frozenset[str]) -> bool:
    if step.id in accepted or (yes and not step.by_hand):
        return True
    if not sys.stdin.isatty():
        return False
    question = "Is it done?" if step.by_hand else "Do it now?"
    typed = typer.prompt(
        f"{step.what}. {step.users} {question} Type `{step.id}`", default="", show_default=False, err=True
    )
    return bool(typed.strip() == step.id)


def _nothing(_: str) -> None:
    """Where one JSON document is all that is printed."""


def _show(plans: tuple[StoredPlan, ...], found: UpgradeReport) -> None:
    out = console()
    done = {each.step: each for each in found.done}
    width = max((len(step.id) for plan in plans for step in plan.steps), default=0)
    for plan in plans:
        out.print(f"[bold]{escape(str(plan.change))}[/]" + ("" if plan.steps else ": nothing to do"))
        for step in plan.steps:
            if step.id in done:
                when = done[step.id]
                took = "was done already" if when.found else f"{when.at}, {when.seconds:.0f} s"
                out.print(f"  [green]✓[/] {escape(step.id.ljust(width))} {escape(step.what)} [dim]{escape(took)}[/]")
            else:
                mark = "[yellow]→[/]" if step.id == found.next else " "
                out.print(f"  {mark} {escape(step.id.ljust(width))} {escape(step.what)}")
    if found.why:
        word = "failed" if found.state == "failed" else "waits"
        out.print(f"[bold]{word}:[/] {escape(found.why)}")
    elif found.next is None:
        out.print("[green]done[/]")
