"""The least policy: the actions of the table of calls, as IAM names them, none of which changes or reveals anything."""

from __future__ import annotations

import json

import iam_policies as iam
import iam_requests
import pytest
from iam_policies import Request

from account.reader import NEVER, READS
from adopt.permissions import actions, policy
from adopt.reading import calls
from adopt.reading.ask import method
from knowledge.iam.actions import MANAGED_POLICY_CHARACTERS


@pytest.mark.parametrize("action", actions())
def test_an_action_is_one_that_iam_knows_and_that_only_reads(action: str) -> None:
    service, _, name = action.partition(":")
    known = iam_requests.reference().actions
    assert known.action_exists(service, name)
    details = known.get_action_details(service, name)
    assert details["accessLevel"] in {"List", "Read"}
    assert not details["dependentActions"]


@pytest.mark.parametrize("call", sorted(set(calls.CALLS), key=lambda each: (each.action, each.field)), ids=str)
def test_a_call_is_one_that_the_api_has_and_the_reader_makes(call: calls.Call) -> None:
    from botocore.session import Session

    model = Session().get_service_model(call.service).operation_model(call.operation)
    assert call.field in model.output_shape.members
    assert method(call).startswith(READS)
    assert method(call) not in NEVER


def test_the_policy_allows_each_call_and_nothing_else() -> None:
    statements = policy()["Statement"]
    for call in calls.CALLS:
        assert iam.allowed(statements, Request(call.action, "arn:aws:any")) is not call.free, call.action
    assert set(actions()) == {each.action for each in calls.CALLS if not each.free}
    others = (
        "secretsmanager:GetSecretValue",
        "rds:ModifyDBInstance",
        "kms:Decrypt",
        "s3:GetObject",
        "logs:GetLogEvents",
    )
    assert not [each for each in others if iam.allowed(statements, Request(each, "arn:aws:any"))]


def test_the_policy_is_one_that_iam_takes() -> None:
    assert len(json.dumps(policy(), separators=(",", ":"))) < MANAGED_POLICY_CHARACTERS
