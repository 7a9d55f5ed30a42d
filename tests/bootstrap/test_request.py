"""What the runner lets itself be asked: no other manifest than the deployed one, nothing but looks under its alias."""

from __future__ import annotations

from typing import Any

import pytest

from bootstrap.request import Request, RequestError, digest, request

MANIFEST: dict[str, Any] = {
    "stack": "dev",
    "prefix": "erp-dev",
    "region": "eu-west-1",
    "postgres": {
        "primary": {"name": "primary", "host": "db.example", "port": 5432},
        "database": "erp",
        "master_secret": "arn:secret",
    },
    "access": {"owner": "erp_owner", "identities": {}},
}
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:erp-dev-bootstrap"
OTHER = MANIFEST | {"access": {"owner": "mallory", "identities": {}}}
CHECK = {"action": "check", "manifest": MANIFEST}


def told(asked: Request) -> tuple[str, bool]:
    assert asked.manifest.stack == "dev"
    return asked.action, asked.prove


@pytest.mark.parametrize(
    ("event", "arn", "expected"),
    [
        (MANIFEST, FUNCTION, ("bootstrap", False)),
        ({"action": "bootstrap", "manifest": MANIFEST}, FUNCTION, ("bootstrap", False)),
        (CHECK, FUNCTION, ("check", False)),
        (CHECK, f"{FUNCTION}:check", ("check", False)),
        (CHECK | {"prove": True}, f"{FUNCTION}:check", ("check", True)),
        # A number of a version is no alias, and a function may be called `check`.
        (MANIFEST, f"{FUNCTION}:7", ("bootstrap", False)),
        (MANIFEST, "arn:aws:lambda:eu-west-1:123456789012:function:check", ("bootstrap", False)),
    ],
)
def test_what_is_asked(event: dict[str, Any], arn: str, expected: tuple[str, bool]) -> None:
    assert told(request(event, arn=arn, pinned=digest(MANIFEST))) == expected
    assert told(request(event, arn=arn)) == expected


@pytest.mark.parametrize(
    ("event", "arn", "pinned", "says"),
    [
        (MANIFEST, f"{FUNCTION}:check", None, "under its alias `check` the function only looks"),
        (CHECK | {"action": "bootstrap"}, f"{FUNCTION}:check", None, "under its alias `check`"),
        (OTHER, FUNCTION, digest(MANIFEST), "not the manifest that the function was deployed with"),
        (CHECK | {"manifest": OTHER}, f"{FUNCTION}:check", digest(MANIFEST), "not the manifest"),
        ({"action": "drop"}, FUNCTION, None, "no action 'drop': bootstrap, check"),
        ({}, FUNCTION, None, "this is not a manifest: stack: Field required"),
        ({"action": "check"}, FUNCTION, None, "this is not a manifest: manifest"),
    ],
)
def test_what_is_refused(event: dict[str, Any], arn: str, pinned: str | None, says: str) -> None:
    with pytest.raises(RequestError, match=says):
        request(event, arn=arn, pinned=pinned)
