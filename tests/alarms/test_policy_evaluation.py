"""IAM's rules for resource policies, as a table."""

from __future__ import annotations

import json
from typing import Any

import pytest

from alarms.policies import AccessRequest, Decision, PolicyError, judge

TOPIC = "arn:aws:sns:eu-west-1:123456789012:calls"
ALARM = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:a:b"
REQUEST = AccessRequest(
    kind="Service",
    principal="cloudwatch.amazonaws.com",
    action="sns:Publish",
    resource=TOPIC,
    context={"aws:SourceArn": ALARM, "aws:SourceAccount": "123456789012", "aws:SecureTransport": "true"},
)
ALLOW: dict[str, Any] = {
    "Sid": "S",
    "Effect": "Allow",
    "Principal": {"Service": "cloudwatch.amazonaws.com"},
    "Action": "sns:Publish",
    "Resource": TOPIC,
}


def allow(**more: Any) -> dict[str, Any]:
    return {key: value for key, value in {**ALLOW, **more}.items() if value is not None}


def where(operator: str, key: str, value: Any) -> dict[str, Any]:
    return allow(Condition={operator: {key: value}})


ACCOUNT = "aws:SourceAccount"
CASES: list[tuple[str, list[dict[str, Any]], bool]] = [
    ("nothing", [], False),
    ("plain", [allow()], True),
    ("a list of services", [allow(Principal={"Service": ["x", "cloudwatch.amazonaws.com"]})], True),
    ("another service", [allow(Principal={"Service": "events.amazonaws.com"})], False),
    ("everyone", [allow(Principal="*")], True),
    ("every AWS principal", [allow(Principal={"AWS": "*"})], True),
    ("the account", [allow(Principal={"AWS": "arn:aws:iam::123456789012:root"})], False),
    ("all but another", [allow(Principal=None, NotPrincipal={"Service": "x"})], True),
    ("all but this", [allow(Principal=None, NotPrincipal={"Service": "cloudwatch.amazonaws.com"})], False),
    ("the action by another case", [allow(Action="SNS:publish")], True),
    ("the action by pattern", [allow(Action=["sns:Get*", "sns:Pub?ish"])], True),
    ("every action", [allow(Action="*")], True),
    ("another action", [allow(Action="sns:Subscribe")], False),
    ("all actions but this", [allow(Action=None, NotAction="sns:Publish")], False),
    ("all actions but another", [allow(Action=None, NotAction="sns:Subscribe")], True),
    ("another topic", [allow(Resource=f"{TOPIC}2")], False),
    ("topics by pattern", [allow(Resource="arn:aws:sns:*:*:call?")], True),
    ("all topics but another", [allow(Resource=None, NotResource=f"{TOPIC}2")], True),
    ("StringEquals", [where("StringEquals", ACCOUNT, "123456789012")], True),
    ("StringEquals of several", [where("StringEquals", ACCOUNT, ["1", "123456789012"])], True),
    ("StringEquals of another", [where("StringEquals", ACCOUNT, "1")], False),
    ("the key by another case", [where("StringEquals", "AWS:sourceaccount", "123456789012")], True),
    ("a missing key", [where("StringEquals", "aws:SourceOwner", "123456789012")], False),
    ("a missing key, if it exists", [where("StringEqualsIfExists", "aws:SourceOwner", "1")], True),
    ("another value, if it exists", [where("StringEqualsIfExists", ACCOUNT, "1")], False),
    ("StringNotEquals", [where("StringNotEquals", ACCOUNT, "1")], True),
    ("StringNotEquals of this", [where("StringNotEquals", ACCOUNT, "123456789012")], False),
    ("StringNotEquals of a missing key", [where("StringNotEquals", "aws:SourceOwner", "1")], True),
    ("StringEqualsIgnoreCase", [where("StringEqualsIgnoreCase", "aws:SourceArn", ALARM.upper())], True),
    ("StringLike", [where("StringLike", "aws:SourceArn", "arn:*:alarm:*")], True),
    ("StringNotLike", [where("StringNotLike", "aws:SourceArn", "arn:*:alarm:*")], False),
    ("ArnLike", [where("ArnLike", "aws:SourceArn", "arn:aws:cloudwatch:*:123456789012:alarm:*")], True),
    ("ArnLike across colons", [where("ArnLike", "aws:SourceArn", "arn:*:alarm:*")], False),
    ("ArnEquals takes patterns", [where("ArnEquals", "aws:SourceArn", "arn:aws:cloudwatch:*:*:alarm:a*")], True),
    ("ArnNotLike", [where("ArnNotLike", "aws:SourceArn", "arn:aws:rds:*:*:*")], True),
    ("Bool", [where("Bool", "aws:SecureTransport", "true")], True),
    ("Bool false", [where("Bool", "aws:SecureTransport", "false")], False),
    ("Null: the key is missing", [where("Null", "aws:SourceOwner", "true")], True),
    ("Null: the key is there", [where("Null", ACCOUNT, "true")], False),
    ("ForAnyValue", [where("ForAnyValue:StringEquals", ACCOUNT, "123456789012")], True),
    ("ForAllValues of none", [where("ForAllValues:StringEquals", "aws:PrincipalOrgID", "o")], True),
    ("an operator that is not known", [where("DateLessThan", "aws:CurrentTime", "2030-01-01")], False),
    ("two conditions, one unmet", [allow(Condition={"StringEquals": {ACCOUNT: "123456789012"}, "Bool": {"aws:SecureTransport": "false"}})], False),  # noqa: E501
    ("a deny beside it", [allow(), allow(Effect="Deny")], False),
    ("a deny before it", [allow(Effect="Deny", Principal="*"), allow()], False),
    ("a deny of what has no TLS", [allow(), {**where("Bool", "aws:SecureTransport", "false"), "Effect": "Deny"}], True),
    ("a deny that is not understood", [allow(), {**where("DateLessThan", "a", "b"), "Effect": "Deny"}], False),
    ("one that fits after one that does not", [allow(Principal={"Service": "x"}), allow()], True),
]  # fmt: skip


