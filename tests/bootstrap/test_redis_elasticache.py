"""ElastiCache's users: its limits before anything is touched, its spelling of access strings, states and removal."""

from __future__ import annotations

from typing import Any

import pytest
from acl_answers import as_stored
from hypothesis import given
from hypothesis import strategies as st
from test_elasticache import PASSWORD, RULES, Api, ClientError, users_of, wanted
from tier import REGION

from bootstrap.acl.compare import text_differences
from bootstrap.acl.rules import parse
from bootstrap.acl.stored import refusals
from bootstrap.acl.valkey import VALKEY
from bootstrap.aws import aws_client
from bootstrap.reconcile.allowed import BUT_DROPS, EVERYTHING
from bootstrap.redis.elasticache import ElastiCacheError, ElastiCacheUsers
from bootstrap.redis.users import User
from bootstrap.secrets import Secret, elasticache_passwords


class Cache(Api):
    """One that also removes, and answers 1,000 users in pages."""

    def modify_user_group(  # type: ignore[override]
        self,
        UserGroupId: str,  # noqa: N803
        UserIdsToAdd: tuple[str, ...] = (),  # noqa: N803
        UserIdsToRemove: tuple[str, ...] = (),  # noqa: N803
    ) -> None:
        assert not (UserIdsToAdd and UserIdsToRemove)
        self._change("modify_user_group", ",".join(f"+{i}" for i in UserIdsToAdd) or ",".join(UserIdsToRemove))
        self.members = [m for m in (*self.members, *UserIdsToAdd) if m not in UserIdsToRemove]

    def delete_user(self, UserId: str) -> None:  # noqa: N803
        self._change("delete_user", UserId)
        del self.users[UserId]
        self.busy = 0


def kept(name: str, **more: Any) -> dict[str, Any]:
    return {"UserId": name, "UserName": name, "AccessString": RULES, "UserGroupIds": [], **more}


# Left as a person writes it, right as DescribeUsers gives it back.
STORED = [
    # ElastiCache guide, Clusters.RBAC: the answer to `modify-user --access-string "~objects:* ~items:* ~public:*"`.
    ("~objects:* ~items:* ~public:*", "off ~objects:* ~items:* ~public:* -@all"),
    # cdk-real-drift#482.
    ("on ~app:* +@read", "on ~app:* -@all +@read"),
    # AWS CLI examples, describe-users and delete-user; a live modify-user keeps it too.
    ("on ~* +@all", "on ~* +@all"),
    # terraform-provider-aws#20334: written with aliases it never reads back so.
    ("on allkeys allcommands", "on ~* +@all"),
    ("off ~restricted:* +get +ping", "off ~restricted:* -@all +get +ping"),
    # MemoryDB guide and Terraform examples: stored as written.
    ("on ~app::* resetchannels -@all +@read", "on ~app::* resetchannels -@all +@read"),
    ("on ~a allchannels (~b +set)", "on ~a &* -@all (~b +set)"),
]


@pytest.mark.parametrize(("written", "stored"), STORED)
def test_strings_as_elasticache_stores_them(written: str, stored: str) -> None:
    assert as_stored(written) == stored
    assert as_stored(stored) == stored
    # Both ways round: what is read back is no difference to what was written.
    assert parse(stored, channels="allchannels") == parse(written, channels="allchannels")
    for live, declared in ((written, stored), (stored, written)):
        both = f"{declared} &*" if "resetchannels" not in declared and "channels" not in declared else declared
        if "&" not in declared and both != declared:
            assert text_differences(live, both, VALKEY, channels="allchannels") == ()


def test_our_own_strings_are_stored_as_they_are() -> None:
    assert as_stored(RULES) == RULES


def test_a_string_that_is_read_back_otherwise_is_no_difference() -> None:
    api = Cache()
    users_of(api).plan(wanted("erp_app")).apply(BUT_DROPS)
    api.calls.clear()
    api.users["app-prod-main-erp-app"]["AccessString"] = "on  -@all +@read resetchannels %RW~a:*"
    assert users_of(api).plan(wanted("erp_app")).apply(BUT_DROPS).changes == ()
    assert api.calls == []


def test_the_change_is_told_by_its_effect() -> None:
    api = Cache()
    users_of(api).plan(wanted("erp_app")).apply(BUT_DROPS)
    api.users["app-prod-main-erp-app"]["AccessString"] = "on ~a:* -@all +@read +flushall"
    (change,) = users_of(api).plan(wanted("erp_app")).changes
    # Without a word on channels a user of ElastiCache has them all.
    assert (change.verb, change.text, change.takes_away) == (
        "rules",
        "may no longer: flushall; no longer the channels *",
        True,
    )


