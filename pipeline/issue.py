"""The one issue about a stack's drift: opened, brought up to date, closed. What to do is decided here. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.comment import LONGEST
from pipeline.record import Record, document, plain
from pipeline.refreshed import WAITING, Waits, only_waits, waits
from pipeline.text import cell, fenced, folded

INFRASTRUCTURE, ENGINES = "infrastructure", "engines"
"""Names of the records: `pulumi refresh`, and `datatier drift --json`."""
NO_CHANGES = 7
"""Exit code of `--expect-no-changes` where there are some: pulumi/pulumi, pkg/cmd/pulumi/cmd/exit_codes.go."""
# Releases before these exit codes end with 1 and this sentence (pkg/backend/backenderr/backenderr.go).
_EXPECTED_NONE = "no changes were expected but changes"


@dataclass(frozen=True, kw_only=True)
class DriftReport:
    """What the checks of a stack came to."""

    stack: str
    sections: tuple[str, ...]
    """Markdown, one for each check that found something or could not be made."""
    waiting: str = ""
    """Markdown: what AWS does in its maintenance window. It does not open an issue; an issue on drift mentions it."""

    @property
    def clean(self) -> bool:
        """Whether there is nothing to tell."""
        return not self.sections


@dataclass(frozen=True, kw_only=True)
class Known:
    """The open issue, as it is."""

    number: int
    body: str


@dataclass(frozen=True, kw_only=True)
class IssueStep:
    """What to do about the issue."""

    do: Literal["open", "update", "close", "nothing"]
    number: int | None = None
    title: str = ""
    body: str = ""
    """Of the issue; for `close` of the comment that says why."""


def drift(stack: str, records: Sequence[Record]) -> DriftReport:
    """Judge the records of a stack. A check without a record counts as one that could not be made."""
    found = {record.name: record for record in records}
    waiting = waits(stack, found.get(WAITING))
    sections = [
        _infrastructure(stack, found.get(INFRASTRUCTURE), waiting),
        _undeclared(waiting),
        _engines(stack, found.get(ENGINES)),
    ]
    return DriftReport(stack=stack, sections=tuple(filter(None, sections)), waiting=_waiting(waiting))


def decide(now: DriftReport, known: Known | None, link: str = "") -> IssueStep:
    """The step from the issue that is there to the one that should be."""
    run = f"[the run]({link})" if link else "a run"
    if now.clean:
        if known is None:
            return IssueStep(do="nothing")
        return IssueStep(do="close", number=known.number, body=f"No drift any more: {run} found none.")
    body = "\n".join([marker(now.stack), "", *now.sections, *filter(None, [now.waiting])])[: LONGEST - 1]
    if known is None:
        return IssueStep(do="open", title=f"Drift in {now.stack}", body=body)
    # An unchanged text is not sent again: each update sends mail to those who watch.
    if known.body.replace("\r\n", "\n").strip() == body.strip():
        return IssueStep(do="nothing", number=known.number)
    return IssueStep(do="update", number=known.number, body=body)


def marker(stack: str) -> str:
    """By which the issue of a stack is found again."""
    return f"<!-- datatier: drift of {stack} -->"


def _infrastructure(stack: str, record: Record | None, waiting: Sequence[Waits]) -> str:
    if record is None:
        return _unknown("Infrastructure", "the check was not made; see the run")
    output = plain(record.output)
    if record.code == 0:
        return ""
    if record.code != NO_CHANGES and _EXPECTED_NONE not in output:
        return _unknown("Infrastructure", f"`pulumi refresh` ended with {record.code}", output)
    if only_waits(output, waiting):
        return ""
    lines = [
        "### Infrastructure",
        "",
        "AWS holds something else than the stack's state.",
        "",
        *folded("pulumi refresh", fenced(output[-LONGEST // 3 :])),
        "",
        f"To have it as declared again: `pulumi up --refresh --stack {stack}`. "
        f"To keep what was changed: declare it, then `pulumi refresh --stack {stack}`.",
        "",
    ]
    return "\n".join(lines)


def _undeclared(waiting: Sequence[Waits]) -> str:
    others = [each for each in waiting if each.undeclared]
    if not others:
        return ""
    rows = [f"- {cell(each.described)}: {', '.join(each.undeclared)} declared otherwise" for each in others]
    title = "### Infrastructure: changes wait that nobody declared"
    mend = "To keep one: declare it. Else ask AWS for what is declared, before the window does it."
    return "\n".join([title, "", *rows, "", mend, ""])


def _waiting(waiting: Sequence[Waits]) -> str:
    declared = [each for each in waiting if not each.undeclared]
    if not declared:
        return ""
    rows = [
        f"| {cell(each.described)} | {cell(each.window or 'not known')} | {cell(each.where)} |" for each in declared
    ]
    title = "### No drift: waits for its maintenance window"
    return "\n".join([title, "", "| what | window (UTC) | where |", "|---|---|---|", *rows, ""])


def _engines(stack: str, record: Record | None) -> str:
    if record is None:
        return _unknown("Schema and access", "the check was not made; see the run")
    try:
        data = document(record.output)
        found, failed = data["found"], data["failed"]
    except (ValueError, KeyError, TypeError):
        return _unknown("Schema and access", f"`datatier drift` ended with {record.code}", plain(record.output))
    if not found and not failed:
        return ""
    rows = [f"| {cell(each['where'])} | {cell(each['what'])} | {cell(each['mend'])} |" for each in found]
    lines = ["### Schema and access", ""]
    if rows:
        lines += ["| where | what | mends it |", "|---|---|---|", *rows[:100], ""]
    if len(rows) > 100:
        lines += [f"and {len(rows) - 100} more", ""]
    lines += [f"- **failed** {cell(each)}" for each in failed] + [""] * bool(failed)
    # An invocation that is replaced is one that runs again.
    again = f"pulumi up --stack {stack} --target-replace '**runner-run'"
    lines += [f"To have it as declared again: `{again}` runs the bootstrap. To keep what was changed: declare it.", ""]
    return "\n".join(lines)


def _unknown(title: str, why: str, output: str = "") -> str:
    shown = folded("what it said", fenced(output[-LONGEST // 3 :])) if output else []
    return "\n".join([f"### {title}: could not be looked at", "", f"{why}.", "", *shown, ""])
