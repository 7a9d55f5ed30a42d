"""Which of GitHub's tokens a role lets in: a table, and the same with each condition taken away."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import iam_policies as iam
import iam_requests
import pytest
import recorder

from components.delivery.args import DeliveryArgs
from components.delivery.github import HOST, Repository
from components.delivery.kubernetes import Cluster
from components.delivery.roles import Delivery
from components.delivery.state import State
from runtime.monitor import event_loop

ACCOUNT = "123456789012"
OURS = Repository(owner="octocat", owner_id=583231, name="data-tier", id=456789)
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{HOST}"
MAIN = "refs/heads/main"
CLASSIC, IMMUTABLE = "repo:octocat/data-tier", "repo:octocat@583231/data-tier@456789"
DEPLOY = f"octocat/data-tier/.github/workflows/deploy.yml@{MAIN}"


def args(**more: Any) -> DeliveryArgs:
    given: dict[str, Any] = {
        "name": "crm",
        "account_id": ACCOUNT,
        "repository": OURS,
        "environments": ["dev", "staging", "prod"],
        "state": State(bucket="states", project="data-tier", key_arn=f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/0a1b"),
    }
    return DeliveryArgs(**(given | more))


@pytest.fixture(scope="module")
def trusts() -> dict[str, list[dict[str, Any]]]:
    """Role's name -> the statements of its trust policy."""
    with event_loop():
        made = recorder.record(lambda: Delivery("delivery", args(provider_arn=PROVIDER))).of("Role").values()
    return {each.inputs["name"]: json.loads(each.inputs["assumeRolePolicy"])["Statement"] for each in made}


def token(sub: str, **claims: str) -> iam.Request:
    """What STS sees of a token: our repository, at main, the workflow that deploys, where nothing else is said."""
    given = {
        "aud": "sts.amazonaws.com",
        "sub": sub,
        "repository_id": "456789",
        "ref": MAIN,
        "job_workflow_ref": DEPLOY,
    } | claims
    context = {f"{HOST}:{claim}": value for claim, value in given.items() if value}
    return iam.Request("sts:AssumeRoleWithWebIdentity", context=context)


PULL = {
    "ref": "refs/pull/7/merge",
    "job_workflow_ref": "octocat/data-tier/.github/workflows/preview.yml@refs/pull/7/merge",
}
DRIFT = {"job_workflow_ref": f"octocat/data-tier/.github/workflows/drift.yml@{MAIN}"}
BRANCH = "refs/heads/feature"

Case = tuple[iam.Request, set[str]]


def deployments(environment: str) -> dict[str, Case]:
    """Who asks to deploy an environment, and the roles that let it in."""
    job, role = f"environment:{environment}", {f"crm-{environment}-deploy"}
    classic = f"{CLASSIC}:{job}"
    return {
        "deploys": (token(classic), role),
        "deploys, with ids": (token(f"{IMMUTABLE}:{job}"), role),
        "from another branch": (token(classic, ref=BRANCH), set()),
        "from a pull request": (token(classic, ref=PULL["ref"]), set()),
        "from a branch that calls itself main": (token(classic, ref=f"refs/heads/x/{MAIN}"), set()),
        "from another workflow": (token(classic, **DRIFT), set()),
        "from a branch's own workflow": (token(classic, job_workflow_ref=DEPLOY.replace(MAIN, BRANCH)), set()),
        "for another audience": (token(classic, aud="https://github.com/octocat"), set()),
        "from another repository": (token(f"repo:octocat/other:{job}", repository_id="1"), set()),
        "from a fork": (token(f"repo:mallory/data-tier:{job}", repository_id="2"), set()),
        "from who took over the name": (token(classic, repository_id="3"), set()),
        "from who took over the name, with ids": (
            token(f"repo:octocat@9/data-tier@3:{job}", repository_id="3"),
            set(),
        ),
        "with our id and another's subject": (token(f"repo:mallory/data-tier:{job}"), set()),
        "without an id": (token(classic, repository_id=""), set()),
        "from a name that goes on": (token(f"repo:octocat/data-tier-2:{job}"), set()),
        "with a wildcard": (token(f"repo:*:{job}"), set()),
        "to an environment that begins alike": (token(f"{classic}-eu"), set()),
        "to an environment in capitals": (token(f"{CLASSIC}:environment:{environment.upper()}"), set()),
    }


