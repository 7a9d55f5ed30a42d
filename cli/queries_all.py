"""`datatier queries all`: a report over every question, what is wrong first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import typer

from cli.errors import DIFFERENT, FAILED
from cli.options import DatabaseUrlOption, JsonFlag, ManifestOption, StackOption
from cli.output import console, counted, emit_json, escape
from cli.queries_target import DatabaseOption, IdentityOption, NodeOption, aimed, nodes_of, words_of
from cli.queries_view import WORST, finding_as_json, show_findings, show_rows
from knowledge.thresholds.threshold import Status
from observe.observation import Observation, Observed

FEW = 5


def all_(
    stack: StackOption = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    node: NodeOption = None,
    identity: IdentityOption = None,
    database: DatabaseOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Rows to show of each question.")] = FEW,
    json: JsonFlag = False,
) -> None:
    """Ask everything, and report what is wrong, worst first, each with what mends it; exit 3 where something is.

    [bold]Examples:[/] datatier queries all    datatier queries all -s prod --json
    """
    from observe.ask import ask, whole
    from observe.catalogue import queries

    # Some belong to two commands, such as the WAL to the space and to replication.
    questions = list({part.id: part for each in queries() for part in whole(each)}.values())
    nodes = nodes_of(stack, manifest, database_url, identity, database, node)
    answers = one_reason(aimed(ask(nodes, questions), words_of(stack, manifest, database)))
    if json:
        emit_json(_as_json(questions, answers))
    else:
        _show(questions, answers, limit)
    if any(each.status in (Status.WARN, Status.CRITICAL) for answer in answers for each in answer.findings):
        raise typer.Exit(DIFFERENT)
    if not all(each.reached for each in answers):
        raise typer.Exit(FAILED)


def one_reason(answers: Sequence[Observed]) -> list[Observed]:
    """With each reason of a server to hide something said once, by the first question that met it."""
    said: set[tuple[str, str]] = set()
    made = []
    for answer in answers:
        kept = []
        for each in answer.findings:
            reason = (answer.node, each.message)
            if each.status is not Status.SKIPPED or reason not in said:
                kept.append(each)
            said.add(reason)
        made.append(replace(answer, findings=tuple(kept)))
    return made


def _show(questions: Sequence[Observation], answers: Sequence[Observed], limit: int) -> None:
    out = console()
    servers = len({each.node for each in answers})
    found = [each.status for answer in answers for each in answer.findings]
    counts = [f"{found.count(status)} {status}" for status in WORST if status is not Status.OK and status in found]
    asked = f"{counted(len(questions), 'question')} to {counted(servers, 'server')}"
    out.print(f"[bold]{asked}: {', '.join(counts) or 'nothing is wrong'}[/]")
    show_findings(out, answers)
    for question in questions:
        mine = [each for each in answers if each.observation.id == question.id]
        if any(each.rows for each in mine):
            out.print(f"\n[bold]{escape(question.id)}[/]  [dim]{escape(question.question)}[/]")
            show_rows(out, question, mine, limit=limit, short=True)


def _as_json(questions: Sequence[Observation], answers: Sequence[Observed]) -> dict[str, object]:
    return {
        "rows": [{"question": each.observation.id, "node": each.node, **row} for each in answers for row in each.rows],
        "findings": sorted(
            (
                {"question": each.observation.id, **finding_as_json(each.node, found)}
                for each in answers
                for found in each.findings
            ),
            key=lambda found: WORST.index(Status(str(found["status"]))),
        ),
        "asked": [each.id for each in questions],
    }
