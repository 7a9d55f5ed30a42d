"""Row-level security: the policies that access.yaml declares, never those that a migration made. Pure.

PostgreSQL stores a condition's meaning, not its text, so the two cannot be compared. The comment on a policy of ours
keeps two digests: of the declaration, and of what the server made of it. Either differing is a change; nothing has
to be created to find out, so that a plan needs no lock and works on a replica.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from bootstrap.access import Policy, TablePolicies
from bootstrap.access.postgres import EVERY
from bootstrap.action import Action
from bootstrap.postgres import SCHEMA
from bootstrap.postgres.change import comma, ident, literal, statement
from bootstrap.postgres.desired import Desired
from bootstrap.postgres.live import MARK, Live, LivePolicy, LiveWall

COMMANDS = {"all": "*", "select": "r", "insert": "a", "update": "w", "delete": "d"}


def policies(wanted: Desired, live: Live) -> Iterator[Action]:
    """Return the changes to row-level security: policies first, then the switch that makes them count."""
    declared = _declared(wanted)
    for (schema, table), wall in live.walls.items():
        if wall.owner != wanted.owner:
            continue
        sql = f"{ident(schema)}.{ident(table)}"
        _, entry = _of(declared, schema, table, wall)
        rules = entry.rules if entry else {}
        for name, policy in rules.items():
            if policy.migration:
                continue
            yield from _policy(name, policy, wall.policies.get(name), sql)
        for name, has in wall.policies.items():
            if ours(has) and name not in rules:
                yield _change(name, sql, f"DROP POLICY {ident(name)} ON {sql}", takes_away=True)
        if entry:
            yield from _switches(entry, wall, sql)


_Declared = Mapping[tuple[str, str], tuple[int, TablePolicies]]
"""(schema, table) -> the number of its entry, and the entry."""


def _declared(wanted: Desired) -> _Declared:
    return {(table.schema_name, table.table): (number, table) for number, table in enumerate(wanted.policies)}


def _of(declared: _Declared, schema: str, table: str, wall: LiveWall) -> tuple[int | None, TablePolicies | None]:
    """The entry of a table: its own, or that of all tables of its schema on which row-level security is on."""
    if found := declared.get((schema, table)):
        return found
    return declared.get((schema, EVERY), (None, None)) if wall.enabled else (None, None)


def _made_here(table: TablePolicies) -> dict[str, Policy]:
    return {name: rule for name, rule in table.rules.items() if not rule.migration}


def ours(policy: LivePolicy) -> bool:
    """Whether a policy bears our mark."""
    return (policy.comment or "").startswith(MARK)


def taken(wanted: Desired, live: Live) -> Iterator[str]:
    """Say which declared policies stand in the way of one that is not ours, or have no table yet."""
    declared = _declared(wanted)
    for (schema, table), (number, _) in declared.items():
        if table != EVERY and (schema, table) not in live.walls:
            where = f"{ident(schema)}.{ident(table)}"
            yield f"policies.{number}: table {where} does not exist yet; its policies are made when it does"
    for (schema, table), wall in live.walls.items():
        at, entry = _of(declared, schema, table, wall)
        where = f"{ident(schema)}.{ident(table)}"
        for name in _made_here(entry) if entry else ():
            if (has := wall.policies.get(name)) and not ours(has):
                hand_over = f"COMMENT ON POLICY {ident(name)} ON {where} IS {literal(MARK)}"
                yield (
                    f"policies.{at}.rules.{name}: {where} has a policy of that name that a migration made; "
                    f"take it out of access.yaml, or hand it over: {hand_over}"
                )


def migrated(wanted: Desired, live: Live) -> Iterator[str]:
    """Say where row-level security that is not ours to change differs: what migrations made, and tables of others.

    In `public` the schema's definition holds what is not written in the declaration; in other schemas both do, since
    not every application has a definition of those.
    """
    declared = _declared(wanted)
    for key, wall in live.walls.items():
        number, entry = _of(declared, *key, wall)
        table = entry or TablePolicies(schema=key[0], table=key[1])
        where = f"{ident(key[0])}.{ident(key[1])}"
        if number is None and key[0] == SCHEMA:
            continue
        at = "policies" if number is None else f"policies.{number}"
        for name, rule in table.rules.items():
            if rule.migration and (has := wall.policies.get(name)) is None:
                makes = _create(name, rule, where)
                yield f"{at}.rules.{name}: {where} has no such policy; a migration makes it: {makes}"
            elif rule.migration and has and not _same(rule, has):
                yield (
                    f"{at}.rules.{name}: {where} has it otherwise ({_reported(has)}); a migration mends it: "
                    f"DROP POLICY {ident(name)} ON {where}; {_create(name, rule, where)}"
                )
        for name, has in wall.policies.items():
            if name not in table.rules and not ours(has) and (key[0] != SCHEMA or _whole(table)):
                yield (
                    f"{at}: {where} has a policy {name} that is not written down ({_reported(has)}); write it with "
                    f"`migration: true`, or: DROP POLICY {ident(name)} ON {where}"
                )
        if wall.owner != wanted.owner or number is None:
            yield from _flags(at, table, wall, where)


def _whole(table: TablePolicies) -> bool:
    """Whether a table's entry says all of its policies, as an import writes it."""
    return table.enabled is not None and table.forced is not None


