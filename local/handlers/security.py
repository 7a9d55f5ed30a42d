"""KMS keys and Secrets Manager secrets in the emulator."""

from __future__ import annotations

import json
from typing import Any

from graph import types
from graph.cloud import Made
from graph.errors import CloudError
from graph.naming import physical_name
from graph.resource import Resource
from local.handlers.base import RunContext
from local.handlers.emulated import Emulated, Outputs, given, pages, tags
from local.state import Entry

CONTAINER = types.SECRET
"""A secret's resource; what it holds is a version of its own."""
FULL = json.dumps({"Version": "2012-10-17", "Statement": []})


def _keys(client: Any) -> dict[str, Any]:
    return {key["KeyId"]: key for key in pages(client, "list_keys", "Keys")}


def _create_key(client: Any, _: str, resource: Resource) -> Outputs:
    inputs = resource.inputs
    key = client.create_key(
        Description=inputs.get("description", ""),
        Policy=inputs.get("policy") or FULL,
        Tags=[{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in tags(resource)],
    )["KeyMetadata"]
    if inputs.get("enableKeyRotation"):
        client.enable_key_rotation(KeyId=key["KeyId"])
    return {"id": key["KeyId"], "keyId": key["KeyId"], "arn": key["Arn"]}


def _update_key(client: Any, found: Any, resource: Resource) -> Outputs:
    inputs = resource.inputs
    client.put_key_policy(KeyId=found["KeyId"], PolicyName="default", Policy=inputs.get("policy") or FULL)
    client.update_key_description(KeyId=found["KeyId"], Description=inputs.get("description", ""))
    return {"id": found["KeyId"], "keyId": found["KeyId"], "arn": found["KeyArn"]}


def _aliases(client: Any) -> dict[str, Any]:
    return {alias["AliasName"]: alias for alias in pages(client, "list_aliases", "Aliases")}


def _alias_outputs(client: Any, name: str, target: str) -> Outputs:
    key = client.describe_key(KeyId=target)["KeyMetadata"]
    arn = key["Arn"].split(":key/")[0] + f":{name}"
    return {"id": name, "name": name, "arn": arn, "targetKeyArn": key["Arn"]}


def _create_alias(client: Any, name: str, resource: Resource) -> Outputs:
    client.create_alias(AliasName=name, TargetKeyId=resource.inputs["targetKeyId"])
    return _alias_outputs(client, name, resource.inputs["targetKeyId"])


def _update_alias(client: Any, found: Any, resource: Resource) -> Outputs:
    client.update_alias(AliasName=found["AliasName"], TargetKeyId=resource.inputs["targetKeyId"])
    return _alias_outputs(client, found["AliasName"], resource.inputs["targetKeyId"])


def _secrets(client: Any) -> dict[str, Any]:
    held = pages(client, "list_secrets", "SecretList")
    return {name: secret for secret in held for name in (secret["Name"], secret["ARN"])}


def _create_secret(client: Any, name: str, resource: Resource) -> Outputs:
    arguments = given(resource.inputs, {"description": "Description", "kmsKeyId": "KmsKeyId"})
    made = client.create_secret(Name=name, Tags=tags(resource), **arguments)
    return {"id": made["ARN"], "arn": made["ARN"], "name": name}


def _update_secret(client: Any, found: Any, resource: Resource) -> Outputs:
    arguments = given(resource.inputs, {"description": "Description", "kmsKeyId": "KmsKeyId"})
    client.update_secret(SecretId=found["ARN"], **arguments)
    return {"id": found["ARN"], "arn": found["ARN"], "name": found["Name"]}


class _Secret(Emulated):
    """A secret that an earlier run made is not made anew unasked: whoever runs with what it held would be shut out."""

    def ensure(self, context: RunContext, resource: Resource, previous: Entry | None) -> Made:
        lost = _lost(context, self)
        if lost and not context.new_passwords:
            stack = context.state.stack
            raise CloudError(
                f"the AWS emulator has lost the secrets {', '.join(lost)}: running applications still log in with "
                f"what they held. Put {context.state.path / 'emulator' / 'state'} back from a copy, or make new "
                f"passwords with `datatier up {stack} --new-passwords` and start the applications anew"
            )
        context.renewed.update(lost)
        return super().ensure(context, resource, previous)


_NO_PASSWORD = "/manifest"  # noqa: S105 the opposite
"""What the name of a secret ends with that holds a manifest (components/functions/vpc_function.py): it says where
things are, and the program puts it there again."""


def _lost(context: RunContext, handler: Emulated) -> list[str]:
    """Names of the secrets with passwords of earlier runs that are gone: asked once, before this run makes any."""

    def gone(_: Any) -> dict[str, Any]:
        held = context.listing(handler.listing, handler.service, handler.read)
        made = [entry for entry in list(context.state.resources.values()) if entry["type"] == CONTAINER]
        lost = {entry["outputs"]["name"]: entry for entry in made if entry["id"] not in held}
        return {name: entry for name, entry in lost.items() if not name.endswith(_NO_PASSWORD)}

    return sorted(context.listing("lost secrets", handler.service, gone))


def _version_of(resource: Resource, previous: Entry | None) -> str:
    """Found when this version was put into a secret that is still there; a new secret needs it again."""
    return str(resource.inputs["secretId"]) if previous and previous["inputs"].get("secretId") else ""


def _put_version(client: Any, _: object, resource: Resource) -> Outputs:
    secret, labels = resource.inputs["secretId"], list(resource.inputs.get("versionStages") or ["AWSCURRENT"])
    made = client.put_secret_value(SecretId=secret, SecretString=resource.inputs["secretString"], VersionStages=labels)
    version = made["VersionId"]
    return {"id": f"{secret}|{version}", "arn": secret, "secretArn": secret, "versionId": version}


def _keep(client: Any, entry: Entry) -> None:
    """The container goes with its own resource; a version alone stays, as on AWS while it is AWSCURRENT."""


SECURITY = {
    types.KEY: Emulated(
        "kms",
        "keys",
        _keys,
        lambda _, previous: previous["id"] if previous else "",
        _create_key,
        _update_key,
        lambda client, entry: client.schedule_key_deletion(KeyId=entry["id"], PendingWindowInDays=7),
    ),
    types.KEY_ALIAS: Emulated(
        "kms",
        "aliases",
        _aliases,
        lambda resource, _: physical_name(resource),
        _create_alias,
        _update_alias,
        lambda client, entry: client.delete_alias(AliasName=entry["id"]),
    ),
    CONTAINER: _Secret(
        "secretsmanager",
        "secrets",
        _secrets,
        lambda resource, _: physical_name(resource),
        _create_secret,
        _update_secret,
        lambda client, entry: client.delete_secret(SecretId=entry["id"], ForceDeleteWithoutRecovery=True),
        rouses=True,
    ),
    types.SECRET_VERSION: Emulated(
        "secretsmanager", "secrets", _secrets, _version_of, _put_version, _put_version, _keep, rouses=True
    ),
}
