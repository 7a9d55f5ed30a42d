"""The tables of IAM actions and scopes against AWS's own reference."""

from __future__ import annotations

import json
from pathlib import Path

import iam_requests
import pytest

from knowledge.iam.actions import (
    MANAGED_POLICY_CHARACTERS,
    Scope,
    StatementScope,
    actions,
    by_type,
    policies,
    scopes,
    wide,
)
from knowledge.iam.document import document

EVERY = sorted(actions("read", "write"))


def test_every_action_exists() -> None:
    known = iam_requests.reference().actions
    assert not [each for each in EVERY if not known.action_exists(*each.split(":"))]
    assert len(EVERY) > 250


def test_what_only_reads_is_what_aws_calls_reading() -> None:
    """And no reading of a secret's value is among it."""
    level = {
        each: iam_requests.reference().actions.get_action_details(*each.split(":"))["accessLevel"] for each in EVERY
    }
    assert not [each for each in actions("read") if level[each] not in ("List", "Read")]
    assert not actions("read") & {"secretsmanager:GetSecretValue", "kms:Decrypt", "s3:GetObject", "logs:GetLogEvents"}


def test_what_is_not_narrowed_cannot_be_or_says_why() -> None:
    assert {each: bool(iam_requests.resource_types(each)) for each in wide()} == {
        each: bool(why) for each, why in wide().items()
    }


def test_every_action_is_allowed_somewhere_and_every_scope_allows_something() -> None:
    assert frozenset().union(*(scope.actions for scope in scopes())) == actions("read", "write")
    assert all(scope.actions for scope in scopes())


@pytest.mark.parametrize("scope", scopes(), ids=lambda scope: scope.sid)
def test_the_conditions_are_ones_that_the_actions_know(scope: Scope) -> None:
    keys = {key.split("/")[0] for condition in scope.condition.values() for key in condition}
    for action in scope.actions:
        assert keys <= iam_requests.condition_keys(action), action


def test_no_policy_is_too_long() -> None:
    """With names as long as they can be: 20 characters, a hyphen and a stack's name."""
    long = StatementScope(
        account="123456789012",
        prefixes=["x" * 20 + "-production-eu"],
        boundary="arn:aws-us-gov:iam::123456789012:policy/delivery/" + "x" * 20 + "-production-eu-boundary",
        partition="aws-us-gov",
    )
    several = StatementScope(
        account="123456789012", prefixes=["x" * 20 + f"-{each}" for each in ("dev", "staging", "prod")]
    )
    for place, kinds in ((long, ("read", "write")), (several, ("read",))):
        parts = policies(place, *kinds)  # type: ignore[arg-type]
        sizes = {
            name: len(json.dumps({"Version": "2012-10-17", "Statement": s}, separators=(",", ":")))
            for name, s in parts.items()
        }
        assert not {name: size for name, size in sizes.items() if size > MANAGED_POLICY_CHARACTERS}
        assert len(parts) <= 10  # IAM User Guide, quotas: managed policies attached to a role


def test_whoever_makes_a_thing_can_read_change_and_delete_it() -> None:
    """By AWS's own names of actions: CreateX has its DeleteX, its ModifyX or UpdateX, its DescribeX, GetX or ListX."""
    reference, missing = iam_requests.reference().actions, set()
    for action in EVERY:
        service, _, name = action.partition(":")
        if not name.startswith("Create") or action in UNPAIRED:
            continue
        thing = name.removeprefix("Create").removesuffix("ReadReplica")
        for verb in ("Delete", "Modify", "Update", "Describe", "Get"):
            for form in (thing, f"{thing}s", f"{thing.removesuffix('y')}ies"):
                if reference.action_exists(service, f"{verb}{form}"):
                    missing.add(f"{service}:{verb}{form}")
    assert missing - set(EVERY) == set(UNCALLED)


# Made for a moment or by a service: nothing of the provider's to change.
UNPAIRED = {"elasticache:CreateSnapshot", "rds:CreateDBSnapshot", "ec2:CreateTags", "kms:CreateGrant"}
# Action that AWS has -> why nothing here calls it.
UNCALLED = {
    "iam:DeleteServiceLinkedRole": "it is the service's, and every stack of the account's",
    "route53:DeleteHostedZone": "Cloud Map deletes a namespace's zone itself (its API permissions reference)",
}


def test_the_page_is_current() -> None:
    page = Path(__file__).parents[3] / "docs" / "delivery-roles.md"
    assert page.read_text(encoding="utf-8") == document(), (
        "regenerate it: python -m knowledge.iam.document > docs/delivery-roles.md"
    )


def test_each_type_is_one_of_a_provider() -> None:
    assert all(name.startswith(("aws:", "random:")) for name in by_type())
