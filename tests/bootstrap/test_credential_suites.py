"""One suite for what takes a credential: identities, the master and AUTH tokens, on servers and on their twins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from own_database import PASSWORD as MASTER_PASSWORD
from own_database import Database
from real_servers import ADMIN_PASSWORD, Valkey, postgres_binaries
from test_auth_token import USED, Api
from test_reconcile import settled

from bootstrap.errors import BootstrapError
from bootstrap.manifest import USUAL_PASSWORDS, CacheTarget, Endpoint, PostgresTarget
from bootstrap.postgres.memory import MemoryMaster
from bootstrap.postgres.own_password import MasterCredential
from bootstrap.reconcile.identity import IdentityCredential
from bootstrap.redis.memory import MemoryToken
from bootstrap.redis.token import ElastiCacheToken, NodesToken, TokenCredential, TokenPlace
from bootstrap.renewal.carry_out import CredentialDriver, carry_out
from bootstrap.renewal.plan import Wish, plan
from bootstrap.renewal.state import CredentialKind, RenewalState, read
from bootstrap.secrets import Credential, LoginError, Secret, open_postgres
from bootstrap.secrets.memory import MemoryStore

ARN = "arn:shop"


@dataclass(kw_only=True)
class Taking:
    """What takes a credential, and the one that opens it now."""

    kind: CredentialKind
    targets: tuple[str, ...]
    first: Credential
    opens: Callable[[Credential], bool]
    run: Callable[[], CredentialDriver]
    """The driver of one run."""
    store: MemoryStore = field(default_factory=lambda: MemoryStore([ARN]))

    def __post_init__(self) -> None:
        self.store.promote(ARN, self.store.put_pending(ARN, self.first))

    @property
    def both(self) -> bool:
        """Whether it takes the old credential beside the new one."""
        return self.kind != "master"

    def next(self) -> Credential:
        return self.run().successor(self.first, 60)

    def admit(self, new: Credential, *, times: int = 1) -> CredentialDriver:
        driver = self.run()
        for _ in range(times):
            for target in self.targets:
                driver.admit(target, new, self.first)
        return driver

    def stand(self) -> RenewalState:
        targets = self.targets
        return read(
            self.store,
            ARN,
            name="till",
            kind=self.kind,
            missing="-",
            suits=lambda _new, _old: True,
            targets=lambda _: targets,
        )

    def renew(self, grace: int, *, stop: int | None = None) -> list[str]:
        """Renew it, and break off before step `stop`; return the verbs."""
        standing = self.stand()
        left = plan(standing, Wish(grace=grace, begin=True), now=datetime.now(UTC))
        driver, seen = self.run(), list[str]()

        def before(step: Any) -> None:
            # At every moment one of the two opens it: who reads the secret again gets in.
            found = [self.store.get(ARN, stage) for stage in ("AWSCURRENT", "AWSPENDING")]
            assert any(self.opens(version.credential) for version in found if version)
            if self.both:
                assert found[0]
                assert self.opens(found[0].credential), "what is current opens it at every moment"
            if len(seen) == stop:
                raise InterruptedError
            seen.append(step.verb)

        carry_out(left, standing, driver, self.store, progress=before)
        return seen


class CredentialSuite:
    """The contract of `CredentialDriver`."""

    def test_the_next_one_has_another_secret_and_keeps_what_says_where(self, on: Taking) -> None:
        new = on.next()
        assert (new.password, new.redis_password) != (on.first.password, on.first.redis_password)
        assert (new.host, new.engine, new.redis_username) == (on.first.host, on.first.engine, on.first.redis_username)
        assert not on.opens(new), "no engine has seen it"

    def test_what_is_let_in_opens_it_and_the_old_one_too_where_two_are_taken(self, on: Taking) -> None:
        new = on.next()
        driver = on.admit(new)
        assert (on.opens(new), on.opens(on.first)) == (True, on.both)
        assert driver.prove(new, on.first) == ()

    def test_letting_in_twice_changes_nothing_more(self, on: Taking) -> None:
        new = on.next()
        on.admit(new, times=2)
        on.admit(new)
        assert (on.opens(new), on.opens(on.first)) == (True, on.both)

    def test_what_was_not_let_in_is_not_proved(self, on: Taking) -> None:
        with pytest.raises((BootstrapError, AssertionError)):
            on.run().prove(on.next(), on.first)
        assert on.opens(on.first)

    def test_retiring_leaves_what_is_valid_and_nothing_else(self, on: Taking) -> None:
        new = on.next()
        on.admit(new)
        for _ in range(2):
            driver = on.run()
            for target in on.targets:
                driver.retire(target, new, on.first)
            assert (on.opens(new), on.opens(on.first)) == (True, False)

    @pytest.mark.parametrize("grace", [0, 3600])
    def test_a_renewal_that_breaks_off_before_any_step_is_finished_by_the_next(self, on: Taking, grace: int) -> None:
        old, steps = on.first, 0
        whole = len(plan(on.stand(), Wish(grace=grace, begin=True), now=datetime.now(UTC)).steps)
        while True:
            try:
                on.renew(grace, stop=steps)
            except InterruptedError:
                on.renew(grace)
            else:
                break
            steps += 1
            current = on.store.get(ARN)
            assert current
            assert (
                current.credential.password != old.password or current.credential.redis_password != old.redis_password
            )
            assert on.opens(current.credential)
            assert on.opens(old) == (on.both and grace > 0)
            left = plan(on.stand(), Wish(finish=True), now=datetime.now(UTC))
            carry_out(left, on.stand(), on.run(), on.store)
            assert (on.opens(current.credential), on.opens(old)) == (True, False)
            on.first = old = current.credential
        assert steps == whole


class TestIdentityOnTwins(CredentialSuite):
    @pytest.fixture
    def on(self) -> Iterator[Taking]:
        stack = settled()
        stack.watched = False  # the suite has a store of its own
        first = stack.current()["shop_till"]
        assert first
        with ThreadPoolExecutor(1) as pool:
            on = stack.engines(pool)
            yield Taking(
                kind="identity",
                targets=("postgres", "cache hot", "cache queue"),
                first=first,
                opens=lambda credential: stack.opens("shop_till", credential),
                run=lambda: IdentityCredential(
                    manifest=stack.manifest, access=stack.access, name="shop_till", on=on, drain=0
                ),
            )


FIRST = Credential(username="shop_master", password=Secret("first-password-of-the-master-01"), host="db.example.org")


class TestMemoryMaster(CredentialSuite):
    @pytest.fixture
    def on(self) -> Taking:
        master = MemoryMaster(FIRST.password or Secret(""))
        return Taking(kind="master", targets=("postgres",), first=FIRST, opens=master.opens, run=lambda: master)


@pytest.mark.parametrize("postgres_server", list(postgres_binaries()), indirect=True)
@pytest.mark.server
class TestMasterCredential(CredentialSuite):
    @pytest.fixture
    def on(self, database: Database) -> Iterator[Taking]:
        place = Endpoint(name="primary", host="127.0.0.1", port=database.server.port)
        target = PostgresTarget(primary=place, database=database.n, sslmode="disable", master_secret="arn:none")
        user = f"{database.n}_master"

        def opens(credential: Credential) -> bool:
            try:
                open_postgres(target, place, user, credential.password).close()
            except LoginError:
                return False
            return True

        with database.master() as conn:
            yield Taking(
                kind="master",
                targets=("postgres",),
                first=Credential(username=user, password=Secret(MASTER_PASSWORD)),
                opens=opens,
                run=lambda: MasterCredential(conn=conn, target=target, rule=USUAL_PASSWORDS),
            )
            conn.execute(f"ALTER ROLE {user} PASSWORD '{MASTER_PASSWORD}'".encode())


TOKEN = Credential(redis_username="default", redis_password=Secret("first-token-of-a-cache-0123"), initial=False)


def of_token(place: TokenPlace) -> Taking:
    def opens(credential: Credential) -> bool:
        return all(place.opens(credential.redis_password or Secret("-")))

    return Taking(
        kind="token",
        targets=("cache hot",),
        first=TOKEN,
        opens=opens,
        run=lambda: TokenCredential(cache="hot", place=place, rule=USED, settle=0.0, sleep=lambda _: None),
    )


class TestMemoryToken(CredentialSuite):
    @pytest.fixture
    def on(self) -> Taking:
        return of_token(MemoryToken([TOKEN.redis_password or Secret("")]))

    def test_a_cache_that_was_made_again_gets_the_secrets_token_and_the_one_before_keeps_its_label(self) -> None:
        place = MemoryToken([TOKEN.redis_password or Secret("")])
        on = of_token(place)
        on.renew(3600)
        before, current = on.store.stages(ARN), on.store.get(ARN)
        assert current
        place.tokens, place.rotated = [Secret("token-of-the-cache-made-again")], False
        standing = replace(on.stand(), opens=on.opens(current.credential))
        left = plan(standing, Wish(), now=datetime.now(UTC))
        assert left.outcome == "restored"
        carry_out(left, standing, on.run(), on.store)
        assert place.tokens == [current.credential.redis_password]
        after = on.store.stages(ARN)
        assert (after.current, after.pending) == (current.id, None)
        assert (after.previous, after.previous is None) == (before.previous, False)


@pytest.mark.server
class TestServerToken(CredentialSuite):
    @pytest.fixture(params=["nodes", "elasticache"])
    def on(self, request: pytest.FixtureRequest, valkey_server: Valkey) -> Iterator[Taking]:
        node = Endpoint(name="first", host="127.0.0.1", port=valkey_server.port)
        first = (TOKEN.redis_password or Secret("")).reveal()
        with valkey_server.admin() as admin:
            admin.execute_command("ACL", "SETUSER", "default", "reset", "on", f">{first}", "~*", "&*", "+@all")
            if request.param == "nodes":
                target = CacheTarget(endpoint=node, nodes=(node,), tls=False)
                yield of_token(
                    NodesToken("hot", target, Credential(username="acl-admin", password=Secret(ADMIN_PASSWORD)))
                )
            else:
                target = CacheTarget(endpoint=node, tls=False)
                yield of_token(ElastiCacheToken(Api(admin), "shop-hot", target, lambda _: None))
            admin.execute_command("ACL", "SETUSER", "default", "reset", "off")
