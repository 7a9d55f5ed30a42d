"""The one comment of a pull request: what every command of its pipeline found. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.record import Record, plain
from pipeline.text import fenced, folded

MARKER = "<!-- datatier: what this pull request does -->"
"""By which the comment is found again, so that there is one."""
# "body is too long (maximum is 65536 characters)", the API's answer to more; what is cut is in the run's summary.
LONGEST = 65_536
_SHORTEST = 600
_CUT = "…"


def comment(records: Sequence[Record], link: str = "") -> str:
    """The comment, with the marker; `link` is the run's page."""
    body = report(records, LONGEST - len(MARKER) - len(link) - 40)
    return "\n".join([MARKER, body, *([f"\n[the run]({link})"] if link else [])])


def report(records: Sequence[Record], longest: int) -> str:
    """What the commands found, Markdown as it is, anything else folded; cut to so many characters."""
    head = [f"**{verdict(records)}**", ""]
    whole = "\n".join(head + [line for record in records for line in _section(record, None)])
    if len(whole) <= longest:
        return whole
    # Long outputs are cut to their share of the limit, keeping the end of each, which has the result.
    share = max(_SHORTEST, longest // max(1, len(records)) - 300)
    cut = "\n".join(head + [line for record in records for line in _section(record, share)])
    return cut if len(cut) <= longest else cut[: longest - 40].rpartition("\n")[0] + f"\n\n{_CUT} cut here"


def verdict(records: Sequence[Record]) -> str:
    """How it went, in a sentence."""
    failed = [record.title for record in records if not record.ok]
    if not records:
        return "Nothing of the data tier changes."
    return f"Not as it should be: {', '.join(failed)}." if failed else "All checks of the data tier passed."


def _section(record: Record, share: int | None) -> list[str]:
    output = plain(record.output).strip("\n")
    if share is not None and len(output) > share:
        start = output[:share].rpartition("\n")[0]
        output = f"{start}\n\n{_CUT} cut here" if record.markdown else f"{_CUT} cut here; its end:\n{output[-share:]}"
    if record.markdown:
        return [*([] if record.ok else [f"**{record.title}: exit {record.code}**", ""]), output, ""]
    outcome = "ok" if record.ok else f"exit {record.code}"
    return [*folded(f"{record.title}: {outcome}", fenced(output or "(it said nothing)")), ""]