@pytest.mark.parametrize("said", ["orders-17", "orders_app"])  # by its id, or by its name where that may be asked
def test_a_user_from_before_the_stack_is_left_alone_and_in_the_end_leaves_the_group(said: str) -> None:
    api = Cache("orders-17", "app-prod-main-default")
    api.users = {"orders-17": kept("orders-17", UserName="orders_app"), "app-prod-main-default": kept("default")}
    backend = ElastiCacheUsers(
        api, prefix="app-prod", cache="main", group="app-prod-main", engine="valkey", region=REGION, others=(said,),
        sleep=lambda _: None,
    )  # fmt: skip
    done = backend.plan(wanted("orders_app_a")).apply(BUT_DROPS)
    assert [(each.identity, each.verb) for each in done.changes] == [
        ("orders_app_a", "create"),
        ("orders_app_a", "group"),
    ]
    assert done.differences == ()
    assert not [call for call in api.calls if "orders-17" in str(call)]
    before = dict(api.users["orders-17"])
    backend.shut(said)
    backend.shut(said)
    assert (api.members, api.users["orders-17"]) == (["app-prod-main-default", "app-prod-main-orders-app-a"], before)


def test_undeclared_users_leave_the_group_before_they_are_deleted() -> None:
    api = Cache("app-prod-main-old", "app-prod-main-default", "strangers-user")
    api.users = {name: kept(name) for name in (*api.members, "app-prod-main-two-x")}
    backend = users_of(api)
    assert [(c.identity, c.verb) for c in backend.plan(wanted("erp_app")).changes] == [
        ("app-prod-main-old", "remove"),
        ("erp_app", "create"),
        ("erp_app", "group"),
    ]
    assert api.calls == []
    backend.plan(wanted("erp_app")).apply(EVERYTHING)
    assert api.calls == [
        ("modify_user_group", "app-prod-main-old"),
        ("delete_user", "app-prod-main-old"),
        ("create_user", "app-prod-main-erp-app"),
        ("modify_user_group", "+app-prod-main-erp-app"),
    ]
    assert backend.plan(wanted("erp_app")).apply(EVERYTHING).changes == ()


def test_a_removal_that_broke_off_is_finished() -> None:
    api = Cache("app-prod-main-default")
    api.users = {
        "app-prod-main-erp-old": kept("app-prod-main-erp-old", UserName="erp_old"),
        # Another cache's, whose name begins as ours: made, and not yet in its group.
        "app-prod-main-two-erp-new": kept("app-prod-main-two-erp-new", UserName="erp_new"),
    }
    users_of(api).plan([]).apply(EVERYTHING)
    assert api.calls == [("delete_user", "app-prod-main-erp-old")]


IAM = {"Authentication": {"Type": "iam"}}


@pytest.mark.parametrize(
    ("prefix", "cache", "user", "groups", "gone"),
    [
        # One by token: id and name are one.
        ("erp-prod", "main", {"UserId": "erp-prod-main-old-iam", **IAM}, (), True),
        ("shop", "hot", {"UserId": "shop-hot-till-two-iam", **IAM}, (), True),
        ("shop", "hot", {"UserId": "shop-hot-till", "UserName": "till"}, (), True),
        ("shop_x", "hot", {"UserId": "shop-x-hot-till-two", "UserName": "till_two"}, (), True),
        # Of another stack, whose name begins like ours, and of another cache.
        ("erp-prod", "eu", {"UserId": "erp-prod-eu-main-app-iam", **IAM}, ("erp-prod-eu-main",), False),
        ("erp-prod", "eu", {"UserId": "erp-prod-eu-main-app", "UserName": "app"}, ("erp-prod-eu-main",), False),
        ("erp-prod", "eu", {"UserId": "erp-prod-eu-main-app", "UserName": "main_app"}, ("erp-prod-eu-main",), False),
        ("erp-prod", "main", {"UserId": "erp-prod-eu-main-app-iam", **IAM}, (), False),
        ("shop", "hot", {"UserId": "shop-hot-two-app-iam", **IAM}, ("shop-hot-two",), False),
        ("shop", "hot", {"UserId": "shop-hot-two-app", "UserName": "app"}, (), False),
        # In a group of somebody else's, going already, or made by hand under a name like ours.
        ("shop", "hot", {"UserId": "shop-hot-till-iam", **IAM, "UserGroupIds": ["theirs"]}, (), False),
        ("shop", "hot", {"UserId": "shop-hot-till-iam", **IAM, "Status": "deleting"}, (), False),
        ("shop", "hot", {"UserId": "shop-hot-till-iam", "Authentication": {"Type": "password"}}, (), False),
        ("shop", "hot", {"UserId": "shop-hot-by-hand", "UserName": "else"}, (), False),
        ("shop", "hot", {"UserId": "shop-hot-default", "UserName": "default"}, (), False),
    ],
)
def test_what_a_removal_left_is_found_and_nobody_elses(
    prefix: str, cache: str, user: dict[str, Any], groups: tuple[str, ...], gone: bool
) -> None:
    api = Cache()
    api.groups = [f"{prefix}-{cache}", *groups]
    api.users = {user["UserId"]: kept(user["UserId"], **user)}
    backend = ElastiCacheUsers(
        api, prefix=prefix, cache=cache, group=api.groups[0], engine="valkey", region="ap-south-1", sleep=lambda _: None
    )
    assert [change.identity for change in backend.plan([]).apply(EVERYTHING).changes] == [user["UserId"]] * gone
    assert api.calls == [("delete_user", user["UserId"])] * gone


