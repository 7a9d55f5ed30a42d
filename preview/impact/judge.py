"""Changes to impacts: every change of every resource against the rules. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from local.plugin.kinds import KINDS
from preview.diff import Change
from preview.impact import cache_logins, cache_nodes, cache_settings, rds_life, rds_parameters, rds_service, rds_storage
from preview.impact.backups import BACKUPS
from preview.impact.conditions import INSTANCE
from preview.impact.effect import ORDER, Edit, Effect, Impact, Rule
from preview.impact.keeping import KEEPING
from preview.impact.network import NETWORK
from preview.impact.proxy import PROXY
from preview.impact.watching import WATCHING

GROUP = "aws:elasticache/replicationGroup:ReplicationGroup"
RULES: dict[str, tuple[Rule, ...]] = {
    INSTANCE: (*rds_life.LIFE, *rds_storage.STORAGE, *rds_service.SERVICE),
    "aws:rds/parameterGroup:ParameterGroup": rds_parameters.PARAMETERS,
    GROUP: (*cache_nodes.NODES, *cache_settings.SETTINGS, *cache_logins.LOGINS),
    "aws:elasticache/parameterGroup:ParameterGroup": cache_logins.PARAMETERS,
    "aws:elasticache/user:User": cache_logins.USERS,
    "aws:elasticache/userGroup:UserGroup": cache_logins.USER_GROUPS,
    **KEEPING,
    **NETWORK,
    **WATCHING,
    **BACKUPS,
    **PROXY,
}
_WAITING = {INSTANCE, GROUP}
# Inputs that only Pulumi or people read.
_SILENT = frozenset({"tags", "description", "applyImmediately"})


def judge(changes: Iterable[Change]) -> tuple[Impact, ...]:
    """The impacts, the worst first; a resource that is made is none. `protect` and a replacement meet here."""
    stack = tuple(changes)
    found = [impact for change in stack for impact in _of(change, stack)]
    return tuple(sorted(found, key=lambda i: (-ORDER.index(i.effect), i.type, i.name, i.key)))


def _of(change: Change, stack: tuple[Change, ...]) -> Iterator[Impact]:
    if change.type.startswith("data-tier:"):
        return  # a component: its children say it all
    if change.kind == "delete":
        yield _impact(Edit(change=change, key="*", before=change.name, stack=stack))
    if change.was is None or change.now is None:
        return
    for key in change.keys:
        edit = Edit(change=change, key=key, before=change.was.get(key), after=change.now.get(key), stack=stack)
        impact = _impact(edit)
        yield impact
        # Replacing is deleting: Pulumi refuses it for a protected resource.
        if change.protect and key in change.replaces:
            yield _blocked(impact)


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


def _impact(edit: Edit) -> Impact:
    change = edit.change
    rule = next((r for r in RULES.get(change.type, ()) if r.key == edit.key and r.when(edit)), None) or _default(edit)
    return Impact(
        type=change.type,
        name=change.name,
        key=edit.key,
        before=edit.before,
        after=edit.after,
        effect=rule.effect,
        rule=rule.id,
        users=rule.users,
        source=rule.source,
        way_round=rule.way_round,
        takes_effect=_when(edit, rule),
    )


def _default(edit: Edit) -> Rule:
    if edit.key == "*":
        return Rule(id="deleted", key="*", effect=Effect.IN_PLACE, users="It is deleted.", source="")
    kind = KINDS.get(edit.change.type)
    if kind and edit.key in kind.replaces:
        return Rule(
            id="replaced",
            key=edit.key,
            effect=Effect.REPLACE,
            users="Another one is made, and this one goes.",
            source="terraform-provider-aws: ForceNew (local/plugin/kinds.py)",
        )
    quiet = edit.key in _SILENT
    return Rule(
        id="silent" if quiet else "updated",
        key=edit.key,
        effect=Effect.IN_PLACE,
        users="Nothing." if quiet else "Updated in place; no rule of ours says more.",
        source="",
    )


def _when(edit: Edit, rule: Rule) -> str:
    if rule.effect is Effect.BLOCKED:
        return "never"
    if rule.effect is Effect.REBOOT:
        return "at the next restart"
    waits = edit.change.type in _WAITING and edit.key != "*" and rule.effect in (Effect.FAILOVER, Effect.DOWNTIME)
    if waits and rule.id != "rds-port" and not (edit.change.now or {}).get("applyImmediately"):
        return "in the maintenance window"
    return "at once"
