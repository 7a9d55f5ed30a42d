"""No role decrypts with any key."""

from __future__ import annotations

from graph.resource import Resource
from graph.types import POLICY, ROLE_POLICY
from policy.rule import PASSED, PolicyRule, RuledStack, RuleVerdict, as_list, failed, statements

_DECRYPTING = {"kms:Decrypt", "kms:ReEncryptFrom", "kms:*", "*"}


def check(it: Resource, stack: RuledStack) -> RuleVerdict:
    for each in statements(it.inputs.get("policy")):
        decrypts = _DECRYPTING & set(as_list(each.get("Action")))
        anything = "*" in as_list(each.get("Resource")) and not each.get("Condition")
        if each.get("Effect") == "Allow" and decrypts and anything:
            return failed("it may decrypt with every key")
    return PASSED


RULE = PolicyRule(
    id="iam-no-decrypt-all",
    controls=("KMS.1", "KMS.2"),
    types=(ROLE_POLICY, POLICY),
    what=__doc__,
    why="It would read every secret of the account.",
    mend="Name the keys, or add kms:ViaService.",
    check=check,
)
