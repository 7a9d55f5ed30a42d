"""`datatier doctor --aws`: what an AWS account lacks for a stack, or has in its way. Reads only."""

from __future__ import annotations

from dataclasses import asdict

import typer

from account.finding import AccountFinding
from account.look import look, look_at_waiting
from account.reader import Reader
from bootstrap.aws import aws_client, aws_credentials
from cli.errors import FAILED, InputError
from cli.output import console, emit_json, escape
from cli.preview import saved
from cli.project import deployed, load, project_root

_COLOURS = {"ok": "green", "missing": "red", "note": "yellow"}


def doctor_aws(stack: str | None, against: str | None, *, waiting: bool, json: bool) -> None:
    """Look at the account of one stack, or of all that are deployed to AWS. Exit 1 where something is missing."""
    if against is not None and stack is None:
        raise InputError(
            "--against is the state of one stack: name it, such as `datatier doctor --aws live --against F`."
        )
    found = {each: examine(each, against, waiting=waiting) for each in ([stack] if stack else _deployable())}
    if json:
        emit_json({each: [asdict(finding) for finding in findings] for each, findings in found.items()})
    else:
        for each, findings in found.items():
            _show(each, findings)
    if any(finding.state == "missing" for findings in found.values() for finding in findings):
        raise typer.Exit(FAILED)


def examine(
    stack: str, against: str | None, endpoint: str | None = None, *, waiting: bool = False
) -> tuple[AccountFinding, ...]:
    """What the account says to a stack, or only what waits in it; `endpoint` is an emulator's."""
    source = load(stack)
    region = source.account_region if endpoint is None else source.region
    if endpoint is None:
        aws_credentials()  # without any, all that could be said is that nothing was looked at
    own = None if against is None else {(each.type, each.name) for each in saved(against)}
    reader = Reader(lambda service, region: aws_client(service, region, endpoint), region)
    wanted = [each for each in source.offline().resources if each.type.startswith("aws:")]
    if waiting:
        return look_at_waiting(reader, wanted)
    return look(reader, wanted, own=own, reserved=source.settings.runner.reserved)


def _deployable() -> list[str]:
    root = project_root()
    found = deployed(root)
    if not found:
        raise InputError(f"no stack in {root} is one for AWS: write a Pulumi.NAME.yaml with `data-tier:profile: dev`.")
    return found


def _show(stack: str, findings: tuple[AccountFinding, ...]) -> None:
    out = console()
    missing = sum(finding.state == "missing" for finding in findings)
    out.print(f"[bold]{escape(stack)}[/]: {missing} in the way, {len(findings) - missing} to know")
    for each in findings:
        out.print(f"[{_COLOURS[each.state]}]{each.state}[/] {each.check} ({escape(each.where)}): {escape(each.what)}")
        if each.mend:
            out.print(f"    [cyan]mend:[/] {escape(each.mend)}")
