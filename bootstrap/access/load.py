"""access.yaml's content to its types; whatever is wrong is said at once."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from bootstrap.access import names
from bootstrap.access.keyspaces import glob_of, writers
from bootstrap.access.model import Access, Keyspace
from bootstrap.access.postgres import TablePolicies
from bootstrap.acl.glob import includes
from bootstrap.errors import MORE, BootstrapError
from bootstrap.rule import says


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing wrong with the declaration."""

    path: str
    """Key path, e.g. `identities.shop_app.postgres`."""
    rule: str
    """The rule that is broken."""
    nearest: str | None = None
    """The known name that was probably meant."""

    def __str__(self) -> str:
        hint = f" (nearest: `{self.nearest}`)" if self.nearest else ""
        return f"{self.path}: {self.rule}{hint}"


# pydantic speaks of Python's types; whoever writes YAML does not.
_PLAIN = {
    "tuple_type": "must be a list: [a, b]",
    "dict_type": "must be a mapping: {key: value}",
    "model_type": "must be a mapping: {key: value}",
    "string_type": "must be text; put it in quotes",
    "missing": "is missing",
}


PAGE = "docs/access.md"


class AccessError(BootstrapError, ValueError):
    """The access declaration cannot be used; `problems` holds everything that is wrong."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__(
            "\n".join(["the access declaration is wrong:", *(f"  {p}" for p in problems), MORE.format(PAGE)])
        )


def load_access(data: Mapping[str, object]) -> Access:
    """Return the typed declaration, or raise AccessError with every problem."""
    try:
        access = Access.model_validate(data)
    except ValidationError as error:
        raise AccessError(tuple(_problem(e) for e in error.errors(include_url=False))) from None
    if problems := tuple(_contradictions(access)):
        raise AccessError(problems)
    return access


def _problem(error: Any) -> Problem:
    loc: tuple[Any, ...] = error["loc"]
    said = error["msg"].removeprefix("Value error, ").replace("Input should be a valid", "must be a valid")
    rule = _PLAIN.get(error["type"], said)
    if loc and loc[-1] == "[key]":
        return Problem(path=".".join(map(str, loc[:-1])), rule=f"the name {rule}" if rule.startswith("is") else rule)
    path = ".".join(map(str, loc)) or "(top level)"
    if error["type"] == "extra_forbidden":
        if moved := _moved(loc, error["input"]):
            return Problem(path=path, rule=moved)
        known = _known(loc)
        return Problem(path=path, rule=f"unknown key; known: {', '.join(known)}", nearest=_nearest(str(loc[-1]), known))
    if error["type"] == "literal_error":
        known = tuple(get.strip("' ") for get in error["ctx"]["expected"].replace(" or ", ",").split(","))
        return Problem(path=path, rule=f"must be one of {', '.join(known)}", nearest=_nearest(error["input"], known))
    return Problem(path=path, rule=rule)


def _moved(loc: tuple[Any, ...], given: Any) -> str | None:
    """What to write in place of keys that there were once."""
    if loc == ("others",):
        return "users of a cache that somebody else governs stand in `exceptions: {redis: {main: [NAME]}}`"
    if len(loc) == 2 and loc[0] == "exceptions" and isinstance(given, list | tuple):
        return f"what a role may keep stands in `exceptions: {{postgres: {{{loc[1]}: [...]}}}}`"
    return None


def _nearest(name: Any, known: tuple[str, ...]) -> str | None:
    return next(iter(difflib.get_close_matches(str(name), known, n=1)), None)


def _known(loc: tuple[Any, ...]) -> tuple[str, ...]:
    """Return the keys that the model at `loc` has."""
    kind: Any = Access
    for step in loc[:-1]:
        kind = _inside(kind, step)
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return ()
    return tuple(field.alias or name for name, field in kind.model_fields.items())


def _inside(kind: Any, step: Any) -> Any:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return _bare(kind.model_fields[str(step)].annotation)
    inner = [each for each in get_args(kind) if each is not Ellipsis]
    return _bare(inner[-1]) if inner else kind


def _bare(annotation: Any) -> Any:
    while get_origin(annotation) in {Annotated, Union, types.UnionType}:
        annotation = get_args(annotation)[0]
    return annotation


@says(
    {
        "owner": "no identity, and no login of one",
        "identities.NAME.auth": "`iam` only where somebody logs in as it",
        "identities.NAME": "not the name of another's login, `app_a`",
        "exceptions.redis": "no identity with rules for that cache",
        "identities.NAME.redis.NAME.present": "nobody else's in that cache",
    }
)
def _contradictions(access: Access) -> Iterator[Problem]:
    """What single fields cannot show."""
    yield from _privileges(access)
    for name in sorted(access.by_token):
        if not access.logs_in(name):
            yield Problem(path=f"identities.{name}.auth", rule="is of no use: nobody logs in as it")
    logins = {n: access.logins(n) if i.postgres else names.logins(n) for n, i in access.identities.items()}
    taken = {login: name for name, both in logins.items() for login in both if login != name}
    for name in (access.owner, *access.identities):
        if name in taken:
            yield Problem(path=f"identities.{name}", rule=f"is the name of a login of `{taken[name]}`; rename one")
    if access.owner in access.identities:
        yield Problem(path="owner", rule="is also an identity; the owner never logs in, give it a name of its own")
    for cache, users in access.exceptions.redis.items():
        for name in sorted(access.cache_users(cache).keys() & set(users)):
            yield Problem(
                path=f"exceptions.redis.{cache}",
                rule=f"`{name}` is an identity with rules for `{cache}`; take one out",
            )
    yield from _present(access)
    yield from _upkeep(access)
    for name, keyspace in access.keyspaces.items():
        yield from _keyspace(access, f"keyspaces.{name}", keyspace)


def _present(access: Access) -> Iterator[Problem]:
    """A user from before the stack ends with one identity's rotation: it may be nobody else's."""
    taken: dict[tuple[str, str], str] = {}
    for name, identity in access.identities.items():
        for cache, rules in identity.redis.items():
            path = f"identities.{name}.redis.{cache}.present"
            others = access.cache_users(cache).keys() - {name}
            first = rules.present and taken.setdefault((cache, rules.present), name)
            owner = rules.present if rules.present in others else first
            if owner and owner != name:
                yield Problem(path=path, rule=f"is the user of `{owner}` too, and would end with the rotation of one")


@says(
    {
        "upkeep.[].schema": "one of `schemas`",
        "upkeep.[].table": "each table once",
    }
)
def _upkeep(access: Access) -> Iterator[Problem]:
    seen: dict[tuple[str, str], int] = {}
    for number, each in enumerate(access.upkeep):
        if each.schema_name not in access.schemas:
            yield _undeclared(f"upkeep.{number}.schema", "schema", each.schema_name, access.schemas)
        first = seen.setdefault((each.schema_name, each.table), number)
        if first != number:
            rule = f"`{each.schema_name}.{each.table}` is upkeep.{first} already; write both into one"
            yield Problem(path=f"upkeep.{number}.table", rule=rule)


@says(
    {
        "keyspaces.NAME.cache": "some identity has rules for it",
        "keyspaces.NAME.pattern": "some identity may write it",
        "keyspaces.NAME.owner": "an identity that may write it",
        "keyspaces.NAME.writers": "each an identity that may write it",
    }
)
def _keyspace(access: Access, path: str, keyspace: Keyspace) -> Iterator[Problem]:
    rules = access.cache_users(keyspace.cache)
    if not rules:
        known = tuple({cache for identity in access.identities.values() for cache in identity.redis})
        yield Problem(
            path=f"{path}.cache",
            rule=f"no identity has rules for the cache `{keyspace.cache}`",
            nearest=_nearest(keyspace.cache, known),
        )
        return
    writing = [name for name, given in rules.items() if includes(writers(given), glob_of(keyspace))]
    if not writing:
        yield Problem(
            path=f"{path}.pattern",
            rule=f"no identity may write `{keyspace.pattern}` in `{keyspace.cache}`; add the pattern to one's keys",
        )
        return
    named = {"owner": (keyspace.owner,) if keyspace.owner else (), "writers": keyspace.writers}
    for key, identities in named.items():
        for identity in identities:
            if identity not in access.identities:
                known = tuple(access.identities)
                yield Problem(
                    path=f"{path}.{key}",
                    rule=f"`{identity}` is not an identity; those that may write it: {', '.join(writing)}",
                    nearest=_nearest(identity, known),
                )
            elif identity not in writing:
                yield Problem(
                    path=f"{path}.{key}",
                    rule=f"`{identity}` may not write `{keyspace.pattern}` in `{keyspace.cache}`; those that may: "
                    f"{', '.join(writing)}",
                )


@says(
    {
        "owner": "called as an identity may be, unless `keep` has `owner`",
        "public.[].schema": "one of `schemas`",
        "identities.NAME.postgres.schemas": "the same for every migrator that says it",
    }
)
def _privileges(access: Access) -> Iterator[Problem]:
    """Names of PostgreSQL's half that lead nowhere."""
    if "owner" not in access.keep:
        try:
            names.identity_name(access.owner)
        except ValueError as error:
            yield Problem(path="owner", rule=str(error))
    for name in access.postgres_users:
        yield from _identity(access, name)
    said = {name: schemas for name, each in access.postgres_users.items() if (schemas := each.schemas)}
    for name in said if len(set(said.values())) > 1 else ():
        rule = "all migrators act as the owner, so what they may is one: write the same for each, or for one of them"
        yield Problem(path=f"identities.{name}.postgres.schemas", rule=rule)
    for number, grant in enumerate(access.public):
        if not grant.database and grant.schema_name not in access.schemas:
            yield _undeclared(f"public.{number}.schema", "schema", grant.schema_name, access.schemas)
    for number, table in enumerate(access.policies):
        yield from _policies(access, f"policies.{number}", table)


