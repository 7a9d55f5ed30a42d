"""The preflight as Markdown, for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterable

from preview.impact.conditions import parameters
from preview.impact.effect import Effect, Impact
from preview.preflight import NOTICED, Preflight

_LONGEST = 80
_MOST = 4  # names in a line
_MARKS = {"pendingReplacement": "gone already", "taint": "marked to be replaced", "initErrors": "not at rest"}


def markdown(report: Preflight) -> str:
    """A heading, a summary, one table of what somebody notices, the rest folded."""
    noticed = [impact for impact in report.impacts if impact.effect in NOTICED]
    quiet = [impact for impact in report.impacts if impact.effect is Effect.IN_PLACE]
    lines = [f"### {report.stack}: {verdict(report)}", "", summary(report), ""]
    if noticed:
        lines += [*_table(noticed), ""]
    if quiet:
        lines += [
            "<details><summary>in place</summary>",
            "",
            *(f"- {line}" for line in grouped(quiet)),
            "",
            "</details>",
        ]
        lines.append("")
    for finding in report.findings:
        lines.append(
            f"- **{finding.severity}** {_cell(finding.rule)} ({_cell(finding.resource)}): {_cell(finding.message)}"
        )
    return "\n".join(lines).rstrip() + "\n"


def verdict(report: Preflight) -> str:
    """The worst of it, in a few words."""
    if not (report.created or report.updated or report.deleted):
        return "no changes"
    return str(report.impacts[0].effect) if report.impacts else "new resources only"


def summary(report: Preflight) -> str:
    """How many of each kind."""
    by_replacement = f" ({report.replaced} of the updates by replacement)" if report.replaced else ""
    return (
        f"{report.created} to create, {report.updated} to update, {report.deleted} to delete, "
        f"{report.same} unchanged{by_replacement}"
    )


def grouped(impacts: Iterable[Impact]) -> list[str]:
    """Changes that nobody notices, one line for each kind."""
    kinds: dict[tuple[str, str], list[Impact]] = {}
    for impact in impacts:
        kinds.setdefault((impact.type.rpartition(":")[2], impact.key), []).append(impact)
    return [
        f"{kind} {'deleted' if key == '*' else key}: {', '.join(sorted(each.name for each in same)[:_MOST])}"
        + (f" and {len(same) - _MOST} more" if len(same) > _MOST else "")
        for (kind, key), same in sorted(kinds.items())
    ]


def _table(impacts: list[Impact]) -> list[str]:
    rows = ["| effect | resource | change | what users notice | when | way round |", "|---|---|---|---|---|---|"]
    rows += [
        f"| **{i.effect}** | {_cell(i.name)} | {_cell(described(i))} | {_cell(i.users)} "
        f"<br><sub>{_cell(i.rule)}: {_cell(i.source)}</sub> | {i.takes_effect} | {_cell(i.way_round)} |"
        for i in impacts
    ]
    return rows


def described(impact: Impact, *, longest: int | None = _LONGEST) -> str:
    """The change in words, values cut at `longest` characters."""
    if impact.key == "*":
        return "deleted"
    if impact.key in _MARKS:
        return _MARKS[impact.key]
    if impact.key == "replaceWith":
        return f"replaced together with {impact.before}"
    if impact.key == "parameters":
        differ = parameters(impact.before, impact.after)
        return ", ".join(
            f"{name}: {_value(was, longest)} → {_value(now, longest)}" for name, (was, now) in differ.items()
        )
    return f"{impact.key}: {_value(impact.before, longest)} → {_value(impact.after, longest)}"


def _value(value: object, longest: int | None) -> str:
    text = "none" if value is None else str(value)
    return text if longest is None or len(text) <= longest else f"{text[: longest - 1]}…"


def _cell(text: str) -> str:
    """Text that stays inside its cell."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
