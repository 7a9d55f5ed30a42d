"""ElastiCache's users and user group: one change at a time, waiting for `active`, because parallel ones get lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from bootstrap.access.names import TOKEN_END
from bootstrap.acl.compare import text_differences
from bootstrap.acl.rules import parse
from bootstrap.acl.stored import refusals
from bootstrap.acl.valkey import VALKEY
from bootstrap.action import Action, OfUser
from bootstrap.errors import BootstrapError
from bootstrap.redis.users import User, UserPlan, of_user
from bootstrap.secrets import Secret, elasticache_passwords

# ElastiCache guide, Clusters.RBAC: users in a group, users in an account and region.
MAX_USERS = 100
MAX_ACCOUNT = 1000
DEFAULT = "default"
"""Name of the user that a client is which gives none."""
_WAIT_SECONDS = 600.0
_POLL_SECONDS = 2.0
_HINTS = {
    "InvalidUserState": "somebody else is changing it: run the bootstrap again when it is `active`",
    "InvalidUserGroupState": "somebody else is changing it: run the bootstrap again when it is `active`",
    "UserQuotaExceeded": f"at most {MAX_ACCOUNT} users in an account and region: delete some or ask for a higher quota",
    "UserGroupQuotaExceeded": "a group takes at most 100 users: spread the identities over caches",
    "DuplicateUserName": "the group has another user of that name: remove one of them from it",
    "UserGroupNotFound": "deploy the stack first, which makes the group",
    "AccessDenied": "let the runner's role call it (elasticache:*User*, *ReplicationGroup*)",
    "InvalidReplicationGroupState": "somebody else is changing it: run the bootstrap again when it is `available`",
}


class ElastiCacheError(BootstrapError):
    """ElastiCache refused a change or did not finish it."""


def user_id(prefix: str, cache: str, identity: str) -> str:
    """Return the id of an identity's user: letters, digits and hyphens, stored in lower case."""
    return f"{prefix}-{cache}-{identity}".replace("_", "-").lower()


def _is_closed(user: dict[str, Any]) -> bool:
    """Whether it is a `default` that lets nobody in. ElastiCache writes `on` or `off` first."""
    return user.get("UserName") == DEFAULT and user.get("AccessString", "").split()[:1] == ["off"]


