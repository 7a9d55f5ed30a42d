"""One run over all plans of a file: alone on its stack, its end as a report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from bootstrap.errors import AskedError, BootstrapError
from upgrade.file import StoredPlan
from upgrade.run import run as steps
from upgrade.run.errors import WaitingError
from upgrade.run.notes import Notebook, alone
from upgrade.run.report import State, UpgradeReport, report
from upgrade.run.run import Asked
from upgrade.run.world import World

Write = Callable[[Path, str], None]


def listed(plans: Sequence[StoredPlan], folder: Path, write: Write) -> UpgradeReport:
    """What the notes say, without a look at anything else."""
    books = [Notebook(folder, each.id, write) for each in plans]
    return _report(plans, books, "listed")


def carry_out(
    plans: Sequence[StoredPlan],
    world: World,
    folder: Path,
    write: Write,
    asked: Asked,
    say: Callable[[str], None],
    undo: str | None = None,
) -> UpgradeReport:
    """Do what is left, or take one step back. Raise AskedError for what cannot be.

    :param folder: where the notes of the stack are; it exists.
    """
    with alone(folder):
        books = [Notebook(folder, each.id, write) for each in plans]
        try:
            for plan, book in zip(plans, books, strict=True):
                if undo is not None:
                    if any(step.id == undo for step in plan.steps):
                        steps.undo(plan, undo, world, book, asked, say)
                elif not steps.run(plan, world, book, asked, say) or asked.until in {step.id for step in plan.steps}:
                    break
        except AskedError:
            raise
        except WaitingError as error:
            return _report(plans, books, "waiting", str(error), error.needs)
        except BootstrapError as error:
            return _report(plans, books, "failed", str(error))
        end = _report(plans, books, "done")
        return end if end.next is None else end.model_copy(update={"state": "stopped"})


def _report(
    plans: Sequence[StoredPlan], books: Sequence[Notebook], state: State, why: str = "", needs: str = ""
) -> UpgradeReport:
    return report(tuple((plan, book.notes) for plan, book in zip(plans, books, strict=True)), state, why, needs)
