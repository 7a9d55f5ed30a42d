"""ElastiCache's users and user group: one change at a time, waiting for `active`, because parallel ones get lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from bootstrap.access.names import iam_user
from bootstrap.errors import BootstrapError
from bootstrap.redis.users import Applied, User, UserChange
from bootstrap.secrets import elasticache_passwords

# ElastiCache guide, Clusters.RBAC.
MAX_USERS = 100
_WAIT_SECONDS = 600.0
_POLL_SECONDS = 2.0


class ElastiCacheError(BootstrapError):
    """ElastiCache refused a change or did not finish it."""


def user_id(prefix: str, cache: str, identity: str) -> str:
    """Return the id of an identity's user: letters, digits and hyphens, stored in lower case."""
    return f"{prefix}-{cache}-{identity}".replace("_", "-").lower()


class ElastiCacheUsers:
    """CreateUser, ModifyUser and ModifyUserGroup."""

    def __init__(
        self,
        client: Any,
        *,
        prefix: str,
        cache: str,
        group: str,
        engine: str,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._prefix = prefix
        self._cache = cache
        self._group = group
        self._engine = engine
        self._sleep = sleep

    def plan(self, users: Sequence[User]) -> Applied:
        return self._each(users, write=False)

    def apply(self, users: Sequence[User]) -> Applied:
        return self._each(users, write=True)

    def set_password(self, user: User) -> UserChange:
        """Give a user the password of its secret: the API cannot tell which one it has, a login can."""
        with _explained(user.name):
            self._client.modify_user(UserId=self._id(user), Passwords=elasticache_passwords(user.password, *user.kept))
        self._wait_user(self._id(user))
        return self._change(user.name, "password", "password set to the secret's")

    def _each(self, users: Sequence[User], *, write: bool) -> Applied:
        members = self._members()
        if len(set(members) | {self._id(user) for user in users}) > MAX_USERS:
            raise ElastiCacheError(
                f"user group {self._group} would have more than {MAX_USERS} users, which ElastiCache refuses; "
                "take identities out of access.yaml or spread them over caches"
            )
        live = {user.name: self._describe(self._id(user)) for user in users}
        changes: list[UserChange] = []
        for user in users:
            for change, call in self._differences(user, live[user.name]):
                changes.append(change)
                if write:
                    with _explained(user.name):
                        call()
                    self._wait_user(self._id(user))
        joining = [user for user in users if self._id(user) not in members]
        changes += [self._change(user.name, "group", f"added to {self._group}") for user in joining]
        if write and joining:
            self._join(joining)
        ours = f"{self._prefix}-{self._cache}-"
        declared = {self._id(user) for user in users} | {f"{ours}default"}
        strangers = sorted(member for member in members if member.startswith(ours) and member not in declared)
        return Applied(
            changes=tuple(changes),
            differences=tuple(f"{self._group}: user {name} is no longer declared; delete it" for name in strangers),
        )

    def _differences(self, user: User, live: dict[str, Any] | None) -> Iterator[tuple[UserChange, Callable[[], Any]]]:
        passwords = elasticache_passwords(user.password, *user.kept)
        # An IAM user is named as its id, which no user with a password has.
        name = self._id(user) if user.iam else user.name
        login: dict[str, Any] = {"AuthenticationMode": {"Type": "iam"}} if user.iam else {"Passwords": passwords}
        if live is None:
            yield (
                self._change(user.name, "create", f"created: {user.rules}"),
                lambda: self._client.create_user(
                    UserId=self._id(user),
                    UserName=name,
                    Engine=self._engine,
                    AccessString=user.rules,
                    **login,
                ),
            )
            return
        if live["AccessString"] != user.rules:
            yield (
                self._change(user.name, "rules", f"{live['AccessString']} -> {user.rules}"),
                lambda: self._client.modify_user(UserId=self._id(user), AccessString=user.rules),
            )
        if user.fresh:
            yield (
                self._change(user.name, "password", "password set to the secret's"),
                lambda: self._client.modify_user(UserId=self._id(user), Passwords=passwords),
            )

    def _join(self, joining: Sequence[User]) -> None:
        ids = [self._id(user) for user in joining]
        with _explained(self._group):
            self._wait("user group", self._describe_group)
            self._client.modify_user_group(UserGroupId=self._group, UserIdsToAdd=ids)
        self._wait("user group", self._describe_group)
        # An addition can vanish without an error (terraform-provider-aws#49945).
        if missing := sorted(set(ids) - set(self._members())):
            raise ElastiCacheError(
                f"{', '.join(missing)} were added to {self._group} but are not in it; run the bootstrap again"
            )

    def _members(self) -> list[str]:
        members: list[str] = self._describe_group().get("UserIds", [])
        return members

    def _describe_group(self) -> dict[str, Any]:
        with _explained(self._group):
            answer = self._client.describe_user_groups(UserGroupId=self._group)
        group: dict[str, Any] = answer["UserGroups"][0]
        return group

    def _describe(self, user_id_: str) -> dict[str, Any] | None:
        try:
            user: dict[str, Any] = self._client.describe_users(UserId=user_id_)["Users"][0]
        except Exception as error:
            if _code(error).startswith("UserNotFound"):
                return None
            raise _error(user_id_, error) from None
        return user

    def _wait_user(self, user_id_: str) -> None:
        self._wait(f"user {user_id_}", lambda: self._describe(user_id_) or {"Status": "creating"})

    def _wait(self, what: str, describe: Callable[[], dict[str, Any]]) -> None:
        waited = 0.0
        while (status := describe()["Status"]) != "active":
            if waited >= _WAIT_SECONDS:
                raise ElastiCacheError(
                    f"{what} is still `{status}` after {waited:.0f} s; run the bootstrap again later"
                )
            self._sleep(_POLL_SECONDS)
            waited += _POLL_SECONDS

    def _id(self, user: User) -> str:
        return (iam_user if user.iam else user_id)(self._prefix, self._cache, user.name)

    def _change(self, user: str, what: Any, detail: str) -> UserChange:
        return UserChange(target=f"{self._cache}/{self._group}", user=user, what=what, detail=detail)


@contextmanager
def _explained(subject: str) -> Iterator[None]:
    """Turn an API error into one of ours; botocore's own may repeat parameters, among them passwords."""
    try:
        yield
    except BootstrapError:
        raise
    except Exception as error:
        raise _error(subject, error) from None


def _code(error: Exception) -> str:
    response: dict[str, Any] = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", ""))


def _error(subject: str, error: Exception) -> ElastiCacheError:
    reason = _code(error) or type(error).__name__
    return ElastiCacheError(f"ElastiCache refused a change of {subject}: {reason}")
