"""`datatier report`: what the pipeline's commands found, kept, summed up, and written where people read it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.errors import DIFFERENT, InputError
from cli.options import JsonFlag
from cli.output import console, emit_json

if TYPE_CHECKING:
    from pipeline.record import Record

app = typer.Typer(no_args_is_help=True, help="What the pipeline found: kept, summed up, written as comment or issue.")

FolderArgument = Annotated[Path, typer.Argument(help="Folder of the records (`report keep`).")]
DryRunFlag = Annotated[bool, typer.Option("--dry-run", help="Print what would be written, and write nothing.")]


@app.command()
def keep(
    folder: FolderArgument,
    name: Annotated[str, typer.Argument(help="Name of the record: records are reported in the order of their names.")],
    command: Annotated[list[str], typer.Argument(help="The command, after `--`.")],
    title: Annotated[str | None, typer.Option("--title", help="What it is called in reports; its name if not.")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="What it prints is Markdown.")] = False,
    expected: Annotated[
        str, typer.Option("--expected", help="Exit codes with which it has done its work, such as 0,3.")
    ] = "0",
) -> None:
    """Run a command, show what it says, keep that in a folder; end as the command ends.

    [bold]Example:[/] datatier report keep --markdown reports rehearsal -- datatier migrate rehearse --format markdown
    """
    from pipeline import record

    codes = expected.split(",")
    if not all(code.strip().isdecimal() for code in codes):
        raise InputError(f"--expected {expected}: numbers with commas between them, such as 0,3.")
    code, output = _run(command, together=not markdown)
    kept = record.Record(
        name=name,
        title=title or name,
        command=tuple(command),
        code=code,
        output=output,
        markdown=markdown,
        expected=tuple(int(each) for each in codes),
    )
    record.write(folder, kept)
    raise typer.Exit(code)


def _run(command: list[str], *, together: bool) -> tuple[int, str]:
    """The exit code and what it printed, errors among it where both belong together; shown as it comes."""
    said: list[str] = []
    try:
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if together else None,
            text=True,
            encoding="utf-8",
            errors="replace",
        ) as process:
            assert process.stdout is not None  # noqa: S101 it was asked for
            for line in process.stdout:
                said.append(line)
                sys.stdout.write(line)
                sys.stdout.flush()
        return process.returncode, "".join(said)
    except OSError as error:
        # As the shell ends where there is no such program.
        text = f"{command[0]}: {(error.strerror or 'cannot be run').lower()}\n"
        sys.stdout.write(text)
        return 127, text


@app.command()
def summary(folder: FolderArgument, json: JsonFlag = False) -> None:
    """Print the records as one page of Markdown ($GITHUB_STEP_SUMMARY).

    [bold]Example:[/] datatier report summary reports
    """
    from dataclasses import asdict

    from pipeline import comment as page

    records = _records(folder)
    if json:
        emit_json([asdict(each) for each in records])
    else:
        # A step's summary may have 1 MiB (docs.github.com: workflow commands, "Step isolation and limits").
        typer.echo(page.report(records, 1_000_000))


@app.command()
def comment(
    folder: FolderArgument,
    pull_request: Annotated[int, typer.Option("--pull-request", min=1, help="Its number.")],
    dry_run: DryRunFlag = False,
) -> None:
    """Write the records into the one comment of a pull request: made when it is missing, else replaced.

    Needs GITHUB_TOKEN (`pull-requests: write`) and GITHUB_REPOSITORY.

    [bold]Example:[/] datatier report comment reports --pull-request 12 --dry-run
    """
    from pipeline import comment as page
    from pipeline.github import GitHubRepository

    body = page.comment(_records(folder), _run_page())
    if dry_run:
        typer.echo(body)
        return
    github = GitHubRepository.of(os.environ)
    known = github.comment_with(pull_request, page.MARKER)
    where = github.comment(pull_request, body) if known is None else github.rewrite(known, body)
    console().print(f"{'written' if known is None else 'replaced'}: {where}")


@app.command()
def issue(
    stack: Annotated[str, typer.Argument(help="The stack.")],
    folder: FolderArgument,
    dry_run: DryRunFlag = False,
) -> None:
    """Open, bring up to date or close the issue about a stack's drift. Exit 3 where there is some.

    Reads the records `infrastructure` (pulumi refresh), `engines` (datatier drift --json) and `waiting` (datatier
    doctor --aws STACK --waiting --json): what waits for its maintenance window opens none. Needs GITHUB_TOKEN
    (`issues: write`) and GITHUB_REPOSITORY.

    [bold]Example:[/] datatier report issue prod reports --dry-run
    """
    from pipeline import issue as issues
    from pipeline.github import GitHubRepository

    now = issues.drift(stack, _records(folder))
    known = None
    github = None if dry_run else GitHubRepository.of(os.environ)
    if github and (found := github.issue_with(issues.marker(stack))):
        known = issues.Known(number=found[0], body=found[1])
    step = issues.decide(now, known, _run_page())
    if github is None:
        typer.echo("\n".join(filter(None, (step.do, step.title, step.body))))
    elif step.do == "open":
        console().print(f"opened: {github.open(step.title, step.body)}")
    elif step.do == "update" and step.number:
        console().print(f"updated: {github.change(step.number, body=step.body)}")
    elif step.do == "close" and step.number:
        github.comment(step.number, step.body)
        console().print(f"closed: {github.change(step.number, state='closed', state_reason='completed')}")
    else:
        console().print("no drift" if now.clean else f"issue {step.number} says it already")
    if now.clean and now.waiting:
        typer.echo(now.waiting)
    if not now.clean:
        raise typer.Exit(DIFFERENT)


@app.command("next-steps")
def next_steps(
    stack: Annotated[str, typer.Argument(help="The stack.")], folder: FolderArgument, json: JsonFlag = False
) -> None:
    """Say how to go on after a deployment that failed, from what its commands said.

    [bold]Example:[/] datatier report next-steps prod reports
    """
    from dataclasses import asdict

    from pipeline import next_steps as steps

    found = steps.next_steps(stack, _records(folder) if folder.is_dir() else ())
    if json:
        emit_json([asdict(each) for each in found])
    else:
        typer.echo(steps.markdown(stack, found, os.environ.get("GITHUB_RUN_ID", "")), nl=False)


def _records(folder: Path) -> tuple[Record, ...]:
    from pipeline.record import read

    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; `datatier report keep {folder} NAME -- COMMAND` makes it.")
    return read(folder)


def _run_page() -> str:
    """The page of this run, in GitHub Actions."""
    server, repository, run = (os.environ.get(f"GITHUB_{word}") for word in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
    return f"{server}/{repository}/actions/runs/{run}" if server and repository and run else ""