SERVICE, NOT_A_SERVICE = "aws:PrincipalIsAWSService", {"aws:PrincipalIsAWSService": "false"}
OTHER_ORGANIZATION = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}
ELSEWHERE = {"NotIpAddressIfExists": {"aws:SourceIp": "10.0.0.0/8"}}
FOR_ANOTHER_ACCOUNT = {"StringNotEqualsIfExists": {ACCOUNT: "123456789012"}, "Bool": {SERVICE: "true"}}
# A deny beside an allow, as AWS's data perimeter has them: (what it denies, condition, whether CloudWatch is let in).
DENIES: list[tuple[str, dict[str, Any], bool]] = [
    ("who is no service", {"Bool": NOT_A_SERVICE}, True),
    ("who is no service, if it is said", {"BoolIfExists": NOT_A_SERVICE}, True),
    ("who is no service, as text", {"StringEquals": NOT_A_SERVICE}, True),
    ("who is no service, any of them", {"ForAnyValue:Bool": NOT_A_SERVICE}, True),
    ("services", {"BoolIfExists": {SERVICE: "true"}}, False),
    ("other organizations, services aside", {**OTHER_ORGANIZATION, "BoolIfExists": NOT_A_SERVICE}, True),
    ("other organizations", {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}, False),
    ("elsewhere, services aside", {**ELSEWHERE, "BoolIfExists": {**NOT_A_SERVICE, "aws:ViaAWSService": "false"}}, True),
    ("other services by name", {"StringNotEquals": {"aws:PrincipalServiceName": REQUEST.principal}}, True),
    ("this service by a name", {"ForAnyValue:StringLike": {"aws:PrincipalServiceNamesList": "cloudwatch.*"}}, False),
    ("principals of other accounts", {"StringNotEqualsIfExists": {"aws:PrincipalAccount": "1"}}, False),
    ("services for another account", FOR_ANOTHER_ACCOUNT, True),
]
CASES += [
    (f"a deny of {what}", [allow(), allow(Effect="Deny", Principal="*", Condition=condition)], allowed)
    for what, condition, allowed in DENIES
]


@pytest.mark.parametrize(("statements", "allowed"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_request_is_judged(statements: list[dict[str, Any]], allowed: bool) -> None:
    assert judge(json.dumps({"Statement": statements}), REQUEST).allowed is allowed


def test_a_single_statement_needs_no_list() -> None:
    assert judge(json.dumps({"Statement": allow()}), REQUEST) == Decision(allowed=True)


def test_an_account_stands_for_its_root() -> None:
    request = AccessRequest(
        kind="AWS", principal="arn:aws:iam::123456789012:root", action="sns:Publish", resource=TOPIC
    )
    for principal in ("123456789012", "arn:aws:iam::123456789012:root"):
        assert judge(json.dumps({"Statement": allow(Principal={"AWS": principal})}), request).allowed
    assert not judge(json.dumps({"Statement": allow(Principal={"AWS": "999999999999"})}), request).allowed


@pytest.mark.parametrize(
    ("statements", "why"),
    [
        ([], "no statement allows sns:Publish to cloudwatch.amazonaws.com"),
        ([where("StringEquals", ACCOUNT, "1")], f"statement S allows sns:Publish only where {ACCOUNT} is 1 (StringEquals), and it is 123456789012"),  # noqa: E501
        ([allow(), allow(Sid="No", Effect="Deny")], "statement No denies sns:Publish"),
        ([where("IpAddress", "aws:SourceIp", "10.0.0.0/8")], "statement S allows sns:Publish only where it meets the operator IpAddress, which is not known here"),  # noqa: E501
    ],
)  # fmt: skip
def test_a_refusal_says_why(statements: list[dict[str, Any]], why: str) -> None:
    assert judge(json.dumps({"Statement": statements}), REQUEST) == Decision(allowed=False, why=why)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("aws:PrincipalIsAWSService", "false"),
        ("aws:PrincipalAccount", "210987654321"),
        ("aws:PrincipalArn", "arn:aws:iam::210987654321:role/shop"),
    ],
)
@pytest.mark.parametrize("kind", ["AWS", "Role"])
def test_a_principal_of_an_account_is_known_by_its_keys(key: str, value: str, kind: str) -> None:
    role = "arn:aws:iam::210987654321:role/shop"
    request = AccessRequest(kind=kind, principal=role, action="sns:Publish", resource=TOPIC)
    principal = None if kind == "Role" else {"AWS": role}
    document = json.dumps({"Statement": allow(Principal=principal, Condition={"StringEquals": {key: value}})})
    assert judge(document, request) == Decision(allowed=True)


@pytest.mark.parametrize("document", ["", "[]", "{}", "null"])
def test_what_is_no_policy(document: str) -> None:
    with pytest.raises(PolicyError, match="is not a policy document"):
        judge(document, REQUEST)
