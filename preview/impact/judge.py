"""Changes to impacts: every change of every resource against the rules. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from graph import types
from graph.kinds import changeable
from graph.saved import SavedError
from graph.types import BUCKET, CACHE, INSTANCE, KEY, LOG_GROUP, SECRET, VAULT
from preview.diff import Change
from preview.impact import cache_logins, cache_nodes, cache_settings, rds_life, rds_parameters, rds_service, rds_storage
from preview.impact.backups import BACKUPS
from preview.impact.effect import ORDER, Edit, Effect, Impact, Rule
from preview.impact.keeping import KEEPING
from preview.impact.network import NETWORK
from preview.impact.proxy import PROXY
from preview.impact.taken_over import TAKEN_OVER
from preview.impact.unfinished import at_least, unfinished
from preview.impact.waiting import meanwhile
from preview.impact.watching import WATCHING

RULES: dict[str, tuple[Rule, ...]] = {
    INSTANCE: (*rds_life.LIFE, *rds_storage.STORAGE, *rds_service.SERVICE, *TAKEN_OVER[INSTANCE]),
    types.PARAMETER_GROUP: rds_parameters.PARAMETERS,
    CACHE: (*cache_nodes.NODES, *cache_settings.SETTINGS, *cache_logins.LOGINS, *TAKEN_OVER[CACHE]),
    types.CACHE_PARAMETER_GROUP: cache_logins.PARAMETERS,
    types.CACHE_USER: cache_logins.USERS,
    types.CACHE_USER_GROUP: cache_logins.USER_GROUPS,
    **KEEPING,
    **NETWORK,
    **WATCHING,
    **BACKUPS,
    **PROXY,
}
RULES[LOG_GROUP] += TAKEN_OVER[LOG_GROUP]
_WAITING = {INSTANCE, CACHE}
_WHOLE = {"*", "pendingReplacement", "taint", "initErrors", "replaceWith"}
WINDOW = "in the maintenance window"
# Inputs that only Pulumi or people read.
_SILENT = frozenset({"tags", "description", "allowMajorVersionUpgrade", "applyImmediately"})
SILENT = "silent"
"""Rule of a change to one of these."""
_HOLDS = frozenset({INSTANCE, CACHE, VAULT, BUCKET, LOG_GROUP, KEY, SECRET})
"""Types that hold what their successor does not."""
PROVIDERS = {"aws": "terraform-provider-aws", "random": "terraform-provider-random"}


def judge(changes: Iterable[Change]) -> tuple[Impact, ...]:
    """The impacts, the worst first; a resource that is made is none. `protect` and a replacement meet here."""
    stack = tuple(changes)
    found = [impact for change in stack for impact in _of(change, stack)]
    return tuple(sorted(found, key=lambda i: (-ORDER.index(i.effect), i.type, i.name, i.key)))


def _of(change: Change, stack: tuple[Change, ...]) -> Iterator[Impact]:
    if change.type.startswith("data-tier:"):
        return  # a component: its children say it all
    whole = Edit(change=change, key="*", before=change.name, stack=stack)
    if change.kind == "delete":
        yield _impact(whole, _rule(whole))
    for key, rule in unfinished(whole, lost(whole)):
        said = {"initErrors": "; ".join(change.failed), "replaceWith": ", ".join(change.replaced_with)}
        edit = replace(whole, key=key, before=said.get(key, True))
        yield from _held(edit, rule, replaces=change.replaced or change.gone)
    if change.kind == "create" or change.was is None or change.now is None:
        return
    for key in change.keys:
        edit = Edit(change=change, key=key, before=change.was.get(key), after=change.now.get(key), stack=stack)
        replaces = key in change.replaces
        rule = _rule(edit)
        # Whatever a rule says about the new value, the provider makes another resource for it.
        effect = at_least(rule.effect, Effect.REPLACE) if replaces else rule.effect
        yield from _held(edit, replace(rule, effect=effect), replaces=replaces)


def _held(edit: Edit, rule: Rule, *, replaces: bool) -> Iterator[Impact]:
    """The impact; replacing is deleting, and Pulumi refuses it for a protected resource."""
    impact = _impact(edit, rule)
    yield impact
    if replaces and edit.change.protect:
        yield _blocked(impact)


def lost(edit: Edit) -> Effect:
    """What losing the resource does, had nothing stopped it."""
    rules = (rule for rule in RULES.get(edit.change.type, ()) if rule.key == "*" and rule.effect is not Effect.BLOCKED)
    found = next((rule.effect for rule in rules if _applies(rule, edit)), None)
    return found or (Effect.IN_PLACE if changeable(edit.change.type) else Effect.DATA_AT_RISK)


def _blocked(impact: Impact) -> Impact:
    return Impact(
        **{
            **vars(impact),
            "effect": Effect.BLOCKED,
            "rule": "protected",
            "users": "Pulumi refuses to replace a protected resource.",
            "source": "Pulumi, resource option `protect`",
            "takes_effect": "never",
        }
    )


def _impact(edit: Edit, rule: Rule) -> Impact:
    change = edit.change
    when = _when(edit, rule)
    return Impact(
        type=change.type,
        name=change.name,
        key=edit.key,
        before=edit.before,
        after=edit.after,
        effect=rule.effect,
        rule=rule.id,
        users=f"{rule.users} {meanwhile(edit)}" if when == WINDOW else rule.users,
        source=rule.source or (_provider_says(change.type) if edit.key in change.replaces else ""),
        way_round=rule.way_round,
        takes_effect=when,
    )


def _provider_says(type_: str) -> str:
    """Where the table's row comes from."""
    kind = changeable(type_)
    return f"{PROVIDERS[type_.partition(':')[0]]}, {kind.source}: ForceNew" if kind else ""


