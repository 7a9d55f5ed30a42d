"""A plan as a file: what `upgrade plan` writes and `upgrade run` carries out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Literal

import yaml
from pydantic import TypeAdapter, ValidationError

from bootstrap.errors import AskedError
from infra.settings.model import Settings
from upgrade.deployed import Deployed
from upgrade.effect import Deploy
from upgrade.plan import UpgradePlan
from upgrade.step import UpgradeStep


class PlanFileError(AskedError):
    """A file that holds no plan, or one that no longer fits."""


@dataclass(frozen=True, kw_only=True)
class StoredPlan(UpgradePlan):
    """A plan with all that carrying it out takes."""

    format: Literal[1] = 1
    id: str
    """Of this plan alone: planned again it has another one."""
    stack: str
    made_at: str
    declared: str
    """Fingerprint of the section of the stack's file that it was made from, without what its own steps change there."""
    region: str | None = None
    profile: str | None = None
    role: str | None = None


_PLANS = TypeAdapter(tuple[StoredPlan, ...])


def stored(stack: Deployed, made: Sequence[UpgradePlan], at: datetime) -> tuple[StoredPlan, ...]:
    """The plans of a stack as its file has them."""
    return tuple(_stored(stack, each, at) for each in made)


def _stored(stack: Deployed, made: UpgradePlan, at: datetime) -> StoredPlan:
    found = StoredPlan(
        change=made.change,
        steps=made.steps,
        fits=made.fits,
        id="",
        stack=stack.stack,
        made_at=at.isoformat(timespec="seconds"),
        declared=fingerprint(stack.settings, made),
        region=stack.instances.region,
        profile=stack.profile,
        role=stack.role,
    )
    return replace(found, id=_short(asdict(found)))


def as_json(plans: Sequence[UpgradePlan]) -> list[dict[str, Any]]:
    """What `--json` prints: each step with its words, which are made from what it does."""
    return [{**asdict(each), "steps": [_step(step) for step in each.steps]} for each in plans]


def _step(step: UpgradeStep) -> dict[str, Any]:
    words = {"how": step.how, "before": step.before, "after": step.after}
    return {**asdict(step), **{key: list(value) for key, value in words.items()}}


def read(text: str, named: str) -> tuple[StoredPlan, ...]:
    """The plans in a file. Raise `PlanFileError` for one that holds none."""
    try:
        found = _PLANS.validate_json(text)
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"])) or "file"
        raise PlanFileError(
            f"{named} is not a plan ({where}: {error.errors()[0]['msg']}): "
            "`datatier upgrade plan STACK --to ... --out FILE` writes one."
        ) from None
    if not found:
        raise PlanFileError(f"{named} has no plan in it: `datatier upgrade plan STACK --to ... --out FILE` writes one.")
    if len({each.stack for each in found}) > 1:
        raise PlanFileError(f"{named} has plans of several stacks: write one file for each.")
    return found


def fingerprint(settings: Settings, made: UpgradePlan) -> str:
    """Of the declared section of what a plan changes, without the keys that its own deployments set."""
    target = made.change.target
    section = settings.postgres if target == "postgres" else settings.redis[target]
    declared = section.model_dump(mode="json", by_alias=True)
    for effect in (effect for step in made.steps for effect in (*step.do, *step.undo)):
        if isinstance(effect, Deploy):
            for each in effect.lines:
                lines = lines_of(each)[1]
                _without(declared, lines if target == "postgres" else lines.get(target, {}))
    return _short(declared)


def _short(data: object) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:12]


def lines_of(text: str) -> tuple[str, dict[str, Any]]:
    """`data-tier:postgres: {class: x}` as key and value."""
    key, _, value = text.partition(": ")
    return key, yaml.safe_load(value)


def has(declared: object, wanted: object) -> bool:
    """Whether a declaration has all that a line says."""
    if isinstance(wanted, Mapping):
        return isinstance(declared, Mapping) and all(has(declared.get(key), each) for key, each in wanted.items())
    return str(declared) == str(wanted)


def _without(declared: dict[str, Any], lines: Mapping[str, Any]) -> None:
    for key, value in lines.items():
        if isinstance(value, Mapping) and isinstance(declared.get(key), dict):
            _without(declared[key], value)
        else:
            declared.pop(key, None)
