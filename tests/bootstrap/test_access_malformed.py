"""Access files that are wrong in any way end in one error with the key path, and never in an exception of Python's."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bootstrap.access import AccessError, load_access
from bootstrap.postgres.desired import desired

WHOLE: dict[str, Any] = yaml.safe_load("""
owner: shop_owner
schemas: [public, app]
keep: [marks]
exceptions:
  postgres: {intern: [login, "SELECT, INSERT on table app.orders"], "Ann O'Neil": []}
  redis: {main: [sentinel]}
public: [{database: true, privileges: [connect]}, {schema: app, privileges: [usage]}]
limits: {connection_limit: 5, statement_timeout: 30s}
identities:
  shop_web:
    auth: iam
    postgres:
      privileges: readwrite
      implied: false
      member_of: [shop_read, {role: intern, admin: true}]
      grants:
        - {schema: app, tables: [orders], columns: [id], privileges: [select]}
        - {schema: app, functions: ["total(integer, text)"], privileges: [execute]}
        - {future: sequences, privileges: [usage]}
      limits: {lock_timeout: 5s}
      settings: {TimeZone: UTC, app.tenant: "1", jit: off}
    redis: {main: {keys: ["shop:*"], commands: ["@read", "@write"], selectors: [{read: ["x:*"], commands: [get]}]}}
  shop_read: {postgres: readonly}
policies:
  - {schema: app, table: orders, enabled: true, forced: false,
     rules: {own: {roles: [shop_web], using: "true"}, old: {roles: [x], command: select, migration: true}}}
keyspaces:
  shop: {pattern: "shop:{id}", cache: main, type: string, ttl: 24h, purpose: baskets, owner: shop_web}
""")
# What people, templates and YAML put where something else belongs.
WRONG = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(),
    st.text(max_size=70),
    st.sampled_from(
        ["", "\0", "*", "public", "pg_x", "a" * 64, "é" * 40, "'; DROP ROLE x; --", "${NAME}", "2026-01-01"]
    ),
    st.lists(st.one_of(st.none(), st.text(max_size=5), st.integers()), max_size=3),
    st.dictionaries(st.one_of(st.text(max_size=8), st.integers(), st.none()), st.text(max_size=5), max_size=3),
    st.dates(),
    st.binary(max_size=5),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything in a declaration."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inside:
        yield from places(each, (*path, key))


PLACES = list(places(WHOLE))[1:]


def changed(path: tuple[Any, ...], how: str, wrong: Any) -> dict[str, Any]:
    """The declaration with one thing replaced, taken out, renamed or put beside."""
    data = copy.deepcopy(WHOLE)
    at: Any = data
    for key in path[:-1]:
        at = at[key]
    old = at[path[-1]]
    if how == "replace":
        at[path[-1]] = wrong
    elif how == "remove":
        del at[path[-1]]
    elif how == "rename" and isinstance(at, dict):
        del at[path[-1]]
        at[wrong if isinstance(wrong, str | int | float | bool | None) else str(wrong)] = old
    elif isinstance(at, list):
        at.append(wrong)
    else:
        at[f"{path[-1]}_"] = wrong
    return data


def judged(data: Any) -> AccessError | None:
    """Load it and make of it what a plan would start with."""
    try:
        access = load_access(data)
    except AccessError as error:
        return error
    desired(access, {})
    return None


def test_the_whole_is_right() -> None:
    assert judged(WHOLE) is None


@settings(max_examples=640, deadline=None, derandomize=True)
@given(st.sampled_from(PLACES), st.sampled_from(["replace", "remove", "rename", "beside"]), WRONG)
def test_whatever_is_wrong_is_said_with_its_place(path: tuple[Any, ...], how: str, wrong: Any) -> None:
    error = judged(changed(path, how, wrong))
    if error is None:
        return  # another name, another limit: a declaration as good as the first
    assert error.problems
    for problem in error.problems:
        assert problem.path
        assert problem.rule
        assert "unexpected" not in str(problem)
        assert "Input should be a valid" not in str(problem)


@pytest.mark.parametrize("data", [None, [], "owner: x", 7, {1: 2}, {"owner": "o"}, {"identities": {}}, {None: None}])
def test_what_is_no_declaration_at_all(data: Any) -> None:
    assert judged(data) is not None


@pytest.mark.parametrize("path", [path for path in PLACES if len(path) == 1])
@pytest.mark.parametrize("wrong", [7, "x", [None], {"x": None}])
def test_a_wrong_section_is_said_at_its_own_place(path: tuple[str], wrong: Any) -> None:
    error = judged(changed(path, "replace", wrong))
    if error is None:
        assert (path, wrong) == (("owner",), "x")
        return
    assert {problem.path.split(".")[0] for problem in error.problems} >= {path[0]} or path[0] in str(error)
