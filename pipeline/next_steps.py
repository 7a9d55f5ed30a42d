"""How to go on after a deployment that failed: from what it said to the command that continues it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.record import Record, plain


@dataclass(frozen=True, kw_only=True)
class Hint:
    """A failure with specific next steps."""

    says: str
    """What is looked for in the output, without regard to case."""
    means: str
    do: tuple[str, ...]
    """Commands, in their order; `{stack}` is the stack's name."""


_AGAIN = "pulumi up --stack {stack}"
_MANIFEST = "pulumi stack output manifest --stack {stack} > manifest.json"

HINTS = (
    Hint(
        says=r"runner\.zip is missing",
        means="the runner's bundle was not built",
        do=("make bundle", _AGAIN),
    ),
    Hint(
        says=r"currently locked by|another update is currently in progress",
        means="another run holds the stack's lock, or was killed while it held it",
        do=("pulumi cancel --stack {stack}", _AGAIN),
    ),
    Hint(
        says=r"pending operation|interrupted while",
        means="a run was cut short while AWS was making something: the state does not know whether it is there",
        do=("pulumi refresh --stack {stack}", _AGAIN),
    ),
    Hint(
        says=r"marked for protection|protect.*cannot be (?:deleted|replaced)",
        means="the change would replace or delete what holds data; nothing of that was done",
        do=("pulumi stack export --stack {stack} | datatier preview {stack} --against -",),
    ),
    Hint(
        says=r"policy violation|\[mandatory\]|mandatory polic",
        means="a rule of the policy pack is broken; nothing was deployed",
        do=("datatier preview {stack}",),
    ),
    Hint(
        says=r"no stack named|failed to load stack|stack .* not found",
        means="the stack was never made in this backend",
        do=("pulumi stack init {stack} --secrets-provider awskms://alias/pulumi", _AGAIN),
    ),
    Hint(
        says=r"expiredtoken|assumerolewithwebidentity|could not assume role|no valid credential",
        means="there were no credentials, or they ended before the run did: AWS keeps what was made",
        do=("aws sts get-caller-identity", _AGAIN),
    ),
    Hint(
        says=r"stopped between two migrations",
        means="the migrations did not fit into one run of the runner; it stopped between two of them, clean",
        do=(_AGAIN,),
    ),
    Hint(
        says=r"is dirty|migrate force",
        means="a migration was cut short or failed: docs/runbooks/dirty-migration.md",
        do=(_MANIFEST, "datatier migrate status --manifest manifest.json"),
    ),
    Hint(
        says=r"checks? failed|otherwise than declared|\d+ differences",
        means="the deployment is done, and what somebody may do is not as declared",
        do=("pulumi stack output --json --stack {stack} | datatier drift --outputs - --prove",),
    ),
)
"""In the order in which they are looked for: the first that fits is the one that is meant."""


@dataclass(frozen=True, kw_only=True)
class NextStep:
    """What to do about one command that failed."""

    title: str
    means: str
    do: tuple[str, ...]


def next_steps(stack: str, records: Sequence[Record]) -> tuple[NextStep, ...]:
    """One for each command that failed."""
    return tuple(_step(stack, record) for record in records if not record.ok)


def _step(stack: str, record: Record) -> NextStep:
    output = plain(record.output)
    for hint in HINTS:
        if re.search(hint.says, output, re.IGNORECASE):
            return NextStep(title=record.title, means=hint.means, do=tuple(_filled(hint.do, stack)))
    last = next((line.strip() for line in reversed(output.splitlines()) if line.strip()), "it said nothing")
    means = f"it ended with {record.code}: {last}"
    return NextStep(title=record.title, means=means, do=(" ".join(record.command),))


def _filled(commands: Iterable[str], stack: str) -> Iterable[str]:
    return (command.replace("{stack}", stack) for command in commands)


def markdown(stack: str, steps: Sequence[NextStep], run: str = "") -> str:
    """How to go on, as Markdown."""
    lines = [f"### {stack}: how to go on", ""]
    for step in steps:
        lines += [f"**{step.title}**: {step.means}.", "", "```sh", *step.do, "```", ""]
    if not steps:
        lines += ["No command of this run has failed; see the log of the step that did.", ""]
    again = f"gh run rerun {run} --failed" if run else "gh run rerun RUN --failed"
    lines += [
        f"Each of them resumes where it stopped. In the pipeline: `{again}` runs the failed job again and then those "
        "after it; what is deployed already stays as it is.",
    ]
    return "\n".join(lines) + "\n"
