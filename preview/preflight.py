"""The preflight: what deploying a stack over what is there does, resource by resource, to those who use it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from preview.diff import changes
from preview.impact.effect import Effect, Impact
from preview.impact.judge import judge
from preview.plan import Finding, shown
from preview.saved import Resource, known_as

if TYPE_CHECKING:  # the monitor brings the SDK with it
    from local.cloud import Declared, Made
    from local.monitor import Deployment

NOTICED = tuple(effect for effect in Effect if effect is not Effect.IN_PLACE)
"""Effects that somebody notices."""


@dataclass(frozen=True, kw_only=True)
class Preflight:
    """What a deployment would do."""

    stack: str
    created: int
    updated: int
    deleted: int
    same: int
    impacts: tuple[Impact, ...]
    """The worst first."""
    findings: tuple[Finding, ...]

    @property
    def blocked(self) -> bool:
        """Whether AWS or Pulumi would refuse a part of it."""
        return any(impact.effect is Effect.BLOCKED for impact in self.impacts)

    def as_json(self) -> dict[str, Any]:
        """The stable form for machines."""
        return {**asdict(self), "blocked": self.blocked}


def preflight(deployment: Deployment, before: Iterable[Resource], findings: tuple[Finding, ...] = ()) -> Preflight:
    """Judge what the program declared against what was saved."""
    made = changes(before, declared(deployment))
    kinds = Counter(change.kind for change in made)
    return Preflight(
        stack=deployment.stack,
        created=kinds["create"],
        updated=kinds["update"],
        deleted=kinds["delete"],
        same=kinds["same"],
        impacts=judge(made),
        findings=findings,
    )


def declared(deployment: Deployment) -> tuple[Resource, ...]:
    """What a run of the program declared, in the form of a saved deployment."""
    names = {resource.urn: resource.name for resource in deployment.resources}
    made = deployment.made
    return tuple(
        Resource(
            type=resource.type,
            name=resource.name,
            parent=names.get(resource.parent, ""),
            inputs=shown(resource),
            protect=resource.protect,
            retained=resource.retain_on_delete,
            ignored=resource.ignore_changes,
            known_as=_known_as(resource, made[resource.urn]) if resource.urn in made else (),
        )
        for resource in deployment.resources
    )


def _known_as(resource: Declared, made: Made) -> tuple[str, ...]:
    """As the engine saves it: what is put out has what was put in below it."""
    inputs = {key: value for key, value in resource.inputs.items() if key not in resource.secret_inputs}
    return known_as(made.id, {**inputs, **made.outputs})