def _flags(at: str, table: TablePolicies, wall: LiveWall, where: str) -> Iterator[str]:
    """Switches that the plan does not turn: of tables that nobody wrote down, or that are not the owner's."""
    for words, should, has in (
        ("row-level security", bool(table.on), wall.enabled),
        ("FORCE ROW LEVEL SECURITY", bool(table.forced), wall.forced),
    ):
        if should != has:
            yield f"{at}: {where} has {words} {'on' if has else 'off'}, which access.yaml does not say; write it down"


def _reported(has: LivePolicy) -> str:
    command = next(word for word, letter in COMMANDS.items() if letter == has.command)
    using = f" USING {has.using}" if has.using else ""
    check = f" WITH CHECK {has.check}" if has.check else ""
    kind = "" if has.permissive else "restrictive, "
    return f"{kind}{command} to {comma(has.roles)}{using}{check}"


def _create(name: str, rule: Policy, table: str) -> str:
    return f"CREATE POLICY {ident(name)} ON {table} {_body(rule)}"


def _policy(name: str, policy: Policy, has: LivePolicy | None, table: str) -> Iterator[Action]:
    create = _create(name, policy, table)
    if has is None:
        yield _change(name, table, create)
    elif not ours(has) or _same(policy, has):
        return
    else:
        yield _change(name, table, f"DROP POLICY {ident(name)} ON {table}; {create}", takes_away=True)
    yield statement("mark", f"policy {name} on {table}", _remember(name, policy, table))


def _change(name: str, table: str, sql: str, *, takes_away: bool = False) -> Action:
    return statement("policy", f"policy {name} on {table}", sql, takes_away=takes_away)


def _body(policy: Policy) -> str:
    roles = comma("PUBLIC" if role == "public" else ident(role) for role in policy.roles)
    kind = "RESTRICTIVE" if policy.restrictive else "PERMISSIVE"
    using = f" USING ({policy.using})" if policy.using is not None else ""
    check = f" WITH CHECK ({policy.check})" if policy.check is not None else ""
    return f"AS {kind} FOR {policy.command.upper()} TO {roles}{using}{check}"


def _same(policy: Policy, has: LivePolicy) -> bool:
    shape = (has.command, has.permissive, set(has.roles))
    if shape != (COMMANDS[policy.command], not policy.restrictive, set(policy.roles)):
        return False
    return (policy.using, policy.check) == (has.using, has.check) or (
        has.comment == f"{MARK} {_md5(_body(policy))} {_md5((has.using or '') + '|' + (has.check or ''))}"
    )


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _remember(name: str, policy: Policy, table: str) -> str:
    """A statement that writes both digests into the policy's comment; with a short path, as the plan reads it."""
    body = f"""DECLARE path text := current_setting('search_path'); BEGIN
PERFORM set_config('search_path', 'pg_catalog', true);
EXECUTE {literal(f"COMMENT ON POLICY {ident(name)} ON {table} IS ")} || quote_literal((
SELECT {literal(f"{MARK} {_md5(_body(policy))} ")} || md5(coalesce(pg_get_expr(polqual, polrelid), '') || '|' ||
coalesce(pg_get_expr(polwithcheck, polrelid), ''))
FROM pg_policy WHERE polname = {literal(name)} AND polrelid = {literal(table)}::regclass));
PERFORM set_config('search_path', path, true); END"""  # noqa: S608 quoted
    return f"DO {literal(body)}"


def _switches(table: TablePolicies, wall: LiveWall, sql: str) -> Iterator[Action]:
    for wanted, has, words in (
        (table.on, wall.enabled, ("ENABLE", "DISABLE")),
        (table.forced, wall.forced, ("FORCE", "NO FORCE")),
    ):
        if wanted is not None and wanted != has:
            sql_text = f"ALTER TABLE {sql} {words[0] if wanted else words[1]} ROW LEVEL SECURITY"
            # Switched on, whoever no policy names sees nothing.
            yield statement("policy", f"rows of {sql}", sql_text, takes_away=wanted)
