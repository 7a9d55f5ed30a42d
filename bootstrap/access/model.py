"""The types behind access.yaml."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from bootstrap.access import names
from bootstrap.access.commands import (
    COMMAND_FORM,
    GIVEN,
    RAW,
    WRITTEN,
    command_rule,
    denied_name,
    raw_rules,
    selector_pattern,
)
from bootstrap.access.exceptions import REPORTED, REPORTED_FORM, exception
from bootstrap.access.postgres import Grant, Keep, Limits, Model, ObjectName, PostgresAccess, TablePolicies
from bootstrap.access.upkeep import TableUpkeep
from bootstrap.access.used_clients import CLIENT_RULE, PREFIX, PREFIX_FORM, UsedClient, prefix_of, takes
from bootstrap.rule import Rule, matches, short, whole

_PATTERN = {"pattern": r"^[!-~]+$"}
_COMMAND = {"pattern": whole(f"@[a-z]+|{COMMAND_FORM}")}
_NAME = {
    "pattern": whole(names.IDENTITY_FORM),
    "maxLength": names.MAX_IDENTITY,
    "not": {"pattern": whole(names.RESERVED_FORM)},
}
Name = Annotated[str, Rule(words=names.IDENTITY, check=names.identity_name, schema=_NAME)]
Pattern = Annotated[str, Rule(words=names.PATTERN, check=names.pattern, schema=_PATTERN)]
Command = Annotated[str, Rule(words=GIVEN, check=command_rule, schema=_COMMAND)]
Denied = Annotated[str, Rule(words=WRITTEN, check=denied_name, schema=_COMMAND)]
SelectorPattern = Annotated[
    Pattern,
    Rule(
        words="no quotation mark, and no `)` at the end",
        check=selector_pattern,
        schema={"pattern": r"^([!#-&(-~]*[!#-&(*-~])$"},
    ),
]
RawRules = Annotated[str, Rule(words=RAW, check=raw_rules, schema={"pattern": r"^[ -~]*$"})]
CacheName = Annotated[
    str, matches(r"[a-z][a-z0-9-]{0,19}", "1-20 lower-case letters, digits and hyphens, first a letter", "must be")
]
OtherUser = Annotated[
    str, Rule(words="a name as ACL LIST shows it, without spaces", check=names.other_user, schema={"pattern": r"^\S+$"})
]
Exception_ = Annotated[str, Rule(words=REPORTED, check=exception, schema={"pattern": whole(REPORTED_FORM)})]
_ENDED = {
    "attributes": "write what one role may keep: `exceptions: {postgres: {NAME: [CREATEDB]}}`",
    "strangers": "write what one role may keep: `exceptions: {postgres: {NAME: [login]}}`",
    "public": "write what everybody may, as grants: `public: [{database: true, privileges: [connect]}]`",
}


def _kept(word: object) -> object:
    if isinstance(word, str) and word in _ENDED:
        raise ValueError(
            f"`{word}` hid what every role of the server has; {_ENDED[word]}. `datatier access import` writes it all"
        )
    return word


Ttl = Annotated[
    int | None,
    Rule(
        words=f"{names.DURATION}; `0` and `none`",
        check=names.duration,
        when="before",
        schema={"anyOf": [{"type": "string", "pattern": whole(f"{names.DURATION_FORM}|none")}, {"enum": [0, None]}]},
        instead=True,
    ),
]


class SelectorRules(Model):
    """What an identity may do besides, with keys of its own: a command must satisfy one set of rules as a whole."""

    keys: tuple[SelectorPattern, ...] = ()
    """Patterns of the keys it reads and writes."""
    read: tuple[SelectorPattern, ...] = ()
    """Patterns of the keys it only reads."""
    write: tuple[SelectorPattern, ...] = ()
    """Patterns of the keys it only writes."""
    channels: tuple[SelectorPattern, ...] = ()
    """Pub/sub channels."""
    commands: tuple[Command, ...] = Field(min_length=1)
    """Categories, commands and subcommands."""
    deny: tuple[Denied, ...] = ()
    """Commands and categories that are taken out again."""


class RedisRules(Model):
    """What an identity may do in one cache."""

    role: Literal["monitoring", "inventory", "maintainer"] | None = None
    """A ready-made rule set in place of `commands`: `monitoring` sees counters; `inventory` sees names, types, lives
    and sizes of all keys, or of its patterns, and no value; `maintainer` has the server give memory back."""
    client: Annotated[tuple[UsedClient, ...], CLIENT_RULE] = ()
    """The client libraries that it uses: each brings the keys, channels and commands that it needs, and no more
    (docs/clients.md). A name, a list, or each with its options: `{celery: {database: 1}}`."""
    prefix: Annotated[str, Rule(words=PREFIX, check=prefix_of, schema={"pattern": whole(PREFIX_FORM)})] | None = None
    """What the clients' keys and channels begin with, without the colon after it; the identity's name when absent."""
    keys: tuple[Pattern, ...] = ()
    """Patterns of the keys it reads and writes, besides its clients' own."""
    read: tuple[Pattern, ...] = ()
    """Patterns of the keys it only reads."""
    write: tuple[Pattern, ...] = ()
    """Patterns of the keys it only writes."""
    channels: tuple[Pattern, ...] = ()
    """Pub/sub channels; none when absent."""
    commands: tuple[Command, ...] = ()
    """Categories (`@read`), commands (`expire`) and subcommands (`client|list`)."""
    deny: tuple[Denied, ...] = ()
    """Commands and categories that are taken out again, whatever holds them."""
    selectors: tuple[SelectorRules, ...] = ()
    """Further sets of rules, each with keys and commands of its own."""
    rules: RawRules | None = None
    """The whole access string, for what the rest cannot say; it is parsed and analysed all the same."""
    present: OtherUser | None = None
    """The existing user that it logs in as, whose password only its users have: a name as ACL LIST shows it, or
    ElastiCache's user id. It stays as it is, the identity's own user NAME_a is made next to it, and it ends with the
    grace of the identity's first `access rotate` (docs/adopt.md)."""

    @model_validator(mode="after")
    def _one_source(self) -> RedisRules:
        """One of `role` and of `commands` and `client`, which may stand together; or `rules`, and nothing beside it but
        `present`. `client` names none twice; `prefix` needs a `client` that takes one."""
        if self.rules is not None:
            if more := sorted(self.model_fields_set - {"rules", "present"}):
                raise ValueError(f"`rules` says everything: take out {', '.join(more)} or `rules`")
        elif self.role and self.client:
            raise ValueError(f"`{self.role}` is a ready-made role, and a `client` has rules of its own: take one out")
        elif bool(self.role) == bool(self.commands or self.client):
            raise ValueError("needs `commands`, a `client` such as `bullmq`, or a ready-made role such as `monitoring`")
        if self.prefix is not None:
            if not self.client:
                raise ValueError("`prefix` is for a `client`, and there is none: write the keys as `keys`")
            takes(self.client, self.prefix)
        return self


