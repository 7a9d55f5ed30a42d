"""PostgreSQL's half of access.yaml: what is refused and how it is said; what the forms mean."""

from __future__ import annotations

from typing import Any

import pytest

from bootstrap.access import AccessError, Grant, load_access
from bootstrap.access.condition import condition
from bootstrap.postgres.desired import desired


def declared(postgres: Any, **more: Any) -> dict[str, Any]:
    others = {"other": {"postgres": "readonly"}}
    return {"owner": "app_owner", "identities": {"app": {"postgres": postgres}, **others}, **more}


def beside(**exceptions: Any) -> dict[str, Any]:
    return declared("readonly", exceptions=exceptions)


def custom(*grants: Any, **more: Any) -> dict[str, Any]:
    return {"privileges": "custom", "grants": list(grants), **more}


@pytest.mark.parametrize(
    ("data", "path", "says"),
    [
        (declared(custom({"tabels": ["users"], "privileges": ["select"]})), "grants.0.tabels", "nearest: `tables`"),
        (declared(custom({"tables": ["users"], "privileges": ["selct"]})), "grants.0.privileges.0", "`select`"),
        (declared(custom({"tables": ["users"], "privileges": []})), "grants.0", "grants no privilege"),
        (declared(custom({"tables": ["users"], "privileges": ["execute"]})), "grants.0", "granted on a table"),
        (
            declared(custom({"tables": ["users"], "columns": ["id"], "privileges": ["delete"]})),
            "grants.0",
            "granted on a column: insert, references, select, update",
        ),
        (declared(custom({"tables": "users", "privileges": ["select"]})), "grants.0.tables", "a list: [users]"),
        (declared(custom({"tables": "*", "columns": ["id"], "privileges": ["select"]})), "grants.0", "by name"),
        (
            declared(custom({"tables": ["a"], "sequences": ["b"], "privileges": ["select"]})),
            "grants.0",
            "names tables and sequences",
        ),
        (declared(custom({"functions": ["answer"], "privileges": ["execute"]})), "grants.0.functions.0", "`answer()`"),
        (declared(custom({"tables": ["x" * 64], "privileges": ["select"]})), "grants.0.tables.0", "64 bytes"),
        (declared(custom({"tables": ["ä" * 32], "privileges": ["select"]})), "grants.0.tables.0", "64 bytes"),
        (
            declared(custom({"schema": "reprting", "tables": "*", "privileges": ["select"]}), schemas=["reporting"]),
            "grants.0.schema",
            "nearest: `reporting`",
        ),
        (declared({"privileges": "custom"}), "postgres", "need `grants` or `member_of`"),
        (declared(custom(member_of=["othr"])), "member_of.0", "nearest: `other`"),
        (declared(custom(member_of=["app_owner"])), "member_of.0", "is the owner"),
        (declared(custom(member_of=[{"role": "other", "inhert": True}])), "member_of.0.inhert", "nearest: `inherit`"),
        (declared(custom(member_of=["app"])), "member_of", "member of itself"),
        (declared(custom(member_of=["other"], settings={"role": "other"})), "postgres", "`role` is set by"),
        (declared(custom(member_of=["other"], settings={"a b": "1"})), "settings", "the name is not that of a setting"),
        (declared(custom(member_of=["other"], login="sibling")), "postgres.login", "nearest: `siblings`"),
        (declared("readonly", keep=["ownr"]), "keep.0", "nearest: `owner`"),
        (declared("readonly", keep=["strangers"]), "keep.0", "exceptions: {postgres: {NAME: [login]}}"),
        (declared("readonly", keep=["marks", "attributes"]), "keep.1", "exceptions: {postgres: {NAME: [CREATEDB]}}"),
        (declared("readonly", keep=["public"]), "keep.0", "public: [{database: true, privileges: [connect]}]"),
        (beside(postgres={"intern": ["reads users"]}), "exceptions.postgres.intern.0", "copy it from"),
        (beside(postgres={"intern": "login"}), "exceptions.postgres.intern", "list"),
        (beside(postgres={"": []}), "exceptions.postgres", "is empty"),
        (beside(postgres=["login"]), "exceptions.postgres", "must be a mapping"),
        (beside(redis={"main": "sentinel"}), "exceptions.redis.main", "list"),
        (beside(redis=["sentinel"]), "exceptions.redis", "must be a mapping"),
        (beside(rediss={"main": ["sentinel"]}), "exceptions.rediss", "nearest: `redis`"),
        # What there was once: roles at the top of `exceptions`, users of caches in a key of their own.
        (beside(intern=["login"]), "exceptions.intern", "stands in `exceptions: {postgres: {intern: [...]}}`"),
        (beside(main=[]), "exceptions.main", "stands in `exceptions: {postgres: {main: [...]}}`"),
        (declared("readonly", others={"main": ["sentinel"]}), "others", "in `exceptions: {redis: {main: [NAME]}}`"),
        (declared("readonly", others=[]), "others", "in `exceptions: {redis: {main: [NAME]}}`"),
        (declared("readonly", public=[{"schema": "ap", "privileges": ["usage"]}]), "public.0.schema", "no schema `ap`"),
        (declared("readonly", public=[{"privileges": ["select"]}]), "public.0", "nothing that can be granted"),
        (
            declared(custom(member_of=["other"], settings={"TimeZone": "UTC", "timezone": "UTC"})),
            "settings",
            "`TimeZone` and `timezone` are one setting",
        ),
        (declared("readonly", owner="Postgres"), "owner", "lower-case"),
        (
            declared("readonly", policies=[{"table": "users", "rules": {"own": {"roles": ["ap"], "using": "true"}}}]),
            "policies.0.rules.own.roles",
            "nearest: `app`",
        ),
        (
            declared("readonly", policies=[{"table": "t", "rules": {"p": {"roles": ["app"], "command": "insert"}}}]),
            "policies.0.rules.p",
            "needs `using`",
        ),
        (
            declared(
                "readonly",
                policies=[{"table": "t", "rules": {"p": {"roles": ["app"], "using": "true); DROP TABLE t; --"}}}],
            ),
            "policies.0.rules.p.using",
            "closes `)`",
        ),
    ],
)
def test_what_is_refused(data: dict[str, Any], path: str, says: str) -> None:
    with pytest.raises(AccessError) as caught:
        load_access(data)
    (problem,) = caught.value.problems
    assert path in problem.path
    assert says in str(problem)


