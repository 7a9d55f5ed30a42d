"""`datatier queries`: what the servers report about themselves, each question a command.

Every observation of `observe.catalogue` that has `columns` is a command here by itself: to add a query, write the
observation and put it into the catalogue. One that takes more than the common options (a table, a process id) has a
command of its own in a module `cli/queries_*.py`, which is registered below.
"""

from __future__ import annotations

from collections.abc import Callable

import typer

from cli.options import DatabaseUrlOption, JsonFlag, ManifestOption, StackOption
from cli.queries_all import all_
from cli.queries_caches import command_of
from cli.queries_deps import deps
from cli.queries_explain import explain
from cli.queries_kill import kill
from cli.queries_slow import slow
from cli.queries_table import table
from cli.queries_target import DatabaseOption, IdentityOption, LimitOption, NodeOption, answer, nodes_of, words_of
from observe.catalogue import REDIS_LISTS, queries
from observe.observation import Observation

app = typer.Typer(no_args_is_help=True, help="What runs, waits, grows and rots inside the servers, and what mends it.")


def _command(observation: Observation) -> Callable[..., None]:
    def query(
        stack: StackOption = None,
        manifest: ManifestOption = None,
        database_url: DatabaseUrlOption = None,
        node: NodeOption = None,
        identity: IdentityOption = None,
        database: DatabaseOption = None,
        limit: LimitOption = None,
        json: JsonFlag = False,
    ) -> None:
        from observe.ask import ask, whole

        nodes = nodes_of(stack, manifest, database_url, identity, database, node)
        answers = ask(nodes, whole(observation))
        answer(observation, answers, json=json, limit=limit, words=words_of(stack, manifest, database))

    return query


def _help(observation: Observation, name: str = "", of: str = "") -> str:
    words = f"datatier queries {name or observation.id}"
    return f"{observation.question}\n\n[bold]Examples:[/] {words}{of}    {words}{of} -s prod --json"


_OWN = {slow.__name__: slow}
"""Questions of the catalogue whose commands have more options."""
for _each in queries():
    if _each.id in _OWN:
        app.command(_each.id)(_OWN[_each.id])
        continue
    app.command(_each.id, help=_help(_each))(_command(_each))
app.command("all")(all_)
app.command()(deps)
app.command()(kill)
app.command()(table)
# An id may be negative, which the parser would take for an option.
app.command(context_settings={"ignore_unknown_options": True})(explain)
for _name, _each in REDIS_LISTS.items():
    app.command(_name, help=_help(_each, _name, " main"))(command_of(_each))
