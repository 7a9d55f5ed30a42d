"""Lambda's entry point of the maintenance, which has the manifest from a secret of its own."""

from __future__ import annotations

import os

from pydantic import JsonValue

from bootstrap.own_manifest import own_manifest
from maintain.scheduled import logged


def handler(event: dict[str, JsonValue], context: object) -> dict[str, JsonValue]:  # noqa: ARG001 - Lambda's signature
    """Maintain once; return how it went. What failed is in the metrics, and is no error of the function."""
    report = logged(own_manifest(), float(os.environ["DATATIER_BUDGET"]), os.environ["DATATIER_NAMESPACE"])
    return {"ok": report.ok, "done": report.count("done"), "failed": report.count("failed"), "left": report.undone}
