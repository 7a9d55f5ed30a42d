"""Nobody deletes a recovery point before its day."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import VAULT, VAULT_LOCK, VAULT_POLICY
from policy.rule import PolicyRule, RuledStack, RuleVerdict, as_list, required, statements


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    locked = any(stack.about(VAULT_LOCK, "backupVaultName", it))
    denied = any(_denies(each.inputs.get("policy")) for each in stack.about(VAULT_POLICY, "backupVaultName", it))
    return required(locked or denied, "neither a VaultLockConfiguration nor a VaultPolicy keeps its recovery points")


def _denies(policy: object) -> bool:
    return any(
        each.get("Effect") == "Deny"
        and each.get("Principal") == "*"
        and not each.get("Condition")
        and "backup:DeleteRecoveryPoint" in as_list(each.get("Action"))
        for each in statements(policy)
    )


RULE = PolicyRule(
    id="backup-guarded",
    controls=(),
    types=(VAULT,),
    what=__doc__,
    why="Whoever gets hold of an administrator deletes the backups first.",
    mend="Add a VaultPolicy that denies backup:DeleteRecoveryPoint to all, or a lock.",
    check=check,
    production=True,
)
