"""A database without a server: the twin of `PostgresDatabase`, which knows roles, memberships and profiles, no objects.

Its statements are not those that PostgreSQL would be sent, but the plan is of the same kind: what is missing is made,
what is other is changed, what nobody declares goes, and each action says whether it takes something away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from bootstrap.action import Action, Choice, Sql
from bootstrap.postgres.apply import AppliedActions, StalePlanError
from bootstrap.postgres.change import ident
from bootstrap.postgres.desired import RDS_IAM, Desired, Membership, Role
from bootstrap.postgres.driver import DatabaseComparison
from bootstrap.postgres.own_password import with_password
from bootstrap.postgres.passwords import PasswordError
from bootstrap.postgres.siblings import SiblingError
from bootstrap.postgres.tokens import TokenError
from bootstrap.renewal.state import RotationError, other_login
from bootstrap.secrets import Credential, Secret, new_password

_Effect = Callable[[], object]
VERSION = 180000
"""`server_version_num` that it behaves as."""


@dataclass
class MemoryPostgres:
    """One database of a server that nobody else uses."""

    name: str = "app"
    roles: dict[str, Role] = field(default_factory=dict)
    memberships: dict[tuple[str, str], Membership] = field(default_factory=dict)
    profiles: dict[str, str] = field(default_factory=dict)
    """Identity -> the privileges that it has."""
    passwords: dict[str, Secret] = field(default_factory=dict)
    """Login -> its password."""

    def compare(self, wanted: Desired) -> DatabaseComparison:
        return DatabaseComparison(actions=tuple(action for action, _ in self._steps(wanted)), digest=self._digest)

    def apply(self, wanted: Desired, choose: Choice, *, digest: str | None = None) -> AppliedActions:
        steps = tuple(self._steps(wanted))
        if digest not in {None, self._digest} and any(choose(action) for action, _ in steps):
            raise StalePlanError("the server has changed since the plan was made: make a new one and look at it again")
        for action, effect in steps:
            if choose(action):
                effect()
        return AppliedActions(
            changes=tuple(action for action, _ in steps if choose(action)),
            skipped=tuple(action for action, _ in steps if not choose(action)),
        )

    def prove(
        self,
        users: Mapping[str, Credential],
        *,
        fresh: Collection[str],
        unproven: Collection[str],
        joined: Collection[str],
    ) -> tuple[str, ...]:
        done: list[str] = []
        for name, credential in users.items():
            login = credential.username or ""
            if not self.opens(login):
                raise PasswordError(f"{login} cannot log in: it may not log in to this database")
            if credential.password is None:
                if (RDS_IAM, login) not in self.memberships:
                    raise TokenError(f"{login} cannot log in by token: it is not a member of {RDS_IAM}")
                if (login in joined or name in unproven) and login in self.passwords:
                    del self.passwords[login]
                    done.append(f"{login}: logs in by token of AWS, and by no password")
            elif name in fresh or self.passwords.get(login) != credential.password:
                self.passwords[login] = credential.password
                done.append(f"{login}: password set")
        return tuple(done)

    def admit(self, credential: Credential) -> None:
        login, password = credential.username or "", credential.password
        if login not in self.roles:
            raise SiblingError(f"{self.name} has no role {login}: run `datatier bootstrap`, which makes it")
        self.roles[login] = replace(self.roles[login], login=True)
        if password:
            self.passwords[login] = password

    def retire(self, valid: Credential, *, drain: float, present: str | None = None) -> tuple[str, ...]:  # noqa: ARG002 nobody has a session here
        for old in (other_login(valid), present):
            if old in self.roles:
                self.roles[old] = replace(self.roles[old], login=False)
                self.passwords.pop(old, None)
        if present in self.roles:
            self.roles[present] = Role(name=present)
        return ()

    def opens(self, login: str, password: Secret | None = None) -> bool:
        """Whether somebody may log in as `login`, and with that password."""
        role = self.roles.get(login)
        return role is not None and role.login and (password is None or self.passwords.get(login) == password)

    @property
    def _digest(self) -> str:
        whole = (sorted(self.roles.items()), sorted(self.memberships), sorted(self.profiles.items()))
        return hashlib.sha256(repr(whole).encode()).hexdigest()

    def _steps(self, wanted: Desired) -> Iterator[tuple[Action, _Effect]]:
        for role in wanted.roles:
            has = self.roles.get(role.name)
            if has is None or (has != role and not role.present):
                yield self._role(role, has)
        declared = {(each.role, each.member): each for each in wanted.joined(VERSION)}
        for key, member in declared.items():
            if self.memberships.get(key) != member:
                ends_password = member.role == RDS_IAM
                what = f"GRANT {ident(member.role)} TO {ident(member.member)}"
                effect = partial(self.memberships.__setitem__, key, member)
                yield self._step("join", f"member {member.member} of {member.role}", what, effect, takes=ends_password)
        for key in sorted(self.memberships.keys() - declared.keys()):
            role_name, name = key
            if name in wanted.managed:
                what = f"REVOKE {ident(role_name)} FROM {ident(name)}"
                effect = partial(self._leave, key)
                yield self._step("leave", f"member {name} of {role_name}", what, effect, takes=True)
        for name, profile in wanted.identities.items():
            if self.profiles.get(name) != profile:
                less = name in self.profiles
                effect = partial(self.profiles.__setitem__, name, profile)
                yield self._step("revoke" if less else "grant", f"{profile} to {name}", profile, effect, takes=less)
        for name in sorted(self.roles.keys() - wanted.managed):
            yield self._step("drop", f"role {name}", f"DROP ROLE {ident(name)}", self._gone(name), takes=True)

    def _role(self, role: Role, has: Role | None) -> tuple[Action, _Effect]:
        effect = partial(self.roles.__setitem__, role.name, role)
        what = "LOGIN" if role.login else "NOLOGIN"
        if has is None:
            return self._step("create", f"role {role.name}", f"CREATE ROLE {ident(role.name)} {what}", effect)
        shut = has.login and not role.login
        return self._step("alter", f"role {role.name}", f"ALTER ROLE {ident(role.name)} {what}", effect, takes=shut)

    def _step(
        self, verb: Sql, subject: str, text: str, effect: _Effect, *, takes: bool = False
    ) -> tuple[Action, _Effect]:
        action = Action(engine="postgres", target=self.name, verb=verb, subject=subject, text=text, takes_away=takes)
        return action, effect

    def _leave(self, key: tuple[str, str]) -> None:
        del self.memberships[key]

    def _gone(self, name: str) -> _Effect:
        def effect() -> None:
            del self.roles[name]
            self.passwords.pop(name, None)
            self.profiles.pop(name, None)
            for key in [key for key in self.memberships if name in key]:
                self._leave(key)

        return effect


@dataclass
class MemoryMaster:
    """A master without a server: the twin of `MasterCredential`, with one password at a time."""

    password: Secret

    def successor(self, old: Credential, grace: int) -> Credential:  # noqa: ARG002 as in the protocol
        return with_password(old, new_password())

    def admit(self, target: str, new: Credential, old: Credential) -> None:  # noqa: ARG002 as in the protocol
        self.password = new.password or Secret("")

    def prove(self, new: Credential, old: Credential) -> tuple[str, ...]:  # noqa: ARG002 as in the protocol
        if not self.opens(new):
            raise RotationError(f"{new.username} cannot log in")
        return ()

    def retire(self, target: str, valid: Credential, old: Credential | None) -> tuple[str, ...]:  # noqa: ARG002 as in the protocol
        return ()

    def opens(self, credential: Credential) -> bool:
        """Whether somebody may log in so."""
        return credential.password == self.password
