"""A small deployment file of a stranger's project, in the form of `pulumi stack export`."""

import json
from typing import Any

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:abc:def"}
SHOWN = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "plaintext": '"hunter2"'}
STACK, PROJECT = "live", "shop"
ROOT = f"urn:pulumi:{STACK}::{PROJECT}::pulumi:pulumi:Stack::{PROJECT}-{STACK}"
INSTANCE, GROUP = "aws:rds/instance:Instance", "aws:elasticache/replicationGroup:ReplicationGroup"

Json = dict[str, Any]


def urn(kind: str, name: str, parents: str = "") -> str:
    return f"urn:pulumi:{STACK}::{PROJECT}::{parents}{kind}::{name}"


def resource(kind: str, name: str, inputs: Json | None = None, **fields: Any) -> Json:
    """A custom resource at the top of the stack."""
    return {"urn": urn(kind, name), "custom": True, "type": kind, "id": f"{name}-1", "parent": ROOT} | {
        "inputs": inputs or {},
        "outputs": inputs or {},
        **fields,
    }


def export(*resources: Json, **deployment: Any) -> str:
    """The file."""
    root = {"urn": ROOT, "custom": False, "type": "pulumi:pulumi:Stack"}
    provider = resource("pulumi:providers:aws", "default_7_51_1")
    return json.dumps(
        {"version": 3, "deployment": {"manifest": {}, "resources": [root, provider, *resources]} | deployment}
    )
