"""`datatier drift`: what the engines of a stack have become, by itself or through the stack's runner."""

from __future__ import annotations

import json as json_module
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from bootstrap.secrets import open_database_url
from cli.declaration import note_of_deployed
from cli.doors import by_url
from cli.errors import DIFFERENT, FAILED, InputError
from cli.options import DatabaseUrlOption, JsonFlag, ManifestOption, StackArgument
from cli.output import console, counted, emit_json, escape, note
from cli.project import migrations, project_root
from cli.target import find_declared
from infra.settings.access_file import read_access

# Lambda's longest run, and a moment for the answer.
_ANSWER_SECONDS = 910


def drift(
    stack: StackArgument = None,
    outputs: Annotated[
        str | None,
        typer.Option(
            "--outputs", "-o", help="`pulumi stack output --json` of a deployed stack, whose runner is asked."
        ),
    ] = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    prove: Annotated[bool, typer.Option("--prove", help="Also log in as every identity and try its rights.")] = False,
    json: JsonFlag = False,
) -> None:
    """Compare schema and access of a stack with their declarations; nothing is changed.

    Exit 3 where something differs, 1 where --prove finds a right that is missing or too many. The engines of a stack in
    AWS are reached from inside its network: with --outputs its runner looks, in place of this computer. With a URL it
    is that server, beside this folder's access.yaml.

    [bold]Examples:[/] datatier drift    pulumi stack output --json -s prod | datatier drift --outputs - --prove
    """
    url = by_url(database_url, stack or outputs, manifest)
    if outputs is not None and (manifest is not None or stack is not None):
        raise InputError("--outputs says which stack it is: leave the stack's name and --manifest out.")
    if outputs is not None:
        runner, deployed = _outputs(outputs)
        note(note_of_deployed(str(deployed.get("stack")), deployed.get("access") or {}))
        data = _asked(runner, deployed, prove=prove)
    elif url is not None:
        from bootstrap.drift import look_by_url

        access = read_access(project_root())
        with open_database_url(url) as conn:
            data = look_by_url(access, conn, migrations=migrations(), prove=prove).model_dump(mode="json")
    else:
        from bootstrap.drift import look

        target, _ = find_declared(stack, manifest)
        data = look(target, migrations=migrations(), prove=prove).model_dump(mode="json")
    if json:
        emit_json(data)
    else:
        _show(data)
    if data["failed"]:
        raise typer.Exit(FAILED)
    if data["found"]:
        raise typer.Exit(DIFFERENT)


def _outputs(file: str) -> tuple[str, dict[str, Any]]:
    """ARN of the runner and manifest."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        found = json_module.loads(text)
        return str(found["runner"]), json_module.loads(found["manifest"])
    except OSError as error:
        raise InputError(f"--outputs {file}: {error.strerror}.") from None
    except KeyError as error:
        raise InputError(
            f"--outputs {file} has no {error}: deploy the stack, or take `pulumi stack output --json`."
        ) from None
    except (ValueError, TypeError):
        raise InputError(f"--outputs {file} is not what `pulumi stack output --json` prints.") from None


def _asked(runner: str, manifest: Mapping[str, object], *, prove: bool) -> dict[str, Any]:
    from botocore.exceptions import BotoCoreError, ClientError

    from bootstrap.aws import aws_client, endpoint_of
    from bootstrap.errors import BootstrapError

    endpoint = endpoint_of(manifest.get("aws_endpoint"))
    client = aws_client("lambda", str(manifest["region"]), endpoint, answer=_ANSWER_SECONDS)
    event = {"action": "check", "prove": prove, "manifest": manifest}
    try:
        answer = client.invoke(FunctionName=runner, Payload=json_module.dumps(event).encode())
    except ClientError as error:
        if error.response["Error"]["Code"] == "TooManyRequestsException":
            raise BootstrapError(
                f"{runner} is busy: a bootstrap is running, or the account's concurrency is used up. Run it again later"
            ) from None
        raise BootstrapError(f"{runner}: {error}") from None
    except BotoCoreError as error:
        raise BootstrapError(f"{runner}: {error}") from None
    payload: dict[str, Any] = json_module.loads(answer["Payload"].read())
    if answer.get("FunctionError"):
        raise BootstrapError(f"{runner}: {payload.get('errorMessage') or 'it says nothing'}")
    return payload


def _show(data: dict[str, Any]) -> None:
    out = console()
    for each in data["found"]:
        out.print(f"[yellow]{escape(each['where'])}[/] {escape(each['what'])}")
        if each["mend"]:
            out.print(f"      [dim]mend:[/] {escape(each['mend'])}")
    for each in data["failed"]:
        out.print(f"[red]failed[/] {escape(each)}")
    proved = f", {len(data['checks'])} checks" if data["checks"] else ""
    out.print(f"{data['stack']}: {counted(len(data['found']), 'difference')}{proved}, {len(data['failed'])} failed")
