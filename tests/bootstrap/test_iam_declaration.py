"""`auth: iam`: what a declaration may say, what is wanted of the server, which secrets and tokens follow."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from bootstrap.access import AccessError, load_access
from bootstrap.manifest import Endpoint, PostgresTarget
from bootstrap.postgres.desired import desired
from bootstrap.secrets import LoginError, postgres_password, tokens

TARGET = PostgresTarget(
    primary=Endpoint(name="primary", host="db.example", port=5432), database="app", master_secret="arn:master"
)


def declared(**more: Any) -> dict[str, Any]:
    return {"owner": "app_owner", "identities": {"app": {"auth": "iam", "postgres": "readwrite"}, **more}}


SINGLE = {"privileges": "custom", "member_of": ["pg_monitor"], "login": "single"}


@pytest.mark.parametrize(
    ("data", "path", "says"),
    [
        (declared(app={"auth": "ima", "postgres": "readonly"}), "identities.app.auth", "nearest: `iam`"),
        (
            declared(app={"auth": "iam", "postgres": {"privileges": "custom", "login": "none"}}),
            "identities.app.auth",
            "nobody logs in as it",
        ),
        (
            declared(two={"postgres": {"privileges": "readonly", "member_of": ["rds_iam"]}}),
            "identities.two.postgres.member_of.0",
            "write `auth: iam`",
        ),
        (
            declared(
                one={"auth": "iam", "postgres": SINGLE},
                two={"postgres": {"privileges": "readonly", "member_of": ["one"]}},
            ),
            "identities.two.postgres.member_of",
            "leads to `one`, which logs in by token itself",
        ),
    ],
)
def test_what_is_refused(data: dict[str, Any], path: str, says: str) -> None:
    with pytest.raises(AccessError) as caught:
        load_access(data)
    (problem,) = caught.value.problems
    assert (problem.path, says in str(problem)) == (path, True)


@pytest.mark.parametrize(
    ("iam", "active", "members"),
    [
        (True, {}, {"app_a", "one"}),
        (True, {"app": "b"}, {"app_b", "one"}),
        (True, {"app": "ab"}, {"app_a", "app_b", "one"}),
        (False, {}, set()),
    ],
)
def test_logins_are_members_and_never_their_role(iam: bool, active: dict[str, str], members: set[str]) -> None:
    access = load_access(declared(one={"auth": "iam", "postgres": SINGLE}, two={"postgres": "readonly"}))
    wanted = desired(access, active, iam=iam)
    assert {m.member for m in wanted.memberships if m.role == "rds_iam"} == members


def test_a_token_needs_tls() -> None:
    with pytest.raises(ValidationError, match="iam_region needs TLS"):
        PostgresTarget.model_validate({**TARGET.model_dump(), "iam_region": "eu-west-1", "sslmode": "disable"})


def test_no_password_and_no_token() -> None:
    with pytest.raises(LoginError, match="the secret of app_a holds no password: `datatier bootstrap` makes it"):
        postgres_password(TARGET, TARGET.primary, "app_a", None)


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS credentials and a moment, so that a token is always the same."""
    import datetime

    from botocore import auth
    from botocore.session import Session

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session/token+of=a-role")
    now = datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.UTC).replace(tzinfo=None)
    # The bootstrap keeps its session, and with it whoever ran first.
    mine = lambda: Session().get_credentials().get_frozen_credentials()  # noqa: E731
    monkeypatch.setattr("bootstrap.secrets.tokens.aws_credentials", mine)
    monkeypatch.setattr(auth, "get_current_datetime", lambda *_: now)


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(("region", "signed_in"), [(None, "eu-west-1"), ("eu-central-1", "eu-central-1")])
def test_the_token_is_the_one_that_botocore_makes(region: str | None, signed_in: str) -> None:
    from botocore.session import Session

    target = TARGET.model_copy(update={"iam_region": "eu-west-1"})
    endpoint = Endpoint(name="replica", host="db.example", port=6543, region=region)
    client = Session().create_client("rds", region_name=signed_in)
    theirs = client.generate_db_auth_token("db.example", 6543, "app_a", Region=signed_in)
    ours = postgres_password(target, endpoint, "app_a", None)
    assert ours.reveal() == theirs
    assert theirs.startswith("db.example:6543/?Action=connect&DBUser=app_a&X-Amz-Algorithm=AWS4-HMAC-SHA256")
    assert f"X-Amz-Expires={tokens.SECONDS}" in theirs
    assert str(ours) == "***"
