"""What a drill's notes amount to: passed, failed or no verdict, and why. Pure."""

from __future__ import annotations

from keep.drill.notes import Notes
from keep.drill.report import DrillObjective, Verdict
from keep.drill.words import span

DESTROYED = "destroyed"
"""The check that nothing is left of what was made: about the drill, not about what came back."""


def rto(notes: Notes) -> float | None:
    """Seconds from the first phase's beginning to the application's first answer; None where it never had one."""
    served = next((phase for phase in notes.phases if phase.name == "serve" and phase.ok), None)
    if served is None:
        return None
    return round((served.began_at - notes.phases[0].began_at).total_seconds() + served.seconds, 3)


def judge(notes: Notes, objective: DrillObjective, broke: str | None, not_whole: str | None) -> tuple[Verdict, str]:
    """Return the verdict and why, in a sentence.

    :param broke: why the drill could not be done to its end.
    :param not_whole: what did not come back as it should, where that ended the drill.
    """
    wrong = [f"{each.name}: {each.detail}" for each in notes.checks if not each.ok and each.name != DESTROYED]
    if not_whole:
        wrong.append(not_whole)
    if wrong:
        return "failed", "; ".join(wrong)
    if broke:
        return "error", broke
    took = rto(notes)
    if took is None:
        return "error", "the drill ended before the application had an answer"
    missed = [
        f"{name} {span(measured)} is beyond the objective of {span(promised)}"
        for name, measured, promised in (
            ("RTO", took, objective.rto_seconds),
            ("RPO", notes.rpo_seconds, objective.rpo_seconds),
        )
        if measured is not None and promised is not None and measured > promised
    ]
    if missed:
        return "failed", "; ".join(missed)
    left = next((each.detail for each in notes.checks if each.name == DESTROYED and not each.ok), None)
    if left:
        return "error", f"everything came back, but {left}: `datatier drill clean` removes it"
    known = "within the objective" if objective.rto_seconds is not None else "no objective is declared"
    lost = f"RPO {span(notes.rpo_seconds)}" if notes.rpo_seconds is not None else "RPO not measured"
    return "passed", f"{len(notes.checks)} checks; RTO {span(took)}, {lost}, {known}"