PREVIEW, LOOK = {"crm-preview"}, {"crm-drift"}
ON_MAIN = f"{CLASSIC}:ref:{MAIN}"
TOKENS: dict[str, Case] = {
    f"{environment} {case}": expected
    for environment in ("dev", "staging", "prod")
    for case, expected in deployments(environment).items()
} | {
    "pull request": (token(f"{CLASSIC}:pull_request", **PULL), PREVIEW),
    "pull request, with ids": (token(f"{IMMUTABLE}:pull_request", **PULL), PREVIEW),
    "drift": (token(ON_MAIN, **DRIFT), LOOK),
    "drift, with ids": (token(f"{IMMUTABLE}:ref:{MAIN}", **DRIFT), LOOK),
    "drift from a pull request": (token(f"{CLASSIC}:pull_request", **DRIFT, ref=PULL["ref"]), PREVIEW),
    "drift as a branch has it": (
        token(ON_MAIN, job_workflow_ref=DRIFT["job_workflow_ref"].replace(MAIN, BRANCH)),
        set(),
    ),
    "drift under another reference": (token(ON_MAIN, **DRIFT, ref=BRANCH), set()),
    "drift for another audience": (token(ON_MAIN, **DRIFT, aud="https://github.com/octocat"), set()),
    "drift of who took over the name": (token(ON_MAIN, **DRIFT, repository_id="3"), set()),
    "another workflow on main": (token(ON_MAIN), set()),
    "another environment": (token(f"{CLASSIC}:environment:sandbox"), set()),
    "another branch": (token(f"{CLASSIC}:ref:{BRANCH}", ref=BRANCH), set()),
    "a branch that calls itself main": (token(f"{CLASSIC}:ref:refs/heads/x/{MAIN}"), set()),
    "a tag called main": (token(f"{CLASSIC}:ref:refs/tags/main", ref="refs/tags/main"), set()),
    "another audience previews": (token(f"{CLASSIC}:pull_request", aud="https://github.com/octocat", **PULL), set()),
    "another repository": (token("repo:octocat@583231/other@1:pull_request", repository_id="1"), set()),
    "a fork's own pull request": (token("repo:mallory/data-tier:pull_request", repository_id="2", **PULL), set()),
    "who took over the name previews": (token(f"{CLASSIC}:pull_request", repository_id="3", **PULL), set()),
    "no subject": (token(""), set()),
    "somebody with another identity": (iam.Request("sts:AssumeRole"), set()),
}


@pytest.mark.parametrize("case", TOKENS)
def test_who_is_let_in(trusts: dict[str, Any], case: str) -> None:
    request, roles = TOKENS[case]
    assert {role for role, statements in trusts.items() if iam.allowed(statements, request)} == roles


def test_the_provider_is_the_one_given(trusts: dict[str, Any]) -> None:
    principals = [statement["Principal"] for statements in trusts.values() for statement in statements]
    assert principals == [{"Federated": PROVIDER}] * 5


def test_the_claims_are_ones_that_aws_compares(trusts: dict[str, Any]) -> None:
    known = iam_requests.reference().conditions.get_condition_keys_for_service("sts")
    used = {key for role in trusts.values() for each in role for key in each["Condition"]["StringEquals"]}
    # `aud` and `sub` are those of every provider: IAM User Guide, "Available keys for AWS OIDC federation".
    assert used - set(known) == {f"{HOST}:aud", f"{HOST}:sub"}


def test_no_condition_can_be_left_out(trusts: dict[str, Any]) -> None:
    """Without any one of them, somebody of the table is let in who is to stay outside."""
    wrong = list(_unnoticed(trusts, iam.looser, lambda now, before: now - before))
    assert not wrong
    claims = {condition for role in trusts.values() for condition, _ in iam.looser(role)}
    assert len(claims) == 5


def test_no_subject_can_be_left_out(trusts: dict[str, Any]) -> None:
    """Without any one value, somebody of the table stays outside who is to be let in."""
    assert not list(_unnoticed(trusts, lambda given: iam.less(given, "Condition"), lambda now, before: before - now))