class Identity(Model):
    """Somebody who logs in: an application, a report, a monitor."""

    auth: Literal["password", "iam"] = "password"
    """How it proves itself: `iam` is a token of AWS in place of a password, where the engine takes one."""
    postgres: Annotated[PostgresAccess, short("privileges")] | None = None
    redis: dict[CacheName, Annotated[RedisRules, short("role")]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _something(self) -> Identity:
        """One of `postgres` and `redis`, or both. Whoever logs in by token has no `present` login."""
        if self.postgres is None and not self.redis:
            raise ValueError("may do nothing: give it `postgres` or `redis`, or take it out")
        present = (self.postgres is not None and self.postgres.login == "present") or any(
            rules.present for rules in self.redis.values()
        )
        if self.auth == "iam" and present:
            raise ValueError(
                "logs in by token, so there is no password that goes on working: write `login: single` in place of "
                "`login: present`, and name a user as an exception in place of `present`"
            )
        return self

    def named(self, name: str) -> Identity:
        """Return it with its name as the prefix of clients that are given none."""
        found = {
            cache: rules.model_copy(update={"prefix": name})
            for cache, rules in self.redis.items()
            if rules.prefix is None and any(each.known.prefixed and not each.prefix for each in rules.client)
        }
        return self.model_copy(update={"redis": {**self.redis, **found}}) if found else self


class Keyspace(Model):
    """A family of keys with one purpose."""

    pattern: Pattern
    """Keys as the application writes them, its variables in braces: `session:{user}:{session_hash}`. What lets its
    bearer in (a token, a session's id, an API key) stands in a name as its hash: more see names than values."""
    cache: CacheName
    """Name of the cache that they are in."""
    type: Literal["string", "hash", "list", "set", "zset", "stream", "any"]
    """Type of the values."""
    ttl: Ttl
    """Longest life of a key; `none` where keys stay."""
    purpose: str
    """What they are for."""
    database: int = Field(default=0, ge=0, le=15)
    """Logical database; always 0 in cluster mode."""
    owner: Name | None = None
    """The identity that answers for what is in it; it must be able to write it."""
    writers: tuple[Name, ...] = ()
    """Other identities that write it too, knowingly."""


class Exceptions(Model):
    """What nobody declares and everybody knows of, by name."""

    postgres: dict[ObjectName, tuple[Exception_, ...]] = Field(default_factory=dict)
    """What roles have and may keep, by role, in the words of `access plan`; PUBLIC is everyone. A role that is named
    here may be a member of identities, and they of it; what else it has is reported."""
    redis: dict[CacheName, tuple[OtherUser, ...]] = Field(default_factory=dict)
    """Users that somebody else governs (Sentinel's, an exporter's), by cache."""


class Access(Model):
    """The whole declaration."""

    owner: ObjectName
    """NOLOGIN role that owns the schemas and everything in them."""
    schemas: tuple[ObjectName, ...] = Field(default=("public",), min_length=1)
    """Schemas that the declaration governs; the profiles hold in each of them, and in what is made there later. One
    that does not exist is made, the owner's: after the migrations, which may make it themselves."""
    keep: tuple[Annotated[Keep, Rule(words="", check=_kept, when="before")], ...] = ()
    """What is left as the server has it: the `marks` by comment that roles of ours bear, and the `owner`'s own role.
    What else the owner has is reported like anybody's. Where they are not yet, roles are made and marked."""
    exceptions: Exceptions = Exceptions()
    """What is there without being declared and may stay: it is left alone and not reported."""
    public: tuple[Grant, ...] = ()
    """What everybody may do (PUBLIC); nothing when absent."""
    limits: Limits = Limits()
    """Limits of every login, unless its identity says otherwise."""
    identities: dict[Name, Identity] = Field(min_length=1)
    policies: tuple[TablePolicies, ...] = ()
    """Row-level security, by table."""
    upkeep: tuple[TableUpkeep, ...] = ()
    """What `datatier maintain` does in tables by itself."""
    keyspaces: dict[str, Keyspace] = Field(default_factory=dict)

    @field_validator("identities")
    @classmethod
    def _named(cls, identities: dict[str, Identity]) -> dict[str, Identity]:
        return {name: identity.named(name) for name, identity in identities.items()}

    @property
    def unwise(self) -> tuple[str, ...]:
        """What the declaration allows and nobody can have meant, one sentence each."""
        if self.with_privilege("migrator"):
            return ()
        return (
            "access.yaml: no identity has `postgres: migrator`, so nobody can migrate the schema: the bootstrap stops "
            "before its migrations. Give one that privilege.",
        )

    @property
    def postgres_users(self) -> dict[str, PostgresAccess]:
        """The identities that have PostgreSQL privileges."""
        return {name: identity.postgres for name, identity in self.identities.items() if identity.postgres}

    @property
    def makes_schemas(self) -> bool | None:
        """Whether migrators may make schemas; None where that follows from who owns the database."""
        said = {self.postgres_users[name].schemas for name in self.with_privilege("migrator")}
        return True if "create" in said else False if "declared" in said else None

    def cache_users(self, cache: str) -> dict[str, RedisRules]:
        """The identities that have rules for `cache`."""
        return {name: identity.redis[cache] for name, identity in self.identities.items() if cache in identity.redis}

    def limits_of(self, identity: str) -> Limits:
        """The limits of an identity's login."""
        postgres = self.identities[identity].postgres
        return postgres.limits.over(self.limits) if postgres else self.limits

    def logins(self, identity: str) -> tuple[str, ...]:
        """The PostgreSQL logins of an identity, of which one is in use; none where nobody logs in as it."""
        postgres = self.identities[identity].postgres
        if postgres is None or postgres.login == "none":
            return ()
        return (identity,) if postgres.login == "single" else names.logins(identity)

    def present(self, identity: str) -> dict[str, str]:
        """Where an identity has a login from before the stack -> its name: `postgres`, `cache main`."""
        entry = self.identities[identity]
        of_caches = {f"cache {cache}": rules.present for cache, rules in entry.redis.items() if rules.present}
        moved = entry.postgres is not None and entry.postgres.login == "present"
        return {"postgres": identity, **of_caches} if moved else of_caches

    def cache_others(self, cache: str) -> frozenset[str]:
        """Users of a cache that are left alone: somebody else's, and those from before the stack."""
        found = (rules.present for rules in self.cache_users(cache).values())
        return frozenset((*self.exceptions.redis.get(cache, ()), *(user for user in found if user)))

    def redis_user(self, identity: str) -> str:
        """The user of an identity in the caches: beside one from before the stack it has the name of a sibling."""
        beside = any(rules.present for rules in self.identities[identity].redis.values())
        return names.login(identity, names.SIBLINGS[0]) if beside else identity

    def logs_in(self, identity: str) -> bool:
        """Whether somebody logs in as an identity, so that it needs a credential."""
        return bool(self.logins(identity) or self.identities[identity].redis)

    @property
    def by_token(self) -> frozenset[str]:
        """Names of the identities that log in with a token of AWS wherever that is taken."""
        return frozenset(name for name, identity in self.identities.items() if identity.auth == "iam")

    def with_privilege(self, privilege: str) -> tuple[str, ...]:
        """Names of the identities that hold `privilege` in PostgreSQL."""
        return tuple(name for name, postgres in self.postgres_users.items() if postgres.privileges == privilege)
