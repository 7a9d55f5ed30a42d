"""One suite for each kind of driver, which the real one and its twin in memory both pass."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from own_database import PASSWORD as MASTER_PASSWORD
from own_database import Database as OwnDatabase
from real_servers import ADMIN_PASSWORD, Valkey, postgres_binaries
from test_redis_elasticache import Cache
from tier import REGION

from bootstrap.access import load_access
from bootstrap.aws import aws_client
from bootstrap.errors import BootstrapError
from bootstrap.manifest import CacheTarget, Endpoint, PostgresTarget
from bootstrap.postgres.apply import StalePlanError
from bootstrap.postgres.desired import Desired, desired
from bootstrap.postgres.driver import Database, PostgresDatabase
from bootstrap.postgres.master import Master
from bootstrap.postgres.memory import MemoryPostgres
from bootstrap.postgres.passwords import PasswordError
from bootstrap.postgres.siblings import SiblingError
from bootstrap.reconcile.allowed import BUT_DROPS, EVERYTHING, Allowed
from bootstrap.redis.elasticache import ElastiCacheUsers
from bootstrap.redis.memory import MemoryUsers
from bootstrap.redis.server import ServerAcl
from bootstrap.redis.users import AppliedUsers, Backend, User
from bootstrap.secrets import AwsStore, Credential, Secret, SecretStore, SecretStoreError
from bootstrap.secrets.memory import MemoryStore

FIRST, SECOND = Secret("first-password-of-a-test-012345"), Secret("second-password-of-a-test-01234")
_numbers = itertools.count(1)


@dataclass(frozen=True)
class OfPostgres:
    """A database and the name that begins all roles in it."""

    n: str
    database: Database

    def wanted(self, *identities: str, active: str = "a") -> Desired:
        names = [f"{self.n}_{name}" for name in identities or ("app", "reports")]
        declared = {"owner": f"{self.n}_owner", "identities": {name: {"postgres": "readonly"} for name in names}}
        return desired(load_access(declared), dict.fromkeys(names, active))

    def user(self, name: str, password: Secret, sibling: str = "a") -> dict[str, Credential]:
        return {f"{self.n}_{name}": Credential(username=f"{self.n}_{name}_{sibling}", password=password)}

    def prove(self, users: dict[str, Credential], *, fresh: bool = False) -> tuple[str, ...]:
        known = frozenset(users) if fresh else frozenset[str]()
        return self.database.prove(users, fresh=known, unproven=known, joined=())


class PostgresSuite:
    """The contract of `Database`."""

    def test_what_is_missing_is_made_once(self, on: OfPostgres) -> None:
        wanted = on.wanted()
        planned = on.database.compare(wanted).actions
        assert {action.verb for action in planned} >= {"create", "join", "grant"}
        applied = on.database.apply(wanted, EVERYTHING)
        assert (applied.changes, applied.skipped) == (planned, ())
        assert on.database.compare(wanted).actions == ()
        assert on.database.apply(wanted, EVERYTHING).changes == ()

    def test_what_is_not_allowed_is_left_and_the_rest_is_done(self, on: OfPostgres) -> None:
        on.database.apply(on.wanted("app", active="ab"), EVERYTHING)
        wanted = on.wanted("app", "reports", active="a")
        applied = on.database.apply(wanted, Allowed(revoke=False))
        assert [(a.verb, a.subject, a.takes_away) for a in applied.skipped] == [("alter", f"role {on.n}_app_b", True)]
        assert on.database.compare(wanted).actions == applied.skipped
        assert on.database.apply(wanted, EVERYTHING).changes == applied.skipped

    def test_a_role_that_nobody_declares_goes_where_that_is_allowed(self, on: OfPostgres) -> None:
        on.database.apply(on.wanted(), EVERYTHING)
        wanted = on.wanted("app")
        left = on.database.apply(wanted, BUT_DROPS)
        assert left.changes == ()
        assert {(a.verb, a.consent) for a in left.skipped} == {("drop", "drop")}
        assert {a.subject for a in left.skipped} == {f"role {on.n}_reports{end}" for end in ("", "_a", "_b")}
        assert on.database.apply(wanted, EVERYTHING).changes == left.skipped
        assert on.database.compare(wanted).actions == ()

    def test_a_stale_plan_does_nothing(self, on: OfPostgres) -> None:
        digest = on.database.compare(on.wanted()).digest
        on.database.apply(on.wanted("app"), EVERYTHING)
        planned = on.database.compare(on.wanted()).actions
        with pytest.raises(StalePlanError):
            on.database.apply(on.wanted(), EVERYTHING, digest=digest)
        assert on.database.compare(on.wanted()).actions == planned
        digest = on.database.compare(on.wanted()).digest
        assert on.database.apply(on.wanted(), EVERYTHING, digest=digest).changes == planned

    def test_a_login_gets_the_password_of_its_secret_once(self, on: OfPostgres) -> None:
        on.database.apply(on.wanted(), EVERYTHING)
        assert [text.partition(":")[0] for text in on.prove(on.user("app", FIRST), fresh=True)] == [f"{on.n}_app_a"]
        assert on.prove(on.user("app", FIRST)) == ()
        assert [text.partition(":")[0] for text in on.prove(on.user("app", SECOND))] == [f"{on.n}_app_a"]
        assert on.prove(on.user("app", SECOND)) == ()

    def test_who_may_not_log_in_proves_nothing(self, on: OfPostgres) -> None:
        on.database.apply(on.wanted("app"), EVERYTHING)
        with pytest.raises(PasswordError, match=f"{on.n}_app_b cannot log in"):
            on.prove(on.user("app", FIRST, sibling="b"), fresh=True)

    def test_a_sibling_is_let_in_beside_the_other_and_the_other_shut_out(self, on: OfPostgres) -> None:
        on.database.apply(on.wanted("app"), EVERYTHING)
        on.prove(on.user("app", FIRST), fresh=True)
        ((_, old),) = on.user("app", FIRST).items()
        ((_, new),) = on.user("app", SECOND, sibling="b").items()
        on.database.admit(new)
        assert on.database.compare(on.wanted("app", active="ab")).actions == ()
        assert on.prove({"one": old, "other": new}) == ()
        on.database.retire(new, drain=0)
        assert on.database.compare(on.wanted("app", active="b")).actions == ()
        with pytest.raises(PasswordError, match=f"{on.n}_app_a cannot log in"):
            on.prove(on.user("app", FIRST))

    def test_a_login_from_before_the_stack_stays_until_it_is_retired(self, on: OfPostgres) -> None:
        on.database.apply(on.wanted("app"), EVERYTHING)
        on.database.admit(Credential(username=f"{on.n}_app", password=FIRST))  # as somebody did before the stack
        name = f"{on.n}_app"
        declared = {
            "owner": f"{on.n}_owner",
            "identities": {name: {"postgres": {"privileges": "readonly", "login": "present"}}},
        }
        wanted = desired(load_access(declared), {name: "a"})
        assert on.database.compare(wanted).actions == ()
        over = desired(load_access(declared), {name: "a"}, over={name})
        (shut,) = on.database.compare(over).actions
        assert (shut.verb, shut.subject, shut.takes_away) == ("alter", f"role {name}", True)
        on.prove(on.user("app", SECOND), fresh=True)
        on.database.retire(Credential(username=f"{name}_a", password=SECOND), drain=0, present=name)
        assert on.database.compare(over).actions == ()
        with pytest.raises(PasswordError, match=f"{name} cannot log in"):
            on.prove({name: Credential(username=name, password=FIRST)})

    def test_no_login_is_made_by_letting_it_in(self, on: OfPostgres) -> None:
        with pytest.raises(SiblingError, match=f"no role {on.n}_app_b: run `datatier bootstrap`"):
            on.database.admit(Credential(username=f"{on.n}_app_b", password=FIRST))


class TestMemoryPostgres(PostgresSuite):
    @pytest.fixture
    def on(self) -> OfPostgres:
        return OfPostgres("shop", MemoryPostgres())


@pytest.mark.parametrize("postgres_server", list(postgres_binaries()), indirect=True)
@pytest.mark.server
class TestPostgresDatabase(PostgresSuite):
    @pytest.fixture
    def on(self, database: OwnDatabase) -> Iterator[OfPostgres]:
        place = Endpoint(name="primary", host="127.0.0.1", port=database.server.port)
        target = PostgresTarget(primary=place, database=database.n, sslmode="disable", master_secret="arn:none")
        with database.master() as conn, ThreadPoolExecutor(2) as pool:
            master = Master(conn=conn, user=f"{database.n}_master", password=Secret(MASTER_PASSWORD))
            yield OfPostgres(database.n, PostgresDatabase(master, target, pool))


RULES = "on ~cart:* resetchannels -@all +get"
MORE = "on ~cart:* resetchannels -@all +get +set"


def user(name: str, password: Secret | None = FIRST, rules: str = RULES, **more: Any) -> User:
    return User(name=name, rules=rules, password=password, **more)


class UsersSuite:
    """The contract of `Backend`; `on` has a user `theirs`, which is among its `others`."""

    def test_what_is_missing_is_made_once(self, on: Backend) -> None:
        wanted = [user("till"), user("report_s")]
        planned = on.plan(wanted)
        assert [a.identity for a in planned.changes if a.verb == "create"] == ["till", "report_s"]
        assert on.plan(wanted).apply(BUT_DROPS) == AppliedUsers(
            changes=planned.changes, differences=planned.differences
        )
        assert on.plan(wanted).changes == ()
        assert on.plan(wanted).apply(BUT_DROPS).changes == ()

    @pytest.mark.parametrize(("before", "after", "takes_away"), [(RULES, MORE, False), (MORE, RULES, True)])
    def test_other_rules_say_whether_they_take_something_away(
        self, on: Backend, before: str, after: str, takes_away: bool
    ) -> None:
        on.plan([user("till", rules=before)]).apply(BUT_DROPS)
        (change,) = on.plan([user("till", rules=after)]).apply(BUT_DROPS).changes
        assert (change.engine, change.verb, change.identity, change.subject) == ("redis", "rules", "till", "user till")
        assert (change.takes_away, change.consent) == (takes_away, "revoke" if takes_away else None)
        assert on.plan([user("till", rules=after)]).changes == ()

    def test_a_new_password_takes_the_old_one_away(self, on: Backend) -> None:
        on.plan([user("till")]).apply(BUT_DROPS)
        (change,) = on.plan([user("till", SECOND, fresh=True)]).apply(BUT_DROPS).changes
        assert (change.verb, change.takes_away) == ("password", True)

    def test_a_second_password_is_let_in_and_the_first_one_retired(self, on: Backend) -> None:
        on.plan([user("till")]).apply(BUT_DROPS)
        on.admit("till", SECOND, FIRST)
        assert on.plan([user("till", SECOND, previous=FIRST)]).changes == ()
        on.admit("till", SECOND, FIRST)
        assert on.plan([user("till", SECOND, previous=FIRST)]).changes == (), "once more changes nothing"
        on.retire("till", SECOND)
        assert on.plan([user("till", SECOND)]).changes == ()
        assert on.plan([user("till", SECOND)]).apply(BUT_DROPS).changes == ()

    def test_nobody_is_let_in_who_is_not_there(self, on: Backend) -> None:
        on.plan([user("till")]).apply(BUT_DROPS)
        with pytest.raises(BootstrapError, match="nobody"):
            on.admit("nobody", SECOND, FIRST)

    def test_what_is_no_longer_declared_is_told_or_deleted(self, on: Backend) -> None:
        on.plan([user("till"), user("old")]).apply(BUT_DROPS)
        kept = on.plan([user("till")]).apply(BUT_DROPS)
        assert kept.changes == ()
        (told,) = [text for text in kept.differences if "no longer declared" in text]
        assert "old" in told
        planned = on.plan([user("till")])
        assert [(a.verb, a.consent, a.takes_away) for a in planned.changes] == [("remove", "drop", True)]
        assert on.plan([user("till")]).apply(EVERYTHING).changes == planned.changes
        assert on.plan([user("till")]).changes == ()
        assert not [text for text in on.plan([user("till")]).differences if "old" in text]

    def test_one_change_that_is_not_allowed_keeps_all_others_of_the_cache_back_but_no_deletion_does(
        self, on: Backend
    ) -> None:
        on.plan([user("till", rules=MORE), user("old")]).apply(EVERYTHING)
        less = [user("till"), user("report_s")]
        planned = on.plan(less)
        done = planned.apply(Allowed(revoke=False))
        assert (done.changes, set(done.skipped)) == ((), set(planned.changes))
        assert {a.verb for a in on.plan(less).changes} == {a.verb for a in planned.changes}, "nothing was changed"
        done = on.plan(less).apply(Allowed(drop=False))
        assert [(a.verb, a.consent) for a in done.skipped] == [("remove", "drop")]
        assert on.plan(less).changes == done.skipped

    def test_who_is_shut_out_may_be_gone(self, on: Backend) -> None:
        on.plan([user("till")]).apply(EVERYTHING)
        for each in ("theirs", "theirs", "nobody"):
            on.shut(each)
        planned = on.plan([user("till")])
        assert (planned.changes, [text for text in planned.differences if "theirs" in text]) == ((), [])

    def test_others_are_left_alone(self, on: Backend) -> None:
        on.plan([user("till")]).apply(EVERYTHING)
        done = on.plan([]).apply(EVERYTHING)
        assert [a.verb for a in done.changes] == ["remove"]
        assert not [text for text in done.differences if "theirs" in text]


class TestMemoryUsers(UsersSuite):
    @pytest.fixture
    def on(self) -> Backend:
        made = MemoryUsers("hot", others=("theirs",))
        made.users["theirs"] = made.users.pop("default")
        return made


class _Willing(Cache):
    """The stand-in takes any password."""

    def create_user(self, **fields: Any) -> None:
        self._change("create_user", fields["UserId"])
        self.users[fields["UserId"]] = fields | {"Authentication": {"PasswordCount": len(fields["Passwords"])}}

    def modify_user(self, UserId: str, **fields: Any) -> None:  # noqa: N803
        super().modify_user(UserId, **fields)
        if "Passwords" in fields:
            self.users[UserId]["Authentication"] = {"PasswordCount": len(fields["Passwords"])}


class TestElastiCacheUsers(UsersSuite):
    @pytest.fixture
    def on(self) -> Backend:
        api = _Willing("theirs-1")
        api.groups = ["shop-hot"]
        api.users["theirs-1"] = {"UserId": "theirs-1", "UserName": "theirs", "AccessString": "on ~* +@all"}
        return ElastiCacheUsers(
            api,
            prefix="shop",
            cache="hot",
            group="shop-hot",
            engine="valkey",
            region="ap-south-1",
            others=("theirs",),
            sleep=lambda _: None,
        )


@pytest.mark.server
class TestServerAcl(UsersSuite):
    @pytest.fixture
    def on(self, valkey_server: Valkey) -> Iterator[Backend]:
        node = Endpoint(name="primary", host="127.0.0.1", port=valkey_server.port)
        target = CacheTarget(endpoint=node, nodes=(node,), tls=False)
        admin = Credential(username="acl-admin", password=Secret(ADMIN_PASSWORD))
        with ThreadPoolExecutor(1) as pool, valkey_server.admin() as client:
            client.execute_command("ACL", "SETUSER", "default", "off")
            client.execute_command("ACL", "SETUSER", "theirs", "on", "nopass", "~*", "+@all")
            yield ServerAcl("hot", target, admin, pool, scope="suite", others=("theirs",))
            client.execute_command("ACL", "DELUSER", "theirs", "till", "old", "report_s", "datatier-managed-suite")


MakeStore = Callable[[], tuple[SecretStore, str]]


class StoreSuite:
    """The contract of `SecretStore`; `make` returns one with an empty secret."""

    def test_an_empty_secret_has_no_version(self, make: MakeStore) -> None:
        store, arn = make()
        assert (store.get(arn), store.get(arn, "AWSPENDING"), store.get(arn, "AWSPREVIOUS")) == (None, None, None)

    def test_a_credential_is_pending_until_it_is_promoted(self, make: MakeStore) -> None:
        store, arn = make()
        old = store.put_pending(arn, Credential(password=FIRST))
        store.promote(arn, old)
        new = store.put_pending(arn, Credential(password=SECOND))
        found = store.get(arn), store.get(arn, "AWSPENDING")
        assert [each and (each.id, each.credential.password, each.pending) for each in found] == [
            (old.id, FIRST, False),
            (new.id, SECOND, True),
        ]
        store.promote(arn, new)
        stages = store.stages(arn)
        assert (stages.current, stages.pending, stages.previous) == (new.id, None, old.id)
        store.promote(arn, new)
        assert store.stages(arn).current == new.id, "it is current already"
        assert store.made(arn) is not None

    def test_a_label_is_taken_off_its_version_alone(self, make: MakeStore) -> None:
        store, arn = make()
        old, new = (store.put_pending(arn, Credential(password=each)) for each in (FIRST, SECOND))
        store.promote(arn, old)
        store.promote(arn, new)
        store.unstage(arn, old.id, "AWSPREVIOUS")
        stages = store.stages(arn)
        assert (stages.current, stages.previous) == (new.id, None)

    def test_a_change_is_never_younger_than_the_secret_says(self, make: MakeStore) -> None:
        store, arn = make()
        before = store.stages(arn).changed
        store.promote(arn, store.put_pending(arn, Credential(password=FIRST)))
        assert store.stages(arn).changed >= before

    def test_what_is_no_secret_is_refused(self, make: MakeStore) -> None:
        store, arn = make()
        missing = f"{arn}-of-nobody"
        assert store.get(missing) is None
        with pytest.raises(SecretStoreError, match="could not write"):
            store.put_pending(missing, Credential())
        with pytest.raises(SecretStoreError, match="could not describe"):
            store.stages(missing)


class TestMemoryStore(StoreSuite):
    @pytest.fixture
    def make(self) -> MakeStore:
        return lambda: (MemoryStore(["arn:a"]), "arn:a")


@pytest.mark.server
class TestAwsStore(StoreSuite):
    @pytest.fixture
    def make(self, aws: str) -> MakeStore:
        def made() -> tuple[SecretStore, str]:
            client = aws_client("secretsmanager", REGION, aws)
            return AwsStore(REGION, aws), client.create_secret(Name=f"suite/{next(_numbers)}")["ARN"]

        return made