@says(
    {
        "identities.NAME.postgres.grants.[].schema": "one of `schemas`",
        "identities.NAME.postgres.member_of": (
            "each an identity, or a role that PostgreSQL or RDS predefines or `exceptions` names; not "
            "the owner, unless in part (`set`, `inherit`, `admin`); no member of itself by way of others"
        ),
    }
)
def _identity(access: Access, name: str) -> Iterator[Problem]:
    postgres = access.postgres_users[name]
    path = f"identities.{name}.postgres"
    yield from _tokens(access, name, path)
    for number, grant in enumerate(postgres.grants):
        if not grant.database and grant.schema_name not in access.schemas:
            yield _undeclared(f"{path}.grants.{number}.schema", "schema", grant.schema_name, access.schemas)
    for number, member in enumerate(postgres.member_of):
        plain = (member.inherit, member.set, member.admin) == (True, True, False)
        if member.role == access.owner and (plain or postgres.privileges == "migrator"):
            yield Problem(path=f"{path}.member_of.{number}", rule="is the owner; acting as it is `migrator`'s")
        elif member.role != access.owner and not _known_role(access, member.role):
            yield _undeclared(f"{path}.member_of.{number}", "identity", member.role, tuple(access.postgres_users))
    if name in _above(access, name):
        yield Problem(path=f"{path}.member_of", rule="is a member of itself by way of others")


