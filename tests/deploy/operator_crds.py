"""The operator's own schemas, from its Go module or from a checkout, as JSON schemas that refuse unknown fields."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

MODULE, VERSION = "github.com/pulumi/pulumi-kubernetes-operator/v2", "v2.9.0"
# As a go.sum would have it, so that a tag which is moved later is noticed.
SUM = "h1:3S8mm8iOG7nu/l0Y0/kMMK/WivxW7S2ioCglkX5clgY="
KINDS = {"Program", "Stack", "Update", "Workspace"}


class AbsentError(Exception):
    """The schemas cannot be had here."""


def folder(scratch: Path) -> Path:
    """Where the CRDs are; raise `AbsentError` with the reason."""
    if given := os.environ.get("DATATIER_OPERATOR_CRDS"):
        return Path(given)
    go = shutil.which("go")
    if go is None:
        raise AbsentError("go is not on PATH, and DATATIER_OPERATOR_CRDS names no folder of CRDs")
    environment = os.environ | {"GOFLAGS": "", "GOTOOLCHAIN": "local"}
    try:
        found = subprocess.run(
            [go, "mod", "download", "-json", f"{MODULE}@{VERSION}"],
            cwd=scratch, env=environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise AbsentError(f"go did not get {MODULE}@{VERSION} within two minutes") from None
    answer = json.loads(found.stdout) if found.stdout else {"Error": found.stderr.strip()}
    if "Error" in answer:
        raise AbsentError(f"go cannot have {MODULE}@{VERSION}: {answer['Error'].splitlines()[0]}")
    assert answer["Sum"] == SUM, f"{MODULE}@{VERSION} is another than it was: {answer['Sum']}"
    return Path(answer["Dir"]) / "deploy" / "crds"


def schemas(crds: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """(apiVersion, kind) -> its schema."""
    found = {}
    for path in sorted(crds.glob("*.yaml")):
        crd = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        spec = crd["spec"]
        for version in spec["versions"]:
            schema = strict(version["schema"]["openAPIV3Schema"])
            # Kubernetes' own, which a CRD leaves open.
            schema["properties"]["metadata"] = {"type": "object", "required": ["name", "namespace"]}
            found[f"{spec['group']}/{version['name']}", spec["names"]["kind"]] = schema
    assert {kind for _, kind in found} == KINDS, f"{crds} holds {sorted(found)}"
    return found


def strict(schema: Any) -> Any:
    """OpenAPI's dialect in JSON schema's: no unknown fields, whole numbers or text where Kubernetes takes both."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: value if key in ("default", "enum", "required") else strict(value) for key, value in schema.items()}
    if "properties" in made:
        # A property may be called as a keyword is: what is inside are schemas whatever their names.
        made["properties"] = {name: strict(each) for name, each in schema["properties"].items()}
        if not schema.get("x-kubernetes-preserve-unknown-fields"):
            made.setdefault("additionalProperties", False)
    if schema.get("x-kubernetes-int-or-string"):
        made["anyOf"] = [{"type": "integer"}, {"type": "string"}]
    if schema.get("nullable"):
        made = {"anyOf": [made, {"type": "null"}]}
    return made
