"""ElastiCache users and user groups in the emulator; the bootstrap works on them through the same API as on AWS."""

from __future__ import annotations

from typing import Any

from graph import types
from graph.naming import camel, physical_name
from graph.resource import Resource
from local.handlers.emulated import Emulated, Outputs, given, pages
from local.state import Entry


def _users(client: Any) -> dict[str, Any]:
    return {user["UserId"]: user for user in pages(client, "describe_users", "Users")}


def _user_arguments(resource: Resource) -> dict[str, Any]:
    inputs = resource.inputs
    arguments = given(
        inputs, {"accessString": "AccessString", "passwords": "Passwords", "noPasswordRequired": "NoPasswordRequired"}
    )
    mode = inputs.get("authenticationMode")
    if mode:
        # Pulumi's spelling of the type is the API's with a capital switch (`no-password-required`, `password`, `iam`)
        arguments["AuthenticationMode"] = given(mode, {"type": "Type", "passwords": "Passwords"})
    return arguments


def _create_user(client: Any, key: str, resource: Resource) -> Outputs:
    made = client.create_user(
        UserId=key, UserName=resource.inputs["userName"], Engine=resource.inputs["engine"], **_user_arguments(resource)
    )
    return {"id": key, "userId": key, "arn": made["ARN"]}


def _update_user(client: Any, found: Any, resource: Resource) -> Outputs:
    made = client.modify_user(UserId=found["UserId"], **_user_arguments(resource))
    return {"id": found["UserId"], "userId": found["UserId"], "arn": made["ARN"]}


def _groups(client: Any) -> dict[str, Any]:
    return {group["UserGroupId"]: group for group in pages(client, "describe_user_groups", "UserGroups")}


def _create_group(client: Any, key: str, resource: Resource) -> Outputs:
    made = client.create_user_group(
        UserGroupId=key, Engine=resource.inputs["engine"], UserIds=list(resource.inputs.get("userIds") or [])
    )
    return {"id": key, "userGroupId": key, "arn": made["ARN"]}


def _update_group(client: Any, found: Any, resource: Resource) -> Outputs:
    key = found["UserGroupId"]
    if "userIds" not in {camel(path) for path in resource.ignore_changes}:
        wanted, held = set(resource.inputs.get("userIds") or []), set(found.get("UserIds", []))
        changes = {"UserIdsToAdd": sorted(wanted - held), "UserIdsToRemove": sorted(held - wanted)}
        if any(changes.values()):
            client.modify_user_group(UserGroupId=key, **{name: ids for name, ids in changes.items() if ids})
    return {"id": key, "userGroupId": key, "arn": found["ARN"]}


def _delete_user(client: Any, entry: Entry) -> None:
    client.delete_user(UserId=entry["id"])


CACHE_USERS = {
    types.CACHE_USER: Emulated(
        "elasticache",
        "users",
        _users,
        lambda resource, _: physical_name(resource, "userId").lower(),
        _create_user,
        _update_user,
        _delete_user,
    ),
    types.CACHE_USER_GROUP: Emulated(
        "elasticache",
        "user-groups",
        _groups,
        lambda resource, _: physical_name(resource, "userGroupId").lower(),
        _create_group,
        _update_group,
        lambda client, entry: client.delete_user_group(UserGroupId=entry["id"]),
        rouses=True,
    ),
}
