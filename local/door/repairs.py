"""The emulator's answers where they differ from AWS's: repaired in its own process, so that no caller has to know.

Each repair wraps one private function of ministack 1.4, whose version is pinned (ADR 0018).
"""

from __future__ import annotations

import json
from typing import Any, TypeAlias
from xml.sax.saxutils import escape

Reply: TypeAlias = tuple[int, dict[str, str], bytes]
"""Status, headers and body, as ministack's handlers return them."""


def repair() -> None:
    """Repair the services; once in a process, before it serves."""
    from ministack.services import elasticache, secretsmanager

    _repair_access_strings(elasticache)
    _repair_new_secrets(secretsmanager)
    _repair_missing_values(secretsmanager)
    _repair_labels(secretsmanager)


def _repair_access_strings(elasticache: Any) -> None:
    """An access string is text: the emulator writes it into XML as it is, and `&channel` begins no entity."""
    written = elasticache._user_xml

    def user_xml(user: dict[str, object]) -> str:
        return str(written(user | {"AccessString": escape(str(user.get("AccessString", "")))}))

    elasticache._user_xml = user_xml


def _repair_new_secrets(service: Any) -> None:
    """A secret that is made without a value has no version (Secrets Manager API Reference, "CreateSecret").

    The emulator makes an empty one with AWSCURRENT. Those of secrets that it kept before this repair are dropped when
    the secret is next looked up.
    """
    resolve = service._resolve

    def resolved(*args: object, **options: object) -> tuple[object, dict[str, dict[str, dict[str, object]]] | None]:
        key, secret = resolve(*args, **options)
        for version, held in list(secret["Versions"].items()) if secret else ():
            if _is_empty(held) and "AWSCURRENT" in held["Stages"]:
                del secret["Versions"][version]
        return key, secret

    service._resolve = resolved


def _repair_missing_values(service: Any) -> None:
    """A version without a value, such as RotateSecret makes, cannot be read yet."""
    read = service._get_secret_value

    def get_secret_value(data: dict[str, str]) -> Reply:
        status, headers, body = read(data)
        if status == 200 and _is_empty(json.loads(body)):
            stage = data.get("VersionStage", "AWSCURRENT")
            message = f"Secrets Manager can't find the specified secret value for staging label: {stage}"
            refused: Reply = service.error_response_json("ResourceNotFoundException", message, 400)
            return refused
        return status, headers, body

    service._get_secret_value = get_secret_value


def _repair_labels(service: Any) -> None:
    """A label is on one version alone, and the first version is current whatever its labels.

    So says the Secrets Manager API Reference, "PutSecretValue". The emulator moves AWSCURRENT only, and then leaves out
    the labels that came with it.
    """
    put = service._put_secret_value

    def put_secret_value(data: dict[str, str | list[str]]) -> Reply:
        _, secret = service._resolve(data.get("SecretId"))
        first = bool(secret) and all(_is_empty(held) for held in secret["Versions"].values())
        status, headers, body = put(data)
        if status != 200:
            return status, headers, body
        made = json.loads(body)
        for label in (*(data.get("VersionStages") or ["AWSCURRENT"]), *(["AWSCURRENT"] if first else ())):
            service._remove_stage_everywhere(secret, label, except_version_id=made["VersionId"])
            service._add_stage(secret, made["VersionId"], label)
        made["VersionStages"] = list(secret["Versions"][made["VersionId"]]["Stages"])
        answered: Reply = service.json_response(made)
        return answered

    service._put_secret_value = put_secret_value


def _is_empty(version: dict[str, object]) -> bool:
    return version.get("SecretString") is None and version.get("SecretBinary") is None
