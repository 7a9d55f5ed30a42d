"""The preflight: what deploying a stack over what is there does, resource by resource, to those who use it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graph.marks import asset
from graph.resource import Resource, Shown
from preview.diff import changes
from preview.findings.state import state_findings
from preview.impact.effect import Effect, Impact
from preview.impact.judge import judge
from preview.plan import PreviewFinding, shown

if TYPE_CHECKING:
    from graph.deployment import Deployment

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
    replaced: int
    """How many of the updated ones are replaced."""
    impacts: tuple[Impact, ...]
    """The worst first."""
    findings: tuple[PreviewFinding, ...]

    @property
    def blocked(self) -> bool:
        """Whether AWS or Pulumi would refuse a part of it."""
        return any(impact.effect is Effect.BLOCKED for impact in self.impacts)

    def as_json(self) -> dict[str, Any]:
        """The stable form for machines."""
        return {**asdict(self), "blocked": self.blocked}


def preflight(
    deployment: Deployment, before: Iterable[Resource], findings: tuple[PreviewFinding, ...] = ()
) -> Preflight:
    """Judge what the program declared against what was saved."""
    saved = tuple(before)
    made = changes(saved, declared(deployment))
    kinds = Counter(change.kind for change in made)
    return Preflight(
        stack=deployment.stack,
        created=kinds["create"],
        updated=kinds["update"],
        deleted=kinds["delete"],
        same=kinds["same"],
        replaced=sum(change.replaced for change in made),
        impacts=judge(made),
        findings=(*state_findings(deployment.stack, saved), *findings),
    )


def declared(deployment: Deployment) -> tuple[Resource, ...]:
    """What a run of the program declared, in the form of a saved deployment: secrets masked."""
    whole = tuple(deployment.whole())
    shows = _shown_texts(whole)
    return tuple(
        replace(
            each,
            inputs={key: _content(value) for key, value in shown(each).items()},
            outputs={**_in_the_clear(each), **each.outputs} if each.id else {},
            copies={
                key: shows[text]
                for key in each.secret_inputs
                if isinstance(text := each.inputs[key], str) and text in shows
            },
        )
        for each in whole
    )


def _in_the_clear(resource: Resource) -> dict[str, Any]:
    return {key: value for key, value in resource.inputs.items() if key not in resource.secret_inputs}


def _shown_texts(resources: Iterable[Resource]) -> dict[str, Shown]:
    """JSON texts in an input that is not secret, and where each is."""
    return {
        value: (each.key, key, value)
        for each in resources
        for key, value in _in_the_clear(each).items()
        if isinstance(value, str) and value.startswith("{")
    }


def _content(value: object) -> Any:
    """An archive by what is in it, as the engine keeps it; one that is not there yet may hold anything."""
    if not (isinstance(value, dict) and set(value) == {"path"}):
        return value
    path = Path(str(value["path"]))
    return asset(hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None)
