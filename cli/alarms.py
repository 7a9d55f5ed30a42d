"""`datatier alarms`: what rings, whether it would be heard, and the proof that it is."""

from __future__ import annotations

import secrets
import signal
import sys
from contextlib import nullcontext
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from cli import alarms_view
from cli.alarms_explain import explain
from cli.errors import DIFFERENT, FAILED, InputError, NothingUpError
from cli.options import JsonFlag, NamedStack
from cli.output import console, emit_json, escape, table
from cli.project import StackSource, load

if TYPE_CHECKING:
    from alarms.prove.outcome import Clients
    from alarms.stack import StackIndex
    from bootstrap.aws import AwsEndpoint
    from local.state import StateDir

NEEDS = (
    "cloudwatch:DescribeAlarms and SetAlarmState; sns:Subscribe, Unsubscribe, ListSubscriptionsByTopic and "
    "GetTopicAttributes; sqs:CreateQueue, DeleteQueue, ListQueues, ListQueueTags, TagQueue and ReceiveMessage; "
    "kms:DescribeKey and GetKeyPolicy"
)
"""Permissions of whoever proves, on AWS."""


class ProofError(RuntimeError):
    """The account or the emulator refused a call."""


app = typer.Typer(no_args_is_help=True, help="What rings, whether it would be heard, and the proof that it is.")


@app.callback()
def group() -> None:
    """Alarms and their way to whoever hears them."""


@app.command()
def check(stack: NamedStack = "local", json: JsonFlag = False) -> None:
    """Follow every alarm of a stack, offline: data, topic, policies, key, subscription. Exit 3 where one is lost.

    A topic without recipients is an error where the stack is protected, a warning elsewhere.

    [bold]Examples:[/] datatier alarms check prod    datatier alarms check --json
    """
    from alarms.delivery import check as judge

    source = load(stack)
    declared = offline(source)
    found = judge(declared, unheard="error" if source.settings.protect else "warning")
    if json:
        emit_json({"stack": stack, "alarms": len(declared.alarms), "findings": [asdict(each) for each in found]})
    else:
        alarms_view.findings(console(), stack, len(declared.alarms), found)
    if any(each.severity == "error" for each in found):
        raise typer.Exit(DIFFERENT)


@app.command("list")
def list_(stack: NamedStack = "local", json: JsonFlag = False) -> None:
    """List the alarms of a stack: what each looks at, when it rings, whom it tells; their state where the tier is up.

    [bold]Examples:[/] datatier alarms list    datatier alarms list prod --json
    """
    from alarms.listing import rows
    from alarms.prove.bell import bells
    from local.state import StateDir

    source = load(stack)
    made = rows(offline(source))
    tier = StateDir(source.root, stack)
    running = _up(tier)
    states = {}
    if running:
        there = bells(_clients(source.region, _endpoint(tier)).cloudwatch, [row.name for row in made])
        states = {name: bell.before[0] for name, bell in there.items()}
    if json:
        emit_json([{**asdict(row), "state": states.get(row.name)} for row in made])
        return
    cells = [
        (
            row.name,
            *((states.get(row.name, "not there"),) if running else ()),
            row.severity,
            row.metric,
            row.rings,
            row.datapoints,
            row.missing,
            alarms_view.told(row.topics, row.heard_by),
        )
        for row in made
    ]
    columns = (
        "alarm",
        *(("state",) if running else ()),
        "severity",
        "metric",
        "rings at",
        "datapoints",
        "missing data",
    )
    console().print(table(f"alarms of {stack}", (*columns, "goes to"), cells))


@app.command()
def prove(
    stack: Annotated[
        str | None, typer.Argument(help="Stack; the tier brought up last when absent. --aws needs it.")
    ] = None,
    aws: Annotated[
        bool, typer.Option("--aws", help="On the AWS account of the environment's credentials, not on the local tier.")
    ] = False,
    limit: Annotated[
        float, typer.Option("--wait", min=1, max=900, help="Seconds to wait for notifications once all alarms are set.")
    ] = 30,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before recipients are notified.")] = False,
    json: JsonFlag = False,
) -> None:
    """Set every alarm, receive its notification through topic and key, restore its state. Exit 1 where one is lost.

    A queue hears the topics meanwhile. Recipients are told too: the reason in each message says that it is a test.

    [bold]Examples:[/] datatier alarms prove    datatier alarms prove prod --aws --yes
    """
    from botocore.exceptions import BotoCoreError, ClientError

    from alarms.prove.mailbox import MailboxBusyError
    from alarms.prove.run import prove as run

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was set is put back
    told = (lambda _: None) if json else (lambda text: console().print(f"[dim]{escape(text)}[/]"))
    try:
        name, clients, names, state = _deployed(stack, yes) if aws else _local(stack)
        with state.lock() if state else nullcontext():
            proof = run(clients, name, names, secrets.token_hex(4), limit=limit, alone=not aws, report=told)
    except MailboxBusyError as busy:
        raise NothingUpError(f"{busy}.") from None
    except (ClientError, BotoCoreError) as refused:
        raise ProofError(f"{refused}. A proof needs {NEEDS}.") from refused
    if json:
        emit_json({"stack": name, "proved": proof.proved, **asdict(proof)})
    else:
        alarms_view.proof(console(), name, proof, clients.enforcing)
    if not proof.proved:
        raise typer.Exit(FAILED)


def offline(source: StackSource) -> StackIndex:
    """The stack as its program declares it."""
    from preview.findings.alarms import indexed

    return indexed(source.offline(), source.region)


def _local(stack: str | None) -> tuple[str, Clients, list[str], StateDir]:
    """The tier on this computer: its emulator, and the alarms that were made in it."""
    from cli.current import state_of
    from graph.types import COMPOSITE_ALARM, METRIC_ALARM

    state = state_of(stack)
    if not _up(state):
        raise NothingUpError(f"stack `{state.stack}` is down: `datatier up {state.stack}`.")
    names = [entry["id"] for entry in state.resources.values() if entry["type"] in (METRIC_ALARM, COMPOSITE_ALARM)]
    return state.stack, _clients(load(state.stack).region, _endpoint(state)), names, state


def _deployed(stack: str | None, yes: bool) -> tuple[str, Clients, list[str], None]:
    """An AWS account, and the alarms that the stack declares."""
    from alarms.listing import names
    from bootstrap.aws import aws_client, aws_credentials

    if stack is None:
        raise InputError("--aws needs the stack: `datatier alarms prove prod --aws`.")
    if not yes and not console().is_terminal:
        raise InputError("recipients will be notified of every alarm: say --yes.")
    source = load(stack)
    region = source.account_region
    aws_credentials()
    account = aws_client("sts", region, None).get_caller_identity()["Account"]
    declared = list(names(offline(source)))
    if not yes:
        typer.confirm(
            f"Set {len(declared)} alarms of {stack} in account {account}, {region}? Their recipients will be notified.",
            abort=True,
        )
    return stack, _clients(region, None), declared, None


def _clients(region: str, endpoint: AwsEndpoint | None) -> Clients:
    from alarms.prove.outcome import Clients
    from bootstrap.aws import aws_client

    made = {each: aws_client(each, region, endpoint) for each in ("cloudwatch", "sns", "sqs", "kms")}
    return Clients(**made, enforcing=endpoint is None)


def _up(state: StateDir) -> bool:
    from local import ports

    return "emulator" in state.ports and ports.listens(state.ports["emulator"])


def _endpoint(state: StateDir) -> AwsEndpoint:
    from local.emulator import tier_endpoint

    return tier_endpoint(state, state.ports["emulator"])


app.command()(explain)
