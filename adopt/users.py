"""ElastiCache's users as a declaration would have them: who logs in by a password goes on with it. Pure.

ElastiCache User Guide, "Role-Based Access Control": a user has an id and a name, up to two passwords, none, or IAM's
tokens, whose user's id and name are the same; a group has one user called `default`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from adopt.cache_facts import parameters
from adopt.estate import Described, RunningCache
from bootstrap.acl.rules import RuleError, parse
from bootstrap.acl.valkey import VALKEY
from bootstrap.redis.by_url import ImportedUsers, declared, identity_of
from knowledge.redis.parameters import CHANNELS

_DEFAULT = "default"


def users(cache: RunningCache) -> ImportedUsers:
    """Return those of the cache's user groups, as identities or by name among what somebody else governs."""
    groups = {str(each["UserGroupId"]) for each in cache.user_groups}
    members = [each for each in cache.users if not groups or groups & set(each.get("UserGroupIds") or ())]
    taken = {str(each["UserName"]) for each in members}
    usual = parameters(cache.parameter_group).get(CHANNELS, "allchannels")
    found: dict[str, dict[str, Any]] = {}
    left, beside = list[str](), list[str]()
    for user in members:
        name, id_ = str(user["UserName"]), str(user["UserId"])
        reason = next(_unsayable(user), "")
        if not reason:
            try:
                text = _whole(str(user["AccessString"]), usual)
                rules = declared(text, parse(text), VALKEY)
                found[identity_of(name, {*found, *taken})] = rules | {"present": id_}
            except (RuleError, ValueError) as error:
                reason = str(error)
        if reason:
            beside.append(id_)
            if name != _DEFAULT or _is_open(user):
                left.append(f"user {name} ({id_}) {reason}; it stays as it is")
    return ImportedUsers(users=found, beside=tuple(beside), differences=tuple(left))


def _unsayable(user: Described) -> Iterator[str]:
    """Why it is nobody's identity."""
    kind = _kind(user)
    if user["UserName"] == _DEFAULT:
        yield "is whoever names no user, and opens the cache; switch it off when nobody logs in as it"
    if kind == "iam":
        yield "logs in by IAM token"
    elif kind != "password":
        yield "logs in without a password; whoever reaches the cache is it"
    if str(user["AccessString"]).split()[:1] != ["on"]:
        yield "is off"


def _whole(text: str, usual: str) -> str:
    """An access string with its channels: without a word on them `acl-pubsub-default` decides, which is `usual`."""
    words = text.split()
    if any(word.startswith("&") or word in {"allchannels", "resetchannels"} for word in words):
        return text
    return " ".join([words[0], usual, *words[1:]])


def _is_open(user: Described) -> bool:
    return str(user["AccessString"]).split()[:1] == ["on"] and _kind(user) == "no-password"


def _kind(user: Described) -> str:
    authentication: Mapping[str, Any] = user.get("Authentication") or {}
    return str(authentication.get("Type", ""))
