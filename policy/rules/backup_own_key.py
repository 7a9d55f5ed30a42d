"""A vault is encrypted under a customer-managed key."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import VAULT
from policy.rule import PolicyRule, RuledStack, RuleVerdict, required


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    return required(bool(it.inputs.get("kmsKeyArn")), "kmsKeyArn is not set")


RULE = PolicyRule(
    id="backup-own-key",
    controls=("Backup.1",),
    types=(VAULT,),
    what=__doc__,
    why="Copies from another region bear the vault's key; under AWS's own they could never leave the account.",
    mend="Set kmsKeyArn when the vault is made.",
    check=check,
)