@pytest.mark.parametrize(
    ("grant", "kind", "objects"),
    [
        ({"tables": ["a", "b"], "privileges": ["select"]}, "table", ("a", "b")),
        ({"sequences": "*", "privileges": ["usage"]}, "sequence", ("*",)),
        ({"functions": [" f( integer,text )"], "privileges": ["execute"]}, "function", ("f(integer, text)",)),
        ({"future": "tables", "privileges": ["select"]}, "table", ()),
        ({"privileges": ["create"]}, "schema", ()),
        ({"database": True, "privileges": ["temporary"]}, "database", ()),
    ],
)
def test_forms_of_a_grant(grant: dict[str, Any], kind: str, objects: tuple[str, ...]) -> None:
    found = Grant.model_validate(grant)
    assert (found.kind, found.objects) == (kind, objects)


@pytest.mark.parametrize(
    "text",
    ["true", "email = 'it''s (a) smiley ;)'", "a[1] = ANY (b)", "x = $$;)$$", "\"odd)\" = E'\\');'", "(a) AND (b)"],
)
def test_conditions_that_are_one(text: str) -> None:
    assert condition(text) == text


@pytest.mark.parametrize(
    "text", ["", " ", ")", "(", "a; b", "a -- b", "a /* b", "'a", '"a', "$$a", "(a]", "true) WITH CHECK (true", "a\0b"]
)
def test_conditions_that_are_not(text: str) -> None:
    with pytest.raises(ValueError, match=r"holds|closes|close|empty"):
        condition(text)


def test_logins_by_form() -> None:
    access = load_access(
        {
            "owner": "app_owner",
            "identities": {
                "two": {"postgres": "readonly"},
                "one": {"postgres": custom(member_of=["two"], login="single", settings={"work_mem": "8MB"})},
                "group_only": {"postgres": custom(login="none")},
            },
        }
    )
    assert [access.logins(name) for name in access.identities] == [("two_a", "two_b"), ("one",), ()]
    assert [access.logs_in(name) for name in access.identities] == [True, True, False]
    roles = {role.name: (role.login, dict(role.settings)) for role in desired(access, {}).roles}
    assert roles == {
        "app_owner": (False, {}),
        "two": (False, {}),
        "two_a": (True, {"role": "two"}),
        "two_b": (False, {"role": "two"}),
        "one": (True, {"work_mem": "8MB"}),
        "group_only": (False, {}),
    }