class ElastiCacheUsers:
    """CreateUser, ModifyUser, ModifyUserGroup and DeleteUser."""

    def __init__(
        self,
        client: Any,
        *,
        prefix: str,
        cache: str,
        group: str,
        engine: str,
        region: str,
        others: Collection[str] = (),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`others` are users that somebody else governs, by name or id."""
        self._client = client
        self._others = others
        self._prefix = prefix
        self._cache = cache
        self._group = group
        self._engine = engine
        self._region = region
        self._sleep = sleep

    def _removal(self, id_: str) -> str:
        """The command that takes a user out of the group, whatever region whoever runs it is used to."""
        return (
            f"aws elasticache modify-user-group --user-group-id {self._group} --user-ids-to-remove {id_} "
            f"--region {self._region}"
        )

    def plan(self, users: Sequence[User]) -> UserPlan:
        members = self._members()
        live = self._live([*members, *(self._id(user) for user in users)])
        declared = {self._id(user) for user in users}
        groups = self._groups()
        old = sorted(id_ for id_ in {*members, *live} - declared if self._left(id_, live.get(id_), members, groups))
        self._check(users, members, live, set(old))
        deletions = [self._change(id_, "remove", "deleted", takes_away=True) for id_ in old]
        todo = [each for user in users for each in self._differences(user, live.get(self._id(user)))]
        joining = [user for user in users if self._id(user) not in members]
        joins = [self._of(user, "group", f"added to {self._group}") for user in joining]
        rest = (*(change for change, _ in todo), *joins)

        def carry_out(remove: bool) -> tuple[Action, ...]:
            if remove:
                self._remove(old, members, live)
            else:
                self._check(users, members, live, set())
            for _, call in todo:
                call()
            if joining:
                self._join(joining)
            return (*deletions, *rest) if remove else rest

        reported = tuple(
            f"{self._target}: user {self._named(id_, live)} {self._undeclared(id_, live.get(id_, {}))}"
            for id_ in self.strangers(declared | set(old), members=members, live=live)
        )
        return UserPlan(changes=(*deletions, *rest), differences=reported, carry_out=carry_out)

    def admit(self, user: str, new: Secret, old: Secret | None) -> None:
        self.set_password(User(name=user, rules="", password=new, previous=old))

    def retire(self, user: str, valid: Secret) -> None:
        self.set_password(User(name=user, rules="", password=valid))

    def shut(self, user: str) -> None:
        """Take a user from before the stack out of the group; the user itself stays, others may use it."""
        members = self._members()
        live = self._live(members)
        if leaving := [id_ for id_ in members if user in {id_, live.get(id_, {}).get("UserName")}]:
            self._leave(leaving)

    def set_password(self, user: User) -> Action:
        """Give a user the password of its secret: the API cannot tell which one it has, a login can."""
        self._modify(user, **_authentication(user))
        return self._of(user, "password", "password set to the secret's", takes_away=True)

    def strangers(
        self, known: Collection[str], *, members: Sequence[str] | None = None, live: dict[str, Any] | None = None
    ) -> list[str]:
        """Return the ids of the group's members that are neither `known` nor a `default` that is switched off."""
        members = self._members() if members is None else members
        live = self._live(members) if live is None else live
        aside = {*known, self._locked, *(id_ for id_ in members if _is_closed(live.get(id_, {})))}
        return [
            id_
            for id_ in sorted(set(members) - aside)
            if not {id_, live.get(id_, {}).get("UserName")} & set(self._others)
        ]

    def _undeclared(self, id_: str, user: dict[str, Any]) -> str:
        """What a user of others is, and what to do about it: who made it decides."""
        keep = "name it under `exceptions` in access.yaml"
        if user.get("UserName") != DEFAULT:
            return f"is not declared; declare it, {keep}, or if nobody needs it: {self._removal(id_)}"
        how = "without a password" if user.get("Authentication", {}).get("Type") == "no-password" else "by password"
        return (
            f"lets in {how} whoever gives no user name: {user.get('AccessString')}; {keep}, or once every client has a "
            f"user of its own: {self._closing(id_)}"
        )

    def _closing(self, id_: str) -> str:
        """The command that ends logins without a user name. A group of Redis must have a user `default`, and the one
        that ElastiCache makes cannot be changed (ElastiCache User Guide, "Role-Based Access Control")."""
        if self._made_for != "redis":
            return self._removal(id_)
        locked = f"{self._group}-{DEFAULT}"
        return (
            f"aws elasticache create-user --user-id {locked} --user-name {DEFAULT} --engine redis "
            f"--access-string 'off -@all' --no-password-required --region {self._region}, then "
            f"aws elasticache modify-user-group --user-group-id {self._group} --user-ids-to-add {locked} "
            f"--user-ids-to-remove {id_} --region {self._region}"
        )

    @cached_property
    def _made_for(self) -> str:
        """Engine of the group, which its users have too: a Valkey cache may have a group of Redis, and that takes no
        users of Valkey (ElastiCache User Guide, "Role-Based Access Control")."""
        return str(self._describe_group().get("Engine") or self._engine).lower()

    @property
    def _target(self) -> str:
        return f"{self._cache}/{self._group}"

    @property
    def _locked(self) -> str:
        # A group id is `<prefix>-<cache>`, so the locked `default` of the stack has our prefix too.
        return user_id(self._prefix, self._cache, DEFAULT)

    @staticmethod
    def _named(id_: str, live: dict[str, Any]) -> str:
        name = live.get(id_, {}).get("UserName", id_)
        return id_ if name == id_ else f"{name} ({id_})"

    def _left(self, id_: str, user: dict[str, Any] | None, members: Sequence[str], groups: Collection[str]) -> bool:
        """Whether a former run made this user of ours: in our group, or in none since a removal broke off half-way.

        Ids of other stacks and caches begin like ours: those of `shop-prod-eu` like those of `shop-prod`, those of a
        cache `main-two` like those of `main`. A user is of the group whose id is the longest that its own begins with;
        a password's user also has the name that its id was made from, one by token has its id for a name.
        """
        if id_ == self._locked or not id_.startswith(user_id(self._prefix, self._cache, "")):
            return False
        own = user_id(self._prefix, self._cache, "").rstrip("-")
        if any(id_.startswith(f"{group}-") and len(group) > len(own) for group in groups):
            return False
        if user is None:
            return id_ in members
        if set(user.get("UserGroupIds", ())) - {self._group} or user.get("Status") == "deleting":
            return False
        name, by_token = user["UserName"], user.get("Authentication", {}).get("Type") == "iam"
        if by_token and name == id_ and id_.endswith(TOKEN_END):
            return True
        return id_ in members or id_ == user_id(self._prefix, self._cache, name)

    def _check(self, users: Sequence[User], members: list[str], live: dict[str, Any], going: set[str]) -> None:
        """Refuse what ElastiCache would refuse, before anything is touched."""
        wanted = {self._id(user): user.name for user in users}
        after = (set(members) - going) | set(wanted)
        if len(after) > MAX_USERS:
            raise ElastiCacheError(
                f"user group {self._group} would have {len(after)} users, and ElastiCache takes no more than "
                f"{MAX_USERS} users; take identities out of access.yaml or spread them over caches"
            )
        new = len(wanted.keys() - live.keys())
        if new and len(live) - len(going) + new > MAX_ACCOUNT:
            raise ElastiCacheError(
                f"{new} users are to be made, {len(live)} exist, and an account has {MAX_ACCOUNT} per region; delete "
                "some or ask AWS for a higher quota"
            )
        if len(wanted) < len(users):
            raise ElastiCacheError("two identities have the same user id in ElastiCache; rename one of them")
        taken = {live[id_]["UserName"]: id_ for id_ in set(members) - going - set(wanted) if id_ in live}
        for user in users:
            if other := taken.get(_name(user)):
                raise ElastiCacheError(
                    f"user group {self._group} has another user named {_name(user)} ({other}); say that clients log in "
                    f"as it (`present: {_name(user)}` in access.yaml), or if nobody does, remove it: "
                    f"{self._removal(other)}"
                )
            if reason := next(refusals(parse(user.rules)), None):
                raise ElastiCacheError(f"the rules of {user.name} for {self._cache}: {reason}")
            if user.password is None and not user.by_token and self._id(user) not in live:
                raise ElastiCacheError(f"{user.name} has no password, and ElastiCache makes no user without one")
            with explained(user.name):
                _authentication(user)

    def _differences(self, user: User, live: dict[str, Any] | None) -> Iterator[tuple[Action, Callable[[], Any]]]:
        if live is None:
            how = ", logs in by token" if user.by_token else ""
            yield self._of(user, "create", f"created{how}: {user.rules}"), lambda: self._create(user)
            return
        # Without a word on channels acl-pubsub-default decides, and its default is allchannels.
        found = text_differences(live["AccessString"], user.rules, VALKEY, channels="allchannels")
        if found:
            yield (
                self._of(
                    user,
                    "rules",
                    "; ".join(map(str, found)),
                    takes_away=any(difference.takes_away for difference in found),
                ),
                lambda: self._set_rules(user),
            )
        authentication = live.get("Authentication", {})
        if user.by_token and authentication.get("Type") != "iam":
            yield (
                self._of(user, "password", "logs in by token, and by no password", takes_away=True),
                lambda: self._modify(user, **_authentication(user)),
            )
        count = authentication.get("PasswordCount", 1)
        if user.passwords and (user.fresh or not 0 < count <= len(user.passwords)):
            detail = "password set to the secret's" if user.fresh or not count else f"{count} passwords, one is wanted"
            yield (
                self._of(user, "password", detail, takes_away=True),
                lambda: self._modify(user, **_authentication(user)),
            )

    def _create(self, user: User) -> None:
        with explained(user.name):
            self._client.create_user(
                UserId=self._id(user),
                UserName=_name(user),
                Engine=self._made_for,
                AccessString=user.rules,
                **_authentication(user),
            )
        self._wait_user(self._id(user))

    def _modify(self, user: User, **fields: Any) -> None:
        self._wait_user(self._id(user))
        with explained(user.name):
            self._client.modify_user(UserId=self._id(user), **fields)
        self._wait_user(self._id(user))

    def _set_rules(self, user: User) -> None:
        """Change the rules and read them again: what ElastiCache keeps is what counts."""
        self._modify(user, AccessString=user.rules)
        kept = (self._describe(self._id(user)) or {}).get("AccessString", "")
        if left := text_differences(kept, user.rules, VALKEY, channels="allchannels"):
            raise ElastiCacheError(
                f"ElastiCache took the rules of {user.name} for {self._cache} and keeps others: "
                f"{'; '.join(map(str, left))}; run it again, and if it stays so, write its rules otherwise"
            )

    def _join(self, joining: Sequence[User]) -> None:
        ids = [self._id(user) for user in joining]
        self._wait("user group", self._describe_group)
        with explained(self._group):
            self._client.modify_user_group(UserGroupId=self._group, UserIdsToAdd=ids)
        self._wait("user group", self._describe_group)
        # An addition can vanish without an error (terraform-provider-aws#49945).
        if missing := sorted(set(ids) - set(self._members())):
            raise ElastiCacheError(
                f"{', '.join(missing)} were added to {self._group} but are not in it; run the bootstrap again"
            )

    def _remove(self, ids: Sequence[str], members: Sequence[str], live: dict[str, Any]) -> None:
        """Take users out of the group, which ends their connections, then delete them; never in one call with an
        addition, which would be lost."""
        if leaving := [id_ for id_ in ids if id_ in members]:
            self._leave(leaving)
        for id_ in (id_ for id_ in ids if id_ in live):
            self._wait_user(id_)
            with explained(id_):
                self._client.delete_user(UserId=id_)
            self._wait_gone(id_)

    def _leave(self, ids: Sequence[str]) -> None:
        self._wait("user group", self._describe_group)
        with explained(self._group):
            self._client.modify_user_group(UserGroupId=self._group, UserIdsToRemove=ids)
        self._wait("user group", self._describe_group)

    def _members(self) -> list[str]:
        members: list[str] = self._describe_group().get("UserIds", [])
        return members

    def _describe_group(self) -> dict[str, Any]:
        with explained(self._group):
            answer = self._client.describe_user_groups(UserGroupId=self._group)
        group: dict[str, Any] = answer["UserGroups"][0]
        return group

    def _groups(self) -> list[str]:
        """Return the ids of all user groups; only our own where a role may not see the others."""
        try:
            return [group["UserGroupId"] for group in self._pages("describe_user_groups", "UserGroups")]
        except Exception as error:
            if not _code(error).startswith("AccessDenied"):
                raise _error("the user groups", error) from None
            return [self._group]

    def _live(self, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return the users by id: all of the account, a page of 100 costing what one user costs.

        A role that may only look at the stack's own users (as the runner's) is asked for each of `ids` instead, where
        it may look; then the account's quota and what a broken removal left behind cannot be seen.
        """
        try:
            return {user["UserId"]: user for user in self._pages("describe_users", "Users")}
        except Exception as error:
            if not _code(error).startswith("AccessDenied"):
                raise _error("the users", error) from None
        ours = f"{self._prefix}-".lower()
        found = {id_: self._describe(id_) for id_ in dict.fromkeys(ids) if id_.startswith(ours)}
        return {id_: user for id_, user in found.items() if user}

    def _pages(self, call: str, key: str) -> Iterator[dict[str, Any]]:
        more: dict[str, str] = {}
        while True:
            page = getattr(self._client, call)(MaxRecords=100, **more)
            yield from page[key]
            if not page.get("Marker"):
                return
            more = {"Marker": page["Marker"]}

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

    def _wait_gone(self, user_id_: str) -> None:
        self._wait(f"user {user_id_}", lambda: self._describe(user_id_) or {"Status": "active"})

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
        return user.by_token or user_id(self._prefix, self._cache, user.name)

    def _of(self, user: User, verb: OfUser, detail: str, *, takes_away: bool = False) -> Action:
        return of_user(self._target, user.name, verb, detail, takes_away=takes_away, identity=user.whose)

    def _change(self, user: str, verb: OfUser, detail: str, *, takes_away: bool = False) -> Action:
        return of_user(self._target, user, verb, detail, takes_away=takes_away)


def _name(user: User) -> str:
    return user.by_token or user.name


def _authentication(user: User) -> dict[str, Any]:
    """Return how a user proves itself, as the API wants it."""
    if user.by_token:
        return {"AuthenticationMode": {"Type": "iam"}}
    return {"Passwords": elasticache_passwords(*user.passwords)} if user.passwords else {}


@contextmanager
def explained(subject: str) -> Iterator[None]:
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
    if isinstance(error, ValueError):
        return ElastiCacheError(f"{subject}: {error}")
    reason = _code(error) or type(error).__name__
    hint = _HINTS.get(reason.removesuffix("Fault").removesuffix("Exception"), "")
    return ElastiCacheError(f"ElastiCache refused a change of {subject}: {reason}{hint and f'; {hint}'}")