def test_a_member_of_our_group_that_another_stack_made_is_told_and_not_deleted() -> None:
    api = Cache("app-prod-main-two-x", "app-prod-main-shared")
    api.groups += ["app-prod-main-two"]
    api.users = {name: kept(name, UserGroupIds=["app-prod-main"]) for name in api.members}
    api.users["app-prod-main-shared"]["UserGroupIds"] += ["another"]
    applied = users_of(api).plan([]).apply(EVERYTHING)
    assert applied.changes == ()
    assert [text.split(" is not declared")[0] for text in applied.differences] == [
        "main/app-prod-main: user app-prod-main-shared",
        "main/app-prod-main: user app-prod-main-two-x",
    ]
    assert api.calls == []


@pytest.mark.parametrize(
    ("users", "members", "live", "reason"),
    [
        (wanted(*(f"u{n}" for n in range(101))), 0, 0, "would have 101 users"),
        (wanted("one"), 100, 100, "would have 101 users"),
        (wanted("one"), 0, 1000, "1 users are to be made, 1000 exist"),
        (wanted("one", rules="on ~a -@all +config|get"), 0, 0, r"the rules of one for main: `\+config\|get`"),
        (wanted("one", rules="on nopass ~a -@all"), 0, 0, "the rules of one for main: `nopass`"),
        ([User(name="one", rules=RULES, password=None)], 0, 0, "one has no password"),
        ([User(name="one", rules=RULES, password=Secret("short"))], 0, 0, "one: a password has 5 characters"),
        (wanted("a_b", "a-b"), 0, 0, "same user id"),
    ],
)
def test_what_elasticache_refuses_is_refused_before_anything_is_touched(
    users: list[User], members: int, live: int, reason: str
) -> None:
    api = Cache(*(f"m{number}" for number in range(members)))
    api.users = {f"m{number}": kept(f"m{number}") for number in range(live)}
    with pytest.raises(ElastiCacheError, match=reason):
        users_of(api).plan(users).apply(BUT_DROPS)
    assert api.calls == []


def test_a_group_of_a_hundred_makes_room_for_one() -> None:
    names = [f"app-prod-main-u{number}" for number in range(100)]
    api = Cache(*names)
    api.users = {name: kept(name, UserName=name) for name in names}
    users_of(api).plan([*wanted(*(f"u{n}" for n in range(1, 100))), *wanted("another")]).apply(EVERYTHING)
    assert len(api.members) == 100
    assert "app-prod-main-u0" not in api.users


def test_another_user_of_the_same_name_is_told_with_what_removes_it() -> None:
    api = Cache("by-hand")
    api.users = {"by-hand": kept("by-hand", UserName="erp_app")}
    with pytest.raises(ElastiCacheError, match=r"another user named erp_app .*--user-ids-to-remove by-hand"):
        users_of(api).plan(wanted("erp_app")).apply(BUT_DROPS)
    assert api.calls == []


