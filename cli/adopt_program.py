"""The program of a stack whose file need not be written yet, as `datatier preview` runs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cli.adopt_files import Place
from cli.project import StackSource, load

if TYPE_CHECKING:
    from cli.cost_view import Costs
    from graph.deployment import Deployment
    from graph.resource import Resource


@dataclass
class AdoptedProgram:
    """The program as `datatier preview` runs it, also over a file that is not written yet."""

    where: Place
    stands: bool
    """Whether the file is there and counts."""
    source: StackSource | None = None
    """What was run last, and what came of it."""
    deployment: Deployment | None = None

    def __call__(self, config: Mapping[str, Any]) -> Deployment:
        self.source = load(self.where.stack) if self.stands else _unwritten(self.where, config)
        self.deployment = self.source.offline()
        return self.deployment

    def costs(self, before: Sequence[Resource]) -> Costs | None:
        """What a month costs more than the imported state; None where the program was not run."""
        from cli.cost_view import costs

        if self.source is None or self.deployment is None:
            return None
        return costs(self.source, self.deployment.resources, before)


def _unwritten(where: Place, config: Mapping[str, Any]) -> StackSource:
    """The stack of a file that is not there yet."""
    from infra.load import declare, declared_extensions
    from infra.settings.access_file import read_access

    found = declare({**where.project, **config}, stack=where.stack, extensions=declared_extensions(where.root))
    return StackSource(
        root=where.root,
        stack=where.stack,
        config=found.config,
        settings=found.settings,
        instances=found.instances,
        access=read_access(where.root),
    )
