"""An existing tier to the stack's file, the report, the import and the state after it. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from adopt import tags
from adopt.estate import Estate
from adopt.import_file import import_file
from adopt.imported import imported
from adopt.live.everything import live
from adopt.match import matches
from adopt.owned import owned
from adopt.refusal import Refusal
from adopt.refusals import refusals
from adopt.refusals_caches import misnamed
from adopt.report import Remark, Report
from adopt.settings.written import Comments, written
from adopt.suppress import KEY as SUPPRESS
from adopt.suppress import suppressed
from adopt.verdicts import entries
from graph.deployment import Deployment
from graph.resource import Resource
from graph.saved import read
from infra.settings.problems import SettingsError
from knowledge.names import prefix

_SAID = {
    tags.IGNORED: "Tags that were there: nobody reads, changes or removes them from here.",
    SUPPRESS: "Rules that what was there breaks: mend it, or say until when it stays.",
}
"""Key of the stack's file -> the comment above it."""

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
    """What the import brings, for `datatier preview --against`."""
    before: Sequence[Resource] = ()
    """The stack's state as the import leaves it."""


def adoption(
    estate: Estate,
    stack: str,
    name: str,
    program: Program,
    *,
    today: date | None = None,
    computed: bool = False,
    extensions: tuple[str, ...] = (),
    config: Mapping[str, Any] | None = None,
    profile: str | None = None,
    state: Sequence[Resource] = (),
    versions: Mapping[str, str] | None = None,
) -> Adoption:
    """Adopt `estate` as a stack of the application `name`.

    `today` is when policy rules are asked what they say of what is there; without it none is.
    `computed`: parameters as the product computes them, in place of the live ones. `extensions` are those that the
    application declares. `config` is that of a stack's file which is there already: it stands, whatever would be
    written. `profile` is the one that the file has; None where the nearest is to be found. `state` is what the stack
    has already: what is in it is not imported again. `versions` are those of the providers, by package.
    """
    begin = prefix(name, stack)
    refused = (*owned(estate, begin, more=bool(state)), *misnamed(estate, begin), *refusals(estate))
    if any(each.whole for each in refused):
        return _nothing(estate, stack, refused)
    taken = without(estate, refused)
    try:
        file = written(taken, name, stack, computed=computed, extensions=extensions, profile=profile)
        refused += file.refusals
        if any(each.whole for each in refused):
            return _nothing(estate, stack, refused)
        deployment = program(file.config if config is None else config)
    except SettingsError as error:
        return _nothing(estate, stack, (*refused, *_undeclarable(estate, error)))
    # The program registers what does not depend on one another in any order.
    found = sorted(matches(deployment, live(taken), estate.region), key=lambda each: each.declared.urn)
    proposed = tags.ignoring(file.config, tags.foreign(deployment, found))
    if today and (broken := suppressed(deployment, found, (config or {}).get(SUPPRESS), today)):
        proposed[SUPPRESS] = broken
    stands = proposed if config is None else config
    there = {each.urn for each in state}
    matched = [each for each in tags.read(stands, found) if each.declared.urn not in there]
    after = imported(deployment, matched)
    before = (*state, *(each for each in read(json.dumps(after)) if each.urn not in there))
    verdicts = entries(estate, deployment, before, matched)
    report = Report(
        stack=stack,
        account=estate.account,
        region=estate.region,
        # What the stack has and stays as it is was taken over before.
        entries=tuple(each for each in verdicts if not state or each.id or each.verdict != "taken"),
        parameters=file.parameters,
        refusals=refused,
        left=file.left,
        unread=estate.unread,
        remarks=tuple(_remarks(file.comments, stands)),
    )
    return Adoption(
        report=report,
        config=stands,
        proposed=proposed,
        comments={**file.comments, **{("config", key): (_SAID[key],) for key in _SAID if key in proposed}},
        imports=import_file(deployment, matched, versions or {}),
        state=after,
        before=before,
    )


def _remarks(comments: Comments, config: Mapping[str, Any]) -> Iterator[Remark]:
    """What the file says above its keys, and each rule that it lets pass."""
    for path, sentences in comments.items():
        for sentence in sentences:
            yield Remark(key=".".join(path[1:]), said=sentence)
    entries = config.get(SUPPRESS)
    for each in entries if isinstance(entries, list) else ():
        yield Remark(key=SUPPRESS, said=f"{each['rule']} of {each['resource']} until {each['until']}, {each['reason']}")


def without(estate: Estate, refused: tuple[Refusal, ...]) -> Estate:
    """The tier without the replicas and caches that cannot be taken."""
    out = {each.server for each in refused}
    return replace(
        estate,
        replicas={name: each for name, each in estate.replicas.items() if ("replica", name) not in out},
        caches={name: each for name, each in estate.caches.items() if ("cache", name) not in out},
    )


def _undeclarable(estate: Estate, error: SettingsError) -> Iterator[Refusal]:
    """What no stack's file may say, though it runs."""
    caches = {f"data-tier:redis.{name}": each.identifier for name, each in estate.caches.items()}
    usual = "change it in AWS, or what it is checked against (Pulumi.yaml, access.yaml), and try again"
    for problem in error.problems:
        cache = caches.get(problem.key)  # its name in the stack, which whoever asks has chosen
        yield Refusal(
            what=problem.key,
            why=problem.rule.rstrip("."),
            way=f"call it something else in the stack: `--cache NAME={cache}`" if cache else usual,
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