def test_two_passwords_at_once() -> None:
    sent: list[Any] = []

    class Recording(Cache):
        def create_user(self, **user: Any) -> None:
            sent.append(user.pop("Passwords"))
            self.users[user["UserId"]] = user | {"Authentication": {"Type": "password", "PasswordCount": 2}}

        def modify_user(self, UserId: str, **fields: Any) -> None:  # noqa: N803
            sent.append(fields.pop("Passwords"))

    api = Recording("app-prod-main-one")
    old = Secret("the-previous-password-0123456789")
    both = User(name="one", rules=RULES, password=PASSWORD, previous=old)
    users_of(api).plan([both]).apply(BUT_DROPS)
    assert users_of(api).plan([both]).changes == ()
    (change,) = users_of(api).plan(wanted("one")).apply(BUT_DROPS).changes
    assert (change.text, change.takes_away) == ("2 passwords, one is wanted", True)
    assert sent == [elasticache_passwords(PASSWORD, old), elasticache_passwords(PASSWORD)]


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("UserQuotaExceeded", "at most 1000 users"),
        ("UserGroupQuotaExceededFault", "at most 100 users"),
        ("DuplicateUserNameFault", "remove one of them"),
        ("InvalidUserGroupState", "run the bootstrap again"),
        ("Throttling", "Throttling$"),
    ],
)
def test_an_error_of_the_api_says_what_mends_it(code: str, hint: str) -> None:
    class Refusing(Cache):
        def create_user(self, **user: Any) -> None:
            raise ClientError(code)

    with pytest.raises(ElastiCacheError, match=hint):
        users_of(Refusing()).plan(wanted("one")).apply(BUT_DROPS)


@given(password=st.text(min_size=1, max_size=140))
def test_passwords_are_taken_as_they_are_or_refused_with_the_rule(password: str) -> None:
    good = 16 <= len(password) <= 128 and all(" " <= c <= "~" and c not in ',"/@' for c in password)
    if good:
        assert elasticache_passwords(Secret(password)) == [password]
    else:
        with pytest.raises(ValueError, match="ElastiCache") as caught:
            elasticache_passwords(Secret(password))
        assert len(password) < 6 or password not in str(caught.value)


def test_what_an_access_string_may_not_name() -> None:
    rules = parse("on ~a -@all +get -config +acl|setuser +acl|log (+debug)")
    assert [reason.split("`")[1] for reason in refusals(rules)] == ["+acl|setuser", "+debug"]


def test_a_role_that_sees_only_the_stacks_own_users_is_enough() -> None:
    class Narrow(Cache):
        def describe_users(self, UserId: str = "", **more: Any) -> Any:  # type: ignore[override]  # noqa: N803
            if not UserId.startswith("app-prod-"):
                raise ClientError("AccessDenied")
            return super().describe_users(UserId=UserId)

    api = Narrow("app-prod-main-default", "strangers-user", "app-prod-main-old")
    api.users = {name: kept(name) for name in api.members}
    backend = users_of(api)
    assert len(backend.plan(wanted("erp_app")).apply(BUT_DROPS).changes) == 2
    assert backend.plan(wanted("erp_app")).apply(BUT_DROPS).changes == ()
    assert [c.identity for c in backend.plan(wanted("erp_app")).apply(EVERYTHING).changes] == ["app-prod-main-old"]


@pytest.mark.server
def test_a_hundred_users_in_an_emulated_group(aws: str) -> None:
    """100 fit, 101 are refused with nothing touched, and what is no longer declared goes when it is asked for."""
    client = aws_client("elasticache", REGION, aws)
    client.create_user_group(UserGroupId="hundred", Engine="valkey")
    backend = ElastiCacheUsers(client, prefix="h", cache="main", group="hundred", engine="valkey", region="ap-south-1")
    names = [f"u{number}" for number in range(100)]
    assert len(backend.plan(wanted(*names)).apply(BUT_DROPS).changes) == 200
    assert backend.plan(wanted(*names)).apply(BUT_DROPS).changes == ()
    with pytest.raises(ElastiCacheError, match="would have 101 users"):
        backend.plan(wanted(*names, "another")).apply(BUT_DROPS)
    (group,) = client.describe_user_groups(UserGroupId="hundred")["UserGroups"]
    assert len(group["UserIds"]) == 100
    removed = backend.plan(wanted(*names[1:], "another")).apply(EVERYTHING)
    assert [(c.identity, c.verb) for c in removed.changes] == [
        ("h-main-u0", "remove"),
        ("another", "create"),
        ("another", "group"),
    ]
    (group,) = client.describe_user_groups(UserGroupId="hundred")["UserGroups"]
    assert "h-main-u0" not in group["UserIds"]
    assert "h-main-u0" not in {user["UserId"] for user in client.describe_users()["Users"]}