def _unnoticed(trusts: dict[str, Any], change: Any, difference: Any) -> Iterator[str]:
    for role, statements in trusts.items():
        for name, changed in change(statements):
            before = {case for case, (_, roles) in TOKENS.items() if role in roles}
            now = {case for case, (request, _) in TOKENS.items() if iam.allowed(changed, request)}
            if not difference(now, before):
                yield f"{role}: {name}"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"owner": "octo*"}, "repository.owner is 'octo*'; GitHub's names have letters, digits, `.`, `_` and `-`"),
        ({"name": "a/b"}, "repository.name is 'a/b'; GitHub's names have letters, digits, `.`, `_` and `-`"),
        ({"owner_id": 0}, "repository.owner_id is 0; `gh api repos/OWNER/NAME` prints it"),
        ({"id": -1}, "repository.id is -1; `gh api repos/OWNER/NAME` prints it"),
    ],
)
def test_a_repository_that_is_none(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=r"^repository") as raised:
        Repository(**({"owner": "octocat", "owner_id": 1, "name": "n", "id": 2} | given))
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"session_hours": 13}, "delivery: session_hours is 13; IAM takes 1 to 12 hours"),
        ({"environments": []}, "delivery: environments is empty; name the stacks to deploy, e.g. dev, staging, prod"),
        (
            {"environments": ["prod-eu", "prod"]},
            "delivery: what prod may do to `prod-*` covers prod-eu; rename one of the two",
        ),
        (
            {"networks": {"production": ["vpc-1"]}},
            "delivery: networks names production; the environments are dev, staging, prod",
        ),
        (
            {"networks": {"prod": ["vpc-1", "vpc-*"]}},
            "delivery: networks.prod has 'vpc-*'; write the id of a VPC, vpc-...",
        ),
    ],
)
def test_arguments_that_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=r"^delivery") as raised:
        args(**given)
    assert str(raised.value) == message


EKS = f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/0A1B"
OPERATOR = Cluster(provider_arn=EKS, namespace="data-tier")


def workspace(sub: str, aud: str = "sts.amazonaws.com") -> iam.Request:
    issuer = "oidc.eks.eu-west-1.amazonaws.com/id/0A1B"
    return iam.Request("sts:AssumeRoleWithWebIdentity", context={f"{issuer}:sub": sub, f"{issuer}:aud": aud})


ACCOUNTS = {
    "system:serviceaccount:data-tier:data-tier-dev": {"crm-dev-deploy"},
    "system:serviceaccount:data-tier:data-tier-prod": {"crm-prod-deploy"},
    "system:serviceaccount:data-tier:default": set(),
    "system:serviceaccount:data-tier:data-tier-prod-eu": set(),
    "system:serviceaccount:default:data-tier-prod": set(),
}


def test_a_cluster_deploys_by_the_service_account_of_the_stack(record: Callable[..., Any]) -> None:
    found = record(lambda: Delivery("delivery", args(provider_arn=PROVIDER, cluster=OPERATOR))).of("Role").values()
    trusts = {each.inputs["name"]: json.loads(each.inputs["assumeRolePolicy"])["Statement"] for each in found}

    def let_in(changed: Any, request: iam.Request) -> set[str]:
        return {role for role, statements in trusts.items() if iam.allowed(changed(statements), request)}

    for subject, roles in ACCOUNTS.items():
        assert let_in(list, workspace(subject)) == roles
        assert let_in(list, workspace(subject, aud="kubernetes.default.svc")) == set()
    by_role = {role: [each["Sid"] for each in statements] for role, statements in trusts.items()}
    deploys = {f"crm-{each}-deploy": ["GitHub", "Operator"] for each in ("dev", "staging", "prod")}
    assert by_role == deploys | {"crm-preview": ["GitHub"], "crm-drift": ["GitHub"]}
    assert trusts["crm-dev-deploy"][1]["Principal"] == {"Federated": EKS}
    # Without either condition somebody else is let in.
    for name, changed in iam.looser([trusts["crm-prod-deploy"][1]]):
        other = [
            workspace("system:serviceaccount:default:x"),
            workspace(next(iter(ACCOUNTS)).replace("dev", "prod"), "x"),
        ]
        assert any(iam.allowed(changed, each) for each in other), name


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"provider_arn": f"{EKS}*"}, "write the ARN of an IAM OIDC provider"),
        ({"namespace": "*"}, "write the name of a namespace"),
    ],
)
def test_a_cluster_that_is_none(given: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Cluster(**({"provider_arn": EKS, "namespace": "data-tier"} | given))


def test_a_key_by_its_alias_is_refused() -> None:
    with pytest.raises(ValueError, match="write the key's ARN"):
        State(bucket="b", project="p", key_arn="alias/pulumi")
