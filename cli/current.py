"""Which stack is meant: the one named, or the one that was brought up last in this folder (ADR 0002)."""

from __future__ import annotations

from pathlib import Path

from cli.errors import InputError, NothingUpError
from cli.project import project_root
from infra.settings.problems import nearest
from local.files import write_private
from local.state import StateDir


def _marker(root: Path) -> Path:
    return root / ".local" / "current"


def remember(root: Path, stack: str) -> None:
    """Make this stack the current one."""
    write_private(_marker(root), stack)


def known(root: Path) -> list[str]:
    """The stacks that have something in this folder, up or not."""
    return sorted(path.parent.name for path in (root / ".local").glob("*/state.json"))


def state_of(stack: str | None) -> StateDir:
    """The state of the stack that is meant. Raise `NothingUpError` when there is none."""
    root = project_root()
    stacks = known(root)
    if stack is None:
        marker = _marker(root)
        stack = marker.read_text(encoding="utf-8").strip() if marker.is_file() else ""
        if stack not in stacks:
            stack = stacks[0] if len(stacks) == 1 else None
    if stack is None:
        if stacks:
            raise InputError(f"which stack? There are {', '.join(stacks)}: say --stack NAME.")
        raise NothingUpError(f"nothing is up in {root}: run `datatier up` first.")
    if stack not in stacks:
        there = f" (there are {', '.join(stacks)})" if stacks else ""
        raise NothingUpError(
            f"stack `{stack}` was not brought up in {root}{there}: `datatier up {stack}`.{nearest(stack, stacks)}"
        )
    return StateDir(root, stack)
