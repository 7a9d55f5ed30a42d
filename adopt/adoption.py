"""An existing tier to the stack's file, the report, the import and the state after it. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from adopt.estate import Estate
from adopt.import_file import import_file
from adopt.imported import imported
from adopt.live.everything import live
from adopt.match import Match, matches
from adopt.owned import owned
from adopt.refusal import Refusal
from adopt.refusals import refusals
from adopt.report import Report
from adopt.settings.written import Comments, written
from adopt.suppressed import suppressed
from adopt.verdicts import entries
from graph.deployment import Deployment
from graph.saved import read
from infra.settings.problems import SettingsError
from knowledge.names import prefix
from preview.preflight import declared

_SUPPRESS = "data-tier:suppress"

Program = Callable[[Mapping[str, Any]], Deployment]
"""Runs the program offline with a stack's configuration. Raise `SettingsError` for what is wrong with it."""


@dataclass(frozen=True, kw_only=True)
class Adoption:
    """What adopting gives. Where the report is refused there is nothing to be written."""

    report: Report
    config: Mapping[str, Any] = field(default_factory=dict)
    """What the report is of: `namespace:key` -> value."""
    proposed: Mapping[str, Any] = field(default_factory=dict)
    """What the stack's file says where nobody has changed it since."""
    comments: Comments = field(default_factory=dict)
    imports: Mapping[str, Any] = field(default_factory=dict)
    """For `pulumi import --file`."""
    state: Mapping[str, Any] = field(default_factory=dict)
    """As the import leaves it, for `datatier preview --against`."""


def adoption(
    estate: Estate,
    stack: str,
    name: str,
    program: Program,
    *,
    computed: bool = False,
    config: Mapping[str, Any] | None = None,
    versions: Mapping[str, str] | None = None,
    extensions: tuple[str, ...] = (),
    today: date | None = None,
) -> Adoption:
    """Adopt `estate` as a stack of the application `name`, which declares `extensions`.

    `computed`: parameters as the product computes them, in place of the live ones. `config` is that of a stack's file
    which is there already: it stands, whatever would be written. `versions` are those of the providers, by package.
    `today` is the day from which what breaks a rule of the policy pack is let pass; absent, nothing is.
    """
    refused = (*owned(estate, prefix(name, stack)), *refusals(estate))
    if any(each.whole for each in refused):
        return _nothing(estate, stack, refused)
    taken = without(estate, refused)
    try:
        file = written(taken, name, stack, computed=computed, extensions=extensions)
        refused += file.refusals
        if any(each.whole for each in refused):
            return _nothing(estate, stack, refused)
        deployment = program(file.config if config is None else config)
    except SettingsError as error:
        return _nothing(estate, stack, (*refused, *_undeclarable(error)))
    matched = tuple(matches(deployment, live(taken), estate.region))
    proposed = {**file.config, **_suppress(deployment, matched, today, config or {})}
    state = imported(deployment, matched)
    report = Report(
        stack=stack,
        account=estate.account,
        region=estate.region,
        entries=entries(estate, deployment, read(json.dumps(state)), matched),
        parameters=file.parameters,
        refusals=refused,
        left=file.left,
        unread=estate.unread,
    )
    return Adoption(
        report=report,
        config=proposed if config is None else config,
        proposed=proposed,
        comments=file.comments,
        imports=import_file(deployment, matched, versions or {}),
        state=state,
    )


def without(estate: Estate, refused: tuple[Refusal, ...]) -> Estate:
    """The tier without the replicas and caches that cannot be taken."""
    names = {each.what for each in refused}
    return replace(
        estate,
        replicas={name: each for name, each in estate.replicas.items() if each.identifier not in names},
        caches={name: each for name, each in estate.caches.items() if each.identifier not in names},
    )


def _suppress(
    deployment: Deployment, matched: Iterable[Match], today: date | None, config: Mapping[str, Any]
) -> dict[str, Any]:
    """`suppress` of the stack's file; what stands there already keeps its day."""
    if today is None:
        return {}
    stands = {(each["rule"], each["resource"]): each for each in config.get(_SUPPRESS) or ()}
    found = suppressed(declared(deployment), {each.declared.key for each in matched}, today)
    entries = [stands.get((each["rule"], each["resource"]), each) for each in found]
    return {_SUPPRESS: entries} if entries else {}


def _undeclarable(error: SettingsError) -> Iterator[Refusal]:
    """What no stack's file may say, though it runs."""
    for problem in error.problems:
        yield Refusal(
            what=problem.key,
            why=problem.rule.rstrip("."),
            way="change it in AWS, or what it is checked against (Pulumi.yaml, access.yaml), and try again",
            whole=True,
        )


def _nothing(estate: Estate, stack: str, refused: tuple[Refusal, ...]) -> Adoption:
    """The report alone: nothing can be adopted."""
    report = Report(
        stack=stack,
        account=estate.account,
        region=estate.region,
        entries=(),
        parameters=(),
        refusals=refused,
        left=(),
        unread=estate.unread,
    )
    return Adoption(report=report)
