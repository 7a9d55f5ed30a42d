"""What was read of live servers, put together as one application. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from textwrap import wrap
from typing import Any

from bootstrap.access import load_access
from bootstrap.access.keyspaces import writers
from bootstrap.access.model import RedisRules
from bootstrap.acl.glob import includes
from scaffold.application import Application, Comments
from scaffold.live import postgres_stack
from scaffold.live.cache import LiveCache
from scaffold.live.cache_stack import caches_of, doubts
from scaffold.live.database import LiveDatabase
from scaffold.live.keyspaces import keyspaces
from scaffold.live.notes import Note
from scaffold.live.recognised import Recognised, written
from scaffold.starter import starter
from scaffold.yaml_text import flow

_WIDTH = 112
_COMMANDS = ("@read", "@write", "@pubsub", "@transaction")
_HEAD = (
    "Who may do what inside PostgreSQL and Redis, as `datatier init` found it on live servers: `datatier access plan",
    "--database-url ...` finds nothing to change there. `exceptions` lists what is there and nobody declares, `keep`",
    "what stays as each server has it.",
)


@dataclass(frozen=True, kw_only=True)
class LiveApplication:
    """The application, and what a person has to look at, each of which is a comment in one of its files."""

    application: Application
    notes: tuple[Note, ...]


def live_application(
    name: str, region: str, database: LiveDatabase | None, caches: Sequence[LiveCache]
) -> LiveApplication:
    """Return the application of that name with what is live in it."""
    made = starter(name, region)
    notes: list[Note] = []
    access = _base(made, database, notes)
    for cache in caches:
        _join(access, cache, made.plain, notes)
    spaces: dict[str, Any] = {}
    for cache in caches:
        found, more = keyspaces(cache.name, cache.seen, _writers(access, cache.name), cache.clients)
        fresh = {key if key not in spaces else f"{cache.name}_{key}": entry for key, entry in found.items()}
        renamed = dict(zip(found, fresh, strict=True))
        spaces |= fresh
        notes += [replace(each, at=tuple(renamed.get(word, word) for word in each.at)) for each in more]
    if spaces:
        access["keyspaces"] = spaces
    stacks = {stack: {**config, **_settings(stack, database, caches)} for stack, config in made.stacks.items()}
    notes += doubts(caches)
    if database is not None:
        notes += [*database.notes, *postgres_stack.doubts(database.facts)]
    head: Comments = {(): _HEAD} if database else {(): made.access_comments[()]}
    application = Application(
        name=name,
        stacks=stacks,
        access=access,
        migrations=database.baseline.files if database else {},
        definition=database.baseline.definition if database else made.definition,
        access_comments=_comments([each for each in notes if each.place == "access"], head),
        stack_comments={
            **made.stack_comments,
            "prod": _comments([each for each in notes if each.place == "stacks"], made.stack_comments.get("prod", {})),
        },
    )
    return LiveApplication(application=application, notes=tuple(notes))


def _base(made: Application, database: LiveDatabase | None, notes: list[Note]) -> dict[str, Any]:
    """The declaration of the database, with a migrator: without one nobody migrates a tier."""
    if database is None:
        found: Any = made.access
        kept = {role: _without_redis(entry) for role, entry in found["identities"].items()}
        return {**found, "identities": {role: entry for role, entry in kept.items() if entry}}
    found = database.declaration
    access: dict[str, Any] = {**found, "identities": dict(found.get("identities", {}))}
    own = made.plain
    if not access["identities"]:
        app = f"{own}_app"
        access["identities"][app] = {"postgres": {"privileges": "readwrite"}}
        text = (
            f"{app} is added: whoever uses the live database logs in as {access['owner']} or as an administrator, "
            "which stays as it is; the application changes over to this login when it is there"
        )
        notes.append(Note(place="access", at=("identities", app), text=text))
    if not any(each.get("postgres", {}).get("privileges") == "migrator" for each in access["identities"].values()):
        migrator = f"{own}_migrator"
        access["identities"][migrator] = {"postgres": {"privileges": "migrator"}}
        text = (
            f"{migrator} is added: nobody on the live server acts as {access['owner']}, and a tier is migrated by "
            "such a login; `access plan` against the live server shows what it would take there"
        )
        notes.append(Note(place="access", at=("identities", migrator), text=text))
    if not any(each.get("postgres", {}).get("privileges") == "monitoring" for each in access["identities"].values()):
        notes.append(
            Note(
                place="access",
                at=("identities", f"{own}_monitoring"),
                text="nobody watches the servers and nobody looks after them yet; what `datatier metrics`, `keys` and "
                "`maintain` log in as would be:",
                proposal=f"{own}_monitoring: {{postgres: monitoring}}\n{own}_maintainer: {{postgres: maintainer}}",
            )
        )
    return access


def _without_redis(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key != "redis"}


def _join(access: dict[str, Any], cache: LiveCache, own: str, notes: list[Note]) -> None:
    """Add the users of a cache; where nobody but `default` is there, whom the keys speak of."""
    identities: dict[str, dict[str, Any]] = access["identities"]
    notes += cache.notes
    for user, rules in cache.users.items():
        _give(identities, user, cache.name, rules)
        if found := _clients_of(rules, cache.clients):
            notes.append(
                Note(
                    place="access",
                    at=("identities", user),
                    text=f"among the keys that {user} may write in {cache.name} are those of "
                    f"{' and '.join(each.client for each in found)}; in place of its rules the client's own would do "
                    "(docs/clients.md):",
                    proposal=f"redis: {flow({cache.name: written(found)})}",
                )
            )
    if cache.beside:
        access.setdefault("exceptions", {}).setdefault("redis", {})[cache.name] = list(cache.beside)
    if cache.open and cache.seen:
        _propose(identities, cache, own, notes)


def _give(identities: dict[str, dict[str, Any]], user: str, cache: str, rules: Mapping[str, Any]) -> None:
    entry = identities.get(user, {})
    identities[user] = {**entry, "redis": {**entry.get("redis", {}), cache: dict(rules)}}


def _clients_of(rules: Mapping[str, Any], clients: Sequence[Recognised]) -> list[Recognised]:
    may = list(writers(RedisRules.model_validate(rules)))
    return [each for each in clients if each.fits and all(includes(may, glob) for glob in each.globs)]


def _propose(identities: dict[str, dict[str, Any]], cache: LiveCache, own: str, notes: list[Note]) -> None:
    """The keys of clients to a worker, what else there is to the application."""
    fitting = [each for each in cache.clients if each.fits]
    if fitting:
        worker = f"{own}_worker"
        _give(identities, worker, cache.name, written(fitting))
        said = " and ".join(each.client for each in fitting)
        notes.append(_proposed(worker, cache.name, f"the keys are those of {said}"))
    others = [each.pattern for each in cache.seen if not any(client.owns(each.pattern) for client in fitting)]
    if beginnings := sorted({_beginning(pattern) for pattern in others} - {""}):
        app = f"{own}_app"
        _give(identities, app, cache.name, {"keys": beginnings, "commands": [*_COMMANDS]})
        notes.append(_proposed(app, cache.name, "the keys were seen, who uses them was not"))


def _proposed(identity: str, cache: str, why: str) -> Note:
    text = f"{identity} is proposed for {cache}: on the live server everybody is `default`; {why}"
    return Note(place="access", at=("identities", identity), text=text)


def _beginning(pattern: str) -> str:
    """`session:*` of `session:*:cart`; empty where an access string cannot say it."""
    first, colon, _ = pattern.partition(":")
    fixed = first.partition("*")[0]
    plain_ascii = fixed.isascii() and fixed.isprintable() and not set(fixed) & set(" \\?[]{}")
    return f"{fixed}{colon if fixed == first else ''}*" if fixed and plain_ascii else ""


def _writers(access: Mapping[str, Any], cache: str) -> dict[str, tuple[str, ...]]:
    users = load_access(access).cache_users(cache)
    return {name: writers(rules) for name, rules in users.items() if writers(rules)}


def _settings(stack: str, database: LiveDatabase | None, caches: Sequence[LiveCache]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if database is not None and (said := postgres_stack.settings(database.facts, stack)):
        found["data-tier:postgres"] = said
    if caches:
        found["data-tier:redis"] = caches_of(stack, caches)
    return found


def _comments(notes: Sequence[Note], base: Comments) -> Comments:
    """The sentences by key; below those of a stack's key the proposals, as one entry of it."""
    lines: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    proposals: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for where, sentences in base.items():
        lines[where] += sentences
    for each in notes:
        lines[each.at] += wrap(each.text, _WIDTH, break_long_words=False, break_on_hyphens=False)
        (proposals if each.place == "stacks" else lines)[each.at] += each.proposal.splitlines()
    for where, proposed in proposals.items():
        if proposed:
            lines[where] += [f"{where[-1]}:", *(f"  {line}" for line in proposed)]
    return {where: tuple(found) for where, found in lines.items()}
