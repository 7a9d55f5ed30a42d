"""Which stacks a change concerns, from the paths that changed. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from infra.settings.stackfile import stack_of

ALL, NONE = "all", "none"

CONCERNS: dict[str, str] = {
    "infra/": ALL,
    "components/": ALL,
    "knowledge/": ALL,
    "graph/": ALL,  # the policy pack judges by it
    "bootstrap/": ALL,
    "observe/": ALL,  # its function is of the same bundle
    "keep/": ALL,  # the same
    "maintain/": ALL,  # the same
    "capacity/": ALL,  # the same
    "clients/": ALL,
    "migrations/": ALL,
    "schema/": ALL,
    "policy/": ALL,
    "access.yaml": ALL,
    "Pulumi.yaml": ALL,
    "requirements/runtime.txt": ALL,
    "requirements/policy.txt": ALL,
    # What looks at stacks, or runs them elsewhere, and changes none.
    ".ci/": NONE,
    ".github/": NONE,
    ".gitignore": NONE,
    ".dockerignore": NONE,
    "account/": NONE,
    "Makefile": NONE,
    "alarms/": NONE,
    "README.md": NONE,
    "bench/": NONE,
    "boards/": NONE,
    "cli/": NONE,
    "components/__main__.py": NONE,
    "components/package/": NONE,
    "components/schema.json": NONE,
    "cost/": NONE,
    "delivery/": NONE,
    "deploy/": NONE,
    "docs/": NONE,
    "examples/": NONE,
    "findings/": NONE,
    "local/": NONE,
    "pipeline/": NONE,
    "preview/": NONE,
    "reference/": NONE,
    "pyproject.toml": NONE,
    "rehearse/": NONE,
    "requirements/": NONE,
    "runtime/": NONE,
    "adopt/": NONE,
    "scaffold/": NONE,
    "tests/": NONE,
    "upgrade/": NONE,
}
"""Path, or folder with its slash -> which stacks it is in. The longest that fits counts; what fits none is in all."""


@dataclass(frozen=True, kw_only=True)
class ConcernedStack:
    """A stack that a change concerns."""

    stack: str
    because: tuple[str, ...]
    """The paths."""

    def as_json(self) -> dict[str, Any]:
        """The stable form for machines."""
        return {"stack": self.stack, "because": list(self.because)}


def changed(paths: Iterable[str], stacks: Iterable[str]) -> tuple[ConcernedStack, ...]:
    """The stacks, in their order, that these paths are in."""
    listed = sorted(set(paths))
    found = []
    for stack in stacks:
        because = tuple(path for path in listed if concern(path) in (ALL, stack))
        if because:
            found.append(ConcernedStack(stack=stack, because=because))
    return tuple(found)


def concern(path: str) -> str:
    """`all`, `none`, or the stack whose file it is."""
    if own := stack_of(path):
        return own
    fits = [known for known in CONCERNS if path == known or (known.endswith("/") and path.startswith(known))]
    return CONCERNS[max(fits, key=len)] if fits else ALL
