"""What the stack promises after a loss (`data-tier:objectives`), beside what its settings give, as findings.

What cannot be kept when a server is lost is an error of the settings (`infra.rules.objectives.broken`); here are the
rarer losses. Minutes are estimates with their sources in `knowledge.backups.recovery`; a drill measures them.
"""

from __future__ import annotations

from collections.abc import Iterator

from infra.rules.objectives import Recovery, in_words, recoveries
from infra.settings.model import Settings
from infra.settings.values import minutes
from preview.plan import PreviewFinding


def objectives(settings: Settings) -> Iterator[PreviewFinding]:
    """A finding for each loss after which a promise is not kept; the far-fetched ones where a stack is protected."""
    for each in recoveries(settings):
        if each.lost in ("server", "data") or settings.protect:
            yield from _lacking(settings, each)


def _lacking(settings: Settings, found: Recovery) -> Iterator[PreviewFinding]:
    promised = settings.objectives
    for rule, given, wanted in (("rpo", found.rpo, promised.rpo), ("rto", found.rto, promised.rto)):
        if given is not None and given <= minutes(wanted):
            continue
        if rule == "rto" and found.rpo is None:
            continue  # nothing comes back: said once
        lost = (
            "for good" if given is None else f"about {in_words(given)}" if rule == "rto" else f"up to {in_words(given)}"
        )
        what = f"{rule.upper()} is {wanted}; with the {found.lost} lost it is {lost}: {found.how}."
        yield PreviewFinding(
            severity="warning" if settings.protect and found.lost in ("server", "data") and rule == "rpo" else "info",
            rule=f"objective-{rule}",
            resource=found.lost,
            message=f"{what} {found.mend[:1].upper()}{found.mend[1:]}." if found.mend else what,
        )