def _rule(edit: Edit) -> Rule:
    found = next((r for r in RULES.get(edit.change.type, ()) if r.key == edit.key and _applies(r, edit)), None)
    if edit.key != "*":
        return found or _default(edit)
    # Whatever it contains: Pulumi deletes nothing that is protected, and keeps what it retains.
    if edit.change.protect:
        return found if found and found.effect is Effect.BLOCKED else _PROTECTED
    if edit.change.retained and (found is None or found.effect is not Effect.IN_PLACE):
        return _RETAINED
    return found or (_DELETED if changeable(edit.change.type) else _UNKNOWN)


def _applies(rule: Rule, edit: Edit) -> bool:
    try:
        return rule.when(edit)
    except (AttributeError, KeyError, TypeError, ValueError):
        if not edit.change.place:
            raise
        place = f"{edit.change.place}.inputs" + ("" if edit.key == "*" else f".{edit.key}")
        raise SavedError(f"is not a deployment: {place} is not valid for {edit.change.type}") from None


_PROTECTED = Rule(
    id="deleted-protected",
    key="*",
    effect=Effect.BLOCKED,
    users="Pulumi refuses: it is protected.",
    source="Pulumi, resource option `protect`",
    way_round="If it shall really go: `pulumi state unprotect URN`.",
)
_RETAINED = Rule(
    id="kept",
    key="*",
    effect=Effect.IN_PLACE,
    users="It leaves the program and stays in AWS.",
    source="Pulumi, resource option `retainOnDelete`",
)
_DELETED = Rule(id="deleted", key="*", effect=Effect.IN_PLACE, users="It is deleted.")
_UNKNOWN = Rule(
    id="deleted-unknown",
    key="*",
    effect=Effect.DATA_AT_RISK,
    users="It is deleted, with whatever it holds: the preflight does not know resources of this type.",
    source="docs/adr/0024-the-preflight-follows-what-the-engine-does.md",
    way_round="Take it out of the state first (`pulumi state delete URN`), or keep it in the program.",
)


def _default(edit: Edit) -> Rule:
    if edit.key in edit.change.replaces:
        return Rule(
            id="replaced",
            key=edit.key,
            # What it holds goes with it; where it holds nothing of its own, only the new one's coming is noticed.
            effect=lost(edit) if edit.change.type in _HOLDS else Effect.REPLACE,
            users="Another one is made, and this one goes with what it holds.",
        )
    if edit.key == "tags" and (lost_tags := _lost_tags(edit)):
        return Rule(
            id="tags-removed",
            key="tags",
            users=f"Whatever selects by {', '.join(lost_tags)}, such as a backup plan or a report of costs, no longer "
            "finds it.",
            way_round="Leave tags of others alone: aws:ignoreTags in the stack's file.",
        )
    quiet = edit.key in _SILENT
    return Rule(
        id=SILENT if quiet else "updated",
        key=edit.key,
        users="Nothing." if quiet else "Updated in place; no rule of ours says more.",
    )


def _lost_tags(edit: Edit) -> list[str]:
    """Keys that the resource no longer has."""
    was, now = edit.before, edit.after
    if not isinstance(was, dict):
        return []
    return sorted(str(key) for key in was.keys() - (now.keys() if isinstance(now, dict) else set()))


def _when(edit: Edit, rule: Rule) -> str:
    if rule.effect is Effect.BLOCKED:
        return "never"
    if rule.effect is Effect.REBOOT:
        return "at the next restart"
    cuts = rule.effect in (Effect.FAILOVER, Effect.DOWNTIME)
    waits = cuts and edit.change.type in _WAITING and edit.key not in _WHOLE
    if waits and rule.id != "rds-port" and not (edit.change.now or {}).get("applyImmediately"):
        return WINDOW
    return "at once"
