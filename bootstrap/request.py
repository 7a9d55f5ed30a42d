"""What the runner is asked to do: a manifest alone is a bootstrap, `{"action": "check", ...}` only looks. Pure.

Whoever may invoke a function chooses what it is sent. Two things hold that to what was deployed: the function knows
the digest of its manifest, so that nobody sends it elsewhere or declares an access of their own; and under its alias
`check`, the only one that a role for reading may invoke, it does nothing but look (Lambda: `invoked_function_arn`
holds the alias that the caller named).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import ValidationError

from bootstrap.errors import BootstrapError
from bootstrap.manifest import Manifest

ALIAS = "check"
VARIABLE = "DATATIER_MANIFEST_SHA256"
"""Environment variable with the digest of the manifest; absent where the function was not deployed by the stack."""


class RequestError(BootstrapError):
    """The event asks for what is not done."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to do, and with what."""

    action: Literal["bootstrap", "check"]
    manifest: Manifest
    prove: bool = False
    """Whether to log in as every identity; of `check` alone."""


def request(event: Mapping[str, object], *, arn: str = "", pinned: str | None = None) -> Request:
    """Read the event. Raise RequestError."""
    asked: Mapping[str, object] = event if "action" in event else {"action": "bootstrap", "manifest": event}
    action, prove = asked["action"], asked.get("prove", False)
    if action not in ("bootstrap", "check"):
        raise RequestError(f"no action {action!r}: bootstrap, check")
    if arn.count(":") == 7 and arn.endswith(f":{ALIAS}") and action != "check":
        raise RequestError(
            f"under its alias `{ALIAS}` the function only looks: invoke it without, which needs the right"
        )
    document = asked.get("manifest")
    if pinned and digest(document) != pinned:
        raise RequestError(
            "this is not the manifest that the function was deployed with: send `pulumi stack output manifest`, "
            "or deploy the one that is meant"
        )
    try:
        manifest = Manifest.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "manifest"
        raise RequestError(f"this is not a manifest: {where}: {first['msg']}") from None
    return Request(action=action, manifest=manifest, prove=bool(prove))


def digest(document: object) -> str:
    """SHA-256 of the document, however its JSON was laid out; `components.functions.runner` computes the same."""
    return hashlib.sha256(json.dumps(document, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