@says(
    {
        "identities.NAME.postgres.member_of": "not `rds_iam`, for which `auth: iam` stands; of one that logs in by "
        "token itself (`login: single`) only with `auth: iam`",
    }
)
def _tokens(access: Access, name: str, path: str) -> Iterator[Problem]:
    """RDS asks every member of rds_iam for a token, members by way of others too, and never for a password."""
    for number, member in enumerate(access.postgres_users[name].member_of):
        if member.role == "rds_iam":
            rule = f"ends the login by password: write `auth: iam` at identities.{name} in place of it"
            yield Problem(path=f"{path}.member_of.{number}", rule=rule)
    above = (other for other in _above(access, name) if other in access.by_token)
    for other in sorted(above) if name not in access.by_token else ():
        if access.postgres_users[other].login == "single":
            rule = f"leads to `{other}`, which logs in by token itself, so `{name}` could not by password; give "
            yield Problem(path=f"{path}.member_of", rule=rule + "it `auth: iam` too, or the other `login: siblings`")


@says(
    {
        "policies.[].schema": "one of `schemas`",
        "policies.[].rules.NAME.roles": "identities, the owner or `public`",
    }
)
def _policies(access: Access, path: str, table: TablePolicies) -> Iterator[Problem]:
    if table.schema_name not in access.schemas:
        yield _undeclared(f"{path}.schema", "schema", table.schema_name, access.schemas)
    for title, policy in table.rules.items():
        for role in policy.roles if not policy.migration else ():
            if role not in {"public", access.owner} and role not in access.postgres_users:
                known = ("public", *access.postgres_users)
                yield _undeclared(f"{path}.rules.{title}.roles", "identity", role, known)


def _known_role(access: Access, role: str) -> bool:
    # What PostgreSQL and RDS predefine: pg_read_all_data, rds_iam.
    return role in access.postgres_users or role.startswith(("pg_", "rds_")) or role in access.exceptions.postgres


def _above(access: Access, name: str) -> set[str]:
    """Every role that `name` is a member of, by way of others too."""
    seen: set[str] = set()
    ahead = [name]
    while ahead:
        postgres = access.postgres_users.get(ahead.pop())
        for member in postgres.member_of if postgres else ():
            if member.role not in seen:
                seen.add(member.role)
                ahead.append(member.role)
    return seen


def _undeclared(path: str, what: str, name: str, known: tuple[str, ...]) -> Problem:
    rule = f"no {what} `{name}` is declared; declared: {', '.join(known)}"
    return Problem(path=path, rule=rule, nearest=_nearest(name, known))
